import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import { parseBundle } from "./ast.js";
import type { AnyNode } from "./ast.js";

/*
 * The bundle without the function around it. Each function that is declared inside another one holds on to the other's
 * scope, and that takes a variable of the interpreter: about 300 in a small server (measured). What was the wrapper's is
 * global then; minify.ts keeps its names off those that the firmware has.
 */

/** The statements of the wrapper, and whatever stands before it; null when the last statement is no wrapper. */
export function unwrapBundle(code: string): { code: string; map: SourceMap } | null {
  const statements = (parseBundle(code) as unknown as { body: AnyNode[] }).body;
  const last = statements[statements.length - 1];
  const body = last && wrapperBody(last);
  if (!body) return null;
  const inside = body.body as AnyNode[];
  if (inside.length === 0) return null;
  const text = new MagicString(code);
  text.remove(last.start, inside[0].start);
  text.remove(inside[inside.length - 1].end, last.end);
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
}

/** `!function(){…}()` or `(function(){…})()`, without parameters: its block. */
function wrapperBody(statement: AnyNode): AnyNode | undefined {
  if (statement.type !== "ExpressionStatement") return undefined;
  let call = statement.expression as AnyNode;
  if (call.type === "UnaryExpression") call = call.argument as AnyNode;
  if (call.type !== "CallExpression" || (call.arguments as AnyNode[]).length) return undefined;
  const callee = call.callee as AnyNode;
  if (callee.type !== "FunctionExpression" || callee.id || (callee.params as AnyNode[]).length) return undefined;
  return callee.body as AnyNode;
}
