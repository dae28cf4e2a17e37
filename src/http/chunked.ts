import { hasControls, isToken } from "./grammar.js";
import { trimOws } from "./message.js";

/** Hexadecimal digits of a chunk size: 2^48 is more than anybody sends, and exact in a double. */
const DIGITS_MAX = 12;

/**
 * The size in a chunk's first line (without its CRLF): hexadecimal digits, then extensions, which are ignored
 * (RFC 9112 §7.1). Answers -1 for a malformed line, or for a size that does not fit.
 */
export function chunkSize(line: string): number {
  const semicolon = line.indexOf(";");
  const digits = semicolon < 0 ? line : trimOws("." + line.slice(0, semicolon)).slice(1);
  if (!digits || digits.length > DIGITS_MAX || /[^0-9A-Fa-f]/.test(digits)) return -1;
  if (semicolon >= 0 && (hasControls(line) || !isName(line.slice(semicolon + 1)))) return -1;
  return parseInt(digits, 16);
}

/** Whether an extension begins with a name. */
function isName(extension: string): boolean {
  const c = trimOws(extension).charAt(0);
  return isToken(c);
}
