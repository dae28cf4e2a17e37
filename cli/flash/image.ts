import { crc32 } from "../../platform/virtual-board/bytes.js";

/** Storage file that the firmware runs at start. */
export const BOOT_FILE = ".bootcde";

/** What goes into {@link BOOT_FILE}. */
export interface Image {
  /** One character a byte. */
  code: string;
  /** CRC-32 of `code`. */
  crc: number;
  /** The line the board prints when the whole program has been loaded. */
  startedLine: string;
}

/**
 * The bundle, unchanged from its first byte so that places in it stay what they are, and behind it a line that tells which
 * bundle has started. A program that throws while it is loaded never gets there.
 */
export function imageOf(bundle: string): Image {
  const startedLine = `meerkat: started ${crc32(bundle).toString(16).padStart(8, "0")}`;
  const code = `${bundle.replace(/\n$/, "")}\n;console.log("${startedLine}")\n`;
  return { code, crc: crc32(code), startedLine };
}
