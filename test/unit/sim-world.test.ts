import assert from "node:assert/strict";
import { createEventQueue } from "../../platform/sim/event-queue.js";
import { createSimWorld, type SimFaults, type SimWorld } from "../../platform/sim/index.js";
import { type Handle, type Owner, type Platform, type Sink } from "../../src/core/port.js";

const ROUGH: Partial<SimFaults> = {
  recvPartial: 0.4, byteAtATime: 0.2, sendWouldBlock: 0.2, acceptError: 0.05, resetProbability: 0.01, stall: 0.05, jitterMs: 5,
};

/** A server that sends back what it gets; the smallest program on the bare port. */
function runEcho(platform: Platform, port: number): void {
  const handles = new Map<Owner, Handle>();
  const sink: Sink = {
    listening: () => undefined,
    accepted(_listener, handle) {
      const owner = {};
      handles.set(owner, handle);
      return owner;
    },
    connected: () => undefined,
    data(owner, bytes) {
      const handle = handles.get(owner);
      if (platform.write(handle, bytes) === bytes.length) return 0;
      return bytes.length;
    },
    drained: (owner) => platform.resume(handles.get(owner)),
    ended: (owner) => platform.end(handles.get(owner)),
    closed: () => undefined,
    datagram: () => undefined,
    wake: () => undefined,
  };
  platform.open(sink);
  platform.listen({}, { host: "", port });
}

/** Several clients talk to the echo server; answers the log of the wire. */
function story(seed: number, faults: Partial<SimFaults>): string[] {
  const log: string[] = [];
  const world = createSimWorld({ seed, faults, log: (line) => log.push(line) });
  runEcho(world.platform({ host: "10.0.0.1" }), 7);
  const peers = [1, 2, 3, 4].map((n) => world.connectPeer(`10.0.0.${10 + n}`, "10.0.0.1", 7));
  peers.forEach((peer, i) => world.after(5 * i, () => peer.send("x".repeat(5000 + i))));
  world.after(400, () => peers.forEach((peer) => peer.fin()));
  world.runFor(20_000);
  log.push(peers.map((peer) => `${peer.state} ${peer.error} ${peer.receivedCount}`).join());
  return log;
}

describe("sim event queue", () => {
  it("runs what is planned in order of time, and in order of planning at the same time", () => {
    const queue = createEventQueue();
    const ran: string[] = [];
    for (const [ms, name] of [[5, "c"], [1, "a"], [5, "d"], [1, "b"], [9, "e"]] as const) queue.after(ms, () => ran.push(name));
    while (queue.step());
    assert.equal(ran.join(""), "abcde");
    assert.equal(queue.now(), 9);
  });

  it("keeps the order of many events planned at random times", () => {
    const queue = createEventQueue();
    const ran: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const ms = (i * 7919) % 101;
      queue.after(ms, () => ran.push(ms * 1000 + i));
    }
    while (queue.step());
    assert.deepEqual(ran, [...ran].sort((a, b) => a - b));
    assert.equal(ran.length, 1000);
  });

  it("does not run what was cancelled, nor count it as planned", () => {
    const queue = createEventQueue();
    const event = queue.after(1, () => assert.fail("cancelled"));
    queue.cancel(event);
    queue.cancel(undefined);
    assert.equal(queue.nextAtMs(), undefined);
    assert.equal(queue.step(), false);
  });

  it("runs what is planned inside an event, later ones after it", () => {
    const queue = createEventQueue();
    const ran: string[] = [];
    queue.after(1, () => {
      ran.push("first");
      queue.after(0, () => ran.push("second"));
      queue.after(-5, () => ran.push("third"));
    });
    while (queue.step());
    assert.deepEqual(ran, ["first", "second", "third"]);
    assert.equal(queue.now(), 1);
  });
});

