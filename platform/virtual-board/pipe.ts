/**
 * Owns: `source.pipe(destination, options)` and `E.pipe` (src/jswrap_pipe.c): one chunk a pass, waiting for `drain`
 * whenever `write` answers false.
 */

import { readBuffered } from "./emitter.js";
import type { Interpreter } from "./interpreter.js";
import type { JsFunction, JsObject } from "./realm.js";
import { isFunction, isPlainObject } from "./realm.js";

/** Default of the option `chunkSize`. */
const CHUNK_BYTES = 64;

interface Pipe {
  source: JsObject;
  destination: JsObject;
  chunkBytes: number;
  isEnding: boolean;
  isWaiting: boolean;
  complete: unknown;
}

/** The pipes of one program. */
export class Pipes {
  private list: Pipe[] = [];

  constructor(private readonly interp: Interpreter) {}

  /** True when a pipe could move data in another pass. */
  get hasWork(): boolean {
    return this.list.some((one) => !one.isWaiting);
  }

  /** jswrap_pipe_idle. */
  idle(): void {
    for (const one of [...this.list]) if (!one.isWaiting) this.step(one);
  }

  /** Starts a pipe. */
  add(one: Pipe): void {
    const { source, destination } = one;
    const on = (target: JsObject, event: string, listener: () => void): void => {
      Reflect.apply(target.on as JsFunction, target, [event, listener]);
    };
    on(source, "close", () => this.close(one));
    on(destination, "drain", () => {
      one.isWaiting = false;
    });
    on(destination, "close", () => this.close(one));
    this.list.push(one);
  }

  private step(one: Pipe): void {
    const chunk = call(one.source, "read", [one.chunkBytes]);
    if (chunk === undefined) return this.close(one);
    if (typeof chunk === "string" && chunk.length === 0) return;
    if (call(one.destination, "write", [chunk]) === false) one.isWaiting = true;
  }

  private close(one: Pipe): void {
    const index = this.list.indexOf(one);
    if (index < 0) return;
    this.list.splice(index, 1);
    if (isFunction(one.complete)) this.interp.queueEvent(undefined, one.complete, [undefined]);
    const rest = readBuffered(one.source, 0);
    if (rest !== "") call(one.destination, "write", [rest]);
    if (!one.isEnding) return;
    for (const event of ["drain", "close"]) call(one.destination, "removeAllListeners", [event]);
    for (const method of ["end", "close"]) call(one.destination, method, []);
    call(one.source, "removeAllListeners", ["close"]);
    call(one.source, "close", []);
  }

  /** Forgets all pipes. */
  clear(): void {
    this.list = [];
  }
}

function call(target: JsObject, method: string, args: unknown[]): unknown {
  const found = target[method];
  return isFunction(found) ? Reflect.apply(found, target, args) : undefined;
}

/** jswrap_pipe: checks the arguments and starts the pipe. */
export function pipe(pipes: Pipes, interp: Interpreter, source: unknown, destination: unknown, options: unknown): void {
  if (!source || !destination) return;
  const from = typeof source === "string" ? stringStream(interp, source) : (source as JsObject);
  const to = destination as JsObject;
  const { realm } = interp;
  if (!isFunction(to.write)) {
    throw realm.error("Error", "Destination object does not implement the required write(buffer, length) method");
  }
  if (!isFunction(from.read)) {
    throw realm.error("Error", "Source object does not implement the required read(buffer, length) method");
  }
  const given = isPlainObject(options) ? options : {};
  const chunkBytes = given.chunkSize === undefined ? CHUNK_BYTES : Number(given.chunkSize);
  if (!(chunkBytes > 0)) throw realm.error("TypeError", "chunkSize must be an integer > 0");
  const isEnding = given.end === undefined || Boolean(given.end);
  pipes.add({ source: from, destination: to, chunkBytes, isEnding, isWaiting: false, complete: given.complete });
}

function stringStream(interp: Interpreter, text: string): JsObject {
  let at = 0;
  const read = (count: number): string | undefined => {
    const part = text.slice(at, at + count);
    at += count;
    return part === "" ? undefined : part;
  };
  return interp.realm.object({ read });
}
