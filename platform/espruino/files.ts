import { Err, type FileInfo, type Files, type FileWriter, type OpenFile, type Raw } from "../../src/core/port.js";
import type { Espruino } from "./types.js";

/*
 * The file store over require("Storage") (src/jsflash.c): flat names of at most 28 bytes, in which `/` is a character
 * like any other, and no empty files. What the firmware keeps for itself begins with a dot, and is not shown.
 *
 * Storage can neither rename nor grow a file. So what is written goes into pieces with names of their own; `commit` notes
 * in a journal what they are to become, and only then replaces the file by them. If the power goes in between, the first
 * use of the store after the start finds the journal and does it again: the file is the old one or the new one, never half.
 */

declare const E: Espruino;

/** Module `Storage`, as far as it is used here. */
interface Storage {
  read(name: string): string | undefined;
  write(name: string, data: string, offset: number, size: number): boolean;
  erase(name: string): void;
  list(regex: undefined, filter: { sf: boolean }): string[];
  compact(): void;
  getStats(): { freeBytes: number };
}

/** JsfFileName: the firmware cuts off what is longer. */
const NAME_MAX = 28;
/** What is written at once has to fit on the interpreter's stack. */
const PIECE_BYTES = 1024;
/** Begins the names of journals (`~mk3`) and pieces (`~mk3.0`). */
const MARK = "~mk";
/** The file's header, and a journal with its own. */
const OVERHEAD_BYTES = 128;

let lib: Storage | undefined;
/** Largest number in use in the name of a journal. */
let count = 0;

/** The module; at first use what a power cut left behind is brought in order. */
function storage(): Storage {
  if (lib) return lib;
  lib = require("Storage") as Storage;
  const names = lib.list(undefined, { sf: false });
  for (let i = 0; i < names.length; i++) {
    if (names[i].slice(0, MARK.length) !== MARK) continue;
    count = Math.max(count, parseInt(names[i].slice(MARK.length), 10));
    if (names[i].indexOf(".") < 0) redo(names[i]);
  }
  for (let i = 0; i < names.length; i++) {
    if (names[i].slice(0, MARK.length) === MARK && !lib.read(names[i].split(".")[0])) lib.erase(names[i]);
  }
  return lib;
}

/** Does again what a journal says; one that is not whole says nothing. A journal stays as long as there is no room. */
function redo(journal: string): void {
  const parts = ((lib as Storage).read(journal) as string).split("\n");
  if (parts.length === 3) publish(journal, parseInt(parts[0], 10), parts[1]);
  else (lib as Storage).erase(journal);
}

/** Makes the pieces the file; the journal goes last. */
function publish(journal: string, size: number, path: string): Err {
  const s = lib as Storage;
  s.erase(path);
  if (!hasRoom(size)) return Err.StorageFull;
  for (let at = 0; at < size; at += PIECE_BYTES) {
    // A copy: a string of Storage is a place in flash, and compaction may move what is there.
    const piece = (s.read(journal + "." + at / PIECE_BYTES) as string).slice(0, size - at) + "";
    const err = put(path, piece, at, size);
    if (err) {
      s.erase(path);
      return err;
    }
  }
  s.erase(journal);
  return Err.None;
}

/** The free bytes at the end are in one piece; what was erased becomes free by compaction, which takes its time. */
function hasRoom(size: number): boolean {
  const s = lib as Storage;
  if (s.getStats().freeBytes >= size + OVERHEAD_BYTES) return true;
  s.compact();
  return s.getStats().freeBytes >= size + OVERHEAD_BYTES;
}

/** Writes into a file of `size` bytes, which is made when `at` is 0. */
function put(name: string, data: string, at: number, size: number): Err {
  try {
    return (lib as Storage).write(name, data, at, size) ? Err.None : Err.Failed;
  } catch (e) {
    return Err.StorageFull;
  }
}

/** Neither the firmware's nor ours, without empty, `.` and `..` segments, without a drive (`C:`), and not cut off. */
function isName(path: string): boolean {
  // The blank at the end: indexOf also finds what only begins like the needle there.
  const s = "/" + path + "/ ";
  return (
    path.length <= NAME_MAX && s.indexOf("//") < 0 && s.indexOf("/./") < 0 && s.indexOf("/../") < 0 &&
    path.charAt(0) !== "." && path.charAt(1) !== ":" && path.indexOf("\0") < 0 && path.slice(0, MARK.length) !== MARK
  );
}

