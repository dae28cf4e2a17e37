import ts from "typescript";
import { sourcesOf } from "./compiler.js";

/*
 * Espruino looks a name up by walking the list of its scope from the first declared. A function or variable of a module
 * whose doc comment says `@hot` is declared first in the bundle: with some three hundred names before it, each look-up
 * costs about 4 ki more (measured).
 */

/** Names of the top-level functions and variables marked `@hot`, in the order of the sources. */
export function hotNames(program: ts.Program): string[] {
  const names: string[] = [];
  for (const file of sourcesOf(program)) {
    for (const statement of file.statements) if (isMarked(statement)) names.push(...namesOf(statement));
  }
  return names;
}

function isMarked(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some((tag) => tag.tagName.text === "hot");
}

function namesOf(node: ts.Node): string[] {
  if (ts.isFunctionDeclaration(node)) return node.name ? [node.name.text] : [];
  if (!ts.isVariableStatement(node)) return [];
  return node.declarationList.declarations.map((d) => d.name.getText());
}
