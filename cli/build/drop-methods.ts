import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import ts from "typescript";
import { childrenOf, memberName, parseModule, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { sourcesOf } from "./compiler.js";
import { isCoreSource, isOwnSource } from "./layout.js";

/*
 * Methods of meerkat's classes that a program never names. No minifier may drop them, because any object could have
 * them; here it is known where every object comes from. Each costs about 7 variables of the interpreter.
 */

/** Methods that the language itself calls, without naming them. */
const IMPLICIT = ["constructor", "toString", "toJSON", "valueOf", "then"];

/** The variable with the board's platform (platform/espruino/index.ts): its properties may be dropped as methods are. */
const PLATFORM = "espruinoPlatform";

/** What is only needed when something else names it. */
interface Definition {
  name: string;
  /** A function at the top of the bundle: named without a dot. Dropping it is left to terser. */
  isFunction: boolean;
  /** The text to remove. */
  span: { start: number; end: number };
  /** What it uses when it is needed. */
  body: AnyNode;
}

/** Names that code mentions: after a dot, as a key or in quotes; and by themselves. */
interface Mentions {
  properties: Set<string>;
  names: Set<string>;
}

/**
 * The classes whose methods may be dropped: those of src/, unless the program has a class of the same name. `modules`
 * are the files of the bundle. Undefined when the program could reach methods by names that are not in its text.
 */
export function droppableClasses(program: ts.Program, modules: readonly string[]): Set<string> | undefined {
  const sources = sourcesOf(program);
  const known = new Set(sources.map((file) => file.fileName));
  if (modules.some((id) => !id.startsWith("\0") && !known.has(id))) return undefined;
  const foreign = sources.filter((file) => !isOwnSource(file.fileName));
  const checker = program.getTypeChecker();
  if (foreign.some((file) => reachesByName(file, checker))) return undefined;
  const classes = new Set<string>();
  for (const file of sources) if (isCoreSource(file.fileName)) eachClass(file, (name) => classes.add(name));
  for (const file of sources) if (!isCoreSource(file.fileName)) eachClass(file, (name) => classes.delete(name));
  return classes;
}

function eachClass(node: ts.Node, visit: (name: string) => void): void {
  if (ts.isClassLike(node) && node.name) visit(node.name.text);
  ts.forEachChild(node, (child) => eachClass(child, visit));
}

/** True when the code has `object[key]` or `{ [key]: it } = object` that may be a method whose name is made at run time. */
function reachesByName(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isElementAccessExpression(node) && isOpenKey(node.argumentExpression, checker)) {
    if (isCallee(node) || mayBeCalled(checker.getTypeAtLocation(node))) return true;
  }
  if (ts.isBindingElement(node) && node.propertyName && ts.isComputedPropertyName(node.propertyName)) {
    if (isOpenKey(node.propertyName.expression, checker)) return true;
  }
  return ts.forEachChild(node, (child) => reachesByName(child, checker) || undefined) ?? false;
}

/** Neither a number nor a text in quotes. */
function isOpenKey(key: ts.Expression, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(key);
  const parts = type.isUnion() ? type.types : [type];
  return !ts.isStringLiteralLike(key) && parts.some((part) => !(part.flags & ts.TypeFlags.NumberLike));
}

function isCallee(node: ts.Node): boolean {
  let at = node;
  while (ts.isParenthesizedExpression(at.parent) || ts.isNonNullExpression(at.parent) || ts.isAsExpression(at.parent))
    at = at.parent;
  return ts.isCallExpression(at.parent) && at.parent.expression === at;
}

function mayBeCalled(type: ts.Type): boolean {
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) return true;
  if (type.isUnion()) return type.types.some(mayBeCalled);
  return type.getCallSignatures().length > 0;
}

/** The bundle without the methods and accessors of `classes` that nothing names; null when there are none. */
export function dropMethods(
  code: string,
  classes: ReadonlySet<string>,
): { code: string; map: SourceMap; dropped: string[] } | null {
  const program = parseModule(code) as unknown as AnyNode;
  const definitions = definitionsOf(program, classes);
  const unused = unusedOf(program, definitions).filter((d) => !d.isFunction);
  if (unused.length === 0) return null;
  const text = new MagicString(code);
  for (const { span } of unused) text.remove(span.start, span.end);
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }), dropped: unused.map((d) => d.name) };
}

/** Statements of the bundle that define a method or accessor of the classes, and the functions at its top. */
function definitionsOf(program: AnyNode, classes: ReadonlySet<string>): Map<AnyNode, Definition> {
  const found = new Map<AnyNode, Definition>();
  walk(program, (node, ancestors) => {
    const parent = ancestors[ancestors.length - 1];
    const isStatement = parent?.type === "BlockStatement" || parent?.type === "Program";
    const definition = isStatement
      ? (functionOf(node, ancestors) ?? methodOf(node, classes) ?? accessorOf(node, classes))
      : platformPartOf(node, ancestors);
    if (definition) found.set(node, definition);
  });
  return found;
}

