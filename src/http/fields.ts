import type { ByteOps } from "../core/port.js";
import { hasControls, isField } from "./grammar.js";

/**
 * Header lines of a program, checked, as the bytes that go over the wire. Throws TypeError unless each is `name: value CRLF`
 * and nothing else hides in them (RFC 9112 §5), and for lines that are made from the body.
 */
export function headerBytes(ops: ByteOps, headers: string): string {
  if (!headers) return "";
  const raw = ops.text(headers);
  const bytes = typeof raw === "string" ? raw : ops.latin1(raw, 0, raw.length);
  const lines = bytes.split("\r\n");
  if (lines.pop() !== "") throw new TypeError("Header lines must end in CRLF");
  for (let i = 0; i < lines.length; i++) {
    if (hasControls(lines[i])) throw new TypeError("Header " + lines[i].split(":")[0] + " contains control characters");
    if (!isField(lines[i])) throw new TypeError('Malformed header line "' + lines[i] + '"');
    const name = lines[i].slice(0, lines[i].indexOf(":")).toLowerCase();
    if (name === "content-length" || name === "transfer-encoding") throw new TypeError("Header " + name + " is made from the body: leave it out");
  }
  return bytes;
}
