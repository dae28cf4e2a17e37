import type MagicString from "magic-string";
import { childrenOf } from "./ast.js";
import type { AnyNode } from "./ast.js";

/*
 * A few spellings of minified code mean something else to Espruino's lexer and parser (src/jslex.c, src/jsparse.c).
 * This writes them so that they mean the same.
 */

/** Integers up to here are written with all their digits: with an exponent they would be floating point numbers. */
const INTEGER_MAX = 2147483647;

/** Replaces the node's spelling where Espruino reads it differently. */
export function repairSpelling(node: AnyNode, ancestors: readonly AnyNode[], code: string, text: MagicString): void {
  if (node.type === "Literal") repairLiteral(node, code, text);
  else if (isDivision(node)) repairDivision(node, code, text);
  else if (node.type === "ForStatement") repairForHead(node, ancestors[ancestors.length - 1], text);
  // A function whose text ends with a bare `return` does not parse: "Unexpected end of Input".
  else if (node.type === "ReturnStatement" && !node.argument && code.charAt(node.end - 1) !== ";") text.appendLeft(node.end, ";");
}

/** `1e3` is 1000 but a float; `/` after `)` divides, also where a regular expression begins. */
function repairLiteral(node: AnyNode, code: string, text: MagicString): void {
  if (node.regex) {
    if (!/\)\s*$/.test(code.slice(0, node.start))) return;
    text.appendRight(node.start, "(");
    text.appendLeft(node.end, ")");
    return;
  }
  const value = node.value;
  if (typeof value !== "number" || !Number.isInteger(value) || value > INTEGER_MAX) return;
  const spelling = code.slice(node.start, node.end);
  if (/^[\d.]+e\d/i.test(spelling) || spelling.endsWith(".")) text.update(node.start, node.end, String(value));
}

function isDivision(node: AnyNode): boolean {
  return (
    (node.type === "BinaryExpression" && node.operator === "/") ||
    (node.type === "AssignmentExpression" && node.operator === "/=")
  );
}

/** After `++`, `--` and `this` a `/` begins a regular expression for Espruino. */
function repairDivision(node: AnyNode, code: string, text: MagicString): void {
  const left = node.left as AnyNode;
  if (!/(\+\+|--|\bthis)$/.test(code.slice(left.start, left.end))) return;
  text.appendRight(left.start, "(");
  text.appendLeft(left.end, ")");
}

/** `in` anywhere in the first part of a for head is taken for the `in` of for-in: that part goes before the loop. */
function repairForHead(node: AnyNode, parent: AnyNode, text: MagicString): void {
  const init = node.init as AnyNode | null;
  if (!init || !usesIn(init)) return;
  const isListed = ["BlockStatement", "Program", "SwitchCase"].includes(parent.type);
  text.move(init.start, init.end, node.start);
  text.appendRight(init.start, isListed ? "" : "{");
  text.appendLeft(init.end, ";");
  if (!isListed) text.appendLeft(node.end, "}");
}

function usesIn(node: AnyNode): boolean {
  return (node.type === "BinaryExpression" && node.operator === "in") || childrenOf(node).some(usesIn);
}
