import { SourceMap } from "node:module";
import { resolve } from "node:path";
import { parseBundle, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { MISSING_GLOBALS } from "./gate-names.js";
import type { Problem } from "./problem.js";
import { analyse, eachScope } from "./scope.js";

/*
 * The second gate, on the finished bundle: what only shows after TypeScript, rollup and terser have done their work.
 * Places are those of the sources, found through the source map.
 */

/** Longest name, in characters; the lexer cuts longer ones without a word. */
const NAME_MAX = 63;

/** Words of the language for Espruino, but not for ES5. */
const WORDS: ReadonlySet<string> = new Set(["let", "of", "static"]);

/**
 * Every place in the finished bundle that the firmware could not run. `map` is the bundle's source map, whose paths are
 * relative to `dir`.
 */
export function gateOutput(code: string, map: object | null, dir: string): Problem[] {
  const placeOf = placesIn(code, map, dir);
  const problems: Problem[] = [];
  const refuse = (at: number, rule: string, what: string, instead: string): void => {
    problems.push({ ...placeOf(at), rule, what, instead });
  };
  let program;
  try {
    program = parseBundle(code);
  } catch (error) {
    refuse((error as { pos?: number }).pos ?? 0, "es5", `the bundle is not ES5: ${(error as Error).message}`, "");
    return problems;
  }
  walk(program, (node) => checkNode(node, code, refuse));
  const { root, globals } = analyse(program);
  eachScope(root, (scope) => {
    for (const binding of scope.bindings.values()) {
      if (!WORDS.has(binding.name)) continue;
      const { start } = binding.declarations[0].node;
      refuse(start, "reserved-name", `"${binding.name}" is a word of the language on Espruino`, "another name");
    }
  });
  for (const use of globals) {
    const name = use.node.name as string;
    const parent = use.ancestors[use.ancestors.length - 1];
    if (!Object.hasOwn(MISSING_GLOBALS, name) || parent.operator === "typeof") continue;
    if (use.ancestors.some((node) => asksTypeof(node, name))) continue;
    refuse(use.node.start, "global", `Espruino has no ${name}`, MISSING_GLOBALS[name]);
  }
  return problems;
}

type RefuseAt = (at: number, rule: string, what: string, instead: string) => void;

function checkNode(node: AnyNode, code: string, refuse: RefuseAt): void {
  if (node.type === "LabeledStatement")
    refuse(node.start, "label", "Espruino has no labels", "a flag, or a function that returns");
  else if (node.type === "SwitchStatement") checkSwitch(node, refuse);
  else if (node.type === "Property") checkProperty(node, refuse);
  else if (node.type === "Identifier" && (node.name as string).length > NAME_MAX) {
    refuse(
      node.start,
      "long-name",
      `names over ${NAME_MAX} characters are cut (${(node.name as string).slice(0, 20)}…)`,
      "a shorter name",
    );
  } else if (node.type === "Literal" && typeof node.value === "string" && /[^\x00-\xff]/.test(node.value)) {
    refuse(node.start, "wide-string", "a character above 255 in a binary string", "its UTF-8 bytes");
  } else if (node.type === "Literal" && /[^\x00-\x7f]/.test(code.slice(node.start, node.end))) {
    refuse(node.start, "ascii", "the bundle must be ASCII", "");
  }
}

function checkSwitch(node: AnyNode, refuse: RefuseAt): void {
  const cases = node.cases as AnyNode[];
  const at = cases.findIndex((c) => c.test === null);
  if (at >= 0 && at < cases.length - 1)
    refuse(cases[at].start, "case-after-default", "case after default throws on Espruino", "default as the last one");
}

/** `{get default(){}}` and `{get "a-b"(){}}` do not parse. */
function checkProperty(node: AnyNode, refuse: RefuseAt): void {
  if (node.kind === "init") return;
  const key = node.key as AnyNode;
  if (key.type === "Identifier" && !RESERVED.has(key.name as string)) return;
  refuse(
    node.start,
    "accessor-name",
    "the name of a getter or setter must be a plain name, and no reserved word",
    "another name, or a method",
  );
}

const RESERVED: ReadonlySet<string> = new Set(
  (
    "break case catch class const continue debugger default delete do else export extends false finally for function if import in " +
    "instanceof let new null of return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

function asksTypeof(node: AnyNode, name: string): boolean {
  if (node.type !== "ConditionalExpression" && node.type !== "LogicalExpression" && node.type !== "IfStatement")
    return false;
  const test = (node.test ?? node.left) as AnyNode;
  let found = false;
  walk(test, (n) => {
    if (n.type === "UnaryExpression" && n.operator === "typeof" && (n.argument as AnyNode).name === name) found = true;
  });
  return found;
}

/** Where in the sources a place of the bundle comes from; `map` and `dir` as above. Lines and columns count from 1. */
export function placesIn(code: string, map: object | null, dir: string): (at: number) => { file: string; line: number; column: number } {
  const places = map ? new SourceMap(map as ConstructorParameters<typeof SourceMap>[0]) : undefined;
  return (at) => {
    const before = code.slice(0, at);
    const line = before.split("\n").length - 1;
    const column = at - before.lastIndexOf("\n") - 1;
    const entry = places?.findEntry(line, column);
    if (!entry || !("originalSource" in entry)) return { file: "bundle", line: line + 1, column: column + 1 };
    return { file: resolve(dir, entry.originalSource), line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  };
}
