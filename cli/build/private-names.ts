import ts from "typescript";
import { sourcesOf } from "./compiler.js";
import { isOwnSource } from "./layout.js";

/*
 * Which property names the build may shorten: those that begin with `_` and cannot come from outside. That is every
 * such name that meerkat itself declares, and the members of an app's classes. Names an app declares in an interface,
 * a type or an object may be keys of JSON from elsewhere, and names in quotes are looked up by string: both stay. A
 * public name that is long and used at every turn says `@short` in its doc comment.
 */

/** Property names of the program that may be mangled. */
export function privateNames(program: ts.Program): Set<string> {
  const names = new Set<string>();
  const kept = new Set<string>();
  for (const file of sourcesOf(program)) collect(file, isOwnSource(file.fileName), names, kept);
  for (const name of kept) names.delete(name);
  return names;
}

function collect(node: ts.Node, own: boolean, names: Set<string>, kept: Set<string>): void {
  if (ts.isStringLiteralLike(node) && isPrivate(node.text)) kept.add(node.text);
  const name = declaredName(node);
  if (name !== undefined && own && isMarkedShort(node)) names.add(name);
  if (name !== undefined && isPrivate(name))
    (own || ts.isClassLike(node.parent) || isParameterProperty(node) ? names : kept).add(name);
  ts.forEachChild(node, (child) => collect(child, own, names, kept));
}

/** `@short` in a doc comment: a public name that programs only use after a dot. */
function isMarkedShort(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some((tag) => tag.tagName.text === "short");
}

function isPrivate(name: string): boolean {
  return name.startsWith("_") && !name.startsWith("__");
}

function isParameterProperty(node: ts.Node): boolean {
  return ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent);
}

/** The property name that the node declares, if it declares one. */
function declaredName(node: ts.Node): string | undefined {
  const declares =
    ts.isClassElement(node) ||
    ts.isTypeElement(node) ||
    ts.isObjectLiteralElementLike(node) ||
    isParameterProperty(node);
  const name = declares ? (node as ts.NamedDeclaration).name : undefined;
  return name && ts.isIdentifier(name) ? name.text : undefined;
}
