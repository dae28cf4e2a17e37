import { parse } from "acorn";
import type { Identifier, Node, Program } from "acorn";

/*
 * Walking JavaScript trees: the build reads ES5 that TypeScript or terser wrote, so there are only function scopes.
 */

/** Any node, with its fields open: for code that walks trees without knowing each kind. */
export type AnyNode = Node & { [field: string]: unknown };

/** Parses a module as TypeScript emits it. Throws SyntaxError with `loc`. */
export function parseModule(code: string): Program {
  return parse(code, { ecmaVersion: "latest", sourceType: "module" });
}

/** Parses a finished bundle, which must be ES5. Throws SyntaxError with `loc` where it is not. */
export function parseBundle(code: string): Program {
  return parse(code, { ecmaVersion: 5, sourceType: "script" });
}

/** The node's children, in the order of the source text. */
export function childrenOf(node: Node): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node as AnyNode)) {
    if (Array.isArray(value)) for (const item of value) addNode(found, item);
    else addNode(found, value);
  }
  return found.sort((a, b) => a.start - b.start);
}

function addNode(found: AnyNode[], value: unknown): void {
  if (value !== null && typeof value === "object" && typeof (value as AnyNode).type === "string")
    found.push(value as AnyNode);
}

/** Calls `visit` for every node under `root`, itself first; ancestors are given from the root down. */
export function walk(root: Node, visit: (node: AnyNode, ancestors: readonly AnyNode[]) => void): void {
  const ancestors: AnyNode[] = [];
  const step = (node: AnyNode): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const child of childrenOf(node)) step(child);
    ancestors.pop();
  };
  step(root as AnyNode);
}

/** True for the three nodes that open a scope of `var`. */
export function isFunction(node: AnyNode): boolean {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

/** The name when the node is `object.name` or `object["name"]`, else undefined. */
export function memberName(node: AnyNode): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const property = node.property as AnyNode;
  if (!node.computed) return property.type === "Identifier" ? (property as unknown as Identifier).name : undefined;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}
