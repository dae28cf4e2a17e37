// The house rules that a reader of the files can check: who may import whom, sizes, and what must not be in the tree.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { meerkatRoot } from "../../cli/build/layout.js";

const FILE_MAX_LINES = 400;
const FUNCTION_MAX_LINES = 60;

/** What no rule is about: made by tools, and in .gitignore. */
const NOT_OURS = /^(node_modules|dist|out|\.git|espruino\.flash|.*\.tsbuildinfo)$/;

/** Every file of the repository, relative to its root. (Not asked of git: a copy without it is checked as well.) */
function listFiles(dir = ""): string[] {
  return readdirSync(join(meerkatRoot, dir), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.test(entry.name)) return [];
    const path = dir + entry.name;
    return entry.isDirectory() ? listFiles(path + "/") : entry.isFile() ? [path] : [];
  });
}

const files = listFiles();
const texts = new Map(files.filter((file) => !/\.(png|ico|gz)$/.test(file)).map((file) => [file, read(file)]));
const code = files.filter((file) => file.endsWith(".ts") && !file.startsWith("test/fixtures/"));
const asts = new Map(code.map((file) => [file, ts.createSourceFile(file, texts.get(file)!, ts.ScriptTarget.Latest, true)]));

function read(file: string): string {
  return readFileSync(join(meerkatRoot, file), "utf8");
}

/** One import or re-export. */
interface Import {
  from: string;
  /** A file of the repository, or the name of a package. */
  to: string;
  isType: boolean;
  line: number;
}

function importsOf(file: string): Import[] {
  const ast = asts.get(file)!;
  const found: Import[] = [];
  ast.forEachChild((node) => {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
    const module = node.moduleSpecifier;
    if (!module || !ts.isStringLiteral(module)) return;
    const { line } = ast.getLineAndCharacterOfPosition(node.getStart(ast));
    found.push({ from: file, to: resolveImport(file, module.text), isType: isTypeOnly(node), line: line + 1 });
  });
  return found;
}

function resolveImport(file: string, module: string): string {
  if (!module.startsWith(".")) return module;
  return posix.join(dirname(file), module).replace(/\.js$/, ".ts");
}

/** True when nothing of it is left after compiling: `import type`, or every name marked with `type`. */
function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || isAllTypes(node.exportClause);
  const clause = node.importClause;
  if (!clause) return false;
  return clause.isTypeOnly || (!clause.name && isAllTypes(clause.namedBindings));
}

function isAllTypes(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  return !!names && "elements" in names && names.elements.length > 0 && names.elements.every((one) => one.isTypeOnly);
}

const imports = code.flatMap(importsOf);

/** Fails with a line for each offender, and what to do about it. */
function none(offenders: string[], fix: string): void {
  assert.ok(offenders.length === 0, `${fix}\n  ${offenders.join("\n  ")}`);
}

/** Imports from files below `from` that break the rule. */
function noImport(from: string, breaks: (one: Import) => boolean, fix: string): void {
  const offenders = imports.filter((one) => one.from.startsWith(from) && breaks(one));
  none(offenders.map((one) => `${one.from}:${one.line} imports ${one.to}`), fix);
}

const PORT = "src/core/port.ts";

/** Rooms of src from the ground up: each may import itself and those before it. */
const ROOMS = ["core", "hash", "link", "http", "websocket", "libevent"];

function roomOf(file: string): number {
  return ROOMS.indexOf(file.split("/")[1]);
}

/** Modules that only compute: bytes in, values out. */
const PURE = ["src/http/head.ts", "src/http/framing.ts", "src/http/chunked.ts", "src/http/grammar.ts", "src/http/multipart.ts", "src/http/multipart-head.ts", "src/http/redirect.ts", "src/http/reply-head.ts", "src/http/message.ts", "src/http/status.ts", "src/websocket/frame.ts", "src/websocket/message.ts"];
const FOR_PURE = ["src/core/limits.ts", "src/core/errors.ts", "src/http/grammar.ts", "src/http/message.ts", "src/websocket/ops.ts"];

