// Bytes as one short readable piece of a line.

/** "text": in quotes, with escapes; "hex": two digits a byte; "none": their number only. */
export type PreviewKind = "text" | "hex" | "none";

/** Collects bytes and says them in bounded length: count, beginning, and a checksum of all when cut. */
export interface Preview {
  add(binary: string): void;
  /** The piece of the line for everything added since the last time. */
  take(): string;
}

/** Largest prime below 2^16, as in Adler-32 (RFC 1950 §8.2): sums stay far inside 31 bits. */
const MODULUS = 65521;

const HEX = "0123456789abcdef";

function hexByte(code: number): string {
  return HEX.charAt(code >> 4) + HEX.charAt(code & 15);
}

function hexText(binary: string): string {
  let text = "";
  for (let i = 0; i < binary.length; i++) text += (i > 0 ? " " : "") + hexByte(binary.charCodeAt(i));
  return text;
}

function escaped(code: number): string {
  if (code === 10) return "\\n";
  if (code === 13) return "\\r";
  if (code === 9) return "\\t";
  if (code === 34 || code === 92) return "\\" + String.fromCharCode(code);
  return code < 32 || code > 126 ? "\\x" + hexByte(code) : String.fromCharCode(code);
}

/** Bytes as printable ASCII in quotes; everything else as `\n`, `\r`, `\t`, `\xNN`. */
export function quoted(binary: string): string {
  let text = '"';
  for (let i = 0; i < binary.length; i++) text += escaped(binary.charCodeAt(i));
  return text + '"';
}

/** A preview that shows up to `maxBytes` bytes. */
export function createPreview(kind: PreviewKind, maxBytes: number): Preview {
  let head = "";
  let count = 0;
  let low = 1;
  let high = 0;

  function sum(binary: string): void {
    for (let i = 0; i < binary.length; i++) {
      low = (low + binary.charCodeAt(i)) % MODULUS;
      high = (high + low) % MODULUS;
    }
  }

  function text(): string {
    if (kind === "none") return "";
    return " " + (kind === "hex" ? hexText(head) : quoted(head));
  }

  return {
    add(binary) {
      count += binary.length;
      if (head.length < maxBytes) head += binary.slice(0, maxBytes - head.length);
      sum(binary);
    },
    take() {
      const checksum = hexByte(high >> 8) + hexByte(high & 255) + hexByte(low >> 8) + hexByte(low & 255);
      const line = count + text() + (count > head.length ? "... sum " + checksum : "");
      head = "";
      count = 0;
      low = 1;
      high = 0;
      return line;
    },
  };
}
