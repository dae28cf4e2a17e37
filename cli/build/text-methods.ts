import type MagicString from "magic-string";
import { memberName } from "./ast.js";
import type { AnyNode } from "./ast.js";

/*
 * Espruino's indexOf, includes and replace also find what only begins like the needle where the string ends:
 * `"xA".indexOf("AB")` is 1. The tree does not tell strings from arrays, so each such call goes to a shim that asks.
 */

interface Method {
  shim: string;
  /** How many arguments a call may have; one with another count is a method of the program's own. */
  counts: readonly number[];
  isSafe(firstArg: AnyNode): boolean;
}

/** A needle of one byte is never found in part. */
const search = { counts: [1, 2], isSafe: isOneByte };
/** What matches a regular expression is right. */
const exchange = { counts: [2], isSafe: (arg: AnyNode) => arg.regex !== undefined };

const METHODS: Record<string, Method> = {
  indexOf: { shim: "textIndexOf", ...search },
  includes: { shim: "textIncludes", ...search },
  replace: { shim: "textReplace", ...exchange },
  replaceAll: { shim: "textReplaceAll", ...exchange },
};

/**
 * Makes `$textIndexOf((x), (n))` of `x.indexOf(n)`, likewise includes, replace and replaceAll. Answers the shim's name,
 * or undefined when the node is no such call. Parents must come before their children, in one walk with all else that
 * inserts text where a node begins.
 */
export function redirectTextMethod(node: AnyNode, text: MagicString): string | undefined {
  const method = methodOf(node);
  if (!method) return undefined;
  const object = (node.callee as AnyNode).object as AnyNode;
  // The pieces may stand in parentheses, which are between the nodes and go with what is between.
  if (object.start > node.start) text.update(node.start, object.start, "");
  text.appendRight(object.start, `$${method.shim}((`);
  let from = object.end;
  for (const arg of node.arguments as AnyNode[]) {
    text.update(from, arg.start, "), (");
    from = arg.end;
  }
  text.update(from, node.end, "))");
  return method.shim;
}

function methodOf(node: AnyNode): Method | undefined {
  if (node.type !== "CallExpression") return undefined;
  const name = memberName(node.callee as AnyNode);
  if (name === undefined || !Object.hasOwn(METHODS, name)) return undefined;
  const args = node.arguments as AnyNode[];
  const method = METHODS[name];
  if (!method.counts.includes(args.length) || args.some((arg) => arg.type === "SpreadElement")) return undefined;
  return method.isSafe(args[0]) ? undefined : method;
}

function isOneByte(arg: AnyNode): boolean {
  return arg.type === "Literal" && typeof arg.value === "string" && Buffer.byteLength(arg.value) === 1;
}
