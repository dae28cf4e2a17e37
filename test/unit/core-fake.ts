// A platform that does nothing by itself: the test decides every answer and makes every upcall.

import { byteOpsFor, type RawForm } from "../../platform/sim/byte-ops.js";
import { SIM_CAPS } from "../../platform/sim/sim-platform.js";
import { type Capabilities, type Handle, type Owner, type Platform, type Raw, type Sink, WriteResult } from "../../src/core/port.js";

/** A handle of the fake: what the core asked of it. */
export interface FakeHandle {
  owner: Owner | undefined;
  calls: string[];
  /** A write was answered with Closed or Failed: so are all that follow. */
  isOver: boolean;
}

/** The fake and its strings. */
export interface Fake {
  platform: Platform;
  sink: Sink;
  nowMs: number;
  /** What the next writes answer; empty: everything is taken. */
  answers: number[];
  handles: FakeHandle[];
  logs: string[];
  /** Who asked to be woken, and when. */
  wakes: Map<Owner, number>;
  /** Calls that the contract forbids. */
  violations: string[];
  /** A connection comes in at this listener's owner; answers its handle with the core's owner in it. */
  accept(listener: Owner): FakeHandle;
  /** Moves the clock and wakes whoever asked for it. */
  advance(ms: number): void;
}

function text(raw: Raw): string {
  return typeof raw === "string" ? raw : Buffer.from(raw).toString("latin1");
}

/** Makes a fake platform. */
export function fakePlatform(caps: Partial<Capabilities> = {}, form: RawForm = "string"): Fake {
  const fake: Fake = {
    platform: undefined as unknown as Platform,
    sink: undefined as unknown as Sink,
    nowMs: 1000,
    answers: [],
    handles: [],
    logs: [],
    wakes: new Map(),
    violations: [],
    accept(listener) {
      const handle = make(fake, undefined);
      handle.owner = fake.sink.accepted(listener, handle, "10.9.9.9", 999);
      return handle;
    },
    advance(ms) {
      const endMs = fake.nowMs + ms;
      for (let guard = 0; guard < 100_000; guard++) {
        const due = [...fake.wakes].filter(([, at]) => at <= endMs).sort((a, b) => a[1] - b[1])[0];
        if (due === undefined) {
          fake.nowMs = endMs;
          return;
        }
        fake.wakes.delete(due[0]);
        fake.nowMs = Math.max(fake.nowMs, due[1]);
        fake.sink.wake(due[0]);
      }
      throw new Error("The core asks to be woken for ever");
    },
  };
  fake.platform = platformOf(fake, caps, form);
  return fake;
}

function make(fake: Fake, owner: Owner | undefined): FakeHandle {
  const handle: FakeHandle = { owner, calls: [], isOver: false };
  fake.handles.push(handle);
  return handle;
}

function say(fake: Fake, handle: Handle, call: string): void {
  const known = handle as FakeHandle;
  if (known.calls.includes("destroy")) fake.violations.push(`${call} after destroy`);
  known.calls.push(call);
}

/** What the core calls. */
function platformOf(fake: Fake, caps: Partial<Capabilities>, form: RawForm): Platform {
  return {
    name: "fake",
    caps: { ...SIM_CAPS, ...caps },
    bytes: byteOpsFor(form),
    open: (sink) => void (fake.sink = sink),
    listen: (owner) => make(fake, owner),
    connect: (owner) => make(fake, owner),
    write(handle, bytes) {
      const known = handle as FakeHandle;
      const answer = known.isOver ? WriteResult.Closed : fake.answers.length > 0 ? (fake.answers.shift() as number) : bytes.length;
      known.isOver = answer < WriteResult.WouldBlock;
      say(fake, handle, `write ${text(bytes)}${answer < 0 ? " " + answer : ""}`);
      return answer;
    },
    pause: (handle) => say(fake, handle, "pause"),
    resume: (handle) => say(fake, handle, "resume"),
    end: (handle) => say(fake, handle, "end"),
    destroy: (handle) => say(fake, handle, "destroy"),
    openDatagram: (owner) => make(fake, owner),
    sendTo(handle, bytes, host, port) {
      say(fake, handle, `sendTo ${host}:${port} ${text(bytes)}`);
      return fake.answers.length > 0 ? (fake.answers.shift() as number) : bytes.length;
    },
    now: () => fake.nowMs,
    wallMs: () => 1_700_000_000_000 + fake.nowMs,
    wakeAfter(owner, ms) {
      if (ms < 0) fake.wakes.delete(owner);
      else fake.wakes.set(owner, fake.nowMs + ms);
    },
    tidy: () => undefined,
    memory: () => ({ free: 1, total: 2, unit: "pages" }),
    random: (count) => "r".repeat(count),
    digest: () => "",
    log: (line) => void fake.logs.push(line),
  };
}
