import MagicString from "magic-string";
import type { Plugin } from "rollup";
import { packText } from "./pack.js";
import type { PackedFile, PackText } from "./pack.js";

/*
 * How a pack gets into a program: as the module "meerkat/packed".
 *
 * On Node it is a string of that module. A board would copy such a string into its memory whenever it runs over it, a
 * variable for every 10 bytes. But of a function that is in flash it has only the place. So the pack is a comment inside of
 * a function that nobody calls, before the program, and is read from the text of the function: that takes no
 * variables for the contents, however many, and a slice of it takes one.
 */

/** The module's name in programs, and for rollup. */
const MODULE = "meerkat/packed";
const ID = "\0meerkat:packed";
/** The function with the pack; the property that has a function's text on Espruino (src/jsparse.h). */
const HOLDER = "MEERKAT_PACK";
const TEXT_OF = "\\xffcod";

const BOARD_MODULE = `
function text(from, to) {
  var code = ${HOLDER}["${TEXT_OF}"] || String(${HOLDER});
  var at = code.indexOf("/*") + 2;
  return code.slice(at + from, at + to);
}
export var packed = { text: text, decode: atob };
`;

function nodeModule(text: string): string {
  return `
const all = ${JSON.stringify(text)};
export const packed = {
  text: (from, to) => all.slice(from, to),
  decode: (base64) => Buffer.from(base64, "base64").toString("latin1"),
};
`;
}

/** Puts the module with the files in the place of the empty one; must come before the resolver. */
export function packedModule(files: readonly PackedFile[] | undefined, isBoard: boolean): Plugin {
  return {
    name: "meerkat-packed",
    resolveId: (id) => (files && id === MODULE ? ID : null),
    load: (id) => (files && id === ID ? (isBoard ? BOARD_MODULE : nodeModule(packText(files).text)) : null),
  };
}

/** Puts the files before the finished program, if it uses them, into what `roomBytes` leaves beside it. */
export function packInto(files: readonly PackedFile[] | undefined, roomBytes: number, onPack: (pack: PackText) => void): Plugin {
  return {
    name: "meerkat-pack",
    renderChunk(code) {
      if (!files || !code.includes(HOLDER)) return null;
      const pack = packText(files, roomBytes - code.length);
      onPack(pack);
      const text = new MagicString(code);
      // The text of a function goes from its first token to its last.
      text.prepend(`function ${HOLDER}(){0;/*${pack.text}*/0}\n`);
      return { code: text.toString(), map: text.generateMap({ hires: "boundary" }) };
    },
  };
}
