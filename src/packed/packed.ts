/*
 * The files that `--pack DIR` puts into a program. The build puts a module with the pack in the place of this one; without
 * `--pack` this one stays, and is empty.
 */

/** A pack of files, as text that can be cut cheaply: on a board it is never in memory. Read it through `packedFiles`. */
export interface Packed {
  /** Characters `from` to `to` of the pack (cli/build/pack.ts says what is where). */
  text(from: number, to: number): string;
  /** Base64, whole groups of four, to a binary string. */
  decode(base64: string): string;
}

/** The files below the directory that the program was built with. */
export const packed: Packed = { text: nothing, decode: nothing };

function nothing(): string {
  return "";
}
