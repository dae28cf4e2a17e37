/**
 * Owns: one life of a board's program, from boot to reset: its world, interpreter, socket lists and libraries. The
 * network stack and the flash outlive it.
 */

import type { Board } from "../../boards/board.js";
import { installGlobals } from "./globals.js";
import { Interpreter } from "./interpreter.js";
import { Laters } from "./laters.js";
import { codeVariables, estimateUsage } from "./memory.js";
import { createNetClasses, makeTyped } from "./net-library.js";
import type { NetworkStack } from "./network-stack.js";
import { Pipes } from "./pipe.js";
import { formatLine } from "./print.js";
import { Realm } from "./realm.js";
import { SocketLoop } from "./socket-loop.js";
import type { FlashStorage } from "./storage.js";
import { byteSource } from "./strings.js";
import { tlsOptionsOf } from "./tls-options.js";
import { createWifiLibrary } from "./wifi-library.js";
import type { WifiControl } from "./wifi-library.js";

/** A file that is run at the start: a program's text, or what flash holds when its turn comes. */
export interface BootFile {
  fileName: string;
  code: string | (() => string | undefined);
}

/** What a session is given by its board. */
export interface SessionParts {
  board: Board;
  stack: NetworkStack;
  flash: FlashStorage;
  ip: string;
  nowMs(): number;
  wallMs(): number;
  setWallMs(ms: number): void;
  random(): number;
  seed(value: number): void;
  printLine(line: string): void;
  debug(line: string): void;
  onCrash(exception: unknown): void;
  /** There is something to do that no pass has seen yet. */
  onWork(): void;
  /** The program asked for it; happens at the end of the pass. */
  reset(): void;
  load(fileName: string | undefined): void;
  quit(): void;
}

/** One life of a program. */
export class Session {
  readonly interp: Interpreter;
  readonly loop: SocketLoop;
  readonly wifi: WifiControl;
  private readonly realm = new Realm();
  private readonly pipes: Pipes;
  private readonly laters: Laters;
  private codeVars = 0;

  constructor(private readonly parts: SessionParts) {
    const { realm } = this;
    const { stack, board } = parts;
    const interp = new Interpreter(realm, parts);
    const classes = createNetClasses(realm);
    this.interp = interp;
    this.pipes = new Pipes(interp);
    this.laters = new Laters(() => parts.nowMs());
    this.loop = new SocketLoop({
      interp,
      stack,
      chunkBytes: board.chunkBytes,
      makeSocket: (type) => makeTyped(classes.Socket, type),
      tlsOptions: tlsOptionsOf,
    });
    stack.cut(false);
    const later = (ms: number, run: () => void): void => {
      this.laters.add(ms, run);
      parts.onWork();
    };
    const { library, control } = createWifiLibrary({
      interp,
      ip: parts.ip,
      isStubborn: board.id === "esp8266",
      later,
      cut: (isCut) => stack.cut(isCut),
    });
    this.wifi = control;
    const usage = (): number => this.usage();
    const { loop, pipes } = this;
    installGlobals({ ...this.shared(), interp, stack, loop, pipes, classes, wifi: library, usage });
    interp.idlers.push(
      () => this.laters.idle(),
      () => this.pipes.idle(),
      () => this.loop.idle(),
    );
  }

  private shared(): Omit<SessionParts, "stack" | "ip" | "nowMs" | "printLine" | "debug" | "onCrash" | "onWork"> {
    const { parts, interp } = this;
    return {
      board: parts.board,
      flash: parts.flash,
      wallMs: () => parts.wallMs(),
      setWallMs: (ms) => parts.setWallMs(ms),
      random: () => parts.random(),
      seed: (value) => parts.seed(value),
      reset: () => (interp.todo = () => parts.reset()),
      load: (fileName) => (interp.todo = () => parts.load(fileName)),
      quit: () => (interp.todo = () => parts.quit()),
    };
  }

  /** Evaluates boot files one after the other, then tells the program that it has started. */
  boot(files: BootFile[]): void {
    for (const { code, fileName } of files) {
      const text = typeof code === "string" ? this.sourceOf(code) : code();
      if (text === undefined) continue;
      this.codeVars += codeVariables(text);
      this.interp.evaluate(text, fileName);
    }
    const { E, onInit } = this.realm.global as { E: Record<string, unknown>; onInit: unknown };
    if (E["#oninit"] !== undefined) this.interp.callNow(E, E["#oninit"], []);
    if (typeof onInit === "function") this.interp.callNow(undefined, onInit, []);
  }

  private sourceOf(code: string): string {
    return this.parts.board.abilities.unicode ? code : byteSource(code);
  }

  /** Evaluates a line of the console; its value as the console shows it, undefined when it threw. */
  line(text: string): string | undefined {
    let shown: string | undefined;
    this.interp.protectLine(() => {
      const value = this.realm.evaluate(text, "REPL");
      shown = formatLine([typeof value === "string" ? JSON.stringify(value) : value], this.realm.global);
    });
    return shown;
  }

  /** Milliseconds until a pass has something to do: 0 for now, Infinity for nothing but the network. */
  untilWorkMs(): number {
    const { interp } = this;
    if (interp.queuedCount > 0 || interp.todo !== undefined || this.pipes.hasWork || this.loop.hasWork()) return 0;
    return Math.min(interp.timers.untilNextMs(), this.laters.untilNextMs());
  }

  /** Variables in use: see memory.ts. */
  usage(): number {
    const { interp } = this;
    return estimateUsage(this.codeVars, this.loop, interp.timers.count, interp.queuedCount);
  }

  /** Ends the program: `E.on("kill")` runs when asked for, sockets are closed, nothing of it runs again. */
  end(isTold: boolean): void {
    const { E } = this.realm.global as { E: Record<string, unknown> };
    if (isTold && E["#onkill"] !== undefined) this.interp.callNow(E, E["#onkill"], []);
    this.loop.killAll();
    this.pipes.clear();
    this.interp.clear();
  }
}
