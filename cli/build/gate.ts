import ts from "typescript";
import { placeOf } from "./compiler.js";
import { checkName, checkMember } from "./gate-library.js";
import { checkCall } from "./gate-calls.js";
import { checkSyntax } from "./gate-syntax.js";
import type { Problem } from "./problem.js";

/*
 * The gate: refuses what Espruino cannot run, or runs wrongly without saying so. It looks at the TypeScript sources,
 * where the places are the author's and the types are known; what only the finished bundle shows is gate-output's.
 */

/** Reports that the node is refused by `rule`: what is wrong, and what to write instead. */
export type Refuse = (node: ts.Node, rule: string, what: string, instead: string) => void;

/** What a check gets to see besides the node. */
export interface GateContext {
  checker: ts.TypeChecker;
  program: ts.Program;
  file: ts.SourceFile;
  refuse: Refuse;
}

/** Every place in these files that the firmware could not run or would run wrongly. */
export function gateSources(program: ts.Program, files: readonly ts.SourceFile[]): Problem[] {
  const problems: Problem[] = [];
  const checker = program.getTypeChecker();
  for (const file of files) {
    const refuse: Refuse = (node, rule, what, instead) =>
      problems.push({ ...placeOf(file, node.getStart(file)), rule, what, instead });
    visit(file, { checker, program, file, refuse });
  }
  return problems;
}

function visit(node: ts.Node, context: GateContext): void {
  // Types and ambient declarations leave nothing in the bundle.
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || isAmbient(node))
    return;
  checkSyntax(node, context);
  if (ts.isIdentifier(node)) checkName(node, context);
  else if (ts.isPropertyAccessExpression(node)) checkMember(node, context);
  else if (ts.isCallExpression(node) || ts.isNewExpression(node)) checkCall(node, context);
  ts.forEachChild(node, (child) => visit(child, context));
}

function isAmbient(node: ts.Node): boolean {
  return ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword);
}
