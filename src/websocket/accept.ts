import type { Platform } from "../core/port.js";
import { trimOws } from "../http/message.js";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Sec-WebSocket-Accept for this key (RFC 6455 §4.2.2). */
export function acceptOf(platform: Platform, key: string): string {
  return base64(platform.digest("sha1", platform.bytes.text(key + GUID)));
}

/** Base64 of a binary string. */
export function base64(b: string): string {
  const n = b.length;
  let out = "";
  for (let i = 0; i < n; i += 3) {
    const bits = (b.charCodeAt(i) << 16) | (i + 1 < n ? b.charCodeAt(i + 1) << 8 : 0) | (i + 2 < n ? b.charCodeAt(i + 2) : 0);
    out += DIGITS.charAt(bits >> 18) + DIGITS.charAt((bits >> 12) & 63);
    out += (i + 1 < n ? DIGITS.charAt((bits >> 6) & 63) : "=") + (i + 2 < n ? DIGITS.charAt(bits & 63) : "=");
  }
  return out;
}

/** The values of all header lines of that name (in lower case), with commas between; "" when there is none. */
export function listOf(head: string, name: string): string {
  const lines = head.split("\r\n");
  let all = "";
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i];
    if (line.charAt(name.length) !== ":" || line.slice(0, name.length).toLowerCase() !== name) continue;
    all += (all ? "," : "") + trimOws(line.slice(name.length + 1));
  }
  return all;
}

/** Whether a list of tokens has this one (in lower case), without regard to case. */
export function hasToken(list: string, token: string): boolean {
  const items = list.toLowerCase().split(",");
  for (let i = 0; i < items.length; i++) if (trimOws(items[i]) === token) return true;
  return false;
}
