import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import type { Node } from "acorn";
import { minify as terser } from "terser";
import type { MinifyOptions } from "terser";
import { isFunction, parseBundle, walk } from "./ast.js";
import type { AnyNode } from "./ast.js";
import { OVERLAY_NAMES, OVERLAY_PARAMETERS } from "./overlay.js";

/*
 * terser, set up for an interpreter that reads its source text on every execution. What must stay off: anything that
 * moves a function into the place where it is used, because Espruino makes it anew each time that place is passed.
 */

/** Names that are words of the language for Espruino, but not for ES5: a variable called `of` does not parse. */
const WORDS = ["let", "of", "static"];

/** Pins have names such as D2 and A0 on every board: what is declared beside them may not be called so. */
const PINS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].flatMap((port) => [..."0123456789"].map((n) => port + n));

/** What every object has on Espruino, and what the firmware keeps in a socket: no private name may become one of these. */
const FIRMWARE_PROPERTIES = (
  "on emit clone addListener prependListener removeListener removeAllListeners " +
  "type port sckt conn opt res svr hdrs endd dRcv cRcv dSnd chunked headers clsNow cls"
).split(" ");

function options(privateNames: ReadonlySet<string>, hotNames: readonly string[]): MinifyOptions {
  const names = [...privateNames].map((name) => name.replace(/\$/g, "\\$&"));
  return {
    ecma: 5,
    sourceMap: { asObject: true },
    compress: {
      passes: 2,
      reduce_funcs: false,
      inline: 0,
      // A parameter that is declared costs 3 ki a call, used or not.
      keep_fargs: false,
      // Both make nested expressions of statements, and those take stack: 49 calls deep with `if(a)return;f()`, 42 with
      // `if(!a)f()`, 36 with `a||f()`, 25 with `a||(b,f())` (25000 bytes of stack, measured).
      conditionals: false,
      if_return: false,
    },
    mangle: {
      // Hot names are found by name when declarations are hoisted.
      reserved: [...WORDS, ...PINS, "E", ...OVERLAY_NAMES, ...OVERLAY_PARAMETERS, ...hotNames],
      properties: names.length > 0 && {
        regex: new RegExp(`^(?:${names.join("|")})$`),
        keep_quoted: true,
        reserved: FIRMWARE_PROPERTIES,
      },
    },
    // Only ASCII: above it the firmware's builds differ in what a character is.
    format: { ascii_only: true },
  };
}

/** A bundle that was made small. */
export interface Minified {
  code: string;
  map: object;
  /** What the functions at its top were called before: new name to old. */
  names: Map<string, string>;
}

/** The bundle made small: names, blanks, constants. `privateNames` are the property names that may be replaced. */
export async function minify(code: string, privateNames: ReadonlySet<string>, hotNames: readonly string[] = []): Promise<Minified> {
  const result = await terser(code, options(privateNames, hotNames));
  const small = result.code ?? "";
  return { code: small, map: result.map as object, names: namesBefore(code, small, result.map as SourceMapPayload) };
}

/** terser tells where each name came from; what stood there is the old one. */
function namesBefore(code: string, small: string, map: SourceMapPayload): Map<string, string> {
  const places = new SourceMap(map);
  const lines = code.split("\n");
  const starts = lineStarts(small);
  const names = new Map<string, string>();
  for (const id of functionNames(parseBundle(small))) {
    const line = starts.filter((start) => start <= id.start).length - 1;
    const entry = places.findEntry(line, id.start - starts[line]);
    if (!("originalLine" in entry)) continue;
    const before = /^[\w$]+/.exec(lines[entry.originalLine].slice(entry.originalColumn));
    if (before) names.set(id.name as string, before[0]);
  }
  return names;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Functions declared at the top, or in the function around the bundle. */
function functionNames(program: Node): AnyNode[] {
  const found: AnyNode[] = [];
  walk(program, (node, ancestors) => {
    const depth = ancestors.filter(isFunction).length;
    if (node.type === "FunctionDeclaration" && depth <= 1) found.push(node.id as AnyNode);
  });
  return found;
}
