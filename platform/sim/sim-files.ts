// The file store of one simulated host: in memory, with room for so many bytes, on virtual time.

import { Err } from "../../src/core/port.js";
import type { FileInfo, Files, FileWriter, OpenFile, Raw } from "../../src/core/port.js";
import { arrayCopyOf, binaryOf, type RawForm } from "./byte-ops.js";

/** One file: its bytes are never written to, a newer version is another array. */
interface StoredFile {
  bytes: Uint8Array;
  mtimeMs: number;
}

/** The disk of a host: what all platforms on it share. */
export interface SimDisk {
  files: Map<string, StoredFile>;
  /** Room for the bytes of all files, those being written included. */
  capacityBytes: number;
  usedBytes: number;
}

/** Enough for what tests write; a host that needs less, or nothing at all, says so. */
const CAPACITY_BYTES = 1 << 20;

/** An empty disk. */
export function createSimDisk(capacityBytes: number = CAPACITY_BYTES): SimDisk {
  return { files: new Map(), capacityBytes, usedBytes: 0 };
}

/** The store over a disk, its bytes in `form`; `wallMs` dates what is written. */
export function createSimFiles(disk: SimDisk, form: RawForm, wallMs: () => number): Files {
  return {
    stat: (path) => stat(disk, path),
    list: (path) => list(disk, path),
    open(path) {
      const file = disk.files.get(path);
      return file && openSimFile(file.bytes, form);
    },
    create: (path) => (isName(path) && !isDirectory(disk, path) ? createWriter(disk, path, wallMs) : Err.BadName),
    remove(path) {
      const file = disk.files.get(path);
      if (file === undefined) return isName(path) && !isDirectory(disk, path) ? Err.Failed : Err.BadName;
      disk.usedBytes -= file.bytes.length;
      disk.files.delete(path);
      return Err.None;
    },
  };
}

function isName(path: string): boolean {
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..") && !path.includes("\0");
}

function isDirectory(disk: SimDisk, path: string): boolean {
  return path === "" || [...disk.files.keys()].some((name) => name.startsWith(`${path}/`));
}

function stat(disk: SimDisk, path: string): FileInfo | undefined {
  const file = disk.files.get(path);
  if (file !== undefined) return { size: file.bytes.length, mtimeMs: file.mtimeMs, isDirectory: false };
  return isDirectory(disk, path) ? { size: 0, mtimeMs: 0, isDirectory: true } : undefined;
}

function list(disk: SimDisk, path: string): string[] | undefined {
  if (!isDirectory(disk, path)) return undefined;
  const prefix = path === "" ? "" : `${path}/`;
  const names = new Set<string>();
  for (const name of disk.files.keys()) {
    if (name.startsWith(prefix)) names.add(/^[^/]*\/?/.exec(name.slice(prefix.length))![0]);
  }
  return [...names].sort();
}

/** What was opened stays readable, whatever becomes of the name. */
function openSimFile(bytes: Uint8Array, form: RawForm): OpenFile {
  let isOpen = true;
  return {
    size: bytes.length,
    read(at, maxBytes) {
      if (!isOpen) return undefined;
      const part = bytes.slice(at, at + Math.max(0, maxBytes));
      return form === "array" ? part : binaryOf(part, 0, part.length);
    },
    close() {
      isOpen = false;
    },
  };
}

function createWriter(disk: SimDisk, path: string, wallMs: () => number): FileWriter {
  const parts: Uint8Array[] = [];
  let count = 0;
  let isOpen = true;
  let err: Err = Err.None;
  const abort = (): void => {
    if (isOpen) disk.usedBytes -= count;
    isOpen = false;
  };
  return {
    write(bytes) {
      if (!isOpen) return Err.Failed;
      if (err === Err.None && disk.usedBytes + bytes.length > disk.capacityBytes) err = Err.StorageFull;
      if (err !== Err.None) return err;
      parts.push(arrayCopyOf(bytes as Raw));
      count += bytes.length;
      disk.usedBytes += bytes.length;
      return Err.None;
    },
    commit() {
      if (!isOpen) return Err.Failed;
      if (err === Err.None && isDirectory(disk, path)) err = Err.BadName;
      if (err !== Err.None) abort();
      else publish();
      return err;
    },
    abort,
  };
  function publish(): void {
    isOpen = false;
    disk.usedBytes -= disk.files.get(path)?.bytes.length ?? 0;
    disk.files.set(path, { bytes: new Uint8Array(Buffer.concat(parts)), mtimeMs: wallMs() });
  }
}
