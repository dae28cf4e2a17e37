/**
 * Owns: the text that goes to and comes from a board's console: bytes as characters 0 to 255, the firmware's flow control
 * (XOFF and XON), waiting for a text, and noticing that the board is gone.
 * Does not own: the way there (transport.ts), and what is said (repl.ts).
 *
 * Invariant: after the board is gone, or after `close`, every call that waits ends with the same error.
 */

import { Exit, deviceError } from "./problem.js";
import type { DeviceError } from "./problem.js";
import { openTransport } from "./transport.js";
import type { Transport } from "./transport.js";

const XON = "\x11";
const XOFF = "\x13";
/** An XON that was lost must not stop everything. */
const XOFF_MAX_MS = 2000;
/** What is sent at once: small, so that an XOFF takes effect before the board's buffer is full. */
const SLICE_BYTES = 128;
/** Of what came, this much is kept for those who wait and for telling what is at the other end. */
const KEPT_CHARS = 65536;

/** A listener for what comes, in pieces as they come. */
export type TextListener = (text: string) => void;

interface Waiter {
  pattern: RegExp;
  found(match: RegExpExecArray | undefined): void;
}

/** A board's console. */
export class BoardConsole {
  /** What came so far, at most {@link KEPT_CHARS} of it. */
  received = "";
  private transport: Transport | undefined;
  private failure: DeviceError | undefined;
  private isHeld = false;
  private release: (() => void) | undefined;
  private ended: () => void = () => undefined;
  /** Resolves when the board is gone. */
  private readonly end = new Promise<void>((resolve) => (this.ended = resolve));
  private goneListener: ((error: DeviceError) => void) | undefined;
  private readonly listeners = new Set<TextListener>();
  private readonly waiters = new Set<Waiter>();

  private constructor(readonly port: string) {}

  /** Opens a port. Rejects with a DeviceError. */
  static async open(port: string, baud: number): Promise<BoardConsole> {
    const made = new BoardConsole(port);
    made.transport = await openTransport(port, { baud }, {
      data: (bytes) => made.receive(bytes),
      closed: (why) => made.fail(deviceError(Exit.Broken, `Lost the board at ${port}: ${why}.`)),
    });
    return made;
  }

  /** Hears all that comes from now on; answers how to stop. */
  listen(listener: TextListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private receive(bytes: Uint8Array): void {
    const text = this.withoutFlowControl(Buffer.from(bytes).toString("latin1"));
    if (text === "") return;
    this.received = (this.received + text).slice(-KEPT_CHARS);
    for (const listener of this.listeners) listener(text);
    for (const waiter of this.waiters) this.tryWaiter(waiter);
  }

  private withoutFlowControl(text: string): string {
    if (!text.includes(XON) && !text.includes(XOFF)) return text;
    this.isHeld = text.lastIndexOf(XOFF) > text.lastIndexOf(XON);
    if (!this.isHeld) this.release?.();
    return text.replaceAll(XON, "").replaceAll(XOFF, "");
  }

  private tryWaiter(waiter: Waiter): void {
    const match = waiter.pattern.exec(this.received);
    if (match !== null) waiter.found(match);
  }

  private fail(error: DeviceError): void {
    if (this.failure) return;
    this.failure = error;
    this.ended();
    this.release?.();
    for (const waiter of [...this.waiters]) waiter.found(undefined);
    this.goneListener?.(error);
  }

  /** Calls `listener` when the board is gone, also when it is `close` that ended the connection. */
  onGone(listener: (error: DeviceError) => void): void {
    if (this.failure) listener(this.failure);
    else this.goneListener = listener;
  }

  /** Sends characters 0 to 255. Rejects when the board is gone. */
  async send(text: string): Promise<void> {
    for (let at = 0; at < text.length; at += SLICE_BYTES) {
      await this.maySend();
      await this.write(text.slice(at, at + SLICE_BYTES));
    }
  }

  private async write(text: string): Promise<void> {
    if (this.failure) throw this.failure;
    try {
      // A port that is gone may never say what became of the bytes.
      await Promise.race([this.transport?.write(Buffer.from(text, "latin1")), this.end]);
    } catch (error) {
      this.fail(deviceError(Exit.Broken, `Lost the board at ${this.port}: ${(error as Error).message}.`));
    }
    if (this.failure) throw this.failure;
  }

  private async maySend(): Promise<void> {
    if (!this.isHeld) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, XOFF_MAX_MS);
      this.release = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.release = undefined;
    this.isHeld = false;
  }

  /** Waits until what came since `forget` matches; undefined when it does not within `ms`. Rejects when the board is gone. */
  async expect(pattern: RegExp, ms: number): Promise<RegExpExecArray | undefined> {
    if (this.failure) throw this.failure;
    const match = await new Promise<RegExpExecArray | undefined>((resolve) => {
      const timer = setTimeout(() => waiter.found(undefined), ms);
      const waiter: Waiter = {
        pattern,
        found: (found) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(found);
        },
      };
      this.waiters.add(waiter);
      this.tryWaiter(waiter);
    });
    if (match === undefined && this.failure) throw this.failure;
    return match;
  }

  /** Forgets what came so far, so that `expect` finds only what comes after. */
  forget(): void {
    this.received = "";
  }

  /** Why the board is gone; undefined while it is not. */
  get gone(): DeviceError | undefined {
    return this.failure;
  }

  /** Lets go of the port. */
  async close(): Promise<void> {
    this.fail(deviceError(Exit.Broken, `The connection to ${this.port} was closed.`));
    await this.transport?.close();
  }
}
