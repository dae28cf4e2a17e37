import { basename, dirname, resolve } from "node:path";
import type { Plugin, RollupOptions } from "rollup";
import type { Board } from "../../boards/board.js";
import { resolveDirect } from "./direct-calls.js";
import { droppableClasses, dropMethods } from "./drop-methods.js";
import { freeableMethods, freeMethods } from "./free-methods.js";
import { gateOutput, placesIn } from "./gate-output.js";
import { generate, writeFiles } from "./generate.js";
import { hoist } from "./hoist.js";
import { inlineConstants } from "./inline-constants.js";
import { isCoreSource, isOwnSource } from "./layout.js";
import { minify } from "./minify.js";
import type { PackedFile } from "./pack.js";
import { packedModule, packInto } from "./packing.js";
import { compile, ENTRY_ID, findApp, gate, modules, resolver, warningsInto } from "./plugins.js";
import type { BuildState } from "./plugins.js";
import { movableFunctions, overlay } from "./overlay.js";
import { hotNames } from "./hot-names.js";
import { privateNames } from "./private-names.js";
import { buildError, sortProblems } from "./problem.js";
import { chooseMoved, isSmall, ownFunctions } from "./residents.js";
import { unwrapBundle } from "./unwrap-bundle.js";
import { measure, type Measured } from "./measure.js";
import { budgetProblems, reportOf } from "./report.js";
import type { PartOf, Report } from "./report.js";

/*
 * An app and a board in, one file of ES5 out that the board's interpreter runs: compiled, checked, bundled, minified,
 * hoisted, and checked again.
 */

/** Variables that are this much larger or smaller than the board's hold nearly as much. */
const VARIABLE_BYTES_APART = 2;

/** Compressed copies in a pack may fill a board's flash up to here: a program wants room for files of its own. */
const PACKED_PART_MAX = 0.75;

/** What to build. */
export interface BundleOptions {
  /** The program's TypeScript file; anywhere, also outside of this repository. */
  app: string;
  board: Board;
  /** Values for `process.env.NAME`. */
  defines?: Record<string, string>;
  /** File to write; the source map goes beside it as FILE.map. Nothing is written without. */
  out?: string;
  /** What the program gets from "meerkat/packed"; see readPack. Without, that is empty. */
  pack?: readonly PackedFile[];
  /** Whether functions that seldom run stay in flash until they are called. Default: on boards with few variables. */
  overlay?: boolean;
  /** Default true. False leaves names and lines readable, for looking at what the build does. */
  minify?: boolean;
  /** An Espruino binary on which the variables are measured; without, or where its variables are of another size, they are estimated. */
  interpreter?: string;
}

/** A finished bundle. */
export interface Bundle {
  code: string;
  /** Source map, as JSON: from the code to the TypeScript files. */
  map: string;
  bytes: number;
  report: Report;
  /** What rollup wants said; usually nothing. */
  warnings: string[];
}

/**
 * Builds a program for a board. Throws a BuildError (see problem.ts) when it does not compile, when the board could not
 * run it, or when it is too big for the board.
 */
export async function buildBundle(options: BundleOptions): Promise<Bundle> {
  const warnings: string[] = [];
  let report: Report | undefined;
  const config = bundleConfig({ ...options, onReport: (r) => (report = r), onWarning: (w) => warnings.push(w) });
  const { code, map } = await generate(config);
  const bundle = { code, map, bytes: code.length, report: report as unknown as Report, warnings };
  if (options.out) await writeFiles(options.out, bundle);
  return bundle;
}

/** As {@link BundleOptions}, with callbacks for what rollup has no return value for. */
export interface BundleConfigOptions extends BundleOptions {
  onReport?: (report: Report) => void;
  onWarning?: (warning: string) => void;
}

/** The same build as a rollup configuration: what rollup.config.mjs exports and {@link buildBundle} runs. */
export function bundleConfig(options: BundleConfigOptions): RollupOptions {
  const defines = { ...boardDefines(options.board), ...options.defines };
  const state: BuildState = { app: findApp(options.app), target: "board", defines, program: undefined, isDirect: isOverlaid(options) };
  const warnings = { push: (w: string) => options.onWarning?.(w) } as unknown as string[];
  const file = resolve(options.out ?? basename(state.app).replace(/\.[cm]?tsx?$/, ".js"));
  return {
    input: ENTRY_ID,
    plugins: [
      packedModule(options.pack, true),
      resolver(state),
      compile(state),
      gate(state),
      modules(state),
      inlining(),
      directing(state),
      dropping(state),
      freeing(state, options),
      minifying(state, options),
      hoisting(state),
      unwrapping(),
      overlaying(state, options),
      packInto(options.pack, options.board.storageBytes * PACKED_PART_MAX, (packed) => (state.packed = packed)),
      finishing(state, options, file),
    ],
    // A file of ours that nothing is used of stays out, whatever its classes put on their prototypes.
    treeshake: { moduleSideEffects: (id) => !isCoreSource(id) },
    onwarn: warningsInto(warnings),
    output: { file, format: "iife", strict: false, sourcemap: "hidden", generatedCode: "es5" },
  };
}

