/**
 * Owns: a board on the host: Espruino's own API over a host {@link Platform}, so that the very file that is flashed
 * runs here, with that board's chunk size, socket count and rhythm of one chunk a pass.
 * Does not own: the parts (see session.ts for the program's side, network-stack.ts for the network's).
 *
 * Invariants
 * - All time and all waking up come from the host, so on a simulated host a run is the same every time.
 * - A pass of the idle loop is made only when there is something to do; nothing spins.
 * - After `stop` no handle is left on the host and no code of the program runs.
 *
 * A connect blocks on the board and throws when it fails. Two things stand in for that: `connectProbe` says beforehand,
 * synchronously, whether it would succeed, which makes the throw a throw; and from then until the host has really
 * connected no pass is made, so the program sees the connection as its own firmware shows it. Without a probe the
 * failure comes as an `error` event with the code the firmware's asynchronous drivers use.
 */

import type { Err, MemoryInfo, Platform } from "../../src/core/port.js";
import type { Board } from "../../boards/board.js";
import { createNodeProbe } from "./connect-probe.js";
import { ConsoleInput } from "./console-input.js";
import { firmwareName, VERSION } from "./firmware.js";
import { NetworkStack } from "./network-stack.js";
import type { ConnectProbe } from "./network-stack.js";
import { Session } from "./session.js";
import type { BootFile, SessionParts } from "./session.js";
import { FlashStorage } from "./storage.js";
import type { WifiControl } from "./wifi-library.js";

/** Passes without the clock moving, after which a millisecond is let go by: no pass of a chip takes no time at all. */
const PASSES_AT_ONCE_MAX = 1000;

/** How long a connect may block at most, where the default probe decides. */
const CONNECT_TIMEOUT_MS = 10000;

/** Settings of {@link createVirtualBoard}; all have defaults. */
export interface VirtualBoardOptions {
  /** Of `Math.random` and `E.hwRand`. Default: from the host's random bytes. */
  seed?: number;
  /** The host's port for a port of the program; 0 lets the host choose. Default: {@link defaultHostPort}. */
  publish?: ReadonlyMap<number, number> | ((port: number) => number);
  /** Receives the console, line by line. Default: the host's log. */
  log?: (line: string) => void;
  /** Receives the console as who is at it sees it: echo, prompt, lines that end with `\r\n`; characters 0 to 255. */
  onConsole?: (text: string) => void;
  /** Receives what a real board loses without a trace. Default: nothing. */
  debug?: (line: string) => void;
  /** Files in flash at the start; contents are binary strings. */
  storage?: Readonly<Record<string, string>>;
  /** Receives each exception that nobody handled, after it was printed. */
  onCrash?: (exception: unknown) => void;
  /** The program calls `quit()` (only on the board "linux"), after the board has stopped. */
  onQuit?: () => void;
  /** A port of the program is reachable on the host now. */
  onListening?: (port: number, hostPort: number, address: string) => void;
  /** The host could not bind the port. The program is not told. Default: a line on the console. */
  onListenFailed?: (port: number, hostPort: number, err: Err) => void;
  /** Default: on a host named "node" the one of connect-probe.ts; on others, and with `null`, none. */
  connectProbe?: ConnectProbe | null;
  /** The address `Wifi.getIP` tells. Default "127.0.0.1". */
  ip?: string;
}

/** A board that runs on the host. */
export interface VirtualBoard {
  readonly board: Board;
  /** Boots the program. Whatever ran before is ended first. Exceptions are reported on the console, as on the board. */
  run(bundleCode: string, fileName?: string): void;
  /** Switches the board on: boots what is in its flash, which may be nothing. */
  powerOn(): void;
  /** Types at the console: characters 0 to 255. */
  type(text: string): void;
  /** Ends everything at once; no handle and no timer is left. The board can be started again with `run`. */
  stop(): void;
  /** The firmware's `reset()`: the program is told and gone, the flash stays. */
  reset(): void;
  /** An ESTIMATE of the interpreter's memory: see memory.ts. */
  readonly memory: MemoryInfo;
  /** Sockets in use, listeners included. */
  readonly socketCount: number;
  /** Passes of the idle loop made so far. */
  readonly passCount: number;
  readonly flash: FlashStorage;
  readonly wifi: WifiControl;
  /** The host's port for a port the program listens on; undefined while it does not. */
  hostPort(port: number): number | undefined;
}

/** Ports below 1024 appear 8000 above (80 is 8080), others as they are. */
export function defaultHostPort(port: number): number {
  return port < 1024 ? port + 8000 : port;
}

