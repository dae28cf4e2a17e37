// The sink of the contract: records every upcall and notes each one that breaks the rules at the top of port.ts.

import type { Capabilities, Err, Handle, Owner, Platform, Raw, Sink } from "../../../src/core/port.js";
import { WriteResult } from "../../../src/core/port.js";

/** What a probe stands for. */
export type ProbeKind = "listener" | "stream" | "datagram" | "timer";

/** Takes of one `data` upcall: how many of `count` bytes. */
export type Take = (count: number) => number;

/** The owner object the contract gives to a platform, and what became of it. */
export interface Probe {
  name: string;
  kind: ProbeKind;
  handle: Handle;
  /** One word each, in order: "connected", "data", "drained", "ended", "closed" … */
  events: string[];
  isUp: boolean;
  address: string;
  port: number;
  /** The bytes taken so far, as a binary string. */
  input: string;
  /** Bytes offered and not taken: the next offer must begin with them. */
  rest: string;
  take: Take;
  accepted: Probe[];
  acceptedFrom: { address: string; port: number }[];
  datagrams: { bytes: string; address: string; port: number }[];
  hasEnded: boolean;
  closedErr: Err | undefined;
  drainedCount: number;
  wakeCount: number;
  // What the contract did with the handle, for the judgement of later upcalls.
  isPaused: boolean;
  isBlocked: boolean;
  isEnding: boolean;
  isDestroyed: boolean;
  wantsDrained: boolean;
  /** Run inside the upcall, after it was recorded. */
  on: {
    up?: () => void;
    accepted?: (handle: Handle) => Probe | undefined;
    data?: () => void;
    drained?: () => void;
    ended?: () => void;
    closed?: () => void;
    wake?: () => void;
  };
}

/** The recording sink and the list of broken rules. */
export interface Recorder {
  sink: Sink;
  /** Calls of the platform under way; an upcall while this is above zero breaks the rules. */
  depth: number;
  violations: string[];
  probes: Probe[];
  probe(name: string, kind: ProbeKind): Probe;
}

/** Takes everything. */
export const takeAll: Take = (count) => count;

/** Takes the next `most` bytes and then nothing. */
export function takeOnly(most: number): Take {
  let left = most;
  return (count) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken;
  };
}

function createProbe(name: string, kind: ProbeKind): Probe {
  return {
    name, kind, handle: undefined, events: [], isUp: false, address: "", port: 0, input: "", rest: "", take: takeAll,
    accepted: [], acceptedFrom: [], datagrams: [], hasEnded: false, closedErr: undefined, drainedCount: 0, wakeCount: 0,
    isPaused: false, isBlocked: false, isEnding: false, isDestroyed: false, wantsDrained: false, on: {},
  };
}

/** Notes what is wrong with any upcall `what` for `owner`; answers the probe, or undefined when there is none. */
function admit(rec: Recorder, owner: Owner, what: string, kinds: ProbeKind[]): Probe | undefined {
  const probe = rec.probes.find((p) => p === owner);
  if (rec.depth > 0) rec.violations.push(`${what} came from inside a call`);
  if (probe === undefined) {
    rec.violations.push(`${what} named an owner that nobody gave`);
    return undefined;
  }
  if (probe.isDestroyed) rec.violations.push(`${what} came for ${probe.name} after destroy`);
  if (probe.closedErr !== undefined) rec.violations.push(`${what} came for ${probe.name} after closed`);
  if (!kinds.includes(probe.kind)) rec.violations.push(`${what} came for ${probe.name}, a ${probe.kind}`);
  probe.events.push(what);
  return probe;
}

function goUp(rec: Recorder, owner: Owner, what: string, kinds: ProbeKind[], address: string, port: number): void {
  const probe = admit(rec, owner, what, kinds);
  if (probe === undefined) return;
  if (probe.events.length !== 1) rec.violations.push(`${what} was not the first for ${probe.name}`);
  probe.isUp = true;
  probe.address = address;
  probe.port = port;
  probe.on.up?.();
}

function judgeData(rec: Recorder, probe: Probe, offered: string, caps: Capabilities): void {
  const name = probe.name;
  if (offered.length === 0) rec.violations.push(`data without bytes came for ${name}`);
  if (offered.length > caps.readMaxBytes) rec.violations.push(`data above readMaxBytes came for ${name}`);
  if (!probe.isUp) rec.violations.push(`data came for ${name} before it was connected`);
  if (probe.hasEnded) rec.violations.push(`data came for ${name} after ended`);
  if (probe.isEnding) rec.violations.push(`data came for ${name} after end`);
  if (probe.isBlocked) rec.violations.push(`data came for ${name} before resume, with a rest not taken`);
  if (probe.isPaused && caps.pauseRead) rec.violations.push(`data came for ${name} while paused`);
  const shared = Math.min(probe.rest.length, offered.length);
  if (probe.rest.slice(0, shared) !== offered.slice(0, shared)) rec.violations.push(`${name} was not offered the rest first`);
}

function recordData(rec: Recorder, platform: Platform, owner: Owner, bytes: Raw): number {
  const probe = admit(rec, owner, "data", ["stream"]);
  if (probe === undefined) return 0;
  const offered = platform.bytes.latin1(bytes, 0, bytes.length);
  judgeData(rec, probe, offered, platform.caps);
  const taken = Math.max(0, Math.min(offered.length, probe.take(offered.length)));
  probe.input += offered.slice(0, taken);
  // A platform may offer the rest in smaller pieces than before: what lies behind them is still owed.
  probe.rest = offered.slice(taken) + probe.rest.slice(offered.length);
  if (taken < offered.length) probe.isBlocked = true;
  probe.on.data?.();
  return offered.length - taken;
}

