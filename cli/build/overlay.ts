import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import type { Node } from "acorn";
import { isFunction, parseBundle, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { analyse } from "./scope.js";
import type { Binding, Reference, Scope } from "./scope.js";

/*
 * Functions that stay in flash. To the interpreter a function is five to nine variables, though its code is in flash. Most
 * functions of a program run seldom: set-up, handshakes, errors. Here those go into a comment of a function that nobody
 * calls, as a pack does (packing.ts), and a call `f(a, b)` of one becomes `($k[AT] || $(AT, END, 2))(a, b)`, where `$` makes
 * the function of its text, which is a pointer into flash: no variable is taken by a function that does not run. The last few
 * are kept in `$k`, so that a second call costs little more than an ordinary one.
 *
 * A function can go when all that happens to it is being called: then nothing can tell the one that is made anew from the
 * one that was always there. `this`, arguments and what is thrown are as before; the callee is looked up before the
 * arguments, as before; and it takes no more stack, since the call itself is still made by the caller.
 */

/** A function of the bundle that can be kept in flash. */
export interface Movable {
  /** Its name in the bundle. */
  name: string;
  /** Variables that it takes as an ordinary function. */
  variables: number;
}

/** What {@link overlay} made. */
export interface Overlay {
  code: string;
  map: SourceMap;
  /** Names, in the bundle that was given, of the functions that were moved. */
  moved: string[];
}

/** Functions that were made and are kept for the next call; when there are more, all go. */
export const OVERLAY_KEPT_MAX = 8;

/** Names of the parameters of what is moved, so that its text need not name them. terser leaves them free. */
export const OVERLAY_PARAMETERS: readonly string[] = ["$0", "$1", "$2", "$3", "$4", "$5", "$6"];

/** What the bundle calls its own part of this; terser leaves them free as well. */
export const OVERLAY_NAMES: readonly string[] = ["$", "$c", "$f", "$k", "$n"];

/** A function's name, itself, its text and the text's name (measured); each parameter takes one more. */
const FUNCTION_VARIABLES = 4;
/** Shorter texts are cheaper where they are. */
const TEXT_MIN = 100;
/** The property that has a function's text on Espruino (src/jsparse.h). */
const TEXT_OF = "\\xffcod";

/** The functions of a finished bundle that {@link overlay} could move, in the order of the text. */
export function movableFunctions(code: string): Movable[] {
  const { root } = analyse(parseBundle(code));
  return movables(root, code).map((b) => ({ name: b.name, variables: FUNCTION_VARIABLES + parametersOf(b).length }));
}

/**
 * Moves the named functions, which must be {@link movableFunctions}, and long texts out of the code that is executed. Null when
 * there is neither.
 */
export function overlay(code: string, names: ReadonlySet<string>): Overlay | null {
  const program = parseBundle(code);
  const { root } = analyse(program);
  const at = startOf(root.node);
  const moved = movables(root, code).filter((b) => names.has(b.name));
  // One that ends there already is before those that come.
  moved.sort((a, b) => Number(declarationOf(b).end === at) - Number(declarationOf(a).end === at));
  const texts = longTexts(program);
  if (moved.length + texts.length === 0) return null;
  const spots = [...callsOf(moved), ...texts.map((node) => ({ node, key: node })), ...regularExpressions(root, moved, code)] as Spot[];
  const pieces = piecesOf(moved, texts, spots, code);
  const text = new MagicString(code);
  for (const binding of moved) strip(binding, text);
  for (const { node, key, fixed } of spots) text.update(node.start, node.end, fixed ?? pieces.get(key)!);
  for (const { start, end } of moved.map(declarationOf)) if (end < at) text.move(start, end, at);
  const [head, tail] = ["function $c(){0;/*", ` ${texts.map((node) => `${node.value as string} `).join("")}*/0}${maker()}`];
  if (moved.length) {
    text.prependRight(declarationOf(moved[0]).start, head);
    text.appendLeft(declarationOf(moved[moved.length - 1]).end, tail);
  } else text.appendLeft(at, head + tail);
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }), moved: moved.map((b) => b.name) };
}

/**
 * `$` makes the function whose text is from `f` to `t`, with `n` parameters. `$c` holds the texts, `$k` the functions that are
 * kept, `$n` counts them. Written for the stack: a statement each, and nothing inside of brackets (1050 bytes more than a
 * function that was there would take, of which it needs some 500 itself; measured).
 */
