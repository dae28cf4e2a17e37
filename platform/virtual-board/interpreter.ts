/**
 * Owns: the event queue, callbacks and their exceptions, and one pass of the idle loop (jsiIdle and jsiCheckErrors of
 * src/jsinteractive.c): timers, then the libraries' idle functions, then queued events, then what was asked for with
 * `reset()` and `load()`, then the report of the last exception.
 * Does not own: when the next pass comes (see virtual-board.ts).
 *
 * Invariants
 * - Program code runs inside `evaluate` and `runPass` only.
 * - Exceptions never leave `execute`; of several in one pass only the last is reported, the others go to `debug`.
 */

import { describeException } from "./print.js";
import type { JsObject, Realm } from "./realm.js";
import { isFunction } from "./realm.js";
import { Timers } from "./timers.js";

/** Prefix of the fields that hold listeners (JS_EVENT_PREFIX). */
export const EVENT_PREFIX = "#on";

/** Warnings of the firmware that can come up here (JsErrorFlags). */
export type ErrorFlag = "BUFFER_FULL" | "CALLBACK";

/** What the interpreter is given by the board it runs on. */
export interface InterpreterHost {
  nowMs(): number;
  /** One line on the console. */
  printLine(line: string): void;
  /** What a real board loses: exceptions that were followed by another one in the same pass. */
  debug(line: string): void;
  /** Called for each exception nobody handled. */
  onCrash(exception: unknown): void;
}

interface QueuedEvent {
  self: unknown;
  callback: unknown;
  args: unknown[];
}

/** A dispatch under way, so that removing a listener can be done as the firmware's linked list does it. */
interface Dispatch {
  list: unknown[];
  nextIndex: number;
  /** The listener that comes next was removed: it still runs, and is the last. */
  isCut: boolean;
}

/** The interpreter's side of one program: see the file's preface. */
export class Interpreter {
  readonly timers: Timers;
  /** Each answers true when it did something. In the order of the firmware's jswIdle. */
  readonly idlers: (() => void)[] = [];
  /** Runs at the end of a pass, once: a reset or load the program asked for. */
  todo: (() => void) | undefined = undefined;
  private queue: QueuedEvent[] = [];
  private queueAt = 0;
  private dispatches: Dispatch[] = [];
  private passNumber = 0;
  private hasException = false;
  private exception: unknown;
  private isInterrupted = false;
  private isStopped = false;
  private isOver = false;
  /** Flags since the program last asked, and those of them already told. */
  private readonly errorFlags = new Set<ErrorFlag>();
  private readonly toldFlags = new Set<ErrorFlag>();

  constructor(
    readonly realm: Realm,
    private readonly host: InterpreterHost,
  ) {
    this.timers = new Timers({
      realm,
      nowMs: () => host.nowMs(),
      pass: () => this.passNumber,
      execute: (self, callback, args) => this.execute(self, callback, args),
      onIntervalLost: () => {
        this.printLine("ERROR: Ctrl-C while processing interval - removing it.");
        this.flag("CALLBACK");
      },
    });
  }

  /** Events waiting for the end of the pass. */
  get queuedCount(): number {
    return this.queue.length - this.queueAt;
  }

  /** One line on the console. */
  printLine(line: string): void {
    this.host.printLine(line);
  }

  /** Runs program text as the firmware runs a boot file: an exception is reported and nothing else stops. */
  evaluate(code: string, fileName: string): void {
    this.protect(() => this.realm.evaluate(code, fileName));
    this.checkErrors();
  }

  /** Runs a line of the console; its exception is reported at once. */
  protectLine(run: () => void): void {
    this.protect(run);
    this.checkErrors();
  }

  /** Calls a function of the program at once (`onInit`, `E.on("kill")`), with its exceptions reported. */
  callNow(self: unknown, callback: unknown, args: unknown[]): void {
    this.execute(self, callback, args);
    this.checkErrors();
  }

  /** Queues a callback: a function, a string of code, or an array of both as it is now and will be. */
  queueEvent(self: unknown, callback: unknown, args: unknown[]): void {
    this.queue.push({ self, callback, args });
  }

  /** Queues the listeners an object has now for an event; without listeners nothing is queued. */
  queueListeners(target: JsObject, event: string, args: unknown[]): void {
    const callback = target[EVENT_PREFIX + event];
    if (callback !== undefined) this.queueEvent(target, callback, args);
  }

  /** One time around the idle loop. */
  runPass(): void {
    this.passNumber++;
    this.timers.run();
    for (const idle of this.idlers) idle();
    this.runQueue();
    const todo = this.todo;
    this.todo = undefined;
    if (todo !== undefined) todo();
    this.checkErrors();
  }

  private runQueue(): void {
    while (this.queueAt < this.queue.length) {
      const event = this.queue[this.queueAt++];
      this.execute(event.self, event.callback, event.args);
    }
    if (this.queue.length === 0) return;
    this.queue = [];
    this.queueAt = 0;
  }

