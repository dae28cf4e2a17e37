import type { Board } from "../../boards/board.js";
import { parseBundle, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import type { Measured } from "./measure.js";
import type { PackText } from "./pack.js";
import type { Problem } from "./problem.js";
import { analyse } from "./scope.js";

/*
 * What a bundle takes of a board. The variables are an estimate, made of the prices that were measured for code that
 * runs from flash; `process.memory()` on the board has the truth.
 */

/** What a bundle takes, and what the board has. */
export interface Report {
  board: Board;
  /** Size of the bundle in flash. */
  bytes: number;
  functionCount: number;
  pool: { pages: number; pageBytes: number };
  socketCount: number;
  /** Functions that stay in flash until they are called; undefined where none do (overlay.ts). */
  moved?: number;
  /** What was measured, where it was: that is the truth then about what the program takes when it has started. */
  measured?: Measured;
  /** The parts of the program that take most variables, by estimate; largest first. */
  consumers: Consumer[];
  /** What `--pack` put into the bundle, where the program uses it. */
  pack?: { files: number; twins: number; bytes: number };
  /** Estimated variables of the interpreter, by what they are for. */
  variables: { firmware: number; code: number; pool: number; sockets: number; work: number; total: number };
}

/** A part of the program: one of meerkat's, or the app. */
export interface Consumer {
  name: string;
  variables: number;
}

/** Variables in use before a program is loaded (REPL, built-in modules, Wi-Fi). */
const FIRMWARE_VARIABLES = 150;
/** What every program makes when it starts: manager, pool, limits, listener. Measured, as the following: three bundles. */
const START_VARIABLES = 220;
/** A function in flash: its name, itself and the text's place; without parameters, of which each takes one. */
const FUNCTION_VARIABLES = 5;
/** A name at the top of the bundle and the value it holds. */
const NAME_VARIABLES = 2;
/** A connection with its buffers and nothing in them. */
const CONNECTION_VARIABLES = 45;
/**
 * What has to be free while a request is worked on: its texts, literals, the handler's own. Too little cannot be caught. Part
 * of it is texts of the size of a chunk. (Measured: `hello` and the demo with ever fewer variables, chunks of 268 and 536.)
 */
const WORK_VARIABLES = 130;
const WORK_PER_CHUNK_BYTE = 0.3;
/** Of a program that is too big, so many parts are named. */
const CONSUMERS_NAMED = 3;
/** Bytes of a variable that are not its string's (references and flags; src/jsvar.h). */
const STRING_OVERHEAD_BYTES = 4;

/** Which part of the program is at that place of the bundle. */
export type PartOf = (at: number) => string;

/** Counts what the bundle takes on the board. `defines` may have changed the board's pool and sockets. */
export function reportOf(code: string, board: Board, defines: Record<string, string> = {}, packed?: PackText, partOf: PartOf = () => "program"): Report {
  const pages = Number(defines.MEERKAT_PAGES ?? board.pool.pages);
  const pageBytes = Number(defines.MEERKAT_PAGE_BYTES ?? board.pool.pageBytes);
  const socketCount = Number(defines.MEERKAT_SOCKETS ?? board.sockets);
  const program = parseBundle(code);
  let functionCount = 0;
  let codeVariables = START_VARIABLES;
  const parts = new Map<string, number>();
  walk(program, (node) => {
    if (node.type !== "FunctionDeclaration" && node.type !== "FunctionExpression") return;
    functionCount++;
    const variables = FUNCTION_VARIABLES + (node.params as AnyNode[]).length;
    codeVariables += variables;
    const part = partOf(node.start);
    parts.set(part, (parts.get(part) ?? 0) + variables);
  });
  for (const { kind } of analyse(program).root.bindings.values()) if (kind === "var") codeVariables += NAME_VARIABLES;
  const pool = Math.ceil((pages * pageBytes) / (board.variableBytes - STRING_OVERHEAD_BYTES));
  // One of them is the listener, which is counted with what every program makes.
  const sockets = (socketCount - 1) * CONNECTION_VARIABLES;
  const work = WORK_VARIABLES + Math.ceil(board.chunkBytes * WORK_PER_CHUNK_BYTE);
  const consumers = [...parts, ["pool", pool] as const, ["connections", sockets] as const].map(([name, variables]) => ({ name, variables }));
  const total = FIRMWARE_VARIABLES + codeVariables + pool + sockets + work;
  return {
    board,
    bytes: code.length,
    functionCount,
    pool: { pages, pageBytes },
    socketCount,
    consumers: consumers.sort((a, b) => b.variables - a.variables),
    pack: packed && { files: packed.fileCount, twins: packed.twinCount, bytes: packed.text.length },
    variables: { firmware: FIRMWARE_VARIABLES, code: codeVariables, pool, sockets, work, total },
  };
}

/** Variables in all, with every connection busy and the pool full: what was measured, and the estimate of the rest. */
function totalOf({ measured, variables }: Report): number {
  return measured ? measured.used + variables.pool + variables.sockets + variables.work : variables.total;
}

/** Why the bundle is too big for the board; empty when it fits. */
export function budgetProblems(report: Report): Problem[] {
  const { board, bytes } = report;
  const place = { file: "", line: 0, column: 0, rule: "budget" };
  const problems: Problem[] = [];
  if (bytes > board.storageBytes) {
    const what = `the bundle takes ${bytes} bytes, but ${board.title} has ${board.storageBytes} for saved code`;
    problems.push({ ...place, what, instead: "fewer imports, or a board with more flash" });
  }
  const total = totalOf(report);
  if (total > board.variables) {
    const how = report.measured ? "" : "about ";
    const most = report.consumers.slice(0, CONSUMERS_NAMED).map((c) => `${c.name} ${c.variables}`);
    const what = `the program needs ${how}${total} variables, but ${board.title} has at most ${board.variables}; most go to ${most.join(", ")}`;
    problems.push({ ...place, what, instead: "fewer imports, or a smaller pool" });
  }
  return problems;
}

/** The report as text, without a line end after the last line. */
export function formatReport(report: Report): string {
  const { board, bytes, socketCount, pack } = report;
  const { pages, pageBytes } = report.pool;
  const packLine = pack && `             of these ${pack.bytes} are ${pack.files} packed files, ${pack.twins} of them compressed too`;
  return [
    `${board.title} (${board.id})`,
    `  flash      ${bytes} of ${board.storageBytes} bytes, ${percent(bytes, board.storageBytes)}`,
    ...(packLine ? [packLine] : []),
    ...variableLines(report),
    `  pool       ${pages} pages of ${pageBytes} bytes: ${pages * pageBytes} bytes`,
    `  sockets    ${socketCount}, ${board.chunkBytes} bytes at a time`,
    `  stack      ${board.stackBytes} bytes`,
  ].join("\n");
}

function percent(part: number, all: number): string {
  return `${Math.ceil((part * 100) / all)} %`;
}

function variableLines(report: Report): string[] {
  const { board, functionCount, variables, moved, measured } = report;
  const total = totalOf(report);
  const rest = `${variables.pool} pool, ${variables.sockets} connections,`;
  const part = percent(total, board.variables);
  const lines = measured
    ? [
        `  variables  ${total} of at most ${board.variables}, ${part}:`,
        `             ${measured.used} when it has started (measured on $ESPRUINO), ${rest}`,
        `             ${variables.work} to work with`,
      ]
    : [
        `  variables  about ${total} of at most ${board.variables}, ${part} (estimate):`,
        `             ${variables.code} code (${functionCount} functions), ${rest}`,
        `             ${variables.work} to work with, ${variables.firmware} firmware`,
      ];
  if (moved) lines.push(`             ${moved} more functions stay in flash until they are called`);
  return lines;
}