function maker(): string {
  const make = OVERLAY_PARAMETERS.map((_, count) => `if(n===${count + 1})t=${made(count + 1)};`);
  return (
    `function $(f,t,n){t=$f.slice(f,t);if(++$n>${OVERLAY_KEPT_MAX}){$k={};$n=1}` +
    `if(!n)t=${made(0)};${make.join("")}$k[f]=t;return t}` +
    `var $k={},$n=0,$f=$c["${TEXT_OF}"]||String($c);$f=$f.slice($f.indexOf("/*")+2);`
  );
}

function made(count: number): string {
  return `Function(${OVERLAY_PARAMETERS.slice(0, count).map((name) => `"${name}",`).join("")}t)`;
}

/** Functions at the top that are only ever called, from anywhere. */
function movables(root: Scope, code: string): Binding[] {
  const found = [...root.bindings.values()].filter((b) => isMovable(b, code));
  return found.sort((a, b) => declarationOf(a).start - declarationOf(b).start);
}

function isMovable(binding: Binding, code: string): boolean {
  if (binding.kind !== "function" || binding.declarations.length !== 1) return false;
  const { node, ancestors } = binding.declarations[0];
  if (node.type !== "FunctionDeclaration" || ancestors.length !== 1) return false;
  if (parametersOf(binding).length > OVERLAY_PARAMETERS.length) return false;
  if (!binding.references.every(isCall)) return false;
  return code.slice(node.start, node.end).indexOf("*/") < 0 && !usesWhatDiffers(node);
}

function isCall({ node, ancestors }: Reference): boolean {
  const parent = ancestors[ancestors.length - 1];
  return parent.type === "CallExpression" && parent.callee === node;
}

/** `arguments` changes with the number of parameters, and these names are ours. */
function usesWhatDiffers(node: AnyNode): boolean {
  let found = false;
  walk(node, (n) => {
    if (n.type !== "Identifier") return;
    const name = n.name as string;
    if (name === "arguments" || OVERLAY_PARAMETERS.includes(name) || OVERLAY_NAMES.includes(name)) found = true;
  });
  return found;
}

function declarationOf(binding: Binding): AnyNode {
  return binding.declarations[0].node;
}

function parametersOf(binding: Binding): AnyNode[] {
  return declarationOf(binding).params as AnyNode[];
}

function bodyOf(binding: Binding): AnyNode {
  return declarationOf(binding).body as AnyNode;
}

/** Where the declarations end: the first statement that does something. */
function startOf(program: AnyNode): number {
  const first = (program.body as AnyNode[]).find((s) => s.type !== "FunctionDeclaration" && !isBareVar(s));
  return first ? first.start : program.end;
}

function isBareVar(statement: AnyNode): boolean {
  return statement.type === "VariableDeclaration" && (statement.declarations as AnyNode[]).every((d) => !d.init);
}

/** A place in the bundle, and what is called or read there: a function by its name, a text by its node. */
interface Spot {
  node: AnyNode;
  key: string | AnyNode;
  /** What comes there, where that does not depend on where things are. */
  fixed?: string;
}

function callsOf(moved: Binding[]): Spot[] {
  return moved.flatMap((b) => b.references.map(({ node }) => ({ node, key: b.name })));
}

/** Texts that a piece of flash can stand for: evaluated, they would be copied into memory. */
function longTexts(program: Node): AnyNode[] {
  const found: AnyNode[] = [];
  walk(program, (node, ancestors) => {
    if (node.type !== "Literal" || typeof node.value !== "string" || node.value.length < TEXT_MIN) return;
    const parent = ancestors[ancestors.length - 1];
    const isKey = parent.type === "Property" && parent.key === node;
    if (!isKey && parent.type !== "ExpressionStatement" && /^[\n\x20-\x7e]*$/.test(node.value) && !node.value.includes("*/")) found.push(node);
  });
  return found;
}

/**
 * Regular expressions in variables that only moved functions use: each is written where it is used, and made there. What is
 * kept of one takes 10 to 30 variables.
 */