/** Makes a board over `host`, which must not serve anyone else. Throws RangeError for a board without sockets. */
export function createVirtualBoard(host: Platform, board: Board, opts: VirtualBoardOptions = {}): VirtualBoard {
  if (board.sockets < 1) throw new RangeError(`Board "${board.id}" has ${board.sockets} sockets: 1 or more are needed`);
  return new HostedBoard(host, board, opts);
}

class HostedBoard implements VirtualBoard {
  readonly flash: FlashStorage;
  passCount = 0;
  private readonly stack: NetworkStack;
  private readonly random: Generator32;
  /** The owner under which the host wakes the board. */
  private readonly pulse = {};
  private readonly closeProbe: () => void;
  private readonly console: ConsoleInput;
  private session: Session | undefined;
  private program = { code: "", fileName: "" };
  private clockMs = 0;
  private isInPass = false;
  /**
   * A connection has just come to stand: one more turn of the host is let go by before the pass that looks at it. A
   * chip takes milliseconds to get there, and mostly finds the first bytes, or the end, already in.
   */
  private isSettling = false;
  private passesAtOnce = 0;
  private lastPassMs = -1;

  constructor(
    private readonly host: Platform,
    readonly board: Board,
    private readonly opts: VirtualBoardOptions,
  ) {
    this.flash = new FlashStorage(board.storageBytes, opts.storage);
    this.random = new Generator32(opts.seed ?? seedOf(host.random(4)));
    this.console = new ConsoleInput({
      write: (text) => opts.onConsole?.(text),
      evaluate: (line) => this.session?.line(line),
      about: () => `Espruino ${VERSION} ${firmwareName(board)}`,
    });
    const { probe, close } = probeFor(host, opts);
    this.closeProbe = close;
    this.stack = new NetworkStack({
      host,
      board,
      probe,
      // The ESP8266 has no sockets underneath: it connects in the background and reports failures as events.
      isConnectBlocking: board.id !== "esp8266",
      hostPortFor: (port) => hostPortFor(opts.publish, port),
      onActivity: () => this.wakeSoon(),
      onFresh: () => {
        this.isSettling = true;
        this.wakeSoon();
      },
      onWake: () => this.pass(),
      onBound: (port, hostPort, address) => opts.onListening?.(port, hostPort, address),
      onBindFailed: (port, hostPort, err) => this.bindFailed(port, hostPort, err),
      onTlsFailed: () => this.session?.interp.raise(tlsFailure()),
      printLine: (line) => this.printLine(line),
    });
  }

  run(bundleCode: string, fileName = "bundle.js"): void {
    this.stop();
    this.program = { code: bundleCode, fileName };
    this.boot(bundleCode, fileName);
  }

  powerOn(): void {
    this.stop();
    this.program = { code: "", fileName: "" };
    this.bootFlash(true);
  }

  private boot(code: BootFile["code"], fileName: string): void {
    this.session = new Session(this.sessionParts());
    this.session.boot([{ code, fileName }]);
    this.console.show();
    this.settle();
  }

  /** What the firmware runs at a start (jsfLoadBootCodeFromFlash); without a program in flash, the one given to `run`. */
  private bootFlash(isProgramWanted: boolean): void {
    this.session = new Session(this.sessionParts());
    const names = [".boot0", ".boot1", ".boot2", ".boot3"];
    // Read one after the other: the first ones may write the later ones.
    const files = names.map((fileName) => ({ fileName, code: () => this.flash.read(fileName, 0, 0) }));
    const program = (): string | undefined =>
      this.flash.read(".bootrst", 0, 0) ?? (isProgramWanted ? this.flash.read(".bootcde", 0, 0) : undefined);
    this.session.boot([...files, { fileName: ".bootcde", code: program }]);
    if (isProgramWanted && program() === undefined) this.session.boot([this.program]);
    this.console.show();
    this.settle();
  }

  type(text: string): void {
    this.isInPass = true;
    this.console.feed(text);
    this.isInPass = false;
    this.settle();
  }

  stop(): void {
    this.endSession(false);
    this.stack.destroy();
    this.host.wakeAfter(this.pulse, -1);
    this.closeProbe();
  }

  reset(): void {
    this.endSession(true);
    this.bootFlash(false);
  }

  private endSession(isTold: boolean): void {
    const { session } = this;
    this.session = undefined;
    session?.end(isTold);
    this.stack.closeAll();
  }

  private load(fileName: string | undefined): void {
    this.endSession(true);
    if (fileName === undefined) this.bootFlash(true);
    else this.boot(() => this.flash.read(fileName, 0, 0), fileName);
  }

