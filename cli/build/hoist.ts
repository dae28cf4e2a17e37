import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import { parseBundle, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { repairSpelling } from "./repair-spelling.js";
import { analyse, eachScope } from "./scope.js";
import type { Binding, Reference, Scope } from "./scope.js";

/*
 * The last pass over a bundle. Espruino does not hoist: a function or `var` exists from the moment its declaration is
 * executed, and until then its name means whatever an outer scope has under it (with mangled names, silently something
 * else). So function declarations move to the top of their function, and `var` names that may be used before their
 * declaration was executed are declared there. A `var` that comes before all its uses stays: that is cheapest.
 */

type Declaration = Binding["declarations"][number];

/** The bundle with declarations hoisted, and with the few spellings replaced that Espruino reads in its own way. */
export function hoist(code: string, hotNames: readonly string[] = []): { code: string; map: SourceMap } {
  const program = parseBundle(code);
  const text = new MagicString(code);
  eachScope(analyse(program).root, (scope) => hoistScope(scope, text, hotNames));
  walk(program, (node, ancestors) => repairSpelling(node, ancestors, code, text));
  return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
}

function hoistScope(scope: Scope, text: MagicString, hotNames: readonly string[]): void {
  if (scope.node.type === "CatchClause") return;
  const top = topOf(scope.node);
  const early = earlyBindings(scope);
  for (const statement of declarationsOf(early)) rewrite(statement, early, text);
  const isHot = (name: string): boolean => hotNames.includes(name);
  const functions = functionsOf(scope).sort((a, b) => Number(isHot(nameOf(b))) - Number(isHot(nameOf(a))));
  // One that stands at the top already ends up behind those that are moved there.
  functions.sort((a, b) => Number(a.start === top) - Number(b.start === top));
  for (const node of functions) if (node.start !== top) text.move(node.start, node.end, top);
  // Names are searched from the first declared: the hot ones, then functions, which are used most.
  const hot = [...early.keys()].filter(isHot);
  const rest = [...early.keys()].filter((name) => !isHot(name));
  if (hot.length) text.prependRight(functions.length ? functions[0].start : top, `var ${hot.join(",")};`);
  const after = functions.length ? functions[functions.length - 1].end : top;
  if (rest.length) text.appendLeft(after, `var ${rest.join(",")};`);
}

/** Where the first statement of a function or program starts, after "use strict". */
function topOf(node: AnyNode): number {
  const body = node.type === "Program" ? node : (node.body as AnyNode);
  const first = (body.body as AnyNode[]).find((s) => s.directive === undefined);
  return first ? first.start : body.end - (node.type === "Program" ? 0 : 1);
}

function nameOf(node: AnyNode): string {
  return (node.id as AnyNode).name as string;
}

function functionsOf(scope: Scope): AnyNode[] {
  const found: AnyNode[] = [];
  for (const binding of scope.bindings.values()) {
    for (const { node } of binding.declarations)
      if (node.type === "FunctionDeclaration" && node !== scope.node) found.push(node);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The `var` names of a scope that must be declared at its top. */
function earlyBindings(scope: Scope): Map<string, Binding> {
  const early = new Map<string, Binding>();
  for (const binding of scope.bindings.values()) {
    if (binding.kind === "var" && isUsedEarly(binding)) early.set(binding.name, binding);
  }
  // A declaration that is not in a list of statements (the head of a for) cannot be split: all of it or nothing.
  for (const { name } of early.values()) {
    for (const declaration of early.get(name)!.declarations) {
      const statement = declaration.ancestors[declaration.ancestors.length - 1];
      if (statement.type !== "VariableDeclaration" || isList(declaration.ancestors[declaration.ancestors.length - 2]))
        continue;
      for (const other of statement.declarations as AnyNode[]) {
        const binding = scope.bindings.get((other.id as AnyNode).name as string);
        if (binding) early.set(binding.name, binding);
      }
    }
  }
  return early;
}

function isUsedEarly(binding: Binding): boolean {
  return !binding.references.every((use) => binding.declarations.some((d) => comesBefore(d, use, binding.scope)));
}

/** True when the use cannot be reached without the declaration having been executed. */
function comesBefore(declaration: Declaration, use: Reference, scope: Scope): boolean {
  if (declaration.node.type !== "VariableDeclarator" || use.node.start < declaration.node.end) return false;
  const within = use.ancestors.slice(use.ancestors.indexOf(scope.node) + 1);
  if (within.some((node) => node.type === "FunctionDeclaration")) return false;
  const list = listOf(declaration);
  return use.ancestors.includes(list);
}

/** The list of statements that is executed from its start whenever the declaration is. */
function listOf(declaration: Declaration): AnyNode {
  const { ancestors } = declaration;
  let at = ancestors.length - 2;
  const parent = ancestors[at];
  const inHead =
    parent.type === "ForStatement" ? parent.init : parent.type === "ForInStatement" ? parent.left : undefined;
  if (inHead === ancestors[ancestors.length - 1]) at--;
  // Not in braces (`if (a) var b = 1`): only the statement itself.
  return isList(ancestors[at]) ? ancestors[at] : ancestors[at + 1];
}

function isList(node: AnyNode): boolean {
  return node.type === "BlockStatement" || node.type === "Program" || node.type === "SwitchCase";
}

/** One declaration of each statement that declares one of the names. */
function declarationsOf(early: Map<string, Binding>): Declaration[] {
  const found = new Map<AnyNode, Declaration>();
  for (const binding of early.values()) {
    for (const d of binding.declarations) {
      if (d.node.type === "VariableDeclarator") found.set(d.ancestors[d.ancestors.length - 1], d);
    }
  }
  return [...found.values()];
}

/** Turns `var a=1,b,c=2` into `a=1;var c=2` when `a` and `b` are hoisted. */
function rewrite(declaration: Declaration, early: Map<string, Binding>, text: MagicString): void {
  const statement = declaration.ancestors[declaration.ancestors.length - 1];
  const parent = declaration.ancestors[declaration.ancestors.length - 2];
  const isHoisted = (d: AnyNode): boolean => early.has((d.id as AnyNode).name as string);
  const all = statement.declarations as AnyNode[];
  const kept = all.filter((d) => !isHoisted(d) || d.init || parent.type === "ForInStatement");
  if (kept.length === 0) {
    // Before a `;` or in a list nothing needs to be there; as the body of an `if` a statement does.
    if (parent.type === "ForStatement" && parent.init === statement) text.remove(statement.start, statement.end);
    else text.update(statement.start, statement.end, isList(parent) ? "" : ";");
    return;
  }
  let from = statement.start;
  let wasHoisted: boolean | undefined;
  for (const d of kept) {
    text.update(from, d.start, joint(wasHoisted, isHoisted(d)));
    wasHoisted = isHoisted(d);
    from = d.end;
  }
  const end = all[all.length - 1].end;
  if (end > from) text.remove(from, end);
}

/** What stands before a declarator, given whether the one before it was hoisted (undefined: it is the first). */
function joint(wasHoisted: boolean | undefined, isHoisted: boolean): string {
  if (wasHoisted === undefined) return isHoisted ? "" : "var ";
  if (wasHoisted === isHoisted) return ",";
  return isHoisted ? ";" : ";var ";
}