function regularExpressions(root: Scope, moved: Binding[], code: string): Spot[] {
  const isInside = (node: AnyNode): boolean => moved.some((b) => node.start > bodyOf(b).start && node.end < bodyOf(b).end);
  const spots: Spot[] = [];
  for (const binding of root.bindings.values()) {
    const init = onlyValueOf(binding);
    const made = init?.regex as { flags: string } | undefined;
    if (!init || !made || made.flags.includes("g")) continue;
    const uses = binding.references.filter((use) => !use.writes);
    // After a closing bracket the firmware takes a slash for a division.
    if (!uses.every(({ node }) => isInside(node) && !/\)\s*$/.test(code.slice(0, node.start)))) continue;
    for (const { node } of uses) spots.push({ node, key: node, fixed: code.slice(init.start, init.end) });
    spots.push({ node: init, key: init, fixed: "0" });
  }
  return spots;
}

/** What a variable is given at the top, where it is declared or later, when that is all it is ever given. */
function onlyValueOf({ kind, declarations, references }: Binding): AnyNode | undefined {
  if (kind !== "var" || declarations.length !== 1) return undefined;
  const init = declarations[0].node.init as AnyNode | null;
  const writes = references.filter((use) => use.writes);
  if (init || writes.length !== 1) return writes.length === 0 ? (init ?? undefined) : undefined;
  const { node, ancestors } = writes[0];
  const parent = ancestors[ancestors.length - 1];
  const isAtTop = !ancestors.some(isFunction) && parent.type === "AssignmentExpression" && parent.operator === "=" && parent.left === node;
  return isAtTop ? (parent.right as AnyNode) : undefined;
}

/**
 * What stands in the bundle for each function and text. That has the places of all in it and is in the functions itself, and
 * the length of a number depends on the number: until nothing changes any more.
 */
function piecesOf(moved: Binding[], texts: AnyNode[], spots: Spot[], code: string): Map<string | AnyNode, string> {
  const pieces = new Map<string | AnyNode, string>(spots.map(({ key }) => [key, ""]));
  const inside = moved.map((b) => spots.filter(({ node }) => node.start > bodyOf(b).start && node.end < bodyOf(b).end));
  const grown = ({ node, key, fixed }: Spot): number => (fixed ?? pieces.get(key)!).length - (node.end - node.start);
  let isStable = false;
  const put = (key: string | AnyNode, piece: string): void => {
    isStable &&= pieces.get(key) === piece;
    pieces.set(key, piece);
  };
  while (!isStable) {
    isStable = true;
    let at = 0;
    for (const [i, b] of moved.entries()) {
      const count = parametersOf(b).length;
      const size = inside[i].reduce((sum, spot) => sum + grown(spot), plainSize(b));
      put(b.name, `($k[${at}]||$(${at},${at + size}${count ? `,${count}` : ""}))`);
      at += size;
    }
    // A blank before each and after the last, lest two of them make the end of the comment.
    at++;
    for (const node of texts) {
      const { length } = node.value as string;
      // A text in quotes may follow a word at once, a name may not.
      const gap = /[\w$]/.test(code[node.start - 1] ?? "") ? " " : "";
      put(node, `${gap}$f.slice(${at},${at + length})`);
      at += length + 1;
    }
  }
  return pieces;
}

/** The length of the body when its parameters have their new names. */
function plainSize(binding: Binding): number {
  const { start, end } = bodyOf(binding);
  return namesToChange(binding).reduce((sum, { node, name }) => sum + name.length - (node.end - node.start), end - start - 2);
}

/** Each place in the body that names a parameter, and the new name. */
function namesToChange(binding: Binding): { node: AnyNode; name: string }[] {
  const scope = binding.scope.children.find((child) => child.node === declarationOf(binding))!;
  return parametersOf(binding).flatMap((parameter, i) => {
    const own = scope.bindings.get(parameter.name as string)!;
    const uses = own.references.map(({ node }) => node);
    // `var` and function declarations with the parameter's name.
    for (const { node } of own.declarations) if (node.type !== "Identifier") uses.push(node.id as AnyNode);
    return uses.map((node) => ({ node, name: OVERLAY_PARAMETERS[i] }));
  });
}

/** Of the declaration only the body's text is left, with the parameters' new names. */
function strip(binding: Binding, text: MagicString): void {
  const { start, end } = declarationOf(binding);
  const body = bodyOf(binding);
  text.remove(start, body.start + 1);
  text.remove(body.end - 1, end);
  for (const { node, name } of namesToChange(binding)) text.update(node.start, node.end, name);
}
