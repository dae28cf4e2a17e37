/**
 * Owns: Promise as the firmware has it (src/jswrap_promise.c): everything goes through the event queue, so reactions
 * run at the end of the pass, in its order; only `then`, `catch`, `resolve`, `reject` and `all` exist. Two slips are
 * kept: with promises already settled a reaction without a callback counts as a rejection; and what a callback throws is
 * looked for where all exceptions of the pass are, so an earlier one of someone else rejects the promise too.
 */

import type { Interpreter } from "./interpreter.js";
import { asString } from "./print.js";
import type { JsFunction, JsObject } from "./realm.js";
import { defineNatives, isFunction } from "./realm.js";

const enum Settled {
  Pending,
  Rejected,
  Fulfilled,
}

interface Reaction {
  next: Box;
  callback: unknown;
}

interface State {
  settled: Settled;
  value: unknown;
  reactions: { then: Reaction[]; catch: Reaction[] };
}

/** A promise that can be resolved once (the firmware's prombox). */
interface Box {
  promise: JsObject;
  isResolved: boolean;
}

const STATE = Symbol("promise");

type Holder = JsObject & { [STATE]?: State };

/** Puts `Promise` on the global object. */
export function installPromise(interp: Interpreter): void {
  const { realm } = interp;
  const Class = realm.ctors.makeClass("Promise");
  const promises = new Promises(interp, Class.prototype);
  const Public = function (executor: unknown): JsObject {
    return promises.construct(executor);
  };
  Public.prototype = Class.prototype;
  defineNatives(Class.prototype, {
    constructor: Public,
    then(this: Holder, onFulfilled: unknown, onRejected: unknown): JsObject {
      return promises.then(this, onFulfilled, onRejected);
    },
    catch(this: Holder, onRejected: unknown): JsObject {
      return promises.then(this, undefined, onRejected);
    },
  });
  defineNatives(Public, {
    resolve: (value: unknown) => promises.resolved(value),
    reject: (value: unknown) => promises.rejected(value),
    all: (list: Iterable<unknown>) => promises.all(list),
  });
  defineNatives(realm.global, { Promise: Public });
}

class Promises {
  constructor(
    private readonly interp: Interpreter,
    private readonly proto: JsObject,
  ) {}

  construct(executor: unknown): JsObject {
    if (!isFunction(executor)) throw this.interp.realm.error("Error", "Function required in promise constructor");
    const box = this.makeBox();
    const outcome = this.attempt(executor, box.promise, [
      (value: unknown) => this.queueSettle(box, value, true),
      (value: unknown) => this.queueSettle(box, value, false),
    ]);
    if (!outcome.isOk) this.queueSettle(box, outcome.value, false);
    return box.promise;
  }

  resolved(value: unknown): JsObject {
    if (isPromise(value)) return value;
    const then = thenOf(value);
    if (then !== undefined) return this.construct(then);
    const box = this.makeBox();
    this.queueSettle(box, value, true);
    return box.promise;
  }

  rejected(value: unknown): JsObject {
    const box = this.makeBox();
    this.queueSettle(box, value, false);
    return box.promise;
  }

  all(list: Iterable<unknown>): JsObject {
    const box = this.makeBox();
    const items = [...list];
    const results = this.interp.realm.array(items);
    let left = 0;
    let isDone = false;
    items.forEach((item, i) => {
      if (!isPromise(item)) return;
      left++;
      const resolve = (value: unknown): void => {
        results[i] = value;
        if (--left === 0 && !isDone) this.queueSettle(box, results, true);
      };
      const reject = (value: unknown): void => {
        if (!isDone) this.queueSettle(box, value, false);
        isDone = true;
      };
      this.then(item, resolve, reject);
    });
    return left === 0 ? this.resolved(results) : box.promise;
  }

  then(promise: Holder, onFulfilled: unknown, onRejected: unknown): JsObject {
    const next = this.makeBox();
    const state = promise[STATE] as State;
    if (state.settled === Settled.Pending) {
      state.reactions.then.push({ next, callback: onFulfilled });
      state.reactions.catch.push({ next, callback: onRejected });
    } else {
      const callback = state.settled === Settled.Fulfilled ? onFulfilled : onRejected;
      this.queueReaction(promise, { next, callback }, state.value, false);
    }
    return next.promise;
  }

  private makeBox(): Box {
    const promise = Object.create(this.proto) as Holder;
    const state: State = { settled: Settled.Pending, value: undefined, reactions: { then: [], catch: [] } };
    Object.defineProperty(promise, STATE, { value: state });
    return { promise, isResolved: false };
  }

  private queueSettle(box: Box, value: unknown, isFulfilled: boolean): void {
    this.interp.queueEvent(undefined, () => this.settle(box, value, isFulfilled), []);
  }

  private settle(box: Box, value: unknown, isFulfilled: boolean): void {
    if (box.isResolved) return;
    box.isResolved = true;
    if (value === box.promise) throw this.interp.realm.error("Error", "Illegal resolving to self");
    const then = isFulfilled ? thenOf(value) : undefined;
    if (then === undefined) return this.seal(box.promise as Holder, value, isFulfilled);
    const inner: Box = { promise: box.promise, isResolved: false };
    const outcome = this.attempt(then, value, [
      (result: unknown) => this.settle(inner, result, true),
      (reason: unknown) => this.settle(inner, reason, false),
    ]);
    if (!outcome.isOk) this.settle(inner, outcome.value, false);
  }

  private seal(promise: Holder, value: unknown, isFulfilled: boolean): void {
    const state = promise[STATE] as State;
    state.settled = isFulfilled ? Settled.Fulfilled : Settled.Rejected;
    state.value = value;
    const reactions = isFulfilled ? state.reactions.then : state.reactions.catch;
    if (reactions.length === 0 && !isFulfilled) {
      throw this.interp.realm.error("Error", `Unhandled promise rejection: ${asString(value)}`);
    }
    for (const reaction of reactions) this.queueReaction(promise, reaction, value, isFulfilled);
  }

  private queueReaction(promise: Holder, reaction: Reaction, value: unknown, isThen: boolean): void {
    this.interp.queueEvent(promise, () => this.react(promise, reaction, value, isThen), []);
  }

  private react(promise: Holder, reaction: Reaction, value: unknown, isThen: boolean): void {
    const { next, callback } = reaction;
    if (!isFunction(callback)) return this.settle(next, value, isThen);
    const outcome = this.attempt(callback, promise, [value]);
    this.settle(next, outcome.value, outcome.isOk);
  }

  /** Calls, and takes for its failure whatever exception is there afterwards. */
  private attempt(call: JsFunction, self: unknown, args: unknown[]): { isOk: boolean; value: unknown } {
    try {
      const value = Reflect.apply(call, self, args);
      const earlier = this.interp.stealException();
      return earlier === undefined ? { isOk: true, value } : { isOk: false, value: earlier.exception };
    } catch (exception) {
      this.interp.stealException();
      return { isOk: false, value: exception };
    }
  }
}

function isPromise(value: unknown): value is Holder {
  return typeof value === "object" && value !== null && (value as Holder)[STATE] !== undefined;
}

function thenOf(value: unknown): JsFunction | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const then = (value as JsObject).then;
  return isFunction(then) ? then : undefined;
}
