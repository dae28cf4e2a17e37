import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import typescriptPlugin from "@rollup/plugin-typescript";
import type { RollupTypescriptOptions } from "@rollup/plugin-typescript";
import type { Plugin, RollupLog } from "rollup";
import type ts from "typescript";
import { compilerFor, compilerOptions, sourcesOf, typeProblems } from "./compiler.js";
import { directCalls, findTables } from "./direct-calls.js";
import type { Tables } from "./direct-calls.js";
import { gateSources } from "./gate.js";
import { isEspruinoSource, meerkatRoot, modulePaths, shimsFile, SIMULATOR, simulatorUrl } from "./layout.js";
import type { Target } from "./layout.js";
import type { PackText } from "./pack.js";
import { passModule, SHIMS_ID } from "./module-pass.js";
import { buildError, sortProblems } from "./problem.js";

/*
 * The rollup plugins that both targets share: where modules are, TypeScript, the gate, and the pass over each module.
 */

/** What is known of a build while it runs: filled by the compiler, read by the later plugins. */
export interface BuildState {
  app: string;
  target: Target;
  defines: Record<string, string>;
  program: ts.Program | undefined;
  /** Whether calls through the port's tables become plain calls, and which tables there are. */
  isDirect?: boolean;
  tables?: Tables;
  /** Functions at the top of the bundle: what terser calls them, and their names before. */
  names?: Map<string, string>;
  /** How many functions stay in flash until they are called. */
  moved?: number;
  /** The pack that is in the finished program. */
  packed?: PackText;
}

/** rollup's entry: a module that imports the app, so that what the app exports is not kept. */
export const ENTRY_ID = "meerkat:entry";

/** Finds `meerkat`, `meerkat/NAME` and `meerkat/platform`; what is neither ours nor relative stays outside. */
export function resolver(state: BuildState): Plugin {
  const paths = modulePaths(state.target);
  return {
    name: "meerkat-resolve",
    resolveId(id, importer) {
      if (id === ENTRY_ID) return "\0" + ENTRY_ID;
      if (id === SHIMS_ID || (id === "tslib" && state.target === "board")) return shimsFile;
      if (id === SIMULATOR && state.target === "node") return { id: simulatorUrl, external: true };
      if (id === "meerkat" || id.startsWith("meerkat/")) return ownModule(id, paths);
      if (importer === "\0" + ENTRY_ID || id.startsWith(".") || id.startsWith("/")) return null;
      return { id, external: true };
    },
    load: (id) => (id === "\0" + ENTRY_ID ? `import ${JSON.stringify(state.app)};` : null),
  };
}

function ownModule(id: string, paths: Record<string, string[]>): string {
  const name = id.slice("meerkat/".length);
  const file = paths[id]?.[0] ?? paths["meerkat/*"][0].replace("*", name);
  if (existsSync(file)) return file;
  throw buildError(`Unknown module "${id}"`, []);
}

/** The plugin's types describe its CommonJS file; what an ES module imports is the function itself. */
const typescript = typescriptPlugin as unknown as (options: RollupTypescriptOptions) => Plugin;

/** TypeScript; the program it makes goes to `state.program` before the first module is compiled. */
export function compile(state: BuildState): Plugin {
  return typescript({
    tsconfig: false,
    typescript: compilerFor(state.app, state.target, (program) => {
      state.program = program;
    }),
    include: [/(?<!\.d)\.[cm]?tsx?$/],
    compilerOptions: compilerOptions(state.target),
    transformers: (program: ts.Program) => {
      if (!state.isDirect) return {};
      state.tables = findTables(program);
      return { before: [directCalls(program, state.tables)] };
    },
    tslib: shimsFile,
  });
}

/** Stops the build when the types do not fit, or when a board could not run the program. Must follow {@link compile}. */
export function gate(state: BuildState): Plugin {
  return {
    name: "meerkat-gate",
    buildStart() {
      const program = state.program;
      if (!program) return;
      const refused = state.target === "board" ? gateSources(program, sourcesOf(program)) : [];
      // What TypeScript has against a line that the gate refuses is about its own ES5, and only confuses.
      const places = new Set(refused.map((p) => `${p.file}:${p.line}`));
      const typed = typeProblems(program).filter((p) => !places.has(`${p.file}:${p.line}`));
      const problems = sortProblems([...typed, ...refused]);
      if (problems.length) throw buildError(title(state), problems);
    },
  };
}

function title(state: BuildState): string {
  return state.target === "board" ? "This program cannot run on a board:" : "This program cannot be compiled:";
}

/** Text, natives and `process.env`, module by module. */
export function modules(state: BuildState): Plugin {
  return {
    name: "meerkat-modules",
    transform(code, id) {
      if (id.startsWith("\0")) return null;
      const isBoard = state.target === "board";
      return passModule(code, {
        defines: state.defines,
        dropUndefined: isBoard,
        text: isBoard && !isEspruinoSource(id),
        flatten: isBoard,
      });
    },
  };
}

/** The app's absolute path. Throws when there is no such file. */
export function findApp(app: string): string {
  const file = resolve(app);
  if (!existsSync(file)) throw buildError(`Cannot find the program ${app}`, []);
  if (!/\.[cm]?tsx?$/.test(file)) throw buildError(`Cannot build ${app}: a program is a TypeScript file (.ts)`, []);
  return file;
}

/** Collects rollup's warnings, without those that the gate words better or that mean nothing here. */
export function warningsInto(warnings: string[]): (log: RollupLog) => void {
  return (log) => {
    if (log.plugin === "typescript" || log.code === "UNUSED_EXTERNAL_IMPORT") return;
    if (log.code === "THIS_IS_UNDEFINED" || log.code === "UNRESOLVED_IMPORT" || log.code === "MISSING_GLOBAL_NAME")
      return;
    warnings.push(log.message.replaceAll(dirname(meerkatRoot) + "/", ""));
  };
}
