import type { Comparison } from "./rounds.js";

/* Rows of the result, and the table they make. */

/** One line of the table, one entry of the JSON document. */
export interface Row {
  group: string;
  /** What was measured. */
  name: string;
  /** The result: a ratio, or a number of `unit`. Absent when skipped. */
  value?: number;
  unit?: string;
  /** "at least" or "at most" that much is wanted. */
  goal?: { atLeast?: number; atMost?: number };
  /** Whether the goal was met; absent without goal or result. */
  met?: boolean;
  /** Why there is no result. */
  skipped?: string;
  /** What else is to be known, in words. */
  note?: string;
  /** Numbers behind a ratio. */
  details?: Comparison;
}

/**
 * A row for a comparison. On a busy machine the result is the ratio by processor time: there the ratio by the clock says
 * more about who else was running.
 */
export function ratioRow(group: string, name: string, details: Comparison, isBusy: boolean, goal?: Row["goal"]): Row {
  const { ratio, low, high, cpuRatio } = details;
  const byClock = `by the clock ${ratio.toFixed(2)} (rounds ${low.toFixed(2)}-${high.toFixed(2)})`;
  const byCpu = cpuRatio === undefined ? "" : `, by processor time ${cpuRatio.toFixed(2)}`;
  const errors = details.errors + details.peerErrors;
  const value = isBusy && cpuRatio !== undefined ? cpuRatio : ratio;
  return judged({ group, name, value, unit: "x", goal, note: byClock + byCpu + (errors > 0 ? `, ${errors} errors` : ""), details });
}

/** A row for a number. */
export function numberRow(group: string, name: string, value: number, unit: string, goal?: Row["goal"], note?: string): Row {
  return judged({ group, name, value, unit, goal, note });
}

/** A row for what was not measured. */
export function skippedRow(group: string, name: string, skipped: string): Row {
  return { group, name, skipped };
}

function judged(row: Row): Row {
  if (row.goal === undefined || row.value === undefined || Number.isNaN(row.value)) return row;
  const { atLeast, atMost } = row.goal;
  const met = (atLeast === undefined || row.value >= atLeast) && (atMost === undefined || row.value <= atMost);
  return { ...row, met };
}

/** The rows as a text table. */
export function formatRows(rows: Row[]): string {
  const head = ["what", "result", "goal", "", "remarks"];
  const cells = rows.map((row) => [`${row.group}: ${row.name}`, valueOf(row), goalOf(row), verdictOf(row), row.skipped ?? row.note ?? ""]);
  const all = [head, ...cells];
  const widths = head.map((_, i) => Math.max(...all.map((line) => line[i].length)));
  return all.map((line) => line.map((cell, i) => pad(cell, widths[i], i)).join("  ").trimEnd()).join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width);
}

function valueOf(row: Row): string {
  if (row.skipped !== undefined) return "skipped";
  if (row.value === undefined) return "";
  return row.unit === "x" ? `${row.value.toFixed(2)} x` : `${Math.round(row.value * 10) / 10} ${row.unit ?? ""}`;
}

function goalOf({ goal }: Row): string {
  if (goal === undefined) return "";
  return goal.atLeast === undefined ? `<= ${goal.atMost}` : `>= ${goal.atLeast}`;
}

function verdictOf({ met }: Row): string {
  return met === undefined ? "" : met ? "ok" : "missed";
}