function read(path: string): string | undefined {
  const s = storage();
  return isName(path) ? s.read(path) : undefined;
}

function stat(path: string): FileInfo | undefined {
  const data = read(path);
  if (data === undefined && list(path) === undefined) return undefined;
  return { size: data === undefined ? 0 : data.length, mtimeMs: 0, isDirectory: data === undefined };
}

function list(path: string): string[] | undefined {
  const prefix = path ? path + "/" : "";
  const names = storage().list(undefined, { sf: false });
  const out: string[] = [];
  for (let i = 0; i < names.length; i++) {
    if (!isName(names[i]) || names[i].slice(0, prefix.length) !== prefix) continue;
    const rest = names[i].slice(prefix.length);
    const end = rest.indexOf("/");
    const name = end < 0 ? rest : rest.slice(0, end + 1);
    if (out.indexOf(name) < 0) out.push(name);
  }
  return out.length || !path ? out.sort() : undefined;
}

function open(path: string): OpenFile | undefined {
  const data = read(path);
  return data === undefined ? undefined : ({ size: data.length, d: data, read: readOn, close: closeFile } as StoredFile);
}

function create(path: string): FileWriter | Err {
  if (!storage() || !isName(path) || list(path)) return Err.BadName;
  const writer: StorageWriter = { f: path, j: MARK + ++count, n: 0, e: Err.None, write: writeOn, commit: commit, abort: abort };
  return writer;
}

function remove(path: string): Err {
  if (read(path) === undefined) return isName(path) && !list(path) ? Err.Failed : Err.BadName;
  storage().erase(path);
  return Err.None;
}

/** One variable for a file of any length: the string is the place in flash. The firmware makes it null when the file goes. */
interface StoredFile extends OpenFile {
  d: string | null | undefined;
}

/** A copy, because what was read may wait in a queue while the file is replaced. */
function readOn(this: StoredFile, at: number, maxBytes: number): Raw | undefined {
  const d = this.d;
  return d ? d.slice(at, at + maxBytes) + "" : undefined;
}

function closeFile(this: StoredFile): void {
  this.d = undefined;
}

/** Plain objects with shared functions: of a class's methods the build could leave none out of programs without files. */
interface StorageWriter extends FileWriter {
  /** The name it is to have. */
  f: string;
  /** Name of the journal; empty when all is over. */
  j: string;
  /** Bytes so far. */
  n: number;
  e: Err;
}

function writeOn(this: StorageWriter, bytes: Raw): Err {
  if (!this.j) return Err.Failed;
  const s = typeof bytes === "string" ? bytes : bytes.length ? E.toString(bytes) : "";
  for (let at = 0; at < s.length && !this.e; ) {
    const from = this.n % PIECE_BYTES;
    const part = s.slice(at, at + PIECE_BYTES - from);
    this.e = put(this.j + "." + (this.n - from) / PIECE_BYTES, part, from, PIECE_BYTES);
    this.n += part.length;
    at += part.length;
  }
  return this.e;
}

function commit(this: StorageWriter): Err {
  if (!this.j) return Err.Failed;
  if (!this.e && !this.n) this.e = Err.NotSupported;
  // What is to be replaced still counts: until the new one is sure to fit it must stay.
  if (!this.e && !hasRoom(this.n)) this.e = Err.StorageFull;
  const note = this.n + "\n" + this.f + "\n";
  if (!this.e) this.e = put(this.j, note, 0, note.length);
  if (!this.e) this.e = publish(this.j, this.n, this.f);
  this.abort();
  return this.e;
}

function abort(this: StorageWriter): void {
  const s = storage();
  const j = this.j;
  this.j = "";
  // The pieces of a journal that is still there are kept: the next start needs them.
  if (!j || s.read(j)) return;
  for (let at = 0; at < this.n; at += PIECE_BYTES) s.erase(j + "." + at / PIECE_BYTES);
}

/** The store of this board; there is one. */
export const files: Files = { stat: stat, list: list, open: open, create: create, remove: remove };
