import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import ts from "typescript";
import { parseModule, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { sourcesOf } from "./compiler.js";
import { isCoreSource } from "./layout.js";
import { analyse, lookUp } from "./scope.js";
import type { Scope } from "./scope.js";

/*
 * The port without its tables. In a program for a board there is one platform, and one core that it reports to: what
 * `mgr.platform.write(…)` calls is known when it is built. It becomes `write(…)`, and the tables with the functions go. A
 * function that is in no table can be moved out of memory (overlay.ts).
 *
 * Two steps, because only the type checker knows what is called and only the bundle has the function's name: before
 * TypeScript writes JavaScript the call becomes `direct$Platform$write(…)`, and in the bundle that becomes the name.
 */

/** Interfaces of src/core/port.ts that have one implementation in a program for a board. */
const INTERFACES = ["Platform", "Sink", "ByteOps"];
/** An object that src/core/ fills with functions. */
const FILLED = "slow";
const PREFIX = "direct$";

/** An interface whose only implementation is an object of the program. */
interface Table {
  symbol: ts.Symbol;
  /** The variable that holds the object, and the functions in it. */
  variable: string;
  functions: Set<string>;
  /** What is used in other ways than by calling it. */
  kept: Set<string>;
}

/** What the first step found and the second needs: by interface. */
export type Tables = Map<string, Table>;

/** Finds the tables. Those of which there could be a second implementation are left alone. */
export function findTables(program: ts.Program): Tables {
  const checker = program.getTypeChecker();
  const tables: Tables = new Map();
  const spoilt = new Set<ts.Symbol>();
  const sources = sourcesOf(program);
  for (const file of sources) {
    eachNode(file, (node) => {
      const made = madeBy(node, checker);
      if (!made) return;
      const table = tableOf(node, made);
      if (table && !tables.has(made.name)) tables.set(made.name, table);
      else spoilt.add(made);
    });
  }
  for (const [name, { symbol }] of tables) if (spoilt.has(symbol)) tables.delete(name);
  for (const file of sources) eachNode(file, (node) => note(node, tables, checker));
  return tables;
}

function eachNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => eachNode(child, visit));
}

/** The interface that something is made to fit: an object, a cast, a class, an assignment to one of its members. */
function madeBy(node: ts.Node, checker: ts.TypeChecker): ts.Symbol | undefined {
  if (ts.isObjectLiteralExpression(node)) return portSymbol(checker.getContextualType(node)?.symbol);
  if (ts.isAsExpression(node)) return portSymbol(checker.getTypeAtLocation(node)?.symbol);
  if (ts.isExpressionWithTypeArguments(node)) return portSymbol(checker.getTypeAtLocation(node)?.symbol);
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  return ts.isPropertyAccessExpression(node.left) ? ownerOf(node.left.name, checker) : undefined;
}

function portSymbol(symbol: ts.Symbol | undefined): ts.Symbol | undefined {
  const declaration = symbol?.declarations?.[0];
  const isOurs = declaration && ts.isInterfaceDeclaration(declaration) && isCoreSource(declaration.getSourceFile().fileName);
  return isOurs && INTERFACES.includes(symbol.name) ? symbol : undefined;
}

/** The interface that a member belongs to. */
function ownerOf(name: ts.Node, checker: ts.TypeChecker): ts.Symbol | undefined {
  const declaration = checker.getSymbolAtLocation(name)?.declarations?.[0];
  return declaration && ts.isInterfaceDeclaration(declaration.parent) ? portSymbol(checker.getSymbolAtLocation(declaration.parent.name)) : undefined;
}

/** `const name: Interface = { member: aFunction, … }`. */
function tableOf(node: ts.Node, symbol: ts.Symbol): Table | undefined {
  const parent = node.parent;
  if (!ts.isObjectLiteralExpression(node) || !ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return undefined;
  const functions = new Set<string>();
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) return undefined;
    if (ts.isIdentifier(property.initializer)) functions.add(property.name.text);
  }
  return { symbol, variable: parent.name.text, functions, kept: new Set() };
}

/** Notes members that are used, and not only called. */
function note(node: ts.Node, tables: Tables, checker: ts.TypeChecker): void {
  if (ts.isBindingElement(node)) {
    const name = node.propertyName ?? node.name;
    if (ts.isIdentifier(name)) for (const table of tables.values()) table.kept.add(name.text);
  }
  if (!ts.isPropertyAccessExpression(node) || directName(node, tables, checker) !== undefined) return;
  const owner = ownerOf(node.name, checker);
  if (owner) tables.get(owner.name)?.kept.add(node.name.text);
}

/** What a call's `object.member` becomes; undefined where it stays. */
function directName(node: ts.PropertyAccessExpression, tables: Tables, checker: ts.TypeChecker): string | undefined {
  if (!ts.isCallExpression(node.parent) || node.parent.expression !== node || node.parent.questionDotToken || node.questionDotToken) return undefined;
  const owner = [...tables.values()].some((t) => t.functions.has(node.name.text)) && ownerOf(node.name, checker);
  const table = owner ? tables.get(owner.name) : undefined;
  if (!owner || table?.symbol !== owner || !table.functions.has(node.name.text) || !isPath(node.expression)) return undefined;
  return `${PREFIX}${owner.name}$${node.name.text}`;
}

