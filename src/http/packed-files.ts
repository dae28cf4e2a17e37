import { Err, type FileInfo, type Files, type FileWriter, type OpenFile, type Raw } from "../core/port.js";
import type { Packed } from "../packed/packed.js";

/** Length of the number at the start of a pack: how many bytes of index follow. */
const COUNT_LENGTH = 8;

/** Where the parts of a line of the index are; the name comes first. */
const SIZE = 1;
const HASH = 2;
const AT = 3;
const FORM = 4;

/**
 * The files of a pack as a store that can only be read: names as they were below the directory of `--pack`. `stat` has
 * the hash of the contents and no date. What was compressed at the build is there as NAME.gz too, but in no list.
 */
export function packedFiles(packed: Packed): Files {
  return new PackedFiles(packed);
}

class PackedFiles implements Files {
  _p: Packed;

  constructor(packed: Packed) {
    this._p = packed;
  }

  stat(path: string): FileInfo | undefined {
    const row = this._row(path);
    if (row) return { size: parseInt(row[SIZE], 10), mtimeMs: 0, isDirectory: false, hash: row[HASH] };
    return this._isDirectory(path) ? { size: 0, mtimeMs: 0, isDirectory: true } : undefined;
  }

  list(path: string): string[] | undefined {
    if (!this._isDirectory(path)) return undefined;
    const start = path ? "\n" + path + "/" : "\n";
    const index = this._index();
    const names: string[] = [];
    for (let at = index.indexOf(start); at >= 0; at = index.indexOf(start, at + 1)) {
      const end = index.indexOf("\n", at + 1);
      if (end < 0) break;
      const row = index.slice(at + start.length, end).split("\t");
      const slash = row[0].indexOf("/");
      const name = slash < 0 ? row[0] : row[0].slice(0, slash + 1);
      if (row[FORM] === row[FORM].toLowerCase() && names.indexOf(name) < 0) names.push(name);
    }
    return names.sort();
  }

  open(path: string): OpenFile | undefined {
    const row = this._row(path);
    if (!row) return undefined;
    const from = COUNT_LENGTH + this._indexSize() + parseInt(row[AT], 10);
    return new PackedFile(this._p, parseInt(row[SIZE], 10), from, row[FORM].toLowerCase() === "b");
  }

  create(): FileWriter | Err {
    return Err.NotSupported;
  }

  remove(): Err {
    return Err.NotSupported;
  }

  _indexSize(): number {
    return parseInt(this._p.text(0, COUNT_LENGTH), 10) || 0;
  }

  _index(): string {
    return this._p.text(COUNT_LENGTH, COUNT_LENGTH + this._indexSize());
  }

  /** The parts of a name's line. A name that could reach beyond its place in a line is none. */
  _row(path: string): string[] | undefined {
    const index = this._index();
    const at = isLineSafe(path) ? index.indexOf("\n" + path + "\t") : -1;
    return at < 0 ? undefined : index.slice(at + 1, index.indexOf("\n", at + 1)).split("\t");
  }

  _isDirectory(path: string): boolean {
    return !path || (isLineSafe(path) && this._index().indexOf("\n" + path + "/") >= 0);
  }
}

function isLineSafe(path: string): boolean {
  return path.indexOf("\n") < 0 && path.indexOf("\t") < 0;
}

class PackedFile implements OpenFile {
  size: number;
  _p: Packed | undefined;
  _from: number;
  _isBase64: boolean;

  constructor(packed: Packed, size: number, from: number, isBase64: boolean) {
    this._p = packed;
    this.size = size;
    this._from = from;
    this._isBase64 = isBase64;
  }

  /** Base64 is decoded in whole groups: three bytes in four characters (RFC 4648 §4). */
  read(at: number, maxBytes: number): Raw | undefined {
    const p = this._p;
    if (!p) return undefined;
    const to = Math.min(this.size, at + maxBytes);
    if (at >= to) return "";
    if (!this._isBase64) return p.text(this._from + at, this._from + to);
    const group = Math.floor(at / 3);
    const text = p.text(this._from + group * 4, this._from + Math.ceil(to / 3) * 4);
    return p.decode(text).slice(at - group * 3, to - group * 3);
  }

  close(): void {
    this._p = undefined;
  }
}
