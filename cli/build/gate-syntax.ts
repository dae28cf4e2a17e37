import ts from "typescript";
import type { GateContext } from "./gate.js";
import { TYPED_ARRAYS } from "./gate-names.js";
import { regexTrouble } from "./gate-regex.js";

/*
 * Syntax that Espruino has not got, or reads differently, and that TypeScript's ES5 output does not cure.
 */

/** Longest name, in characters; the lexer cuts longer ones without a word. */
const NAME_MAX = 63;

type Check = (node: never, context: GateContext) => void;

/** Refuses the node when its syntax cannot go to a board. */
export function checkSyntax(node: ts.Node, context: GateContext): void {
  const check = CHECKS.get(node.kind);
  if (check) check(node as never, context);
}

const CHECKS = new Map<ts.SyntaxKind, Check>([
  [ts.SyntaxKind.LabeledStatement, label],
  [ts.SyntaxKind.FunctionDeclaration, functionLike],
  [ts.SyntaxKind.FunctionExpression, functionLike],
  [ts.SyntaxKind.ArrowFunction, functionLike],
  [ts.SyntaxKind.MethodDeclaration, functionLike],
  [ts.SyntaxKind.AwaitExpression, awaitExpression],
  [ts.SyntaxKind.ForOfStatement, forOf],
  [ts.SyntaxKind.HeritageClause, heritage],
  [ts.SyntaxKind.PrivateIdentifier, privateName],
  [ts.SyntaxKind.Decorator, decorator],
  [ts.SyntaxKind.RegularExpressionLiteral, regex],
  [ts.SyntaxKind.CaseClause, caseClause],
  [ts.SyntaxKind.BigIntLiteral, bigint],
  [ts.SyntaxKind.TaggedTemplateExpression, taggedTemplate],
  [ts.SyntaxKind.MetaProperty, metaProperty],
  [ts.SyntaxKind.VariableDeclarationList, declarationList],
  [ts.SyntaxKind.BinaryExpression, assignment],
  [ts.SyntaxKind.ElementAccessExpression, elementAccess],
  [ts.SyntaxKind.PropertyAccessExpression, argumentsLength],
  [ts.SyntaxKind.Identifier, spelling],
  [ts.SyntaxKind.ImportDeclaration, importDeclaration],
  [ts.SyntaxKind.ExportDeclaration, importDeclaration],
  [ts.SyntaxKind.DebuggerStatement, debuggerStatement],
]);

function label(node: ts.LabeledStatement, { refuse }: GateContext): void {
  refuse(node, "label", `Espruino has no labels ("${node.label.text}:")`, "a flag, or a function that returns");
}

function functionLike(node: ts.FunctionLikeDeclaration, { refuse }: GateContext): void {
  if (node.asteriskToken)
    refuse(node, "generator", "Espruino has no generators", "a function that is called for each value");
  if (node.modifiers?.some((m) => m.kind === ts.SyntaxKind.AsyncKeyword)) {
    refuse(node, "async", "Espruino has no async functions", "callbacks, or promises with then");
  }
}

function awaitExpression(node: ts.AwaitExpression, { refuse, file }: GateContext): void {
  const isTop = !ts.findAncestor(node, ts.isFunctionLike) && ts.isExternalModule(file);
  if (isTop) refuse(node, "async", "Espruino has no await", "callbacks, or promises with then");
}

function forOf(node: ts.ForOfStatement, { refuse }: GateContext): void {
  if (node.awaitModifier) refuse(node, "async", "Espruino has no for await", "callbacks");
}

function heritage(node: ts.HeritageClause, { refuse }: GateContext): void {
  if (node.token !== ts.SyntaxKind.ExtendsKeyword || !ts.isClassLike(node.parent)) return;
  const base = node.types[0].expression.getText();
  if (base.endsWith("Error")) {
    refuse(
      node,
      "extends",
      `errors cannot be subclassed (extends ${base})`,
      "an Error with a code: Object.assign(new Error(text), { code: 7 })",
    );
  } else {
    refuse(
      node,
      "extends",
      `classes cannot be derived on Espruino (extends ${base})`,
      "a field that holds the other object, or functions",
    );
  }
}

function privateName(node: ts.PrivateIdentifier, { refuse }: GateContext): void {
  const name = node.text.slice(1);
  refuse(
    node,
    "private-name",
    `${node.text} needs WeakMap, which Espruino has not`,
    `private _${name} (the build shortens it)`,
  );
}

function decorator(node: ts.Decorator, { refuse }: GateContext): void {
  refuse(node, "decorator", "decorators are not supported", "a call after the class");
}

function regex(node: ts.RegularExpressionLiteral, { refuse }: GateContext): void {
  const end = node.text.lastIndexOf("/");
  const trouble = regexTrouble(node.text.slice(1, end), node.text.slice(end + 1));
  if (trouble)
    refuse(
      node,
      "regex",
      `Espruino matches ${node.text} wrongly: ${trouble}`,
      "indexOf and slice, or a simpler expression",
    );
}

