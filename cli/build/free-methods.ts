import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import ts from "typescript";
import { isFunction, childrenOf, memberName, parseModule, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { sourcesOf } from "./compiler.js";

/*
 * Methods that become functions: `nc.setTimer(t)` becomes `Connection$setTimer(nc, t)`. To the interpreter that is the same
 * price, but a function can be moved out of memory (overlay.ts), and a method cannot. The type checker says which: those
 * whose name stands for one method of one class wherever the program has it after a dot.
 */

/** What the language or the firmware calls by name, or has on objects of its own. */
const TAKEN: ReadonlySet<string> = new Set(
  [Object, Function, Array, String, Number, RegExp, Date, Promise, Uint8Array, Error]
    .flatMap((kind) => [...Object.getOwnPropertyNames(kind.prototype), ...Object.getOwnPropertyNames(kind)])
    .concat("toJSON then on emit clone addListener prependListener removeListener removeAllListeners".split(" ")),
);

/** What `this` is called in a method that became a function. */
const SELF = "self$";

/** Names of methods of `classes` (droppableClasses) that can become functions, and the class of each. */
export function freeableMethods(program: ts.Program, classes: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  const spoilt = new Set<string>(TAKEN);
  const sources = sourcesOf(program);
  for (const file of sources) eachNode(file, (node) => declare(node, classes, found, spoilt));
  for (const name of spoilt) found.delete(name);
  const checker = program.getTypeChecker();
  for (const file of sources) {
    eachNode(file, (node) => {
      const name = usedName(node);
      if (name !== undefined && found.has(name) && !isPlainCall(node, found.get(name)!, checker)) found.delete(name);
    });
  }
  return found;
}

function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => eachNode(child, visit));
}

/** Notes a method; every other declaration of a property with the same name spoils it. */
function declare(node: ts.Node, classes: ReadonlySet<string>, found: Map<string, string>, spoilt: Set<string>): void {
  const declares = ts.isClassElement(node) || ts.isTypeElement(node) || ts.isObjectLiteralElementLike(node);
  const named = declares || ts.isParameter(node) || ts.isBindingElement(node) ? (node as ts.NamedDeclaration).name : undefined;
  if (!named || !(ts.isIdentifier(named) || ts.isStringLiteralLike(named))) return;
  if (ts.isParameter(node) && !ts.isParameterPropertyDeclaration(node, node.parent)) return;
  const name = named.text;
  const owner = ts.isMethodDeclaration(node) && ts.isClassLike(node.parent) ? node.parent.name?.text : undefined;
  const isStatic = ts.isMethodDeclaration(node) && node.modifiers?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword);
  if (owner === undefined || isStatic || !classes.has(owner) || (found.get(name) ?? owner) !== owner) spoilt.add(name);
  else found.set(name, owner);
}

/** The name after a dot, or in quotes between brackets. */
function usedName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (!ts.isElementAccessExpression(node) || !ts.isStringLiteralLike(node.argumentExpression)) return undefined;
  return node.argumentExpression.text;
}

/** `it.name(…)`, where the checker knows that it is the method of that class. */
function isPlainCall(node: ts.Node, owner: string, checker: ts.TypeChecker): boolean {
  if (!ts.isPropertyAccessExpression(node) || node.questionDotToken || node.expression.kind === ts.SyntaxKind.SuperKeyword) return false;
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.expression !== node || call.questionDotToken) return false;
  const declarations = checker.getSymbolAtLocation(node.name)?.declarations ?? [];
  return declarations.length > 0 && declarations.every((d) => ts.isMethodDeclaration(d) && ts.isClassLike(d.parent) && d.parent.name?.text === owner);
}

/** The bundle, before it is minified, with functions in the place of those methods; null when it has none of them. */
export function freeMethods(code: string, methods: ReadonlyMap<string, string>): { code: string; map: SourceMap } | null {
  const program = parseModule(code) as unknown as AnyNode;
  const text = new MagicString(code);
  const freed = new Map<string, string>();
  walk(program, (node, ancestors) => {
    const name = freeDefinition(node, ancestors[ancestors.length - 1], methods, code, text);
    if (name !== undefined) freed.set(name, functionName(methods.get(name)!, name));
  });
  if (freed.size === 0) return null;
  walk(program, (node) => freeCall(node, freed, code, text));
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
}

function functionName(owner: string, name: string): string {
  return `${owner}$${name}`;
}

/** `X.prototype.name = function (a) {…};` becomes `function X$name(self$, a) {…}`. Answers the name. */
function freeDefinition(node: AnyNode, parent: AnyNode | undefined, methods: ReadonlyMap<string, string>, code: string, text: MagicString): string | undefined {
  if (node.type !== "ExpressionStatement" || (parent?.type !== "BlockStatement" && parent?.type !== "Program")) return undefined;
  const { type, left, right } = node.expression as AnyNode & { left: AnyNode; right: AnyNode };
  const name = type === "AssignmentExpression" ? memberName(left) : undefined;
  if (name === undefined || !methods.has(name) || right.type !== "FunctionExpression") return undefined;
  const prototype = left.object as AnyNode;
  const owner = memberName(prototype) === "prototype" ? ((prototype.object as AnyNode).name as string) : undefined;
  const whole = functionName(owner ?? "", name);
  if (owner !== methods.get(name) || code.includes(whole) || usesArguments(right.body as AnyNode)) return undefined;
  const [first] = right.params as AnyNode[];
  const open = first ? first.start : code.indexOf(")", right.start);
  text.update(node.start, open, `function ${whole}(${SELF}${first ? ", " : ""}`);
  for (const self of selvesIn(right.body as AnyNode)) text.update(self.start, self.end, SELF);
  if (node.end > right.end) text.remove(right.end, node.end);
  return name;
}

function usesArguments(body: AnyNode): boolean {
  let found = false;
  walk(body, (node) => {
    if (node.type === "Identifier" && node.name === "arguments") found = true;
  });
  return found;
}

/** Every `this` of a method, not those of functions inside of it. */
function selvesIn(node: AnyNode): AnyNode[] {
  if (node.type === "ThisExpression") return [node];
  return childrenOf(node).flatMap((child) => (isFunction(child) ? [] : selvesIn(child)));
}

/** `it.name(a)` becomes `X$name(it, a)`. */
function freeCall(node: AnyNode, freed: ReadonlyMap<string, string>, code: string, text: MagicString): void {
  if (node.type !== "CallExpression") return;
  const callee = node.callee as AnyNode;
  const whole = freed.get(memberName(callee) ?? "");
  if (whole === undefined || callee.computed) return;
  const property = callee.property as AnyNode;
  const open = code.indexOf("(", property.end) + 1;
  text.appendLeft(callee.start, `${whole}(`);
  text.update(code.lastIndexOf(".", property.start), open, (node.arguments as AnyNode[]).length ? ", " : "");
}