/** What a board's definition puts into `process.env` of its bundles; `--define` can change it. */
export function boardDefines(board: Board): Record<string, string> {
  return {
    MEERKAT_BOARD: board.id,
    MEERKAT_CHUNK_BYTES: String(board.chunkBytes),
    MEERKAT_SOCKETS: String(board.sockets),
    MEERKAT_PAGES: String(board.pool.pages),
    MEERKAT_PAGE_BYTES: String(board.pool.pageBytes),
    MEERKAT_TLS: board.abilities.tlsClient ? "1" : "0",
    MEERKAT_UDP: board.abilities.udp ? "1" : "0",
  };
}

function inlining(): Plugin {
  return { name: "meerkat-constants", renderChunk: (code) => inlineConstants(code) };
}

/** Calls through the port's tables. */
function directing(state: BuildState): Plugin {
  return { name: "meerkat-direct-calls", renderChunk: (code) => (state.tables ? resolveDirect(code, state.tables) : null) };
}

/** Methods that nothing names: before terser, which then drops the functions that only they used. */
function dropping(state: BuildState): Plugin {
  return {
    name: "meerkat-drop-methods",
    renderChunk(code, chunk) {
      const classes = state.program && droppableClasses(state.program, Object.keys(chunk.modules));
      const result = classes ? dropMethods(code, classes) : null;
      return result && { code: result.code, map: result.map };
    },
  };
}

/** Methods into functions, where functions are moved out of memory. */
function freeing(state: BuildState, options: BundleConfigOptions): Plugin {
  return {
    name: "meerkat-free-methods",
    renderChunk(code, chunk) {
      const classes = isOverlaid(options) && state.program && droppableClasses(state.program, Object.keys(chunk.modules));
      return classes && state.program ? freeMethods(code, freeableMethods(state.program, classes)) : null;
    },
  };
}

function isOverlaid(options: BundleConfigOptions): boolean {
  return options.overlay ?? isSmall(options.board);
}

function minifying(state: BuildState, options: BundleConfigOptions): Plugin {
  return {
    name: "meerkat-minify",
    async renderChunk(code) {
      if (options.minify === false || !state.program) return null;
      const small = await minify(code, privateNames(state.program), hotNames(state.program));
      state.names = small.names;
      return { code: small.code, map: small.map as never };
    },
  };
}

/** Espruino does not hoist: the last pass that writes code. */
function hoisting(state: BuildState): Plugin {
  return { name: "meerkat-hoist", renderChunk: (code) => hoist(code, state.program ? hotNames(state.program) : []) };
}

/** Last: what moves declarations needs the function around them. */
function unwrapping(): Plugin {
  return { name: "meerkat-unwrap", renderChunk: (code) => unwrapBundle(code) };
}

/** Functions that seldom run out of the variables of a small board. */
function overlaying(state: BuildState, options: BundleConfigOptions): Plugin {
  return {
    name: "meerkat-overlay",
    renderChunk(code) {
      // What the gate refuses stays where it can name the place.
      if (!isOverlaid(options) || gateOutput(code, null, "").length) return null;
      const { board, variables } = reportOf(code, options.board, state.defines);
      const idle = variables.total - variables.pool - variables.work;
      const own = state.program ? ownFunctions(state.program) : new Set<string>();
      const names = chooseMoved(movableFunctions(code), state.names ?? new Map(), own, { board, idle });
      const result = overlay(code, names);
      state.moved = result?.moved.length;
      return result && { code: result.code, map: result.map };
    },
  };
}

/** Looks at the result once more, and counts what it takes. */
function finishing(state: BuildState, options: BundleConfigOptions, file: string): Plugin {
  return {
    name: "meerkat-finish",
    async generateBundle(_output, chunks) {
      for (const chunk of Object.values(chunks)) {
        if (chunk.type !== "chunk") continue;
        const problems = sortProblems(gateOutput(chunk.code, chunk.map, dirname(file)));
        if (problems.length) throw buildError("This program cannot run on a board:", problems);
        const report = reportOf(chunk.code, options.board, state.defines, state.packed, partsOf(chunk.code, chunk.map, dirname(file)));
        report.moved = state.moved;
        if (options.interpreter) report.measured = await measuredOn(options.interpreter, chunk.code, options);
        options.onReport?.(report);
        const budget = budgetProblems(report);
        if (budget.length) throw buildError("This program is too big:", budget);
      }
    },
  };
}

/** What the program takes of that interpreter, where that says something about the board. */
async function measuredOn(interpreter: string, code: string, { board, onWarning }: BundleConfigOptions): Promise<Measured | undefined> {
  const measured = await measure(interpreter, code);
  if (measured && Math.abs(measured.variableBytes - board.variableBytes) <= VARIABLE_BYTES_APART) return measured;
  const why = measured ? `its variables have ${measured.variableBytes} bytes, the board's ${board.variableBytes}` : "the program did not start there";
  onWarning?.(`Not measured on ${interpreter}: ${why}`);
  return undefined;
}

/** Parts of the program are the rooms of src/, the platform, and the app. */
function partsOf(code: string, map: object | null, dir: string): PartOf {
  const placeOf = placesIn(code, map, dir);
  return (at) => {
    const { file } = placeOf(at);
    if (!isOwnSource(file)) return "the program itself";
    return isCoreSource(file) ? basename(dirname(file)) : "platform";
  };
}
