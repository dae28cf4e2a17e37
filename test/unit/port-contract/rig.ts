// One rule's workbench: the platform under test behind its recorder, and the calls the rules make of it.

import assert from "node:assert/strict";
import { WriteResult, type ConnectSpec, type ListenSpec, type Platform, type Raw } from "../../../src/core/port.js";
import type { MakeFixture, PortFixture, PortPeer } from "./fixture.js";
import { createRecorder, isBlocked, watchCalls, type Probe, type Recorder } from "./recorder.js";

/** A connection of the platform under test and its far end. */
export interface Pair {
  conn: Probe;
  peer: PortPeer;
}

/** How a pair came to be: the platform accepted it, or the platform connected it. */
export type Opening = "accepted" | "connected";

/** What one rule works with. */
export interface Rig {
  fx: PortFixture;
  platform: Platform;
  rec: Recorder;
  /** Skips the rule unless `isGiven`. */
  needs(isGiven: boolean): void;
  listen(spec?: Partial<ListenSpec>): Promise<Probe>;
  startListen(spec: ListenSpec): Probe;
  connect(spec: ConnectSpec): Probe;
  bind(spec: ListenSpec): Probe;
  bound(spec?: Partial<ListenSpec>): Promise<Probe>;
  open(how: Opening): Promise<Pair>;
  /** A port for a listener: 0 where the platform can pick one. */
  anyPort(): Promise<number>;
  raw(bytes: string): Raw;
  /** One write; notes a WouldBlock. */
  write(conn: Probe, bytes: string): number;
  /** Writes all of `bytes`, waiting for drained where the platform asks for it. */
  send(conn: Probe, bytes: string): Promise<void>;
  pause(conn: Probe): void;
  resume(conn: Probe): void;
  end(probe: Probe): void;
  destroy(probe: Probe): void;
  closed(probe: Probe): Promise<void>;
}

/** Thrown by {@link Rig.needs}; the rule is skipped. */
const SKIP = { reason: "the platform or the fixture cannot do this" };

const PATTERN_BYTES = 256 * 251;

function patternBlock(): string {
  let block = "";
  for (let i = 0; i < PATTERN_BYTES; i++) block += String.fromCharCode((i + (i >> 8) * 7) & 255);
  return block;
}

const block = patternBlock();

/** A byte sequence in which every value occurs and no two places within 64 kB look alike. */
export function pattern(count: number): string {
  return block.repeat(Math.ceil(count / PATTERN_BYTES)).slice(0, count);
}

/** Waits until the peer has seen our end, lets it end too, as most peers do, and waits for `closed`. */
export async function partingWith(rig: Rig, { conn, peer }: Pair): Promise<void> {
  await rig.fx.settle(() => isGone(peer) || conn.closedErr !== undefined, "the peer's end");
  peer.fin();
  await rig.closed(conn);
  await rig.fx.settle(() => isGone(peer), "the peer's end");
}

/** True when the far end has noticed that the connection is over. */
export function isGone(peer: PortPeer): boolean {
  const state = peer.state();
  return state === "ended" || state === "closed";
}

function rawOf(platform: Platform, bytes: string): Raw {
  return platform.bytes.copy(new Uint8Array(Buffer.from(bytes, "latin1")));
}

async function sendAll(rig: Rig, conn: Probe, bytes: string): Promise<void> {
  const max = rig.platform.caps.writeMaxBytes;
  let at = 0;
  while (at < bytes.length) {
    const piece = bytes.slice(at, at + max);
    const answer = rig.write(conn, piece);
    if (answer === WriteResult.WouldBlock) {
      await rig.fx.settle(() => !conn.wantsDrained, `drained of ${conn.name}`);
      continue;
    }
    assert.equal(answer, piece.length, `${conn.name} takes all of a piece`);
    at += piece.length;
  }
}

async function openAccepted(rig: Rig): Promise<Pair> {
  const listener = await rig.listen();
  const peer = rig.fx.connectPeer(listener.port);
  await rig.fx.settle(() => listener.accepted.length === 1 && peer.state() === "open", "a connection accepted");
  return { conn: listener.accepted[0], peer };
}

async function openConnected(rig: Rig): Promise<Pair> {
  const peers: PortPeer[] = [];
  const server = await rig.fx.listenPeer((peer) => peers.push(peer));
  const conn = rig.connect({ host: server.host, port: server.port });
  await rig.fx.settle(() => conn.isUp && peers.length === 1, "a connection connected");
  return { conn, peer: peers[0] };
}

