import { minify as terser } from "terser";
import type { MinifyOptions } from "terser";

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
      reserved: [...WORDS, ...PINS, "E", ...hotNames],
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

/** The bundle made small: names, blanks, constants. `privateNames` are the property names that may be replaced. */
export async function minify(
  code: string,
  privateNames: ReadonlySet<string>,
  hotNames: readonly string[] = [],
): Promise<{ code: string; map: object }> {
  const result = await terser(code, options(privateNames, hotNames));
  return { code: result.code ?? "", map: result.map as object };
}
