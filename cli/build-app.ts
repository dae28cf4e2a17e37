import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Board } from "../boards/index.js";
import { buildBundle, formatReport, readPack } from "./build/index.js";
import { buildError } from "./build/problem.js";
import { complain, print } from "./console.js";

/** Options of `meerkat build`. */
export interface BuildOptions {
  board: Board;
  output: string;
  define?: Record<string, string>;
  minify?: boolean;
  pack?: string;
  gzip?: boolean;
}

/**
 * `meerkat build`: writes the bundle and its source map, and prints what it takes of the board: measured
 * on the interpreter that the environment variable ESPRUINO names, else estimated. Throws a BuildError,
 * also when the output is the program itself, and what the file system throws.
 */
export async function buildApp(app: string, options: BuildOptions): Promise<void> {
  const { board, output, define, minify, gzip } = options;
  if (isSameFile(app, output)) throw buildError(`Cannot write ${output}: it is the program itself`, []);
  const pack = options.pack === undefined ? undefined : readPack(options.pack, gzip !== false);
  const interpreter = process.env.ESPRUINO;
  const { report, warnings } = await buildBundle({ app, board, defines: define, out: output, minify, pack, interpreter });
  for (const warning of warnings) complain(warning);
  print(formatReport(report));
  print(`Wrote ${output} and ${output}.map`);
}

function isSameFile(a: string, b: string): boolean {
  return realPath(a) === realPath(b);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
