import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import { memberName, parseModule, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { analyse } from "./scope.js";
import type { Reference } from "./scope.js";
import { redirectTextMethod } from "./text-methods.js";
import { unwrapClasses } from "./unwrap-classes.js";

/*
 * What happens to each module of a board's bundle after TypeScript made ES5 of it. Everything works on the syntax tree,
 * so that text inside strings and comments stays as it is.
 *
 * On a board a string is its UTF-8 bytes: literals are written as these bytes, and the few natives that would go wrong
 * with bytes, or that search wrongly (text-methods.ts), are replaced by shims.
 */

/** What to do to a module. */
export interface ModulePass {
  /** Values for `process.env.NAME`. */
  defines: Record<string, string>;
  /** Reading a name without a value gives undefined (boards have no environment). When false it is left as it is. */
  dropUndefined: boolean;
  /** Strings become their UTF-8 bytes, and natives that do not know UTF-8 or search wrongly their shims. */
  text: boolean;
  /** Takes what TypeScript makes of a class out of its function, and makes sums of templates. */
  flatten: boolean;
}

/** Module that the shims are imported from. */
export const SHIMS_ID = "meerkat:shims";

/** Native function → its shim. */
const SHIMS: Record<string, string> = {
  "JSON.stringify": "jsonStringify",
  "Number.isFinite": "isFiniteNumber",
  "Number.isInteger": "isInteger",
  "Number.isNaN": "isNotANumber",
  "String.fromCharCode": "fromCharCode",
  decodeURIComponent: "decodeComponent",
  encodeURIComponent: "encodeComponent",
};

/** The module's code after the pass, or null when there was nothing to do. */
export function passModule(code: string, pass: ModulePass): { code: string; map: SourceMap } | null {
  const program = parseModule(code);
  const text = new MagicString(code);
  const globals = analyse(program).globals;
  const shims = new Set<string>();
  if (pass.flatten) unwrapClasses(program, code, text);
  walk(program, (node, ancestors) => {
    if (pass.flatten) addInsteadOfConcat(node, text);
    if (!pass.text) return;
    writeAsBytes(node, ancestors, text);
    const shim = redirectTextMethod(node, text);
    if (shim !== undefined) shims.add(shim);
  });
  if (pass.text) redirectNatives(globals, shims, text);
  for (const name of shims) text.prepend(`import { ${name} as $${name} } from "${SHIMS_ID}";`);
  for (const use of globals) substituteDefine(use, pass, text);
  if (!text.hasChanged()) return null;
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
}

/**
 * TypeScript writes templates as `"a".concat(b, "c").concat(d)`. A sum is cheaper on Espruino (an addition 7 ki, a method
 * call 12), and its `concat` leaves out undefined.
 */
function addInsteadOfConcat(node: AnyNode, text: MagicString): void {
  if (!isTemplate(node)) return;
  const object = (node.callee as AnyNode).object as AnyNode;
  text.appendRight(node.start, "(");
  let from = object.end;
  for (const arg of node.arguments as AnyNode[]) {
    text.update(from, arg.start, (from === object.end ? "" : ")") + "+(");
    from = arg.end;
  }
  text.update(from, node.end, "))");
}

/** A call of concat with arguments on a string literal, or on such a call. */
function isTemplate(node: AnyNode): boolean {
  if (node.type !== "CallExpression") return false;
  const callee = node.callee as AnyNode;
  const args = node.arguments as AnyNode[];
  if (memberName(callee) !== "concat" || callee.computed || args.length === 0) return false;
  if (args.some((arg) => arg.type === "SpreadElement")) return false;
  const object = callee.object as AnyNode;
  return object.type === "Literal" ? typeof object.value === "string" : isTemplate(object);
}

function writeAsBytes(node: AnyNode, ancestors: readonly AnyNode[], text: MagicString): void {
  if (node.type !== "Literal" || typeof node.value !== "string" || isAscii(node.value)) return;
  const parent = ancestors[ancestors.length - 1];
  if (parent.type.startsWith("Import") || parent.type.startsWith("Export")) return;
  text.update(node.start, node.end, byteLiteral(node.value));
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** The string's UTF-8 bytes as a literal in ASCII: `"\xc3\xa9"` for "é". Lone surrogates become U+FFFD. */
export function byteLiteral(value: string): string {
  return JSON.stringify(Buffer.from(value, "utf8").toString("latin1")).replace(
    /[\x7f-\xff]/g,
    (c) => "\\x" + c.charCodeAt(0).toString(16),
  );
}

/** Puts shims in the place of natives, and notes which in `used`. */
function redirectNatives(globals: Reference[], used: Set<string>, text: MagicString): void {
  for (const use of globals) {
    const parent = use.ancestors[use.ancestors.length - 1];
    const member = parent.object === use.node ? memberName(parent) : undefined;
    const name = member === undefined ? (use.node.name as string) : `${use.node.name as string}.${member}`;
    if (!Object.hasOwn(SHIMS, name) || use.writes) continue;
    const node = member === undefined ? use.node : parent;
    text.update(node.start, node.end, "$" + SHIMS[name]);
    used.add(SHIMS[name]);
  }
}

function substituteDefine(use: Reference, pass: ModulePass, text: MagicString): void {
  if (use.node.name !== "process") return;
  const env = use.ancestors[use.ancestors.length - 1];
  const read = use.ancestors[use.ancestors.length - 2];
  if (env.object !== use.node || memberName(env) !== "env" || read === undefined || read.object !== env) return;
  const name = memberName(read);
  if (name === undefined || isAssigned(read, use.ancestors[use.ancestors.length - 3])) return;
  if (Object.hasOwn(pass.defines, name)) text.update(read.start, read.end, literal(pass.defines[name], pass));
  else if (pass.dropUndefined) text.update(read.start, read.end, "void 0");
}

function isAssigned(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type === "AssignmentExpression") return parent.left === node;
  return parent.type === "UpdateExpression" || (parent.type === "UnaryExpression" && parent.operator === "delete");
}

function literal(value: string, pass: ModulePass): string {
  return pass.text ? byteLiteral(value) : JSON.stringify(value);
}
