/**
 * Owns: questions to the interpreter over its console, each answered or known not to be: breaking into a program that runs,
 * the frame around questions and answers, and their repetition.
 * Does not own: what is asked.
 *
 * A question is a line with the echo off (DLE, README_Protocol.md of Espruino): `__mk(NUMBER, CRC, "EXPRESSION")`. `__mk`
 * is a function that {@link Repl.attach} puts on the board: it evaluates nothing that arrived damaged, evaluates nothing
 * twice, and answers `<mkNUMBER=VALUE:CRC>`, `<mkNUMBER!EXCEPTION:CRC>` or `<mkNUMBER?>`. So a question or an answer that
 * was lost or damaged is repeated, and a program that prints meanwhile does no harm.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "../../platform/virtual-board/bytes.js";
import type { BoardConsole } from "./board-console.js";
import { lastLines, silence } from "./diagnose.js";
import { Exit, deviceError } from "./problem.js";

const BREAK = "\x03";
/** Erases the line that was begun, in new and in old firmware. */
const CLEAR = "\x1b[2H\x1b[2K";
const NO_ECHO = "\x10";

/**
 * Espruino on Linux ends at the second Ctrl-C on an empty line within 5 s, so this much is between two; for the boards'
 * firmware a program that hangs is told again in time.
 */
const BREAK_GAP_MS = 5500;
/** How long things may take. */
export interface ReplTimes {
  /** The first answer: opening a port restarts many boards, and then they boot. */
  attachMs: number;
  /** An answer, until the question is repeated. */
  tryMs: number;
  /** From a sign of trouble to the end of its trace, and from a start to the first signs. */
  settleMs: number;
}

const TIMES: ReplTimes = { attachMs: 12_000, tryMs: 700, settleMs: 600 };
/** How often a question is repeated until the board counts as gone. */
const TRIES = 6;

/** What the board answered with: an exception of the interpreter. */
export interface BoardException extends Error {
  code: "MEERKAT_BOARD_EXCEPTION";
}

/** True for an exception that the interpreter threw while it evaluated a question. */
export function isBoardException(error: unknown): error is BoardException {
  return error instanceof Error && (error as BoardException).code === "MEERKAT_BOARD_EXCEPTION";
}

/** The text of `__mk`: see the file's preface. The answer is kept until the next question, in case it gets lost. */
const ANSWERER =
  'function(n,c,s){if(E.CRC32(n+s)!=c)return print("<"+"mk"+n+"?>");' +
  'if(__mk.n!==n){__mk.n=n;__mk.r="!interrupted";try{__mk.r="="+eval(s)}catch(e){__mk.r="!"+e}}' +
  'print("<"+"mk"+n+__mk.r+":"+E.CRC32(n+__mk.r)+">")}';

/** The interpreter of one board. */
export class Repl {
  /** Questions are numbered from a random one: what is still in a buffer from before must not be taken for an answer. */
  private number = 1 + Math.floor(Math.random() * 1_000_000_000);
  private brokeAtMs = -Infinity;

  constructor(
    readonly console: BoardConsole,
    readonly times = TIMES,
  ) {}

  /** Breaks into what runs, and waits until the interpreter answers. Rejects with a DeviceError that says what is there. */
  async attach(): Promise<void> {
    const endMs = Date.now() + this.times.attachMs;
    while (Date.now() < endMs) {
      await this.breakIn();
      if (await this.isAnswering(Math.min(this.times.tryMs, Math.max(1, endMs - Date.now())))) return this.install();
    }
    throw silence(this.console.port, this.console.received);
  }

  /** Ctrl-C, when the last one is long enough ago or the firmware's debugger asks for another. */
  private async breakIn(): Promise<void> {
    const isDebugging = /debug>\s*$/.test(this.console.received.replaceAll("\x1b[J", ""));
    if (!isDebugging && Date.now() - this.brokeAtMs < BREAK_GAP_MS) return;
    this.brokeAtMs = Date.now();
    await this.console.send(BREAK);
    await sleep(100);
  }

  private async isAnswering(ms: number): Promise<boolean> {
    const number = this.number++;
    await this.console.send(`${CLEAR}\n${NO_ECHO}[print("<"+"mk${number}"+">")]\n`);
    return (await this.console.expect(new RegExp(`<mk${number}>`), ms)) !== undefined;
  }

  /** Puts `__mk` on the board. */
  private async install(): Promise<void> {
    const crc = crc32(ANSWERER);
    for (let tries = 0; tries < TRIES; tries++) {
      const number = this.number++;
      const done = `print("<"+"mk${number}"+(!E.CRC32?"-":E.CRC32(s)==c?(__mk=eval("("+s+")"),"+"):"?")+">")`;
      await this.console.send(`${CLEAR}${NO_ECHO}(function(s,c){${done}})(${JSON.stringify(ANSWERER)},${crc})\n`);
      const answer = await this.console.expect(new RegExp(`<mk${number}([-+?])>`), this.times.tryMs * (tries + 1));
      if (answer?.[1] === "-") throw tooOld();
      if (answer?.[1] === "+") return;
    }
    throw lost(this.console.port, this.console.received);
  }

  /**
   * Evaluates an expression (ASCII, one line) exactly once and answers its value as text. It may take `patience` times as
   * long as others, then it is asked again. Throws a BoardException when the interpreter threw, rejects with a DeviceError when
   * no answer comes.
   */
  async ask(expression: string, patience = 1): Promise<string> {
    const number = this.number++;
    const line = `__mk(${number},${crc32(number + expression)},${JSON.stringify(expression)})\n`;
    const reply = new RegExp(`<mk${number}(?:\\?|([=!])([^]*?):(\\d+))>`);
    for (let tries = 0; tries < TRIES; tries++) {
      this.console.forget();
      await this.console.send((tries > 0 ? CLEAR : "") + NO_ECHO + line);
      const found = await this.console.expect(reply, this.times.tryMs * patience);
      if (found === undefined) await this.recover(tries);
      else if (found[1] !== undefined && crc32(number + found[1] + found[2]) === Number(found[3])) {
        return valueOf(found[1], found[2]);
      }
    }
    throw lost(this.console.port, this.console.received);
  }

  /** After silence: a line may be half in, or the interpreter busy or hanging. */
  private async recover(tries: number): Promise<void> {
    await this.console.send(`${CLEAR}\n`);
    if (tries > 1) await this.breakIn();
  }

  /** Ends the program on the board without starting another, and waits until the interpreter answers again. */
  async reset(): Promise<void> {
    await this.console.send(`${CLEAR}${NO_ECHO}reset()\n`);
    await sleep(200);
    await this.attach();
  }

  /** Has the board start its program, as after power-up. What it prints comes after this. */
  async start(): Promise<void> {
    this.console.forget();
    await this.console.send(`${CLEAR}${NO_ECHO}load()\n`);
  }
}

function valueOf(kind: string, text: string): string {
  if (kind === "=") return text;
  throw Object.assign(new Error(text), { code: "MEERKAT_BOARD_EXCEPTION" as const });
}

function tooOld(): Error {
  const what = "The firmware on the board is too old: it has no E.CRC32.";
  return deviceError(Exit.Unfit, what, "Install a current one: docs/flash.md says how.");
}

/** It answered before, and does no more. */
function lost(port: string, received: string): Error {
  const tail = lastLines(received);
  const what = `The board at ${port} stopped answering.`;
  const advice = "Press its reset button and try again; a long or bad cable, or a weak power supply, may be the cause.";
  return deviceError(Exit.Broken, what, ...(tail.length === 0 ? [] : ["It said last:", ...tail]), advice);
}