describe("sim world", () => {
  it("runs the same program with the same seed into the identical log", () => {
    const first = story(11, ROUGH);
    assert.ok(first.length > 50);
    assert.deepEqual(story(11, ROUGH), first);
  });

  it("runs differently with another seed", () => {
    assert.notDeepEqual(story(12, ROUGH), story(11, ROUGH));
  });

  it("runs the same with every seed when nothing can go wrong", () => {
    assert.deepEqual(story(12, {}), story(11, {}));
  });

  it("echoes everything when nothing goes wrong", () => {
    assert.equal(story(1, {}).at(-1), "closed 0 5000,closed 0 5001,closed 0 5002,closed 0 5003");
  });

  it("lets time pass only when it is stepped", () => {
    const world = createSimWorld({ seed: 1 });
    runEcho(world.platform({ host: "10.0.0.1" }), 7);
    const peer = world.connectPeer("10.0.0.9", "10.0.0.1", 7);
    assert.deepEqual([world.now, peer.state, world.idle], [0, "connecting", false]);
    world.runFor(100);
    assert.deepEqual([world.now, peer.state], [100, "open"]);
  });

  it("is idle when nothing is planned any more", () => {
    const world = createSimWorld({ seed: 1 });
    assert.equal(world.idle, true);
    assert.equal(world.step(), false);
    runEcho(world.platform({ host: "10.0.0.1" }), 7);
    const peer = world.connectPeer("10.0.0.9", "10.0.0.1", 7);
    peer.send("x");
    while (world.step());
    assert.equal(world.idle, true);
    assert.equal(peer.received, "x");
    assert.ok(world.now < 100, "the time-out of the connect is not waited for");
  });

  it("names the seed, the time and the wish when a wish does not come true", () => {
    const world = createSimWorld({ seed: 4711 });
    const timer = (): void => void world.after(10, timer);
    timer();
    assert.throws(() => world.runUntil(() => false, 500, "peace"), /within 500 ms: peace \(seed 4711, at 500 ms/);
  });

  it("says at once when a wish can never come true because nothing is planned", () => {
    const world = createSimWorld({ seed: 5 });
    assert.throws(() => world.runUntil(() => false, 500, "peace"), /nothing more is planned: peace \(seed 5/);
  });

  it("stops at the event that makes a wish come true", () => {
    const world = createSimWorld({ seed: 5 });
    let count = 0;
    for (let i = 1; i <= 5; i++) world.after(i, () => count++);
    world.runUntil(() => count === 3);
    assert.deepEqual([count, world.now], [3, 3]);
  });

  it("refuses a seed or a fault that is none", () => {
    for (const seed of [-1, 1.5, 2 ** 32, NaN]) assert.throws(() => createSimWorld({ seed }), RangeError);
    assert.throws(() => createSimWorld({ seed: 1, faults: { stall: 1.1 } }), /Fault stall is 1\.1/);
    assert.throws(() => createSimWorld({ seed: 1, faults: { jitterMs: -1 } }), /Fault jitterMs is -1/);
  });

  it("gives every platform its own random bytes, the same ones in every run", () => {
    const bytes = (world: SimWorld): string[] =>
      ["10.0.0.1", "10.0.0.1", "10.0.0.2"].map((host) => world.platform({ host }).random(8));
    const first = bytes(createSimWorld({ seed: 6 }));
    assert.deepEqual(bytes(createSimWorld({ seed: 6 })), first);
    assert.equal(new Set(first).size, 3);
  });

  it("starts the wall clock where it is told", () => {
    const world = createSimWorld({ seed: 1, epochMs: Date.UTC(2030, 0, 1) });
    const platform = world.platform({ host: "10.0.0.1" });
    world.runFor(1500);
    assert.equal(platform.wallMs(), Date.UTC(2030, 0, 1) + 1500);
    assert.equal(platform.now(), 1500);
  });

  it("refuses a platform's upcall before it was opened, and a second sink", () => {
    const world = createSimWorld({ seed: 1 });
    const platform = world.platform({ host: "10.0.0.1" });
    platform.listen({}, { host: "", port: 80 });
    assert.throws(() => world.runFor(1), /10\.0\.0\.1: its platform was not opened/);
    platform.open({} as Sink);
    assert.throws(() => platform.open({} as Sink), /two sinks/);
  });

  it("refuses a write above writeMaxBytes and a handle of another kind, because the core must not do that", () => {
    const world = createSimWorld({ seed: 1 });
    const platform = world.platform({ host: "10.0.0.1", caps: { writeMaxBytes: 4 } });
    const conn = platform.connect({}, { host: "10.0.0.2", port: 80 });
    assert.throws(() => platform.write(conn, "12345"), /write of 5 bytes is above writeMaxBytes, 4/);
    assert.throws(() => platform.sendTo(conn, "x", "10.0.0.2", 80), /not a datagram socket/);
    assert.throws(() => platform.write(platform.listen({}, { host: "", port: 1 }), "x"), /not a stream/);
  });

  it("writes log lines of a program to its own sink or into the world's log", () => {
    const lines: string[] = [];
    const world = createSimWorld({ seed: 1, log: (line) => lines.push(line) });
    world.platform({ host: "10.0.0.1" }).log("hello");
    const own: string[] = [];
    world.platform({ host: "10.0.0.2", log: (line) => own.push(line) }).log("there");
    assert.deepEqual(lines, ["0 log 10.0.0.1 hello"]);
    assert.deepEqual(own, ["there"]);
  });

  it("answers memory as it was told to", () => {
    const world = createSimWorld({ seed: 1 });
    const memory = { free: 100, total: 200, unit: "variables" };
    assert.equal(world.platform({ host: "10.0.0.1" }).memory(), undefined);
    assert.deepEqual(world.platform({ host: "10.0.0.2", memory: () => memory }).memory(), memory);
  });
});
