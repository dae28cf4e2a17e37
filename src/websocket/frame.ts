import { Close } from "./ops.js";

/** What the head of a frame says. */
export interface FrameHead {
  op: number;
  /** 128 for the last frame of a message, else 0. */
  fin: number;
  /** 64 for a compressed message, else 0. */
  rsv1: number;
  /** Bytes of payload. */
  size: number;
}

/** What {@link parseFrameHead} found: one for all, because it is used at once. */
export const frame: FrameHead = { op: 0, fin: 0, rsv1: 0, size: 0 };

/** Larger sizes are not exact in a double. */
const SIZE_MAX = 9007199254740991;

/**
 * Parses the head of a frame at the start of the binary string `b` into {@link frame}. Answers its size in bytes (2 to 14,
 * the key included, which is the last four), 0 for "need more", or a close code as a negative number. `isMasked`: frames
 * from this side must be masked, else they must not be; `mayCompress`: RSV1 means something (RFC 6455 §5.2).
 */
export function parseFrameHead(b: string, isMasked: boolean, mayCompress: boolean): number {
  const n = b.length;
  if (!n) return 0;
  const first = b.charCodeAt(0);
  const op = first & 15;
  if (first & 0x30 || (first & 64 && (!mayCompress || op > 2 || !op))) return -Close.Protocol; // §5.2: RSV bits nobody agreed on
  if (op > 10 || (op > 2 && op < 8)) return -Close.Protocol; // §5.2: reserved opcodes
  if (op > 2 && first < 128) return -Close.Protocol; // §5.5: control frames are not fragmented
  if (n < 2) return 0;
  const second = b.charCodeAt(1);
  let size = second & 127;
  if (second > 127 !== isMasked) return -Close.Protocol; // §5.1
  if (op > 2 && size > 125) return -Close.Protocol; // §5.5
  const at = size < 126 ? 2 : size === 126 ? 4 : 10;
  if (n < at) return 0;
  if (size === 126) {
    size = (b.charCodeAt(2) << 8) | b.charCodeAt(3);
    if (size < 126) return -Close.Protocol; // §5.2: the minimal number of bytes
  } else if (size === 127) {
    size = 0;
    for (let i = 2; i < 10; i++) size = size * 256 + b.charCodeAt(i);
    if (b.charCodeAt(2) > 127) return -Close.Protocol; // §5.2: the highest bit is 0
    if (size < 65536) return -Close.Protocol;
    if (size > SIZE_MAX) return -Close.TooBig;
  }
  const bytes = isMasked ? at + 4 : at;
  if (n < bytes) return 0;
  frame.op = op;
  frame.fin = first & 128;
  frame.rsv1 = first & 64;
  frame.size = size;
  return bytes;
}

/** The head of a frame with `size` bytes of payload, without the key. `first`: FIN, RSV1 and the opcode. */
export function frameHead(first: number, size: number, isMasked: boolean): Uint8Array {
  const mask = isMasked ? 128 : 0;
  const head = new Uint8Array(size < 126 ? 2 : size < 65536 ? 4 : 10);
  head[0] = first;
  if (size < 126) head[1] = mask | size;
  else if (size < 65536) {
    head[1] = mask | 126;
    head[2] = size >> 8;
    head[3] = size & 255;
  } else {
    head[1] = mask | 127;
    let left = size;
    for (let i = 9; i > 1; i--) {
      head[i] = left % 256;
      left = Math.floor(left / 256);
    }
  }
  return head;
}

/** Whether a Close frame may carry this code (RFC 6455 §7.4.2, and what IANA added since). */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code < 1015 && code !== 1004 && code !== 1005 && code !== 1006;
}