/** Names and dots only: nothing happens when it is not evaluated. */
function isPath(node: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return isPath(node.expression);
  return ts.isIdentifier(node) || node.kind === ts.SyntaxKind.ThisKeyword;
}

/** The first step: what TypeScript does before it writes JavaScript. */
export function directCalls(program: ts.Program, tables: Tables): ts.TransformerFactory<ts.SourceFile> {
  const checker = program.getTypeChecker();
  return (context) => {
    const visit = (node: ts.Node): ts.Node => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return ts.visitEachChild(node, visit, context);
      const name = directName(node.expression, tables, checker);
      if (name === undefined) return ts.visitEachChild(node, visit, context);
      const given = ts.visitNodes(node.arguments, visit) as ts.NodeArray<ts.Expression>;
      return ts.setTextRange(context.factory.createCallExpression(context.factory.createIdentifier(name), undefined, given), node);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

/** The second step, on the bundle before it is minified; null when there is nothing to do. */
export function resolveDirect(code: string, tables: Tables): { code: string; map: SourceMap } | null {
  const program = parseModule(code);
  const { root, globals } = analyse(program);
  const scope = root.children.length === 1 && root.bindings.size === 0 ? root.children[0] : root;
  const text = new MagicString(code);
  const members = new Map<string, string>();
  walk(program, (node) => {
    const found = tableAt(node, tables);
    if (found) readObject(node, found, members, text);
  });
  const aliases = new Set<string>();
  for (const { node, scope: from } of globals) {
    const name = node.name as string;
    const value = members.get(name);
    if (value === undefined) continue;
    // Where a variable of the caller has the function's name, it keeps the name it has.
    if (lookUp(from, value)?.scope === scope) text.update(node.start, node.end, value);
    else aliases.add(`var ${name} = ${value};\n`);
  }
  const first = bodyOf(scope.node)[0];
  for (const alias of aliases) text.appendLeft(first.start, alias);
  resolveFilled(scope, text);
  return text.hasChanged() ? { code: text.toString(), map: text.generateMap({ hires: "boundary" }) } : null;
}

/** The table that a variable is: by its name, which rollup may have numbered, and its members. */
function tableAt(node: AnyNode, tables: Tables): [string, Table] | undefined {
  const object = node.type === "VariableDeclarator" ? (node.init as AnyNode | null) : undefined;
  if (object?.type !== "ObjectExpression") return undefined;
  const keys = (object.properties as AnyNode[]).map((p) => (p.key as AnyNode).name as string);
  const name = ((node.id as AnyNode).name as string).replace(/\$\d+$/, "");
  return [...tables].find(([, t]) => t.variable === name && t.functions.size > 0 && [...t.functions].every((f) => keys.includes(f)));
}

/** Learns the members' values, and takes those out that are only called. */
function readObject(declarator: AnyNode, [name, { functions, kept }]: [string, Table], members: Map<string, string>, text: MagicString): void {
  const object = declarator.init as AnyNode;
  const properties = object.properties as AnyNode[];
  for (const [i, property] of properties.entries()) {
    const key = (property.key as AnyNode).name as string;
    const value = property.value as AnyNode;
    if (!functions.has(key) || value.type !== "Identifier") continue;
    members.set(`${PREFIX}${name}$${key}`, value.name as string);
    if (!kept.has(key)) text.remove(property.start, i + 1 < properties.length ? properties[i + 1].start : object.end - 1);
  }
}

/** The statements of a function or of the program. */
function bodyOf(node: AnyNode): AnyNode[] {
  return (node.type === "Program" ? node.body : (node.body as AnyNode).body) as AnyNode[];
}

/** `slow.name = aFunction` at the top, once: then `slow.name(…)` is a call of it. */
function resolveFilled(scope: Scope, text: MagicString): void {
  const binding = scope.bindings.get(FILLED);
  const uses = binding?.references.map(({ node, ancestors, scope: from }) => ({ node, from, member: ancestors[ancestors.length - 1], outer: ancestors[ancestors.length - 2] }));
  if (!uses?.every(({ member, node }) => member.type === "MemberExpression" && member.object === node && !member.computed)) return;
  const values = new Map<string, string>();
  for (const { member, outer, from } of uses) {
    if (outer.type !== "AssignmentExpression" || outer.left !== member) continue;
    const key = (member.property as AnyNode).name as string;
    const value = outer.right as AnyNode;
    if (from !== scope || value.type !== "Identifier" || values.has(key)) return;
    values.set(key, value.name as string);
  }
  const isKnown = ({ member, outer, from }: (typeof uses)[number]): boolean => {
    const value = values.get((member.property as AnyNode).name as string);
    if (value === undefined) return false;
    return outer.left === member || (outer.type === "CallExpression" && outer.callee === member && lookUp(from, value)?.scope === scope);
  };
  for (const use of uses) if (!isKnown(use)) values.delete((use.member.property as AnyNode).name as string);
  for (const { member, outer } of uses) {
    const value = values.get((member.property as AnyNode).name as string);
    if (value === undefined) continue;
    if (outer.left === member) text.update(outer.start, outer.end, "0");
    else text.update(member.start, member.end, value);
  }
}
