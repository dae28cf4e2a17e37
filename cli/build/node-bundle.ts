import { basename, resolve } from "node:path";
import { generate, writeFiles } from "./generate.js";
import type { PackedFile } from "./pack.js";
import { packedModule } from "./packing.js";
import { compile, ENTRY_ID, findApp, gate, modules, resolver, warningsInto } from "./plugins.js";
import type { BuildState } from "./plugins.js";

/*
 * The same app for Node: one ES module, readable, with a source map. Modules of Node and packages stay imports.
 */

/** What to build. */
export interface NodeBundleOptions {
  /** The program's TypeScript file; anywhere. */
  app: string;
  /** Values for `process.env.NAME`; other names are read from the environment when the program runs. */
  defines?: Record<string, string>;
  /** What the program gets from "meerkat/packed"; see readPack. Without, that is empty. */
  pack?: readonly PackedFile[];
  /** File to write (.mjs); the source map goes beside it as FILE.map. Nothing is written without. */
  out?: string;
}

/** A finished program for Node. */
export interface NodeBundle {
  code: string;
  map: string;
  warnings: string[];
}

/** Builds a program for Node. Throws a BuildError when it does not compile. */
export async function buildNode(options: NodeBundleOptions): Promise<NodeBundle> {
  const state: BuildState = {
    app: findApp(options.app),
    target: "node",
    defines: options.defines ?? {},
    program: undefined,
  };
  const warnings: string[] = [];
  const file = resolve(options.out ?? basename(state.app).replace(/\.[cm]?tsx?$/, ".mjs"));
  const result = await generate({
    input: ENTRY_ID,
    plugins: [packedModule(options.pack, false), resolver(state), compile(state), gate(state), modules(state)],
    onwarn: warningsInto(warnings),
    output: { file, format: "es", sourcemap: true },
  });
  if (options.out) await writeFiles(options.out, result);
  return { ...result, warnings };
}
