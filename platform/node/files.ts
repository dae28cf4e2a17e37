/**
 * Owns: the file store on Node: a directory of the host, the root, and nothing outside of it. Does not own: who may see
 * what in it.
 *
 * Each path is made of checked segments and then resolved by the system, links and all; what is opened is the resolved
 * name, and only if it lies below the root. So a link may lead elsewhere within the root and never out of it. (Another
 * process that exchanges a directory for a link between the two steps is not guarded against.)
 */

import * as fs from "node:fs";
import { join, resolve, sep } from "node:path";
import { Err } from "../../src/core/port.js";
import type { FileInfo, Files, FileWriter, OpenFile, Raw } from "../../src/core/port.js";
import { binaryOf } from "./byte-ops.js";
import { cleanPartials, isPartial, partialFor, partialsOpen } from "./partial-files.js";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
/** Neither follow a link that was put there meanwhile nor wait for the other end of a pipe. Windows has neither. */
const O_CAREFUL = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);

/** A read of up to this many bytes needs no memory of its own. */
const SCRATCH_BYTES = 65536;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** What the system calls a full disk, an exhausted quota and a file too big for the file system. */
const FULL_CODES = ["ENOSPC", "EDQUOT", "EFBIG"];
const NAME_CODES = ["ENAMETOOLONG", "ENOTDIR", "EILSEQ", "EINVAL"];
const PERMISSION_CODES = ["EACCES", "EPERM", "EROFS"];

/** The store rooted at `root`, by default the working directory of now. Throws nothing, not even when there is no such directory. */
export function createNodeFiles(root: string = process.cwd()): Files {
  const place: Place = { root: resolve(root) };
  return {
    stat: (path) => tryOr(undefined, () => stat(place, path)),
    list: (path) => tryOr(undefined, () => list(place, path)),
    open: (path) => tryOr(undefined, () => open(place, path)),
    create: (path) => tryErr(() => create(place, path)),
    remove: (path) => tryErr(() => remove(place, path)),
  };
}

interface Place {
  root: string;
}

function tryOr<T>(otherwise: T, call: () => T): T {
  try {
    return call();
  } catch {
    return otherwise;
  }
}

function tryErr<T>(call: () => T): T | Err {
  try {
    return call();
  } catch (error) {
    return fileErrOf(error);
  }
}

function fileErrOf(error: unknown): Err {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (FULL_CODES.includes(code)) return Err.StorageFull;
  if (NAME_CODES.includes(code)) return Err.BadName;
  return PERMISSION_CODES.includes(code) ? Err.Permission : Err.Failed;
}

/** The segments, or undefined for a path that no store takes, that this system would take apart differently, or that is ours. */
function segmentsOf(path: string): string[] | undefined {
  if (path === "") return [];
  const segments = path.split("/");
  return segments.every(isSegment) ? segments : undefined;
}

function isSegment(segment: string): boolean {
  if (segment === "" || segment === "." || segment === "..") return false;
  // "\" and "C:" mean something on Windows only.
  return !segment.includes("\0") && !(sep === "\\" && /[\\:]/.test(segment)) && !isPartial(segment);
}

/** The resolved name of what exists at `path` below the root; undefined where it leads out. Throws where there is nothing. */
function existing(place: Place, path: string): string | undefined {
  const segments = segmentsOf(path);
  return segments && inside(place, join(place.root, ...segments));
}

function inside(place: Place, name: string): string | undefined {
  const root = fs.realpathSync.native(place.root);
  const real = fs.realpathSync.native(name);
  if (real === root) return real;
  return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
}

function stat(place: Place, path: string): FileInfo | undefined {
  const real = existing(place, path);
  const found = real === undefined ? undefined : fs.statSync(real);
  if (!found || !(found.isFile() || found.isDirectory())) return undefined;
  return { size: found.isFile() ? found.size : 0, mtimeMs: Math.floor(found.mtimeMs), isDirectory: found.isDirectory() };
}

function list(place: Place, path: string): string[] | undefined {
  const real = existing(place, path);
  if (real === undefined) return undefined;
  const prefix = path === "" ? "" : `${path}/`;
  const names: string[] = [];
  for (const entry of fs.readdirSync(real, { withFileTypes: true })) {
    // What a link leads to, and a name that is not UTF-8, must be there for the other calls too.
    const isPlain = (entry.isFile() || entry.isDirectory()) && !entry.name.includes("\ufffd");
    const info = isPlain && isSegment(entry.name) ? undefined : tryOr(undefined, () => stat(place, prefix + entry.name));
    if (isPlain ? !isSegment(entry.name) : info === undefined) continue;
    names.push(entry.isDirectory() || info?.isDirectory ? `${entry.name}/` : entry.name);
  }
  return names.sort();
}