function recordAccepted(rec: Recorder, owner: Owner, handle: Handle, address: string, port: number): Owner | undefined {
  const listener = admit(rec, owner, "accepted", ["listener"]);
  if (listener === undefined) return undefined;
  if (!listener.isUp) rec.violations.push("accepted came before listening");
  listener.acceptedFrom.push({ address, port });
  if (listener.on.accepted !== undefined) return listener.on.accepted(handle);
  return adopt(rec, listener, handle);
}

/** A probe for a connection that came in through `listener`. */
export function adopt(rec: Recorder, listener: Probe, handle: Handle): Probe {
  const probe = rec.probe(`${listener.name}.${listener.accepted.length + 1}`, "stream");
  probe.handle = handle;
  probe.isUp = true;
  listener.accepted.push(probe);
  return probe;
}

function recordClosed(rec: Recorder, owner: Owner, err: Err): void {
  const probe = admit(rec, owner, "closed", ["stream", "listener", "datagram"]);
  if (probe === undefined) return;
  if (probe.rest !== "" && err === 0) rec.violations.push(`${probe.name} closed in good order with bytes not taken`);
  probe.closedErr = err;
  probe.on.closed?.();
}

function recordEnded(rec: Recorder, platform: Platform, owner: Owner): void {
  const probe = admit(rec, owner, "ended", ["stream"]);
  if (probe === undefined) return;
  if (!platform.caps.halfClose) rec.violations.push("ended came although halfClose is false");
  if (probe.hasEnded) rec.violations.push(`ended came twice for ${probe.name}`);
  if (probe.rest !== "") rec.violations.push(`ended came for ${probe.name} before its last byte was taken`);
  if (probe.isEnding) rec.violations.push(`ended came for ${probe.name} after end`);
  probe.hasEnded = true;
  probe.on.ended?.();
}

function recordDrained(rec: Recorder, owner: Owner): void {
  const probe = admit(rec, owner, "drained", ["stream"]);
  if (probe === undefined) return;
  if (!probe.isUp) rec.violations.push(`drained came for ${probe.name} before it was connected`);
  if (!probe.wantsDrained) rec.violations.push(`drained came for ${probe.name} and nothing was blocked`);
  probe.wantsDrained = false;
  probe.drainedCount++;
  probe.on.drained?.();
}

/** Makes the sink for `platform`; give it to `open` of the platform under test. */
export function createRecorder(platform: Platform): Recorder {
  const rec: Recorder = {
    depth: 0,
    violations: [],
    probes: [],
    probe(name, kind) {
      const probe = createProbe(name, kind);
      rec.probes.push(probe);
      return probe;
    },
    sink: {
      listening: (owner, address, port) => goUp(rec, owner, "listening", ["listener", "datagram"], address, port),
      accepted: (owner, handle, address, port) => recordAccepted(rec, owner, handle, address, port),
      connected: (owner, address, port) => goUp(rec, owner, "connected", ["stream"], address, port),
      data: (owner, bytes) => recordData(rec, platform, owner, bytes),
      ended: (owner) => recordEnded(rec, platform, owner),
      drained: (owner) => recordDrained(rec, owner),
      closed: (owner, err) => recordClosed(rec, owner, err),
      datagram(owner, bytes, address, port) {
        const probe = admit(rec, owner, "datagram", ["datagram"]);
        probe?.datagrams.push({ bytes: platform.bytes.latin1(bytes, 0, bytes.length), address, port });
      },
      wake(owner) {
        const probe = admit(rec, owner, "wake", ["timer", "stream"]);
        if (probe === undefined) return;
        probe.wakeCount++;
        probe.on.wake?.();
      },
    },
  };
  return rec;
}

/** The same platform, noting when a call is under way, so that an upcall from inside it is seen. */
export function watchCalls(platform: Platform, rec: Recorder): Platform {
  const during = <T>(call: () => T): T => {
    rec.depth++;
    try {
      return call();
    } finally {
      rec.depth--;
    }
  };
  return {
    name: platform.name,
    caps: platform.caps,
    bytes: platform.bytes,
    open: (sink) => during(() => platform.open(sink)),
    listen: (owner, spec) => during(() => platform.listen(owner, spec)),
    connect: (owner, spec) => during(() => platform.connect(owner, spec)),
    write: (handle, bytes) => during(() => platform.write(handle, bytes)),
    pause: (handle) => during(() => platform.pause(handle)),
    resume: (handle) => during(() => platform.resume(handle)),
    end: (handle) => during(() => platform.end(handle)),
    destroy: (handle) => during(() => platform.destroy(handle)),
    openDatagram: (owner, spec) => during(() => platform.openDatagram(owner, spec)),
    sendTo: (handle, bytes, host, port) => during(() => platform.sendTo(handle, bytes, host, port)),
    now: () => platform.now(),
    wallMs: () => platform.wallMs(),
    wakeAfter: (owner, ms) => during(() => platform.wakeAfter(owner, ms)),
    tidy: () => during(() => platform.tidy()),
    memory: () => platform.memory(),
    random: (count) => platform.random(count),
    digest: (name, bytes) => platform.digest(name, bytes),
    log: (line) => during(() => platform.log(line)),
    files: platform.files,
  };
}

/** True when `answer` of a write means "wait for drained"; notes it on the probe. */
export function isBlocked(probe: Probe, answer: number): boolean {
  if (answer !== WriteResult.WouldBlock) return false;
  probe.wantsDrained = true;
  return true;
}
