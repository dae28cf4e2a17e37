// A real browser for tests, spoken to over a pipe (Chrome DevTools Protocol): only what the tests need of it.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Chromium on this host; "" without one. $CHROMIUM names another. */
export const chromiumPath: string = process.env.CHROMIUM ?? CANDIDATES.find((path) => existsSync(path)) ?? "";

const FLAGS = (
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync --remote-debugging-pipe"
).split(" ");

interface Reply {
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** One page in a browser of its own. */
export class Browser {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private lastId = 0;
  private session: string | undefined;
  private rest = "";

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.onData(text));
  }

  /** Opens an address; `width` and `height` in CSS pixels. */
  static async open(url: string, width: number, height: number): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "meerkat-browser-"));
    const args = [...FLAGS, `--user-data-dir=${profile}`, `--window-size=${width},${height}`];
    const child = spawn(chromiumPath, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const browser = new Browser(child, profile);
    const { targetId } = await browser.call("Target.createTarget", { url });
    browser.session = (await browser.call("Target.attachToTarget", { targetId, flatten: true })).sessionId as string;
    return browser;
  }

  private onData(text: string): void {
    const messages = (this.rest + text).split("\0");
    this.rest = messages.pop() as string;
    for (const message of messages) {
      const reply = JSON.parse(message) as Reply;
      if (reply.id !== undefined) this.waiting.get(reply.id)?.(reply);
    }
  }

  /** Calls a method of the protocol. */
  call(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    (this.child.stdio[3] as Writable).write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
    });
  }

  /** The value of an expression in the page. */
  async read(expression: string): Promise<unknown> {
    const { result } = await this.call("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value?: unknown }).value;
  }

  /** Waits until an expression in the page is true. The limit is only there to say what was waited for. */
  async until(expression: string): Promise<void> {
    for (let turns = 0; (await this.read(expression)) !== true; turns++) {
      if (turns > 600) throw new Error(`Never true in the page: ${expression}`);
      await sleep(50);
    }
  }

  /** Presses and releases a key. */
  async press(key: string, code: string, text: string): Promise<void> {
    const windowsVirtualKeyCode = code === "Tab" ? 9 : 32;
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", key, code, text, windowsVirtualKeyCode });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode });
  }

  /** A picture of the page, as PNG in base 64. */
  async picture(): Promise<string> {
    return (await this.call("Page.captureScreenshot", { format: "png" })).data as string;
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("close", resolve));
    this.session = undefined;
    await Promise.race([this.call("Browser.close", {}), gone]);
    await gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
