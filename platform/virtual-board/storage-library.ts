/**
 * Owns: `require("Storage")` (src/jswrap_storage.c) over {@link FlashStorage}. A StorageFile (`open`) is kept in one
 * piece under its name with `\1`, however long; the firmware splits it every 4 kB, which `list` would show.
 */

import { binaryOf } from "./bytes.js";
import type { Interpreter } from "./interpreter.js";
import { asString } from "./print.js";
import type { JsObject } from "./realm.js";
import { defineNatives, isPlainObject } from "./realm.js";
import { StorageError } from "./storage.js";
import type { FlashStorage } from "./storage.js";

const CHUNK_MARK = "\x01";

/** The library object. */
export function createStorageLibrary(interp: Interpreter, flash: FlashStorage): JsObject {
  const { realm } = interp;
  const json = realm.global.JSON as JSON;
  const library = realm.object();
  const write = (name: unknown, data: string, offset: unknown, size: unknown): boolean =>
    guarded(interp, () => flash.write(asString(name), data, Number(offset ?? 0) | 0, Number(size ?? 0) | 0));
  defineNatives(library, {
    read: (name: unknown, offset: unknown, length: unknown) =>
      flash.read(asString(name), Number(offset ?? 0) | 0, Number(length ?? 0) | 0),
    readJSON: (name: unknown, isQuiet: unknown) => readJson(json, flash.read(asString(name), 0, 0), Boolean(isQuiet)),
    readArrayBuffer: (name: unknown) => {
      const file = flash.read(asString(name), 0, 0);
      return file === undefined ? undefined : realm.bytes(file).buffer;
    },
    write: (name: unknown, data: unknown, offset: unknown, size: unknown) =>
      isPlainObject(data) ? write(name, json.stringify(data), 0, 0) : write(name, contentOf(data), offset, size),
    writeJSON: (name: unknown, data: unknown) => write(name, json.stringify(data), 0, 0),
    list: (regex: unknown, filter: unknown) => realm.array(list(flash, regex, filter)),
    hash: (regex: unknown) => hashOf(list(flash, regex, { sf: false })),
    erase: (name: unknown) => void flash.erase(asString(name)),
    eraseAll: () => flash.eraseAll(),
    compact: () => undefined,
    optimise: () => undefined,
    getFree: () => flash.freeBytes,
    getStats: () => statsOf(interp, flash),
    open: (name: unknown, mode: unknown) => openFile(interp, flash, asString(name), mode),
  });
  return library;
}

/** Runs a change of the flash; its error becomes one of the program's. */
function guarded<T>(interp: Interpreter, change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (error instanceof StorageError) throw interp.realm.error("Error", error.message);
    throw error;
  }
}

function contentOf(data: unknown): string {
  return typeof data === "string" ? data : binaryOf(data);
}

function readJson(json: JSON, file: string | undefined, isQuiet: boolean): unknown {
  if (file === undefined) return undefined;
  try {
    return json.parse(file) as unknown;
  } catch (error) {
    if (isQuiet) return undefined;
    throw error;
  }
}

function list(flash: FlashStorage, regex: unknown, filter: unknown): string[] {
  const wanted = isPlainObject(filter) && filter.sf !== undefined ? Boolean(filter.sf) : undefined;
  return flash.names().filter((name) => {
    if (wanted !== undefined && name.endsWith(CHUNK_MARK) !== wanted) return false;
    return regex === undefined || new RegExp(regex as RegExp).test(name);
  });
}

function hashOf(names: string[]): number {
  let hash = 0;
  for (const ch of names.join("\0")) hash = (Math.imul(hash, 31) + ch.charCodeAt(0)) | 0;
  return hash;
}

function statsOf(interp: Interpreter, flash: FlashStorage): JsObject {
  const fileBytes = flash.sizeBytes - flash.freeBytes;
  return interp.realm.object({
    totalBytes: flash.sizeBytes,
    freeBytes: flash.freeBytes,
    fileBytes,
    fileCount: flash.names().length,
    trashBytes: 0,
    trashCount: 0,
  });
}

function openFile(interp: Interpreter, flash: FlashStorage, name: string, mode: unknown): JsObject {
  const { realm } = interp;
  if (mode !== "r" && mode !== "w" && mode !== "a") throw realm.error("Error", `Invalid mode ${JSON.stringify(mode)}`);
  const key = name.slice(0, 27) + CHUNK_MARK;
  if (mode === "w") flash.erase(key);
  let at = 0;
  let current: string = mode;
  const check = (wanted: string, message: string): void => {
    if (!wanted.includes(current)) throw realm.error("Error", message);
  };
  const take = (length: (rest: string) => number): string | undefined => {
    check("r", "Can't read in this mode");
    const rest = (flash.read(key, 0, 0) ?? "").slice(at);
    const part = rest.slice(0, length(rest));
    at += part.length;
    return part === "" ? undefined : part;
  };
  const file = realm.object({ name });
  defineNatives(file, {
    read: (count: unknown) => take(() => Number(count)),
    readLine: () => take((rest) => (rest.includes("\n") ? rest.indexOf("\n") + 1 : rest.length)),
    getLength: () => (flash.read(key, 0, 0) ?? "").length,
    write: (data: unknown) => {
      check("wa", "Can't write in this mode");
      append(interp, flash, key, contentOf(data));
    },
    erase: () => {
      flash.erase(key);
      current = "";
    },
  });
  return file;
}

function append(interp: Interpreter, flash: FlashStorage, key: string, data: string): void {
  if (data === "") return;
  const all = (flash.read(key, 0, 0) ?? "") + data;
  guarded(interp, () => flash.write(key, all, 0, 0));
}
