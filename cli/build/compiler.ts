import { join } from "node:path";
import ts from "typescript";
import { meerkatRoot, modulePaths, shimsFile } from "./layout.js";
import type { Target } from "./layout.js";
import type { Problem } from "./problem.js";

/*
 * TypeScript as the rollup plugin uses it: the options for each target, and access to the program the plugin makes,
 * so that one type check serves the compilation, the gate and the list of private names.
 */

/** Compiler options, with the enums as numbers. Both targets see the same types; the gate tells what a board lacks. */
export function compilerOptions(target: Target): ts.CompilerOptions {
  return {
    target: target === "board" ? ts.ScriptTarget.ES5 : ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ["lib.es2022.d.ts"],
    types: ["node"],
    typeRoots: [join(meerkatRoot, "node_modules/@types")],
    paths: modulePaths(target),
    strict: true,
    useDefineForClassFields: false,
    skipLibCheck: true,
    sourceMap: true,
    inlineSources: true,
    removeComments: false,
    noEmitOnError: false,
  };
}

/** The compiler that compiles `app` and what it imports, and shows its program to `onProgram` before anything else. */
export function compilerFor(app: string, target: Target, onProgram: (program: ts.Program) => void): typeof ts {
  const files = target === "board" ? [app, shimsFile] : [app];
  return {
    ...ts,
    parseJsonConfigFileContent(json, host, basePath, existing, ...rest) {
      return ts.parseJsonConfigFileContent({ ...json, files }, host, basePath, existing, ...rest);
    },
    createEmitAndSemanticDiagnosticsBuilderProgram: ((
      ...args: Parameters<typeof ts.createEmitAndSemanticDiagnosticsBuilderProgram>
    ) => {
      const builder = ts.createEmitAndSemanticDiagnosticsBuilderProgram(...args);
      onProgram(builder.getProgram());
      return builder;
    }) as typeof ts.createEmitAndSemanticDiagnosticsBuilderProgram,
  };
}

/** The files of a program that are compiled: not declarations. */
export function sourcesOf(program: ts.Program): ts.SourceFile[] {
  return program.getSourceFiles().filter((file) => !file.isDeclarationFile);
}

/** What the type checker objects to, as problems. */
export function typeProblems(program: ts.Program): Problem[] {
  const errors = ts.getPreEmitDiagnostics(program).filter((d) => d.category === ts.DiagnosticCategory.Error);
  return errors.map((d) => {
    const what = `TS${d.code}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n    ").replace(/\.$/, "")}`;
    const problem = { rule: "types", what, instead: "" };
    return d.file ? { ...placeOf(d.file, d.start ?? 0), ...problem } : { file: "", line: 0, column: 0, ...problem };
  });
}

/** Where a position is, counted from 1. */
export function placeOf(file: ts.SourceFile, position: number): { file: string; line: number; column: number } {
  const { line, character } = file.getLineAndCharacterOfPosition(position);
  return { file: file.fileName, line: line + 1, column: character + 1 };
}
