/**
 * Owns: putting one world together: the firmware's globals into a fresh realm, and what Node has but the firmware has
 * not out of it. Does not own: what the natives do; each library has a file.
 */

import type { Board } from "../../boards/board.js";
import { removeAbsent } from "./absent.js";
import { createCryptoLibrary } from "./crypto-library.js";
import { installDate } from "./date.js";
import { installEmitter } from "./emitter.js";
import { installEspruinoObject } from "./espruino-object.js";
import { firmwareName, VERSION } from "./firmware.js";
import type { Interpreter } from "./interpreter.js";
import { installModules } from "./modules.js";
import { createNetLibraries } from "./net-library.js";
import type { NetParts } from "./net-library.js";
import { installPins } from "./pins.js";
import { formatLine } from "./print.js";
import { installPromise } from "./promise.js";
import type { JsObject } from "./realm.js";
import { defineNatives } from "./realm.js";
import type { FlashStorage } from "./storage.js";
import { createStorageLibrary } from "./storage-library.js";
import { patchStrings, patchTypedArrays } from "./strings.js";
import { parseUrl } from "./url.js";

/** What the console takes in before it is read (IOBUFFERMASK of an ESP32). */
const CONSOLE_BYTES = 4096;

/** What the board gives to a world. */
export interface GlobalParts extends NetParts {
  board: Board;
  flash: FlashStorage;
  wifi: JsObject;
  wallMs(): number;
  /** Moves the clock: `setTime`. */
  setWallMs(ms: number): void;
  /** 0 to 1, below 1. */
  random(): number;
  seed(value: number): void;
  usage(): number;
  reset(): void;
  load(fileName: string | undefined): void;
  quit(): void;
}

/** Fills the realm of `parts.interp`. */
export function installGlobals(parts: GlobalParts): void {
  const { interp, board, flash } = parts;
  const { realm } = interp;
  installDate(realm, parts.wallMs);
  patchStrings(realm, !board.abilities.unicode);
  patchTypedArrays(realm);
  removeAbsent(realm);
  installEmitter(interp);
  installPromise(interp);
  installEspruinoObject({
    ...parts,
    random: () => Math.floor(parts.random() * 2 ** 32),
    reboot: () => parts.load(undefined),
  });
  installConsole(interp);
  installSystem(parts);
  installProcess(parts, libraryNames(parts));
  installPins(interp, () => parts.random());
  interp.timers.install(realm.global);
  installModules(interp, librariesOf(parts), flash);
}

function librariesOf(parts: GlobalParts): Record<string, JsObject> {
  const { interp, board, flash, wifi } = parts;
  const nets = createNetLibraries(parts);
  const all: Record<string, JsObject> = {
    net: nets.net,
    Storage: createStorageLibrary(interp, flash),
    crypto: createCryptoLibrary(interp.realm),
  };
  if (board.abilities.udp) all.dgram = nets.dgram;
  if (board.abilities.tlsClient) all.tls = nets.tls;
  if (board.abilities.wifi) all.Wifi = wifi;
  return all;
}

function libraryNames({ board }: GlobalParts): string {
  const { udp, tlsClient, wifi } = board.abilities;
  return ["Storage", "net", udp && "dgram", tlsClient && "tls", "crypto", wifi && "Wifi"].filter(Boolean).join(",");
}

function installConsole(interp: Interpreter): void {
  const { realm } = interp;
  const print = (...args: unknown[]): void => {
    for (const line of formatLine(args, realm.global).split("\n")) interp.printLine(line);
  };
  const console = realm.object();
  defineNatives(console, { log: print, debug: print, info: print, warn: print, error: print, trace: () => undefined });
  defineNatives(realm.global, { print, console });
}

function installSystem(parts: GlobalParts): void {
  const { realm } = parts.interp;
  const { global } = realm;
  const nothing = (): void => undefined;
  defineNatives(global, {
    global,
    getTime: () => parts.wallMs() / 1000,
    setTime: (seconds: unknown) => parts.setWallMs(Number(seconds) * 1000),
    getSerial: () => "00000000-meerkat0",
    btoa: (text: unknown) => Buffer.from(String(text), "latin1").toString("base64"),
    atob: (text: unknown) => Buffer.from(String(text), "base64").toString("latin1"),
    reset: () => parts.reset(),
    load: (fileName: unknown) => parts.load(fileName === undefined ? undefined : String(fileName)),
    save: nothing,
    echo: nothing,
    edit: nothing,
    dump: nothing,
    trace: nothing,
    setBusyIndicator: nothing,
    setSleepIndicator: nothing,
  });
  if (parts.board.id === "linux") defineNatives(global, { quit: () => parts.quit() });
  const url = realm.object();
  defineNatives(url, { parse: (text: unknown, isQueryParsed: unknown) => parseText(parts, text, isQueryParsed) });
  defineNatives(global, { url });
  defineNatives(global.Math as object, { random: () => parts.random() });
}

function parseText(parts: GlobalParts, text: unknown, isQueryParsed: unknown): JsObject | undefined {
  return typeof text === "string" ? parseUrl(parts.interp.realm, text, Boolean(isQueryParsed)) : undefined;
}

function installProcess(parts: GlobalParts, modules: string): void {
  const { interp, board } = parts;
  const { realm } = interp;
  const process = realm.object();
  const env = (): JsObject =>
    realm.object({
      VERSION,
      BOARD: firmwareName(board),
      FLASH: board.storageBytes,
      STORAGE: board.storageBytes,
      SERIAL: "00000000-meerkat0",
      CONSOLE: "Serial1",
      MODULES: modules,
    });
  defineNatives(process, { version: VERSION, memory: (isCollecting: unknown) => memory(parts, isCollecting) });
  Object.defineProperty(process, "env", { get: env, configurable: true, enumerable: false });
  defineNatives(realm.global, { process });
}

function memory(parts: GlobalParts, isCollecting: unknown): JsObject {
  const { board } = parts;
  const usage = parts.usage();
  const figures: JsObject = { free: board.variables - usage, usage, total: board.variables, history: 0 };
  if (isCollecting === undefined || isCollecting === true) Object.assign(figures, { gc: 0, gctime: 0 });
  const { realm } = parts.interp;
  const rx = realm.object({ used: 0, total: CONSOLE_BYTES });
  return realm.object({ ...figures, blocksize: board.variableBytes, rx });
}
