import ts from "typescript";
import type { GateContext } from "./gate.js";
import { regexTrouble } from "./gate-regex.js";

/*
 * Calls whose arguments Espruino ignores, or takes for something else.
 */

/** Refuses the call when the firmware would do something else. */
export function checkCall(node: ts.CallExpression | ts.NewExpression, context: GateContext): void {
  const args = node.arguments ?? ([] as unknown as ts.NodeArray<ts.Expression>);
  if (ts.isNewExpression(node)) return checkNew(node, args, context);
  const callee = node.expression;
  if (callee.kind === ts.SyntaxKind.ImportKeyword) {
    context.refuse(node, "import", "Espruino has no import()", "an import at the top");
  } else if (ts.isIdentifier(callee)) {
    checkFunction(node, callee.text, args, context);
  } else if (ts.isPropertyAccessExpression(callee)) {
    checkMethod(callee, args, context);
  }
}

function checkNew(node: ts.NewExpression, args: ts.NodeArray<ts.Expression>, { refuse }: GateContext): void {
  if (args.some(ts.isSpreadElement)) {
    refuse(
      node,
      "new-spread",
      "new with spread arguments does not work on Espruino",
      "the arguments one by one, or an array as argument",
    );
  }
  if (ts.isIdentifier(node.expression) && node.expression.text === "RegExp") checkRegExp(node, args, refuse);
}

function checkRegExp(node: ts.Node, args: ts.NodeArray<ts.Expression>, refuse: GateContext["refuse"]): void {
  const [source, flags] = args;
  if (!source || !ts.isStringLiteralLike(source)) return;
  const trouble = regexTrouble(source.text, flags && ts.isStringLiteralLike(flags) ? flags.text : "");
  if (trouble)
    refuse(
      node,
      "regex",
      `Espruino matches /${source.text}/ wrongly: ${trouble}`,
      "indexOf and slice, or a simpler expression",
    );
}

function checkFunction(
  node: ts.CallExpression,
  name: string,
  args: ts.NodeArray<ts.Expression>,
  { refuse }: GateContext,
): void {
  if ((name === "clearTimeout" || name === "clearInterval") && args.length === 0) {
    refuse(node, "clear-all", `${name}() without an argument stops every timer of the system`, `${name}(id)`);
  }
  const module = args[0];
  if (name === "require" && module && ts.isStringLiteralLike(module) && module.text.startsWith("node:")) {
    refuse(node, "import", `"${module.text}" cannot go to a board: it is a module of Node`, "a module of the firmware");
  }
}

function checkMethod(
  callee: ts.PropertyAccessExpression,
  args: ts.NodeArray<ts.Expression>,
  context: GateContext,
): void {
  const { checker, refuse } = context;
  const object = callee.expression;
  const method = callee.name.text;
  const isJson = ts.isIdentifier(object) && object.text === "JSON";
  if (isJson && method === "stringify" && args.length > 1 && !isNothing(args[1])) {
    refuse(
      args[1],
      "json",
      "JSON.stringify ignores its second argument on Espruino",
      "an object with just the wanted fields",
    );
  }
  if (isJson && method === "parse" && args.length > 1) {
    refuse(args[1], "json", "JSON.parse ignores its second argument on Espruino", "a walk over the result");
  }
  if (method !== "split" && method !== "replace" && method !== "replaceAll") return;
  if (!(checker.getTypeAtLocation(object).flags & ts.TypeFlags.StringLike)) return;
  if (method === "split" && args.length > 1) {
    refuse(args[1], "split-limit", "split ignores its limit on Espruino", "indexOf and slice");
  }
  if (method !== "split" && args.length > 1 && ts.isStringLiteralLike(args[1]) && /\$[$&`'\d]/.test(args[1].text)) {
    refuse(
      args[1],
      "replace-pattern",
      `${method} does not know $ patterns on Espruino`,
      "a function that gives the replacement",
    );
  }
}

function isNothing(node: ts.Expression): boolean {
  return (
    node.kind === ts.SyntaxKind.NullKeyword ||
    (ts.isIdentifier(node) && node.text === "undefined") ||
    ts.isVoidExpression(node)
  );
}
