/**
 * Owns: `require` and `Modules` (src/jswrap_modules.c): a cache, then the native libraries, then a file of that name in
 * Storage. A module that throws while it loads stays in the cache half done, as on the board.
 */

import type { Interpreter } from "./interpreter.js";
import { asString } from "./print.js";
import type { JsFunction, JsObject } from "./realm.js";
import { defineNatives } from "./realm.js";
import type { FlashStorage } from "./storage.js";

/** Puts `require` and `Modules` on the global object. */
export function installModules(interp: Interpreter, natives: Record<string, JsObject>, flash: FlashStorage): void {
  const { realm } = interp;
  const cache = new Map<string, unknown>();

  function load(name: string, code: string): unknown {
    const module = realm.object({ exports: realm.object() });
    cache.set(name, module.exports);
    const run = realm.evaluate(`(function (exports, module) {${code}\n})`, name) as JsFunction;
    Reflect.apply(run, module.exports, [module.exports, module]);
    cache.set(name, module.exports);
    return module.exports;
  }

  function require(given: unknown): unknown {
    if (typeof given !== "string") throw realm.error("TypeError", `Expecting a module name, but got ${typeof given}`);
    const name = given;
    if (cache.has(name)) return cache.get(name);
    if (Object.hasOwn(natives, name)) return natives[name];
    const code = flash.read(name, 0, 0);
    if (code === undefined) throw realm.error("Error", `Module "${name}" not found`);
    return load(name, code);
  }

  const Modules = realm.object();
  defineNatives(Modules, {
    addCached: (name: unknown, code: unknown) => {
      if (typeof code === "string") load(asString(name), code);
      else cache.set(asString(name), Reflect.apply(code as JsFunction, undefined, []));
    },
    getCached: () => realm.array([...cache.keys()]),
    removeCached: (name: unknown) => void cache.delete(asString(name)),
    removeAllCached: () => cache.clear(),
  });
  defineNatives(realm.global, { require, Modules });
}
