import type { ByteOps, Files } from "../core/port.js";
import { binary } from "./secret.js";

/** A password file may have this many bytes; of a longer one nothing is taken. */
const HTDIGEST_MAX_BYTES = 16384;

/** The file read last, and what it was when it was read. */
let cached = "";
let cachedPath = "";
let cachedSize = -1;
let cachedMs = 0;
let cachedBy: Files | undefined;

/**
 * The contents of a password file, as a binary string: read when it is first asked for, and again when its size or time
 * has changed. Undefined when there is no such file, or it is over 16 KiB.
 */
export function readHtdigest(ops: ByteOps, files: Files | undefined, path: string): string | undefined {
  const info = files && files.stat(path);
  if (!files || !info || info.isDirectory || info.size > HTDIGEST_MAX_BYTES) return undefined;
  if (info.mtimeMs && files === cachedBy && path === cachedPath && info.size === cachedSize && info.mtimeMs === cachedMs) return cached;
  const file = files.open(path);
  if (!file) return undefined;
  let text = "";
  while (text.length < info.size) {
    const raw = file.read(text.length, info.size - text.length);
    if (!raw || !raw.length) break;
    text += binary(ops, raw);
  }
  file.close();
  if (text.length !== info.size) return undefined;
  cached = text;
  cachedPath = path;
  cachedSize = info.size;
  cachedMs = info.mtimeMs;
  cachedBy = files;
  return text;
}

/**
 * The hash of `user` in `realm`, in lower case: the first line `user:realm:hash` whose hash has `digits` digits (32: MD5,
 * 64: SHA-256). "" when there is none. All binary strings.
 */
export function findHash(text: string, user: string, realm: string, digits: number): string {
  if (/[\x00-\x1f:]/.test(user)) return "";
  const all = "\n" + text;
  const start = "\n" + user + ":" + realm + ":";
  for (let at = all.indexOf(start); at >= 0; at = all.indexOf(start, at + 1)) {
    const from = at + start.length;
    const after = all.charCodeAt(from + digits);
    const hash = all.slice(from, from + digits).toLowerCase();
    // 10 and 13 end a line; nothing at all ends the file.
    if (hash.length === digits && !(after > 13) && !/[^0-9a-f]/.test(hash)) return hash;
  }
  return "";
}

/** What was offered last, and for what: everybody who comes without credentials is offered the same. */
let offered = 0;
let offeredText = "-";
let offeredRealm = "";

/** Algorithms that every user of the realm has a hash for, so that they can be offered to whoever comes. 1: SHA-256, 2: MD5. */
export function algorithmsFor(text: string, realm: string): number {
  if (text === offeredText && realm === offeredRealm) return offered;
  offeredText = text;
  offeredRealm = realm;
  offered = (haveAll(text, realm, 64) ? 1 : 0) + (haveAll(text, realm, 32) ? 2 : 0);
  return offered;
}

function haveAll(text: string, realm: string, digits: number): boolean {
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const parts = lines[i].split(":" + realm + ":");
    if (parts.length === 2 && !findHash(text, parts[0], realm, digits)) return false;
  }
  return true;
}
