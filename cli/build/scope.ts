import type { Node } from "acorn";
import { childrenOf, isFunction } from "./ast.js";
import type { AnyNode } from "./ast.js";

/*
 * Who declares a name, and who uses it: enough scope analysis for ES5 and its import and export lines.
 */

/** One use of a name. */
export interface Reference {
  node: AnyNode;
  /** From the root to the parent of `node`. */
  ancestors: AnyNode[];
  /** Scope the use stands in. */
  scope: Scope;
  /** The use may change the value. */
  writes: boolean;
}

/** One declared name. */
export interface Binding {
  name: string;
  scope: Scope;
  kind: "var" | "function" | "param" | "import";
  /** Each declarator (kind var), function declaration or parameter, with its ancestors. */
  declarations: { node: AnyNode; ancestors: AnyNode[] }[];
  references: Reference[];
}

/** A function, a catch clause or the program, with the names it declares. */
export interface Scope {
  node: AnyNode;
  parent: Scope | undefined;
  bindings: Map<string, Binding>;
  children: Scope[];
}

/** What {@link analyse} found. */
export interface Analysis {
  root: Scope;
  /** Uses of names that nothing declares. */
  globals: Reference[];
}

/** Finds every declaration and every use of a name in an ES5 program or module. */
export function analyse(program: Node): Analysis {
  const uses: Reference[] = [];
  const root = newScope(program as AnyNode, undefined);
  visitChildren(program as AnyNode, [], root, uses);
  const globals: Reference[] = [];
  for (const use of uses) {
    const binding = lookUp(use.scope, use.node.name as string);
    if (binding) binding.references.push(use);
    else globals.push(use);
  }
  return { root, globals };
}

/** The binding a name means in a scope, or undefined for a global. */
export function lookUp(scope: Scope | undefined, name: string): Binding | undefined {
  for (let s = scope; s; s = s.parent) {
    const binding = s.bindings.get(name);
    if (binding) return binding;
  }
  return undefined;
}

/** Calls `visit` for the scope and every scope inside it. */
export function eachScope(scope: Scope, visit: (scope: Scope) => void): void {
  visit(scope);
  for (const child of scope.children) eachScope(child, visit);
}

function newScope(node: AnyNode, parent: Scope | undefined): Scope {
  const scope: Scope = { node, parent, bindings: new Map(), children: [] };
  if (parent) parent.children.push(scope);
  return scope;
}

function declare(scope: Scope, name: string, kind: Binding["kind"], node: AnyNode, ancestors: AnyNode[]): void {
  const known = scope.bindings.get(name);
  const declaration = { node, ancestors: ancestors.slice() };
  if (known) known.declarations.push(declaration);
  else scope.bindings.set(name, { name, scope, kind, declarations: [declaration], references: [] });
}

/** The scope that `var` in `scope` belongs to: the nearest one that is not a catch clause. */
function varScope(scope: Scope): Scope {
  return scope.node.type === "CatchClause" && scope.parent ? varScope(scope.parent) : scope;
}

function visitChildren(node: AnyNode, ancestors: AnyNode[], scope: Scope, uses: Reference[]): void {
  ancestors.push(node);
  for (const child of childrenOf(node)) visitNode(child, ancestors, scope, uses);
  ancestors.pop();
}

function visitNode(node: AnyNode, ancestors: AnyNode[], scope: Scope, uses: Reference[]): void {
  if (isFunction(node)) return visitFunction(node, ancestors, scope, uses);
  if (node.type === "CatchClause") return visitCatch(node, ancestors, scope, uses);
  if (node.type === "Identifier") return visitIdentifier(node, ancestors, scope, uses);
  if (node.type === "VariableDeclarator") {
    const id = node.id as AnyNode;
    declare(varScope(scope), id.name as string, "var", node, ancestors);
  }
  visitChildren(node, ancestors, scope, uses);
}

function visitFunction(node: AnyNode, ancestors: AnyNode[], outer: Scope, uses: Reference[]): void {
  const id = node.id as AnyNode | null;
  const scope = newScope(node, outer);
  if (id && node.type === "FunctionDeclaration")
    declare(varScope(outer), id.name as string, "function", node, ancestors);
  else if (id) declare(scope, id.name as string, "function", node, ancestors);
  for (const param of node.params as AnyNode[]) declare(scope, param.name as string, "param", param, ancestors);
  ancestors.push(node);
  visitNode(node.body as AnyNode, ancestors, scope, uses);
  ancestors.pop();
}

function visitCatch(node: AnyNode, ancestors: AnyNode[], outer: Scope, uses: Reference[]): void {
  const scope = newScope(node, outer);
  const param = node.param as AnyNode | null;
  if (param) declare(scope, param.name as string, "param", param, ancestors);
  ancestors.push(node);
  visitNode(node.body as AnyNode, ancestors, scope, uses);
  ancestors.pop();
}

function visitIdentifier(node: AnyNode, ancestors: AnyNode[], scope: Scope, uses: Reference[]): void {
  const parent = ancestors[ancestors.length - 1];
  if (isImportedName(parent)) {
    if (node === parent.local) declare(scope, node.name as string, "import", node, ancestors);
    return;
  }
  if (isPlainName(node, parent) || node === (parent.type === "VariableDeclarator" && parent.id)) return;
  uses.push({ node, ancestors: ancestors.slice(), scope, writes: isWritten(node, parent) });
}

function isImportedName(parent: AnyNode): boolean {
  return (
    parent.type === "ImportSpecifier" ||
    parent.type === "ImportDefaultSpecifier" ||
    parent.type === "ImportNamespaceSpecifier"
  );
}

/** True for identifiers that are a property, a label or an exported name and not a variable. */
function isPlainName(node: AnyNode, parent: AnyNode): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return node === parent.property && !parent.computed;
    case "Property":
      return node === parent.key && !parent.computed && !parent.shorthand;
    case "ExportSpecifier":
      return node !== parent.local;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
    case "ExportAllDeclaration":
      return true;
    default:
      return false;
  }
}

function isWritten(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type === "AssignmentExpression" || parent.type === "ForInStatement") return node === parent.left;
  return parent.type === "UpdateExpression";
}
