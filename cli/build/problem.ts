import { relative } from "node:path";

/** One reason why a program cannot be built, and where. */
export interface Problem {
  /** Absolute path of the source file; "" when the problem has no place. */
  file: string;
  /** Both count from 1. */
  line: number;
  column: number;
  /** Short name of the rule, for tests and for looking it up. */
  rule: string;
  /** What is there and why that is refused: one sentence without a full stop. */
  what: string;
  /** What to write or do instead; "" when there is nothing to suggest. */
  instead: string;
}

/** An error of the build: `code` tells it from others, `problems` has every place. */
export interface BuildError extends Error {
  code: "MEERKAT_BUILD";
  problems: Problem[];
}

/** Most problems that an error's message lists; the rest is counted. */
const LISTED_MAX = 20;

/** An Error that lists the problems, one to two lines each. */
export function buildError(title: string, problems: Problem[]): BuildError {
  const shown = problems.slice(0, LISTED_MAX).map(formatProblem);
  if (problems.length > LISTED_MAX) shown.push(`and ${problems.length - LISTED_MAX} more`);
  return buildErrorFrom([title, ...shown].join("\n"), problems);
}

/** True for what {@link buildError} made. */
export function isBuildError(error: unknown): error is BuildError {
  return error instanceof Error && (error as BuildError).code === "MEERKAT_BUILD";
}

/** The error that a plugin threw, as it was before rollup wrote its own code into it. */
export function thrownByPlugin(error: unknown): unknown {
  if (error instanceof Error && (error as { pluginCode?: string }).pluginCode === "MEERKAT_BUILD") {
    return buildErrorFrom(error.message, (error as BuildError).problems);
  }
  return error;
}

function buildErrorFrom(message: string, problems: Problem[]): BuildError {
  return Object.assign(new Error(message), { code: "MEERKAT_BUILD" as const, problems });
}

/** `file:line:column: what` and, below, what to do instead; the file relative to the working directory. */
export function formatProblem(problem: Problem): string {
  const place = problem.file ? `${shortPath(problem.file)}:${problem.line}:${problem.column}: ` : "";
  return place + problem.what + (problem.instead ? "\n    instead: " + problem.instead : "");
}

/** The path as a reader of the terminal wants it: relative when that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}

/** Problems by file, then by place, each place and rule once. */
export function sortProblems(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems
    .filter((p) => {
      const key = [p.file, p.line, p.column, p.rule].join("|");
      return seen.has(key) ? false : seen.add(key);
    })
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
}