function start(rec: Recorder, probe: Probe, call: (probe: Probe) => unknown): Probe {
  probe.handle = call(probe);
  if (probe.events.length > 0) rec.violations.push(`${probe.events[0]} came before the handle`);
  return probe;
}

/** The workbench over one fixture. */
export function createRig(fx: PortFixture): Rig {
  const rec = createRecorder(fx.platform);
  const platform = watchCalls(fx.platform, rec);
  platform.open(rec.sink);
  const count = (): number => rec.probes.length + 1;
  const rig: Rig = {
    fx, platform, rec,
    needs(isGiven) {
      if (!isGiven) throw SKIP;
    },
    startListen: (spec) => start(rec, rec.probe(`listener${count()}`, "listener"), (p) => platform.listen(p, spec)),
    connect: (spec) => start(rec, rec.probe(`conn${count()}`, "stream"), (p) => platform.connect(p, spec)),
    bind: (spec) => start(rec, rec.probe(`udp${count()}`, "datagram"), (p) => platform.openDatagram(p, spec)),
    async listen(spec) {
      const probe = rig.startListen({ host: "", port: await rig.anyPort(), ...spec });
      await fx.settle(() => probe.isUp, "listening");
      return probe;
    },
    async bound(spec) {
      const probe = rig.bind({ host: "", port: await rig.anyPort(), ...spec });
      await fx.settle(() => probe.isUp, "a datagram socket bound");
      return probe;
    },
    open: (how) => (how === "accepted" ? openAccepted(rig) : openConnected(rig)),
    anyPort: async () => (platform.caps.listenPort0 ? 0 : fx.freePort()),
    raw: (bytes) => rawOf(platform, bytes),
    write(conn, bytes) {
      const answer = platform.write(conn.handle, rig.raw(bytes));
      isBlocked(conn, answer);
      return answer;
    },
    send: (conn, bytes) => sendAll(rig, conn, bytes),
    pause(conn) {
      conn.isPaused = true;
      platform.pause(conn.handle);
    },
    resume(conn) {
      conn.isPaused = false;
      conn.isBlocked = false;
      platform.resume(conn.handle);
    },
    end(probe) {
      probe.isEnding = true;
      probe.rest = "";
      platform.end(probe.handle);
    },
    destroy(probe) {
      probe.isDestroyed = true;
      platform.destroy(probe.handle);
    },
    closed: (probe) => fx.settle(() => probe.closedErr !== undefined, `closed of ${probe.name}`),
  };
  return rig;
}

/** Destroys whatever a rule left open, so that a real platform does not keep the process alive. */
function tidyUp(rig: Rig): void {
  for (const probe of rig.rec.probes) {
    if (probe.kind === "timer") rig.platform.wakeAfter(probe, -1);
    else if (probe.closedErr === undefined && !probe.isDestroyed && probe.handle !== undefined) rig.destroy(probe);
  }
}

/** Runs one rule on a fresh fixture and fails it too when any upcall on the way broke the port's rules. */
export async function runRule(make: MakeFixture, body: (rig: Rig) => void | Promise<void>, skip: () => void): Promise<void> {
  const fx = await make();
  const rig = createRig(fx);
  let isSkipped = false;
  try {
    await body(rig);
    await fx.quiet();
    tidyUp(rig);
    await fx.quiet();
    assert.deepEqual(rig.rec.violations, []);
  } catch (e) {
    if (e !== SKIP) throw e;
    isSkipped = true;
  } finally {
    tidyUp(rig);
    await fx.close();
  }
  if (isSkipped) skip();
}

/** Defines rules: `rule` runs once, `both` for an accepted and for a connected stream. */
export interface Rules {
  rule(title: string, body: (rig: Rig) => void | Promise<void>): void;
  both(title: string, body: (rig: Rig, how: Opening) => Promise<void>): void;
}

/** The `it`s of mocha for rules on fixtures of `make`. */
export function rulesFor(make: MakeFixture): Rules {
  const rule: Rules["rule"] = (title, body) => {
    it(title, async function () {
      await runRule(make, body, () => this.skip());
    });
  };
  return {
    rule,
    both(title, body) {
      rule(`${title} (accepted)`, (rig) => body(rig, "accepted"));
      rule(`${title} (connected)`, (rig) => body(rig, "connected"));
    },
  };
}
