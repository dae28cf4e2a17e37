import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildError } from "./problem.js";

/*
 * The files of `--pack DIR` as one text in ASCII, which src/http/packed-files.ts reads: eight characters with the length
 * of the index, the index, the data. A line of the index is NAME, SIZE, HASH, AT and FORM with tabs between; AT counts from
 * the start of the data; FORM is "t" where the data is the file itself and "b" where it is base64, in capitals for what
 * was compressed here. A line end goes before each line and after the last.
 */

/** One file of a pack. */
export interface PackedFile {
  name: string;
  size: number;
  /** First 16 hex digits of its SHA-256. */
  hash: string;
  /** The contents as they are, or in base64. */
  data: string;
  isBase64: boolean;
  /** The file as gzip, where that saves a tenth. */
  twin?: PackedFile;
}

/** What a twin has to save to be worth its place. */
const SAVES_PART = 0.1;
const HASH_DIGITS = 16;
const COUNT_LENGTH = 8;
/** The tenth byte of gzip names the system (RFC 1952 §2.3.1); 255 is "unknown", the same wherever it is built. */
const GZIP_SYSTEM_AT = 9;
const GZIP_UNKNOWN = 255;

/**
 * The files below a directory, sorted by name; names that begin with a dot are left out, files and directories.
 * Throws a BuildError when there is no such directory, and for names that a pack cannot hold.
 */
export function readPack(dir: string, gzip: boolean): PackedFile[] {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw buildError(`Cannot pack ${dir}: there is no such directory`, []);
  const names = namesBelow(dir, "").sort();
  for (const name of names) {
    if (/^[\x20-\x7e]+$/.test(name) && !/[*\\]/.test(name)) continue;
    throw buildError(`Cannot pack ${join(dir, name)}: names in a pack are of ASCII letters and signs, without * and \\`, []);
  }
  return names.map((name) => {
    const file = fileOf(name, readFileSync(join(dir, name)));
    if (gzip && !names.includes(`${name}.gz`)) file.twin = twinOf(name, readFileSync(join(dir, name)));
    return file;
  });
}

function namesBelow(dir: string, prefix: string): string[] {
  const names: string[] = [];
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const name = prefix + entry.name;
    if (entry.isDirectory()) names.push(...namesBelow(join(dir, entry.name), `${name}/`));
    else if (statSync(join(dir, entry.name), { throwIfNoEntry: false })?.isFile()) names.push(name);
  }
  return names;
}

function fileOf(name: string, bytes: Buffer): PackedFile {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, HASH_DIGITS);
  const text = bytes.toString("latin1");
  // As it is, it has to survive inside of a comment of an ASCII file.
  const isPlain = /^[\n\t\x20-\x7e]*$/.test(text) && !text.includes("*/");
  return { name, size: bytes.length, hash, data: isPlain ? text : bytes.toString("base64"), isBase64: !isPlain };
}

function twinOf(name: string, bytes: Buffer): PackedFile | undefined {
  const zipped = gzipSync(bytes, { level: 9 });
  zipped[GZIP_SYSTEM_AT] = GZIP_UNKNOWN;
  return zipped.length <= bytes.length * (1 - SAVES_PART) ? fileOf(`${name}.gz`, zipped) : undefined;
}

/** A pack as text, and which twins are in it. */
export interface PackText {
  text: string;
  fileCount: number;
  twinCount: number;
}

/** The pack, with as many twins as fit into `roomBytes`, those that save most first. All files are in it, whatever the room. */
export function packText(files: readonly PackedFile[], roomBytes = Infinity): PackText {
  const without = packedText(files, new Set());
  let room = roomBytes - without.length;
  const twins = new Set<PackedFile>();
  const saved = (file: PackedFile): number => file.size - (file.twin?.size ?? file.size);
  for (const { twin } of [...files].sort((a, b) => saved(b) - saved(a))) {
    if (!twin || costOf(twin) > room) continue;
    room -= costOf(twin);
    twins.add(twin);
  }
  return { text: twins.size ? packedText(files, twins) : without, fileCount: files.length, twinCount: twins.size };
}

/** Its data with a line end, and its line in the index with room for a long number. */
function costOf(file: PackedFile): number {
  return file.data.length + file.name.length + String(file.size).length + HASH_DIGITS + 16;
}

function packedText(files: readonly PackedFile[], twins: ReadonlySet<PackedFile>): string {
  let index = "";
  let data = "";
  const add = (file: PackedFile, form: string): void => {
    index += `\n${file.name}\t${file.size}\t${file.hash}\t${data.length}\t${form}`;
    // The line end also keeps a "*" at the end of one from a "/" at the start of the next.
    data += `${file.data}\n`;
  };
  for (const file of files) {
    add(file, file.isBase64 ? "b" : "t");
    if (file.twin && twins.has(file.twin)) add(file.twin, file.twin.isBase64 ? "B" : "T");
  }
  index += "\n";
  return String(index.length).padStart(COUNT_LENGTH, "0") + index + data;
}
