import MagicString from "magic-string";
import type { SourceMap } from "magic-string";
import { parseModule } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { analyse, eachScope, lookUp } from "./scope.js";
import type { Binding, Scope } from "./scope.js";

/*
 * Numbers and booleans with a name (`MG_EV_RECV`, a mask of flags) become literals wherever they are used: on Espruino a
 * literal costs 1.3 ki, a name of the bundle's top 3 to 5 ki. terser does this only where it makes the code shorter.
 */

type Constant = number | boolean;

/** The code with constants in the place of names. Their declarations stay; terser drops them. */
export function inlineConstants(code: string): { code: string; map: SourceMap } | null {
  const text = new MagicString(code);
  const values = new Map<Binding, Constant | undefined>();
  eachScope(analyse(parseModule(code)).root, (scope) => {
    for (const binding of scope.bindings.values()) {
      const value = valueOf(binding, values);
      if (value === undefined) continue;
      for (const { node } of binding.references) text.update(node.start, node.end, spelling(value));
    }
  });
  return text.hasChanged() ? { code: text.toString(), map: text.generateMap({ hires: "boundary" }) } : null;
}

function spelling(value: Constant): string {
  return typeof value === "number" && (value < 0 || Object.is(value, -0)) ? `(${value})` : String(value);
}

/** The value that the name has wherever it is used, if it is always the same and known. */
function valueOf(binding: Binding, values: Map<Binding, Constant | undefined>): Constant | undefined {
  if (values.has(binding)) return values.get(binding);
  // Against `var a = b, b = a`.
  values.set(binding, undefined);
  const value = isConstant(binding)
    ? evaluate(binding.declarations[0].node.init as AnyNode, binding.scope, values)
    : undefined;
  const known = typeof value === "number" && !Number.isFinite(value) ? undefined : value;
  values.set(binding, known);
  return known;
}

/** Declared once, with a value, never written, and not used outside of the block with the declaration. */
function isConstant(binding: Binding): boolean {
  if (binding.kind !== "var" || binding.declarations.length !== 1) return false;
  const { node, ancestors } = binding.declarations[0];
  const list = ancestors[ancestors.length - 2];
  if (!node.init || ancestors[ancestors.length - 1].type !== "VariableDeclaration") return false;
  return binding.references.every((use) => !use.writes && use.ancestors.includes(list));
}

function evaluate(node: AnyNode, scope: Scope, values: Map<Binding, Constant | undefined>): Constant | undefined {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "number" || typeof node.value === "boolean" ? node.value : undefined;
    case "Identifier": {
      const binding = lookUp(scope, node.name as string);
      return binding && valueOf(binding, values);
    }
    case "UnaryExpression": {
      const value = evaluate(node.argument as AnyNode, scope, values);
      return value === undefined ? undefined : unary(node.operator as string, value);
    }
    case "BinaryExpression": {
      const left = evaluate(node.left as AnyNode, scope, values);
      const right = evaluate(node.right as AnyNode, scope, values);
      return typeof left === "number" && typeof right === "number"
        ? binary(node.operator as string, left, right)
        : undefined;
    }
    default:
      return undefined;
  }
}

function unary(operator: string, value: Constant): Constant | undefined {
  if (operator === "!") return !value;
  if (typeof value !== "number") return undefined;
  return operator === "-" ? -value : operator === "+" ? value : operator === "~" ? ~value : undefined;
}

function binary(operator: string, a: number, b: number): number | undefined {
  const operate = OPERATORS[operator];
  return operate && operate(a, b);
}

const OPERATORS: { [operator: string]: ((a: number, b: number) => number) | undefined } = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "|": (a, b) => a | b,
  "&": (a, b) => a & b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
};
