import type { Program } from "acorn";
import type MagicString from "magic-string";
import { isFunction, childrenOf } from "./ast.js";
import type { AnyNode } from "./ast.js";

/*
 * TypeScript makes `var A = (function () { function A() {} A.prototype.m = …; return A; }());` of a class. At the top of
 * a module the inner function only costs: on Espruino a scope that is kept for ever, and one more level to search on
 * every use of an outer name from every method (1.6 ki a call). This takes it away.
 */

/** Replaces the wrappers of the module's top-level classes by their contents. */
export function unwrapClasses(program: Program, code: string, text: MagicString): void {
  for (const statement of program.body as unknown as AnyNode[]) {
    const body = wrapperBody(statement);
    if (!body) continue;
    const inside = body.body as AnyNode[];
    const last = inside[inside.length - 1];
    text.remove(statement.start, startWithComments(code, body.start + 1));
    text.remove(last.start, statement.end);
  }
}

/** Skips the blanks, so that the comments before the first statement stay. */
function startWithComments(code: string, at: number): number {
  while (/\s/.test(code[at])) at++;
  return at;
}

/** The body of the wrapping function when the statement is a class that can be unwrapped. */
function wrapperBody(statement: AnyNode): AnyNode | undefined {
  if (statement.type !== "VariableDeclaration") return undefined;
  const declarators = statement.declarations as AnyNode[];
  if (declarators.length !== 1) return undefined;
  const name = (declarators[0].id as AnyNode).name as string;
  const call = declarators[0].init as AnyNode | null;
  if (!call || call.type !== "CallExpression" || (call.arguments as AnyNode[]).length) return undefined;
  const wrapper = call.callee as AnyNode;
  if (wrapper.type !== "FunctionExpression" || wrapper.id || (wrapper.params as AnyNode[]).length) return undefined;
  const body = wrapper.body as AnyNode;
  return declaresOnly(body.body as AnyNode[], name) ? body : undefined;
}

/** The statements are `function NAME`, then others that declare nothing and do not use `this`, then `return NAME`. */
function declaresOnly(statements: AnyNode[], name: string): boolean {
  const last = statements[statements.length - 1];
  if (statements.length < 2 || last.type !== "ReturnStatement") return false;
  if ((last.argument as AnyNode | null)?.name !== name) return false;
  const [first, ...rest] = statements.slice(0, -1);
  if (first.type !== "FunctionDeclaration" || (first.id as AnyNode).name !== name) return false;
  return rest.every((s) => s.type === "ExpressionStatement" && !usesThis(s));
}

function usesThis(node: AnyNode): boolean {
  if (node.type === "ThisExpression" || (node.type === "Identifier" && node.name === "arguments")) return true;
  return childrenOf(node).some((child) => !isFunction(child) && usesThis(child));
}
