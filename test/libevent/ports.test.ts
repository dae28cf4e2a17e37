// The ported programs do what they do in C: in the simulator, with pools of a board's size.

import assert from "node:assert/strict";
import { createSimWorld, type SimPeer, type SimWorld } from "../../platform/sim/index.js";
import { EventBase } from "../../src/libevent/index.js";
import { helloWorld, proxy, rot13Server } from "./ports.js";

const HERE = "10.0.0.1";
const THERE = "10.0.0.9";
const TARGET = "10.0.0.5";
/** As an ESP32 has it. */
const POOL = { pages: 32, pageBytes: 512 };

/** A world with a base in it; at the end every page is back. */
function onBoard(run: (world: SimWorld, base: EventBase) => void): void {
  const world = createSimWorld({ seed: 7 });
  const base = new EventBase(world.platform({ host: HERE }), POOL);
  base.dispatch();
  run(world, base);
  world.runFor(1000);
  assert.equal(base.manager.pool._free, base.manager.pool.pages, "the pool is full again");
  base.free();
}

function open(world: SimWorld, port: number): SimPeer {
  world.runFor(10);
  return world.connectPeer(THERE, HERE, port);
}

/** Different bytes, that many. */
function pattern(count: number): string {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(97 + ((i + (i >> 7)) % 26))).join("");
}

describe("a port of hello-world.c", () => {
  it("greets, and closes when the greeting has gone", () => {
    onBoard((world, base) => {
      const said: string[] = [];
      helloWorld(base, ":9995", (line) => said.push(line));
      const peer = open(world, 9995);
      world.runUntil(() => peer.state === "ended" || peer.state === "closed");
      assert.equal(peer.received, "Hello, World!\n");
      assert.deepEqual(said, ["flushed answer"]);
      peer.close();
    });
  });
});

describe("a port of the book's rot13 server", () => {
  it("answers line by line, however the lines come", () => {
    onBoard((world, base) => {
      rot13Server(base, ":40713");
      const peer = open(world, 40713);
      for (const byte of "Hello\nWorld, it is 2 o'clock\nrest") {
        peer.send(byte);
        world.runFor(2);
      }
      assert.equal(peer.received, "Uryyb\nJbeyq, vg vf 2 b'pybpx\n");
      peer.send("\n");
      world.runFor(10);
      assert.equal(peer.received, "Uryyb\nJbeyq, vg vf 2 b'pybpx\nerfg\n");
      peer.close();
    });
  });
});

describe("a port of le-proxy.c", () => {
  /** A server behind the proxy that sends back what it gets, and what it got. */
  function target(world: SimWorld): { peers: SimPeer[] } {
    const found: { peers: SimPeer[] } = { peers: [] };
    world.listenPeer(TARGET, 80, (peer) => found.peers.push(peer));
    return found;
  }

  it("passes on both ways, and the end of one is the end of the other", () => {
    onBoard((world, base) => {
      const behind = target(world);
      proxy(base, ":8888", `${TARGET}:80`);
      const peer = open(world, 8888);
      peer.send("request");
      world.runUntil(() => behind.peers[0]?.received === "request");
      behind.peers[0].send("reply");
      behind.peers[0].fin();
      world.runUntil(() => peer.state !== "open");
      assert.equal(peer.received, "reply");
      peer.close();
      behind.peers[0].close();
    });
  });

  it("makes a fast sender wait for a slow reader, and loses nothing", () => {
    onBoard((world, base) => {
      const behind = target(world);
      proxy(base, ":8888", `${TARGET}:80`);
      const peer = open(world, 8888);
      const sent = pattern(100_000);
      peer.send(sent);
      world.runUntil(() => behind.peers.length > 0);
      behind.peers[0].pauseReading();
      world.runFor(2000);
      assert.ok(peer.unsentCount > 0, "the sender waits");
      assert.ok(base.manager.pool._free > 0, "there is memory for others");
      behind.peers[0].resumeReading();
      const end = pattern(3000);
      peer.send(end);
      peer.fin();
      world.runUntil(() => behind.peers[0].state !== "open");
      assert.equal(behind.peers[0].received, sent + end);
      peer.close();
      behind.peers[0].close();
    });
  });

  it("closes the connection whose target cannot be reached", () => {
    onBoard((world, base) => {
      proxy(base, ":8888", `${TARGET}:81`);
      const peer = open(world, 8888);
      world.runUntil(() => peer.state !== "open" && peer.state !== "connecting");
      assert.equal(peer.received, "");
      peer.close();
    });
  });
});