/** A function declared in the function around the bundle, or outside of any. */
function functionOf(node: AnyNode, ancestors: readonly AnyNode[]): Definition | undefined {
  if (node.type !== "FunctionDeclaration") return undefined;
  const depth = ancestors.filter((a) => a.type.startsWith("Function")).length;
  if (depth > 1) return undefined;
  return { name: (node.id as AnyNode).name as string, isFunction: true, span: node, body: node.body as AnyNode };
}

/** A property of the platform's object with what follows up to the next one. */
function platformPartOf(node: AnyNode, ancestors: readonly AnyNode[]): Definition | undefined {
  if (node.type !== "Property" || (node.key as AnyNode).type !== "Identifier") return undefined;
  const [object, declarator] = ancestors.slice(-2).reverse();
  if (declarator?.type !== "VariableDeclarator" || (declarator.id as AnyNode).name !== PLATFORM) return undefined;
  const parts = object.properties as AnyNode[];
  const next = parts[parts.indexOf(node) + 1];
  const span = { start: node.start, end: next ? next.start : object.end - 1 }; // to the brace: there may be a comma
  return { name: (node.key as AnyNode).name as string, isFunction: false, span, body: node.value as AnyNode };
}

/** `X.prototype.name = function …;` */
function methodOf(node: AnyNode, classes: ReadonlySet<string>): Definition | undefined {
  const assignment = node.type === "ExpressionStatement" ? (node.expression as AnyNode) : undefined;
  if (assignment?.type !== "AssignmentExpression" || assignment.operator !== "=") return undefined;
  const left = assignment.left as AnyNode;
  const body = assignment.right as AnyNode;
  const name = memberName(left);
  if (name === undefined || body.type !== "FunctionExpression") return undefined;
  if (!isPrototype(left.object as AnyNode, classes)) return undefined;
  return { name, isFunction: false, span: node, body };
}

/** `Object.defineProperty(X.prototype, "name", { get: …, set: … });` */
function accessorOf(node: AnyNode, classes: ReadonlySet<string>): Definition | undefined {
  const call = node.type === "ExpressionStatement" ? (node.expression as AnyNode) : undefined;
  if (call?.type !== "CallExpression") return undefined;
  const callee = call.callee as AnyNode;
  if (memberName(callee) !== "defineProperty" || (callee.object as AnyNode).name !== "Object") return undefined;
  const [prototype, key, body] = call.arguments as AnyNode[];
  if (!body || body.type !== "ObjectExpression" || !isPrototype(prototype, classes)) return undefined;
  if (key.type !== "Literal" || typeof key.value !== "string") return undefined;
  return { name: key.value, isFunction: false, span: node, body };
}

function isPrototype(node: AnyNode, classes: ReadonlySet<string>): boolean {
  if (memberName(node) !== "prototype") return false;
  const object = node.object as AnyNode;
  return object.type === "Identifier" && classes.has(object.name as string);
}

/** Definitions that are not reached from the code that runs by itself. */
function unusedOf(program: AnyNode, definitions: Map<AnyNode, Definition>): Definition[] {
  const mentions: Mentions = { properties: new Set(IMPLICIT), names: new Set() };
  mention(program, undefined, definitions, mentions);
  let unused = [...definitions.values()];
  for (let before = -1; before !== unused.length; ) {
    before = unused.length;
    const used = unused.filter((d) => (d.isFunction ? mentions.names : mentions.properties).has(d.name));
    unused = unused.filter((d) => !used.includes(d));
    for (const d of used) mention(d.body, undefined, definitions, mentions);
  }
  return unused;
}

/** Notes every name that the code mentions, except inside of definitions, whose turn may come. */
function mention(
  node: AnyNode,
  parent: AnyNode | undefined,
  definitions: Map<AnyNode, Definition>,
  mentions: Mentions,
): void {
  if (definitions.has(node)) return;
  if (node.type === "Literal") mentions.properties.add(String(node.value));
  if (node.type === "Identifier") (isKey(node, parent) ? mentions.properties : mentions.names).add(node.name as string);
  for (const child of childrenOf(node)) mention(child, node, definitions, mentions);
}

/** The identifier stands after a dot, or before the colon of an object. */
function isKey(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (parent?.computed) return false;
  if (parent?.type === "MemberExpression") return parent.property === node;
  return parent?.type === "Property" && parent.key === node && !parent.shorthand;
}
