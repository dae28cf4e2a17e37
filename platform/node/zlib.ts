/** Owns: raw deflate of whole messages, each in one call; what came before is given as a dictionary. */

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Raw, Zlib } from "../../src/core/port.js";
import { binaryOf } from "./byte-ops.js";

/** What a sync flush ends with, and messages leave out (RFC 7692 §7.2.1). */
const TAIL = "\x00\x00\xff\xff";
const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };

function bufferOf(raw: Raw): Buffer {
  return typeof raw === "string" ? Buffer.from(raw, "latin1") : Buffer.from(raw);
}

/** See `Platform.zlib`. */
export const zlib: Zlib = {
  deflate(bytes, window, bits) {
    const dictionary = window.length ? bufferOf(window) : undefined;
    const out = deflateRawSync(bufferOf(bytes), { ...SYNC, dictionary, windowBits: bits });
    return binaryOf(out, 0, out.length - TAIL.length);
  },
  inflate(bytes, window, maxBytes) {
    const dictionary = window.length ? bufferOf(window) : undefined;
    try {
      const out = inflateRawSync(Buffer.concat([bufferOf(bytes), bufferOf(TAIL)]), { ...SYNC, dictionary, maxOutputLength: Math.max(1, maxBytes) });
      return binaryOf(out, 0, out.length);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? null : undefined;
    }
  },
};