  private sessionParts(): SessionParts {
    const { host, opts, random } = this;
    return {
      board: this.board,
      stack: this.stack,
      flash: this.flash,
      ip: opts.ip ?? "127.0.0.1",
      nowMs: () => host.now(),
      wallMs: () => host.wallMs() + this.clockMs,
      setWallMs: (ms) => {
        this.clockMs = ms - host.wallMs();
      },
      random: () => random.next(),
      seed: (value) => random.seed(value),
      printLine: (line) => this.printLine(line),
      debug: (line) => opts.debug?.(line),
      onCrash: (exception) => opts.onCrash?.(exception),
      onWork: () => this.wakeSoon(),
      reset: () => this.reset(),
      load: (fileName) => this.load(fileName),
      quit: () => {
        this.stop();
        opts.onQuit?.();
      },
    };
  }

  /** The host has woken the board. While a connect is under way the board stands still; its answer wakes it again. */
  private pass(): void {
    const { session } = this;
    if (session === undefined || this.stack.heldCount > 0) return;
    if (this.isSettling) {
      this.isSettling = false;
      return this.wakeSoon();
    }
    this.passCount++;
    this.isInPass = true;
    session.interp.runPass();
    this.isInPass = false;
    this.settle();
  }

  /** Decides when the next pass is due. */
  private settle(): void {
    const { session, stack } = this;
    if (session === undefined || this.isInPass) return;
    const waitMs = stack.heldCount > 0 ? Infinity : session.untilWorkMs();
    if (waitMs === 0) this.host.wakeAfter(this.pulse, this.isSpinning() ? 1 : 0);
    else this.host.wakeAfter(this.pulse, waitMs === Infinity ? -1 : waitMs);
  }

  /** True when a program keeps the board busy on a clock that stands still meanwhile (the simulated one). */
  private isSpinning(): boolean {
    const nowMs = this.host.now();
    this.passesAtOnce = nowMs === this.lastPassMs ? this.passesAtOnce + 1 : 0;
    this.lastPassMs = nowMs;
    return this.passesAtOnce > PASSES_AT_ONCE_MAX;
  }

  private wakeSoon(): void {
    if (this.session !== undefined && !this.isInPass) this.host.wakeAfter(this.pulse, 0);
  }

  private bindFailed(port: number, hostPort: number, err: Err): void {
    if (this.opts.onListenFailed !== undefined) this.opts.onListenFailed(port, hostPort, err);
    else this.printLine(`Cannot publish port ${port} on host port ${hostPort}: error ${err}`);
  }

  /** The console carries bytes; what is UTF-8 among them is shown as text. */
  private printLine(line: string): void {
    if (this.opts.onConsole !== undefined) this.console.print(line);
    const text = /[\x80-\xff]/.test(line) ? Buffer.from(line, "latin1").toString("utf8") : line;
    if (this.opts.log !== undefined) this.opts.log(text);
    else this.host.log(text);
  }

  get memory(): MemoryInfo {
    const { variables } = this.board;
    return { free: variables - (this.session?.usage() ?? 0), total: variables, unit: "variables" };
  }

  get socketCount(): number {
    return this.stack.usedCount;
  }

  get wifi(): WifiControl {
    if (this.session === undefined) throw new TypeError("Cannot reach Wi-Fi: no program runs, call run() first");
    return this.session.wifi;
  }

  hostPort(port: number): number | undefined {
    return this.stack.hostPortOf(port);
  }
}

function probeFor(host: Platform, opts: VirtualBoardOptions): { probe: ConnectProbe | undefined; close: () => void } {
  const nothing = (): void => undefined;
  if (opts.connectProbe === null) return { probe: undefined, close: nothing };
  if (opts.connectProbe !== undefined) return { probe: opts.connectProbe, close: nothing };
  return /\bnode\b/.test(host.name) ? createNodeProbe(CONNECT_TIMEOUT_MS) : { probe: undefined, close: nothing };
}

function hostPortFor(publish: VirtualBoardOptions["publish"], port: number): number {
  if (typeof publish === "function") return publish(port);
  return publish?.get(port) ?? defaultHostPort(port);
}

function seedOf(bytes: string): number {
  return [0, 1, 2, 3].reduce((sum, i) => sum * 256 + bytes.charCodeAt(i), 0);
}

/** The firmware throws this from its idle loop, where only `uncaughtException` sees it. */
function tlsFailure(): string {
  return "Error: mbedtls_ssl_handshake returned -0x7780";
}

/** Mulberry32: small, fast and the same everywhere. */
class Generator32 {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  seed(value: number): void {
    this.state = value | 0;
  }

  /** 0 to 1, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