describe("tidy: imports", () => {
  it("src/ imports nothing but src/", () => {
    const fix = "src/ is pure TypeScript: what it needs from outside it asks of the Platform (src/core/port.ts).";
    noImport("src/", (one) => !one.to.startsWith("src/"), fix);
  });

  it("inside src/ imports point down: core, then hash, link, http, websocket, libevent, then index", () => {
    const fix = "A lower room must not know a higher one: move what is shared down, or let the higher one fill in a hook.";
    noImport("src/", (one) => one.to === "src/index.ts" || (roomOf(one.from) >= 0 && roomOf(one.to) > roomOf(one.from)), fix);
  });

  it("src/index.ts and the index of each protocol only re-export", () => {
    const offenders = code.filter((file) => /^src\/(\w+\/)?index\.ts$/.test(file)).flatMap((file) => {
      const others = asts.get(file)!.statements.filter((node) => !ts.isExportDeclaration(node) || !node.moduleSpecifier);
      return others.map((node) => `${file}: ${node.getText().split("\n")[0]}`);
    });
    none(offenders, "An index has no code of its own: move it to a file named after it.");
  });

  it("pure codecs import only limits and errors", () => {
    const fix = "A codec only computes: give it what it needs as an argument, or import the type alone.";
    noImport("src/", (one) => PURE.includes(one.from) && !one.isType && !FOR_PURE.includes(one.to), fix);
  });

  it("src/hash/ imports only itself", () => {
    const fix = "A hash is a pure function of bytes: what it needs of the platform it is given.";
    noImport("src/hash/", (one) => !one.isType && !one.to.startsWith("src/hash/"), fix);
  });

  it("a platform imports of src/ only the port", () => {
    const fix = "A platform knows the port and nothing behind it: import from src/core/port.ts.";
    noImport("platform/", (one) => one.to.startsWith("src/") && one.to !== PORT, fix);
  });

  it("a platform does not import another; wrap and virtual-board take types only", () => {
    const fix = "Platforms do not know each other: take a Platform as an argument, or import its type in wrap/ and virtual-board/.";
    noImport("platform/", (one) => {
      const [, own] = one.from.split("/");
      const [dir, other] = one.to.split("/");
      if (dir !== "platform" || own === other) return false;
      return !one.isType || !["wrap", "virtual-board"].includes(own);
    }, fix);
  });

  it("a platform imports neither the command line nor the tests, and of boards/ only types", () => {
    const fix = "Platforms are below cli/ and test/, and take a board as an argument.";
    noImport("platform/", (one) => /^(cli|test|examples|bench)\//.test(one.to) || (one.to.startsWith("boards/") && !one.isType), fix);
  });

  it("platform/espruino imports nothing of Node", () => {
    const fix = "It runs on a board: use what the firmware has.";
    noImport("platform/", (one) => one.from.startsWith("platform/espruino/") && one.to.startsWith("node:"), fix);
  });

  it("a board definition imports types only; boards/index.ts may import its siblings", () => {
    const fix = "A board is data: import types only.";
    noImport("boards/", (one) => !one.isType && (one.from !== "boards/index.ts" || !one.to.startsWith("boards/")), fix);
  });

  it("nothing outside test/ imports test/, and nothing but cli/ and test/ and bench/ imports cli/", () => {
    const fix = "Move what is shared to where both may import it.";
    noImport("", (one) => one.to.startsWith("test/") && !/^(test|bench)\//.test(one.from), fix);
    noImport("", (one) => one.to.startsWith("cli/") && !/^(cli|test|bench)\//.test(one.from), fix);
  });

  it("examples import only meerkat and their own parts, as a user's program does", () => {
    const fix = 'An example is a user\'s program: import "meerkat", "meerkat/http", "meerkat/platform" or files below examples/.';
    noImport("examples/", (one) => !/^meerkat(\/[a-z]+)?$/.test(one.to) && !one.to.startsWith("examples/"), fix);
  });

  it("no circle of imports that carry values inside src/", () => {
    none(circles("src/"), "Break the circle: import the type alone, or fill in a hook as src/core/slow.ts does.");
  });
});

/** Circles of value imports among the files below `dir`, each once, as "a -> b -> a". */
function circles(dir: string): string[] {
  const next = new Map<string, string[]>();
  for (const one of imports) {
    if (one.isType || !one.from.startsWith(dir) || !one.to.startsWith(dir)) continue;
    next.set(one.from, [...(next.get(one.from) ?? []), one.to]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

/** `file:line` of every node of the given kind that the test takes. */
function nodes(from: string[], isBad: (node: ts.Node, ast: ts.SourceFile) => boolean): string[] {
  const found: string[] = [];
  for (const file of from) {
    const ast = asts.get(file)!;
    const visit = (node: ts.Node): void => {
      if (isBad(node, ast)) found.push(`${file}:${ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1}`);
      node.forEachChild(visit);
    };
    visit(ast);
  }
  return found;
}

function lineCount(node: ts.Node, ast: ts.SourceFile): number {
  const from = ast.getLineAndCharacterOfPosition(node.getStart(ast)).line;
  return ast.getLineAndCharacterOfPosition(node.getEnd()).line - from + 1;
}

/** The body of describe(), or of a function that makes tests: a list of `it("…", () => …)`, each a function of its own. */
function isSuite(node: ts.Node): boolean {
  const body = (node as ts.FunctionLikeDeclaration).body;
  if (!body || !ts.isBlock(body)) return false;
  return body.statements.some((one) => {
    const call = ts.isExpressionStatement(one) ? one.expression : undefined;
    if (!call || !ts.isCallExpression(call) || call.arguments.length < 2) return false;
    const [title, run] = [call.arguments[0], call.arguments[call.arguments.length - 1]];
    return ts.isStringLiteralLike(title) && (ts.isArrowFunction(run) || ts.isFunctionExpression(run));
  });
}

describe("tidy: shape", () => {
  it("no default export", () => {
    const isDefault = (node: ts.Node): boolean =>
      ts.isExportAssignment(node) || (ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword));
    none(nodes(code, isDefault), "Export it by name, and name the file after it.");
  });

  it("no class that extends another", () => {
    const isDerived = (node: ts.Node): boolean => ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ExtendsKeyword && ts.isClassLike(node.parent);
    none(nodes(code, isDerived), "Espruino cannot derive classes, and errors have no subclasses here: use a field, functions, or a code.");
  });

  it(`no file over ${FILE_MAX_LINES} lines`, () => {
    const long = code.filter((file) => texts.get(file)!.split("\n").length - 1 > FILE_MAX_LINES);
    none(long.map((file) => `${file}: ${texts.get(file)!.split("\n").length - 1} lines`), "One concept a file: split it.");
  });

  it(`no function over ${FUNCTION_MAX_LINES} lines`, () => {
    const isLong = (node: ts.Node, ast: ts.SourceFile): boolean =>
      ts.isFunctionLike(node) && lineCount(node, ast) > FUNCTION_MAX_LINES && !(ast.fileName.startsWith("test/") && isSuite(node));
    none(nodes(code, isLong), "Branches in the parent, arithmetic in leaves: take a function out of it.");
  });

  it("files are named in kebab-case", () => {
    const odd = code.filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(file));
    none(odd, "Name the file after its main export, in lower case with hyphens.");
  });
});

/** `file:line` of every line that matches. */
function lines(from: Iterable<string>, pattern: RegExp): string[] {
  const found: string[] = [];
  for (const file of from) {
    texts.get(file)!.split("\n").forEach((line, at) => {
      if (pattern.test(line)) found.push(`${file}:${at + 1}: ${line.trim().slice(0, 100)}`);
    });
  }
  return found;
}

/** A pattern that does not find itself in this file. */
function words(...parts: [string, string][]): RegExp {
  return new RegExp(parts.map(([a, b]) => a + b).join("|"));
}

describe("tidy: text", () => {
  it("no blank at the end of a line, no tab at its start, and a line end at the end of the file", () => {
    const fix = "Let the editor trim lines and end files with a line end.";
    // Golden transcripts are bytes as they go over the wire.
    none(lines([...texts.keys()].filter((file) => !file.startsWith("test/golden/")), /[ \t]$/), fix);
    none(lines(code, /^\t/), fix);
    none([...texts].filter(([, text]) => text !== "" && !text.endsWith("\n")).map(([file]) => file), fix);
  });

  it("no notes of work left to do", () => {
    none(lines(texts.keys(), words(["\\bTO", "DO\\b"], ["\\bFIX", "ME\\b"], ["\\bX", "XX\\b"])), "Do it, or open an issue; say in the docs what is not supported.");
  });

  it("no paths of somebody's machine", () => {
    const paths = words(["(^|[\\s\"'`(=:])/wo", "rk/"], ["/ho", "me/[a-z]"], ["/ro", "ot/"], ["/Us", "ers/"], ["/tm", "p/esp"], ["[A-Z]:\\\\\\\\", "Users"]);
    none(lines(texts.keys(), paths), "Use a path relative to the repository, or ask for it in the environment.");
  });

  it("no hosts of package registries", () => {
    const hosts = words(["registry\\.", "npm"], ["registry\\.", "yarn"], ["artif", "actory"], ["\"resolved\": \"ht", "tp"]);
    none(lines(texts.keys(), hosts), "Where packages come from is the machine's affair: .npmrc leaves it out of package-lock.json.");
  });
});

describe("tidy: names of modules", () => {
  it("what meerkat/NAME is, package.json says as tsconfig.json does, and has each room with an index", () => {
    const config = ts.parseConfigFileTextToJson("tsconfig.json", texts.get("tsconfig.json")!).config as { compilerOptions: { paths: Record<string, [string]> } };
    const paths = Object.entries(config.compilerOptions.paths).map(([name, [file]]) => [name.replace("meerkat", "."), file]);
    const manifest = JSON.parse(texts.get("package.json")!) as { exports: Record<string, { types?: string } | string> };
    const exported = Object.entries(manifest.exports).flatMap(([name, to]) => (typeof to === "string" ? [] : [[name, to.types]]));
    assert.deepEqual(exported.sort(), paths.sort());
    const rooms = files.filter((file) => /^src\/\w+\/index\.ts$/.test(file)).map((file) => `./${file}`);
    assert.deepEqual(rooms.filter((room) => !paths.some(([, file]) => file === room)), []);
  });
});
