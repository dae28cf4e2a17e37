// What came of it: a table of behaviours and platforms.

import type { Behaviour } from "./behaviour.js";
import type { Column } from "./bench.js";

/** The outcomes of one run. */
export class Results {
  /** "ok", "FAIL", or "skip"; what did not run is "". */
  private readonly cells = new Map<string, string>();
  /** Why a column was skipped as a whole, or a behaviour in it. */
  private readonly reasons = new Map<string, string[]>();

  constructor(
    private readonly behaviours: readonly Behaviour[],
    private readonly columns: readonly Column[],
  ) {}

  passed(behaviour: Behaviour, column: Column): void {
    this.cells.set(key(behaviour, column), "ok");
  }

  failed(behaviour: Behaviour, column: Column): void {
    this.cells.set(key(behaviour, column), "FAIL");
  }

  skipped(behaviour: Behaviour, column: Column, why: string): void {
    this.cells.set(key(behaviour, column), "skip");
    const reason = column.skip === undefined ? `${behaviour.title} (${why})` : `everything (${why})`;
    const reasons = this.reasons.get(column.name) ?? [];
    if (!reasons.includes(reason)) reasons.push(reason);
    this.reasons.set(column.name, reasons);
  }

  /** Nothing can be tried on this platform here. */
  skipAll(column: Column, why: string): void {
    for (const behaviour of this.behaviours) this.skipped(behaviour, column, why);
  }

  get failedCount(): number {
    return [...this.cells.values()].filter((cell) => cell === "FAIL").length;
  }

  private cell(behaviour: Behaviour, column: Column): string {
    return this.cells.get(key(behaviour, column)) ?? "";
  }

  private sum(column: Column): string {
    const cells = this.behaviours.map((behaviour) => this.cell(behaviour, column));
    const count = (what: string): number => cells.filter((cell) => cell === what).length;
    const parts = [`${count("ok")} ok`, `${count("skip")} skip`, `${count("FAIL")} FAIL`];
    return parts.filter((part) => !part.startsWith("0 ")).join(", ");
  }

  /** A line for everything that was skipped: where, what, why. */
  private skips(): string[] {
    const places = new Map<string, string[]>();
    for (const { name } of this.columns) {
      for (const what of this.reasons.get(name) ?? []) places.set(what, [...(places.get(what) ?? []), name]);
    }
    return [...places].map(([what, names]) => `skipped on ${names.join(", ")}: ${what}`);
  }

  /** For the terminal: a row for each behaviour, then the sums and what was skipped. */
  text(): string {
    const width = Math.min(100, Math.max(...this.behaviours.map((behaviour) => behaviour.title.length)));
    const row = (title: string, cells: string[]): string =>
      title.slice(0, width).padEnd(width) + cells.map((cell, i) => ` ${cell.padEnd(this.columns[i].name.length)}`).join("");
    const rows = this.behaviours.map((behaviour) => row(behaviour.title, this.columns.map((column) => this.cell(behaviour, column))));
    const sums = this.columns.map((column) => `${column.name}: ${this.sum(column)}`);
    return [row("", this.columns.map((column) => column.name)), ...rows, ...sums, ...this.skips()].join("\n");
  }

  /** The sums alone, for the README. */
  sums(): string {
    return [
      line(this.columns.map((column) => column.name)),
      line(this.columns.map(() => ":-:")),
      line(this.columns.map((column) => this.sum(column))),
    ].join("\n");
  }

  /** For docs/conformance.md. */
  markdown(): string {
    const rows = this.behaviours.map((behaviour) => line([behaviour.title, ...this.columns.map((column) => this.cell(behaviour, column))]));
    return [
      line(["behaviour", ...this.columns.map((column) => column.name)]),
      line(["---", ...this.columns.map(() => ":-:")]),
      ...rows,
      line(["**sum**", ...this.columns.map((column) => this.sum(column))]),
      "",
      ...this.skips().map((skip) => `- ${skip}`),
    ].join("\n");
  }
}

function line(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function key(behaviour: Behaviour, column: Column): string {
  return `${column.name}/${behaviour.title}`;
}