function open(place: Place, path: string): OpenFile | undefined {
  const real = existing(place, path);
  if (real === undefined) return undefined;
  const fd = fs.openSync(real, O_RDONLY | O_CAREFUL);
  const found = fs.fstatSync(fd);
  if (!found.isFile()) {
    fs.closeSync(fd);
    return undefined;
  }
  let isOpen = true;
  return {
    size: found.size,
    read: (at, maxBytes) => (isOpen ? tryOr(undefined, () => readAt(fd, found.size, at, maxBytes)) : undefined),
    close() {
      if (isOpen) tryOr(undefined, () => fs.closeSync(fd));
      isOpen = false;
    },
  };
}

/** What a file grew by since it was opened is not read; of one that was cut, the bytes that are gone fail. */
function readAt(fd: number, size: number, at: number, maxBytes: number): Raw | undefined {
  const wanted = Math.max(0, Math.min(maxBytes, size - at));
  const into = wanted > SCRATCH_BYTES ? Buffer.allocUnsafe(wanted) : scratch;
  let count = 0;
  while (count < wanted) {
    const got = fs.readSync(fd, into, count, wanted - count, at + count);
    if (got === 0) return undefined;
    count += got;
  }
  return binaryOf(into, 0, count);
}

function create(place: Place, path: string): FileWriter | Err {
  const segments = segmentsOf(path);
  const name = segments?.pop();
  if (segments === undefined || name === undefined) return Err.BadName;
  const dir = makeDirectories(place, segments);
  if (dir === undefined) return Err.BadName;
  const target = join(dir, name);
  if (fs.lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) return Err.BadName;
  cleanPartials(dir, name);
  return writeTo(join(dir, partialFor(name)), target);
}

/** Directories come into being with the first file in them, as in the stores that have none. */
function makeDirectories(place: Place, segments: string[]): string | undefined {
  let dir: string | undefined = fs.realpathSync.native(place.root);
  for (const segment of segments) {
    const name: string = join(dir, segment);
    if (fs.lstatSync(name, { throwIfNoEntry: false }) === undefined) fs.mkdirSync(name);
    dir = inside(place, name);
    if (dir === undefined) return undefined;
  }
  return dir;
}

function writeTo(partial: string, target: string): FileWriter {
  const fd = fs.openSync(partial, O_WRONLY | O_CREAT | O_EXCL | O_CAREFUL, 0o666);
  partialsOpen.add(partial);
  let isOpen = true;
  let err: Err = Err.None;
  /** Closes, and if all is well publishes. Some systems refuse to rename an open file; some report a failed write only at the close. */
  const finish = (): void => {
    isOpen = false;
    const closed = tryErr(() => close(fd));
    err ||= closed;
    err ||= tryErr(() => rename(partial, target));
    if (err !== Err.None) tryOr(undefined, () => fs.unlinkSync(partial));
    partialsOpen.delete(partial);
  };
  return {
    write(bytes) {
      if (!isOpen) return Err.Failed;
      err ||= tryErr(() => writeAll(fd, bytes));
      return err;
    },
    commit() {
      if (!isOpen) return Err.Failed;
      finish();
      return err;
    },
    abort() {
      if (!isOpen) return;
      err = Err.Failed;
      finish();
    },
  };
}

function close(fd: number): Err {
  fs.closeSync(fd);
  return Err.None;
}

function rename(partial: string, target: string): Err {
  fs.renameSync(partial, target);
  return Err.None;
}

function writeAll(fd: number, bytes: Raw): Err {
  const from = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  for (let at = 0; at < from.length; ) at += fs.writeSync(fd, from, at, from.length - at);
  return Err.None;
}

function remove(place: Place, path: string): Err {
  const segments = segmentsOf(path);
  const name = segments?.pop();
  if (segments === undefined || name === undefined) return Err.BadName;
  const dir = existing(place, segments.join("/"));
  if (dir === undefined) return Err.BadName;
  const target = join(dir, name);
  if (fs.lstatSync(target).isDirectory()) return Err.BadName;
  // A link goes, and what it leads to stays.
  fs.unlinkSync(target);
  return Err.None;
}
