// Stores under test: the board's, over flash that can be cut off from its power, started as often as one likes.

import { FlashStorage, StorageError } from "../../platform/virtual-board/storage.js";
import type { Files } from "../../src/core/port.js";
import type { StoreFixture } from "./port-contract/rules-files.js";

/** Bytes are binary strings, as on the board. */
export function asStore(files: Files): StoreFixture {
  return { files, raw: (binary) => binary, binary: (raw) => raw as string };
}

/** The functions of require("Storage") that the store calls, with the firmware's exceptions. */
function libraryOver(flash: FlashStorage): object {
  return {
    read: (name: string) => flash.read(name, 0, 0),
    erase: (name: string) => void flash.erase(name),
    list: () => flash.names(),
    compact: () => undefined,
    getStats: () => ({ freeBytes: flash.freeBytes }),
    write(name: string, data: string, offset: number, size: number) {
      try {
        return flash.write(name, data, offset, size);
      } catch (error) {
        throw new Error((error as StorageError).message);
      }
    },
  };
}

let bootCount = 0;

/** The store of a board with this flash, as after a start: nothing is remembered of an earlier one. */
export async function bootStore(flash: FlashStorage): Promise<StoreFixture> {
  const url = new URL(`../../platform/espruino/files.js?boot=${++bootCount}`, import.meta.url);
  const { files } = (await import(url.href)) as { files: Files };
  const library = libraryOver(flash);
  const lend = <T>(call: () => T): T => {
    const globals = globalThis as { require?: unknown };
    const before = globals.require;
    globals.require = () => library;
    try {
      return call();
    } finally {
      globals.require = before;
    }
  };
  // The store asks for its module at the first call.
  lend(() => files.list(""));
  return asStore(files);
}

/** Flash of so many bytes. */
export function flashOf(totalBytes: number, initial: Record<string, string> = {}): FlashStorage {
  return new FlashStorage(totalBytes, initial);
}
