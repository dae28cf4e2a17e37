import { errorText, rangeError } from "../core/errors.js";
import type { Manager } from "../core/manager.js";
import { Err, type FileWriter, type Raw } from "../core/port.js";

/*
 * The file: a line `KEY=VALUE` for each setting, in order of their names' first use, with `\` and line ends in values
 * written as `\\` and `\n`; then a line `#` with the SHA-1 of all before it, its first 8 bytes in hexadecimal.
 */

/** Bytes of the file where the options do not say. */
const MAX_BYTES = 1024;
const KEY_MAX = 32;
const HASH_BYTES = 8;

/** Options of {@link openSettings}. */
export interface SettingsOptions {
  /** Name of the file; default `settings`. */
  file?: string;
  /** Most bytes the file may have; default 1024. */
  maxBytes?: number;
}

/** Small texts that outlive a restart and a power cut; made by {@link openSettings}. */
export class Settings {
  readonly mgr: Manager;
  /** There was a file and it was not whole: what was in it is gone. */
  isCorrupt: boolean;
  _file: string;
  _maxBytes: number;
  /** Keys, and their values as bytes, one character each. */
  _keys: string[];
  _values: string[];
  _isDirty: boolean;

  constructor(mgr: Manager, file: string, maxBytes: number) {
    this.mgr = mgr;
    this.isCorrupt = false;
    this._file = file;
    this._maxBytes = maxBytes;
    this._keys = [];
    this._values = [];
    this._isDirty = false;
  }

  /** The value of a key; undefined when it was never set. */
  get(key: string): string | undefined {
    const at = this._keys.indexOf(key);
    if (at < 0) return undefined;
    const ops = this.mgr._ops;
    const value = binary(this.mgr, this._values[at]);
    return ops.utf8(value, 0, value.length);
  }

  /**
   * Sets a key, without a value removes it; `save` makes it last. Throws TypeError for a key that is not 1 to 32 letters,
   * digits, `.`, `_` or `-`, and for a value that is not text.
   */
  set(key: string, value: string | undefined): void {
    if (!isKey(key)) throw new TypeError('Bad key "' + key + '": must be 1 to 32 letters, digits, ".", "_" or "-"');
    if (value !== undefined && typeof value !== "string") throw new TypeError("Value of " + key + " is a " + typeof value + ": must be text");
    const at = this._keys.indexOf(key);
    const bytes = value === undefined ? undefined : textBytes(this.mgr, value);
    if (at < 0 && bytes === undefined) return;
    if (at >= 0 && this._values[at] === bytes) return;
    this._isDirty = true;
    if (bytes === undefined) {
      this._keys.splice(at, 1);
      this._values.splice(at, 1);
    } else if (at >= 0) {
      this._values[at] = bytes;
    } else {
      this._keys.push(key);
      this._values.push(bytes);
    }
  }

  /**
   * Writes all settings in one step: after a power cut the file is the old one or the new one. Does nothing, and answers
   * 0, when nothing was changed. MG_ERR_MESSAGE_TOO_LONG over `maxBytes`, MG_ERR_NOT_SUPPORTED without a file store, or
   * what the store answers; the file is as it was then.
   */
  save(): number {
    if (!this._isDirty) return Err.None;
    const mgr = this.mgr;
    const files = mgr.files;
    if (!files) return Err.NotSupported;
    let lines = "";
    for (let i = 0; i < this._keys.length; i++) lines += this._keys[i] + "=" + escaped(this._values[i]) + "\n";
    const raw = binary(mgr, lines + "#" + hashOf(mgr, lines) + "\n");
    if (raw.length > this._maxBytes) return Err.MessageTooLong;
    const writer = files.create(this._file);
    if (typeof writer === "number") return writer;
    const err = written(writer, raw);
    if (!err) this._isDirty = false;
    return err;
  }
}

function written(writer: FileWriter, raw: Raw): Err {
  writer.write(raw);
  return writer.commit();
}

/**
 * Opens the settings in a file of `mgr.files`. No file: no settings. A file that is damaged or longer than `maxBytes` is
 * reported in the log and in `isCorrupt`, and counts as none; the next `save` replaces it. Throws RangeError for
 * `maxBytes` below 64, TypeError for a `file` that is not text.
 */
export function openSettings(mgr: Manager, options?: SettingsOptions): Settings {
  const o = options || {};
  const maxBytes = o.maxBytes === undefined ? MAX_BYTES : o.maxBytes;
  if (!(maxBytes >= 64)) throw rangeError("Option maxBytes is " + maxBytes + ": must be 64 or more");
  const file = o.file || "settings";
  if (typeof file !== "string") throw new TypeError("Option file is a " + typeof file + ": must be text");
  const settings = new Settings(mgr, file, maxBytes);
  const why = mgr.files ? load(settings) : errorText(Err.NotSupported);
  if (!why) return settings;
  settings.isCorrupt = mgr.files !== undefined;
  settings._keys = [];
  settings._values = [];
  mgr._platform.log("meerkat: settings in " + settings._file + " cannot be read: " + why);
  return settings;
}

/** Why the file cannot be used; empty when it can, or is not there. */
function load(settings: Settings): string {
  const mgr = settings.mgr;
  const file = mgr.files!.open(settings._file);
  if (!file) return "";
  const raw = file.size > settings._maxBytes ? undefined : file.read(0, file.size);
  file.close();
  if (raw === undefined) return file.size + " bytes, at most " + settings._maxBytes;
  const text = mgr._ops.latin1(raw, 0, raw.length);
  const end = text.length - HASH_BYTES * 2 - 2;
  if (end < 0 || text.charAt(end) !== "#" || text.slice(end + 1, text.length - 1) !== hashOf(mgr, text.slice(0, end))) return "damaged";
  const lines = text.slice(0, end).split("\n");
  for (let i = 0; i < lines.length - 1; i++) {
    const at = lines[i].indexOf("=");
    settings._keys.push(lines[i].slice(0, at));
    settings._values.push(unescaped(lines[i].slice(at + 1)));
  }
  return "";
}

/** Bytes of a text, one character each. */
function textBytes(mgr: Manager, text: string): string {
  const raw = mgr._ops.text(text);
  return mgr._ops.latin1(raw, 0, raw.length);
}

/** A binary string as the platform has bytes. */
function binary(mgr: Manager, s: string): Raw {
  if (typeof mgr._ops.text("") === "string") return s;
  const u = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) u[i] = s.charCodeAt(i);
  return u;
}

function hashOf(mgr: Manager, s: string): string {
  const sum = mgr._platform.digest("sha1", binary(mgr, s));
  let out = "";
  for (let i = 0; i < HASH_BYTES; i++) out += (256 + sum.charCodeAt(i)).toString(16).slice(1);
  return out;
}

function escaped(s: string): string {
  return s.split("\\").join("\\\\").split("\n").join("\\n");
}

function unescaped(s: string): string {
  const parts = s.split("\\\\");
  for (let i = 0; i < parts.length; i++) parts[i] = parts[i].split("\\n").join("\n");
  return parts.join("\\");
}

function isKey(key: string): boolean {
  return typeof key === "string" && key.length > 0 && key.length <= KEY_MAX && /^[A-Za-z0-9._-]+$/.test(key);
}