function caseClause(node: ts.CaseClause, { refuse }: GateContext): void {
  const clauses = node.parent.clauses;
  const last = clauses.findIndex((clause) => clause.kind === ts.SyntaxKind.DefaultClause);
  if (last >= 0 && clauses.indexOf(node) > last)
    refuse(node, "case-after-default", "case after default throws on Espruino", "default as the last one");
}

function bigint(node: ts.BigIntLiteral, { refuse }: GateContext): void {
  refuse(node, "bigint", "Espruino has no BigInt", "numbers, or two numbers for the halves");
}

function taggedTemplate(node: ts.TaggedTemplateExpression, { refuse }: GateContext): void {
  refuse(node, "tagged-template", "Espruino has no tagged templates", "a function call");
}

function metaProperty(node: ts.MetaProperty, { refuse }: GateContext): void {
  refuse(node, "meta-property", `Espruino has no ${node.getText()}`, "");
}

function declarationList(node: ts.VariableDeclarationList, { refuse }: GateContext): void {
  if ((node.flags & ts.NodeFlags.Using) === ts.NodeFlags.Using)
    refuse(node, "using", "Espruino has no using", "try and finally");
}

function assignment(node: ts.BinaryExpression, context: GateContext): void {
  const isAssignment =
    node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
  if (!isAssignment || !ts.isPropertyAccessExpression(node.left) || node.left.name.text !== "length") return;
  const type = context.checker.getTypeAtLocation(node.left.expression);
  if (!context.checker.isArrayLikeType(type)) return;
  context.refuse(
    node,
    "array-length",
    "assigning to length of an array throws on Espruino",
    "a.splice(n), or a new array",
  );
}

/** `u[-1]` is undefined in JavaScript and an exception on Espruino, for strings and typed arrays. */
function elementAccess(node: ts.ElementAccessExpression, { checker, refuse }: GateContext): void {
  const index = node.argumentExpression;
  if (!ts.isPrefixUnaryExpression(index) || index.operator !== ts.SyntaxKind.MinusToken) return;
  const type = checker.getTypeAtLocation(node.expression);
  const isText = (type.flags & ts.TypeFlags.StringLike) !== 0;
  if (!isText && !TYPED_ARRAYS.has(type.symbol?.name ?? "")) return;
  refuse(node, "negative-index", "an index below 0 throws on Espruino", "compare the index first");
}

function argumentsLength(node: ts.PropertyAccessExpression, { refuse }: GateContext): void {
  if (node.name.text !== "length" || !ts.isIdentifier(node.expression) || node.expression.text !== "arguments") return;
  const around = ts.findAncestor(node, (n) => ts.isFunctionLike(n) && !ts.isArrowFunction(n)) as
    ts.FunctionLike | undefined;
  if (!around?.parameters.length) return;
  refuse(
    node,
    "arguments-length",
    "arguments.length is never below the number of parameters on Espruino",
    "a rest parameter: (...args)",
  );
}

/** Names that the lexer would cut, or that are not ASCII. */
function spelling(node: ts.Identifier, { refuse }: GateContext): void {
  const name = node.text;
  if (name.length > NAME_MAX && isPropertyName(node)) {
    refuse(node, "long-name", `names over ${NAME_MAX} characters are cut (${name.slice(0, 20)}…)`, "a shorter name");
  }
  if (/[^\x00-\x7f]/.test(name))
    refuse(node, "ascii-name", `names must be ASCII (${name})`, "letters a to z, or the name in quotes");
}

function isPropertyName(node: ts.Identifier): boolean {
  const parent = node.parent as { name?: ts.Node };
  return parent.name === node && !ts.isVariableDeclaration(node.parent) && !ts.isParameter(node.parent);
}

function importDeclaration(node: ts.ImportDeclaration | ts.ExportDeclaration, { refuse }: GateContext): void {
  const module = node.moduleSpecifier;
  if (!module || !ts.isStringLiteral(module) || isTypeOnly(node)) return;
  const name = module.text;
  if (name.startsWith(".") || name.startsWith("/") || name === "meerkat" || name.startsWith("meerkat/")) return;
  const isNode = name.startsWith("node:");
  refuse(
    node,
    "import",
    `"${name}" cannot go to a board${isNode ? ": it is a module of Node" : ""}`,
    'relative imports, "meerkat", or require() of a module of the firmware',
  );
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  return ts.isExportDeclaration(node) ? node.isTypeOnly : !!node.importClause?.isTypeOnly;
}

function debuggerStatement(node: ts.DebuggerStatement, { refuse }: GateContext): void {
  refuse(node, "debugger", "debugger stops a board until someone types at its console", "console.log");
}