  /** Runs a callback now; false when it was interrupted (stack overflow, or no callback at all). */
  execute(self: unknown, callback: unknown, args: unknown[]): boolean {
    if (this.isOver) return true;
    if (callback === undefined) return false;
    const isOk = this.executeInner(self, callback, args);
    this.isStopped = false;
    if (!isOk) this.isInterrupted = true;
    return isOk;
  }

  private executeInner(self: unknown, callback: unknown, args: unknown[]): boolean {
    if (callback === undefined || callback === null) return false;
    if (Array.isArray(callback)) return this.executeList(self, callback, args);
    if (isFunction(callback)) return this.protect(() => Reflect.apply(callback, self, args));
    if (typeof callback === "string") return this.protect(() => this.realm.evaluate(callback, "event"));
    this.printLine("ERROR: Unknown type of callback in Event Queue");
    return true;
  }

  private executeList(self: unknown, list: unknown[], args: unknown[]): boolean {
    if (list.length === 1) return this.executeInner(self, list[0], args);
    const dispatch: Dispatch = { list, nextIndex: 0, isCut: false };
    this.dispatches.push(dispatch);
    let next: unknown = list[0];
    let hasNext = list.length > 0;
    let isOk = true;
    while (isOk && hasNext && !this.isStopped) {
      const current = next;
      dispatch.nextIndex++;
      hasNext = !dispatch.isCut && dispatch.nextIndex < list.length;
      next = list[dispatch.nextIndex];
      isOk = this.executeInner(self, current, args);
    }
    this.dispatches.pop();
    return isOk;
  }

  /** Tells dispatches under way that the listener at `index` was taken out of `list`. */
  noteRemoval(list: unknown[], index: number): void {
    for (const dispatch of this.dispatches) {
      if (dispatch.list !== list) continue;
      if (index === dispatch.nextIndex) dispatch.isCut = true;
      else if (index < dispatch.nextIndex) dispatch.nextIndex--;
    }
  }

  /** E.stopEventPropagation: listeners after the one that runs now are left out. */
  stopPropagation(): void {
    this.isStopped = true;
  }

  /** Runs program code and keeps its exception; false when the stack overflowed, which a board cannot catch either. */
  private protect(run: () => unknown): boolean {
    try {
      run();
      return true;
    } catch (exception) {
      this.raise(exception);
      return !isStackOverflow(exception);
    }
  }

  /** Notes an exception for the report at the end of the pass. The one before it is lost, as on the board. */
  raise(exception: unknown): void {
    if (this.hasException) this.host.debug(`lost: ${describeException(this.exception)}`);
    this.hasException = true;
    this.exception = exception;
  }

  /** Reports the last exception: to `process.on("uncaughtException")`, else on the console. */
  checkErrors(): void {
    if (this.isInterrupted) this.printLine("Execution Interrupted during event processing.");
    this.isInterrupted = false;
    this.reportException();
    this.reportFlags();
  }

  private reportException(): void {
    if (!this.hasException) return;
    const exception = this.take();
    const process = this.realm.global.process as JsObject;
    const handler = process[EVENT_PREFIX + "uncaughtException"];
    if (handler === undefined) return this.report(exception);
    this.execute(process, handler, [exception]);
    if (this.hasException) this.report(this.take());
  }

  /** Notes a warning; a new one is told at the end of the pass. */
  flag(name: ErrorFlag): void {
    this.errorFlags.add(name);
  }

  /** E.getErrorFlags: the warnings since the last call. */
  takeFlags(): string[] {
    const flags = this.realm.array([...this.errorFlags]);
    this.errorFlags.clear();
    this.toldFlags.clear();
    return flags;
  }

  private reportFlags(): void {
    const fresh = [...this.errorFlags].filter((name) => !this.toldFlags.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.toldFlags.add(name);
    const E = this.realm.global.E as JsObject;
    const handler = E[`${EVENT_PREFIX}errorFlag`];
    if (handler !== undefined) this.execute(E, handler, [this.realm.array(fresh)]);
    this.printLine(`New interpreter error: ${fresh.join(",")}`);
  }

  /** Takes an exception that waits for the end of the pass away from there; undefined when there is none. */
  stealException(): { exception: unknown } | undefined {
    return this.hasException ? { exception: this.take() } : undefined;
  }

  private take(): unknown {
    const exception = this.exception;
    this.hasException = false;
    this.exception = undefined;
    return exception;
  }

  private report(exception: unknown): void {
    for (const line of `Uncaught ${describeException(exception)}`.split("\n")) this.printLine(line);
    this.host.onCrash(exception);
  }

  /** Forgets all that is queued and all timers: the program is over, none of its code runs again. */
  clear(): void {
    this.isOver = true;
    this.queue = [];
    this.queueAt = 0;
    this.timers.clearAll();
    this.idlers.length = 0;
    this.todo = undefined;
    this.take();
  }
}

function isStackOverflow(exception: unknown): boolean {
  if (typeof exception !== "object" || exception === null) return false;
  return /^Maximum call stack/.test(String((exception as Error).message));
}
