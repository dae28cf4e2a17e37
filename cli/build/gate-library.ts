import ts from "typescript";
import type { GateContext } from "./gate.js";
import {
  BARE_PROTOTYPES,
  MISSING_GLOBALS,
  MISSING_MEMBERS,
  SHARED_MEMBERS,
  SHARED_WITH_NODE,
  TYPED_ARRAYS,
  WRONG_MEMBERS,
} from "./gate-names.js";

/*
 * Names of the library: a global or a member is refused only when the type checker says that it is TypeScript's or
 * Node's own, so that an app may have an `at` or a `Map` of its own.
 */

type Origin = "library" | "node" | "other";

/** Refuses globals that Espruino has not got. */
export function checkName(node: ts.Identifier, { checker, program, refuse }: GateContext): void {
  if (!isValue(node) || isGuarded(node)) return;
  const symbol = checker.getSymbolAtLocation(node);
  const origin = originOf(symbol, program);
  if (origin === "other") return;
  if (Object.hasOwn(MISSING_GLOBALS, node.text)) {
    refuse(node, "global", `Espruino has no ${node.text}`, MISSING_GLOBALS[node.text]);
  } else if (origin === "node" && !SHARED_WITH_NODE.has(node.text)) {
    refuse(node, "global", `Espruino has no ${node.text}: it is Node's`, "");
  } else if (node.text === "process") {
    checkProcess(node, refuse);
  }
}

/** An identifier that is a variable here: not a property's name, not part of a declaration. */
function isValue(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent)
  )
    return false;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  return (
    (parent as { name?: ts.Node }).name !== node &&
    !ts.isLabeledStatement(parent) &&
    !ts.isBreakOrContinueStatement(parent)
  );
}

/** True inside `typeof X`, and anywhere in a function that asks for `typeof X`: the author knows it may be missing. */
function isGuarded(node: ts.Identifier): boolean {
  const around = ts.findAncestor(node, ts.isFunctionLike) ?? node.getSourceFile();
  return asksTypeof(around, node.text);
}

function asksTypeof(node: ts.Node, name: string): boolean {
  if (ts.isTypeOfExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name) return true;
  return !!ts.forEachChild(node, (child) => asksTypeof(child, name) || undefined);
}

function originOf(symbol: ts.Symbol | undefined, program: ts.Program): Origin {
  const declarations = symbol?.declarations;
  if (!declarations?.length) return "other";
  let origin: Origin = "node";
  for (const declaration of declarations) {
    const file = declaration.getSourceFile();
    if (program.isSourceFileDefaultLibrary(file)) origin = "library";
    else if (!/\/node_modules\/(@types\/node|undici-types)\//.test(file.fileName)) return "other";
  }
  return origin;
}

/** `process.env` can only be read by name: the build puts the value there. */
function checkProcess(node: ts.Identifier, refuse: GateContext["refuse"]): void {
  const env = node.parent;
  if (!ts.isPropertyAccessExpression(env) || env.name.text !== "env") return;
  const read = env.parent;
  if (ts.isPropertyAccessExpression(read) && read.expression === env) return;
  if (ts.isElementAccessExpression(read) && ts.isStringLiteralLike(read.argumentExpression)) return;
  if (
    ts.isVariableDeclaration(read) &&
    ts.isObjectBindingPattern(read.name) &&
    read.name.elements.every((e) => !e.dotDotDotToken)
  )
    return;
  refuse(
    env,
    "env",
    "a board has no environment: only process.env.NAME is replaced by the build",
    "process.env.NAME with --define NAME=value",
  );
}

/** Refuses members of library objects that Espruino has not got or that do something else there. */
export function checkMember(node: ts.PropertyAccessExpression, context: GateContext): void {
  if (checkBarePrototype(node, context)) return;
  // The global itself is refused already.
  if (ts.isIdentifier(node.expression) && Object.hasOwn(MISSING_GLOBALS, node.expression.text)) return;
  const symbol = context.checker.getSymbolAtLocation(node.name);
  const origin = originOf(symbol, context.program);
  if (origin === "other") return checkEvents(node, context);
  const owners = ownersOf(symbol!);
  const member = symbol!.name;
  for (const owner of owners) {
    const key = `${owner}.${member}`;
    if (Object.hasOwn(WRONG_MEMBERS, key)) {
      const [what, instead] = WRONG_MEMBERS[key];
      return context.refuse(node.name, "member", what, instead);
    }
    if (Object.hasOwn(MISSING_MEMBERS, key)) {
      return context.refuse(node.name, "member", `Espruino has no ${readable(owner)}${member}`, MISSING_MEMBERS[key]);
    }
  }
  if (origin === "node" && !owners.some((o) => SHARED_MEMBERS.has(`${o}.${member}`) || SHARED_MEMBERS.has(`${o}.*`))) {
    context.refuse(node.name, "member", `Espruino has no ${node.getText()}: it is Node's`, "");
  }
}

/** The interfaces that declare the member, with one name for all typed arrays. */
function ownersOf(symbol: ts.Symbol): string[] {
  const names = (symbol.declarations ?? []).map((d) => (d.parent as { name?: { text?: string } }).name?.text ?? "");
  return names.map((name) => {
    if (name === "ReadonlyArray" || name === "RelativeIndexable") return "Array";
    const element = name.replace(/Constructor$/, "");
    return TYPED_ARRAYS.has(element) ? name.replace(element, "TypedArray") : name;
  });
}

function readable(owner: string): string {
  return owner.endsWith("Constructor") || owner === "Math"
    ? owner.replace("Constructor", ".").replace("Math", "Math.")
    : `${owner}.prototype.`;
}

/** `Array.prototype.slice` and the like as values. */
function checkBarePrototype(node: ts.PropertyAccessExpression, context: GateContext): boolean {
  const object = node.expression;
  if (!ts.isPropertyAccessExpression(object) || object.name.text !== "prototype" || !ts.isIdentifier(object.expression))
    return false;
  const symbol = context.checker.getSymbolAtLocation(object.expression);
  if (originOf(symbol, context.program) === "other") return false;
  const name = `${object.expression.text}.prototype`;
  const instead = BARE_PROTOTYPES[name] ?? BARE_PROTOTYPES[`${name}.${node.name.text}`];
  if (instead === undefined) return false;
  context.refuse(node, "prototype", `${node.getText()} is undefined or does something else on Espruino`, instead);
  return true;
}

/** The firmware's emit takes an event and four values. */
function checkEvents(node: ts.PropertyAccessExpression, { checker, refuse }: GateContext): void {
  const call = node.parent;
  if (node.name.text !== "emit" || !ts.isCallExpression(call) || call.expression !== node || call.arguments.length <= 5)
    return;
  const declarations = checker.getSymbolAtLocation(node.name)?.declarations ?? [];
  const isOwn = declarations.some((d) => !d.getSourceFile().isDeclarationFile && !isAmbientDeclaration(d));
  if (!isOwn) refuse(call, "emit", "emit passes at most 4 values", "one object with all values");
}

function isAmbientDeclaration(node: ts.Node): boolean {
  return ts.isInterfaceDeclaration(node.parent) || ts.isTypeLiteralNode(node.parent);
}
