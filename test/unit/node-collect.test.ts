import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodePlatform } from "../../platform/node/index.js";
import { WRITE_MAX_BYTES, type StreamHandle } from "../../platform/node/stream-handle.js";
import { type Connection, Manager, MG_EV_ACCEPT, MG_EV_TIMER } from "../../src/index.js";
import { freePort } from "../examples/support.js";

/* Large output is collected for one call of the kernel; what peers do not read waits in Node, and that has a bound. */

const PEERS = 24;
const WAITING_MAX_BYTES = 4194304;
const COLLECT_MAX_BYTES = 524288;

const pattern = Uint8Array.from({ length: WRITE_MAX_BYTES + 251 }, (_, i) => i % 251);

/** A connection's handle: this platform's. */
function handleOf(nc: Connection): StreamHandle {
  return (nc as unknown as { _sock: StreamHandle })._sock;
}

/** Waits until it is so. */
async function until(is: () => boolean, what: string): Promise<void> {
  for (let i = 0; !is(); i++) {
    assert.ok(i < 1200, what);
    await sleep(25);
  }
}

describe("output collected on Node", function () {
  this.timeout(60000);
  let mgr: Manager;
  let port: number;
  let accepted: Connection[];
  let clients: Socket[];
  let left: number;

  /** Sends `bytes` to each that comes: byte i is i modulo 251. */
  async function start(bytes: number): Promise<void> {
    left = bytes;
    port = await freePort();
    mgr.bind("tcp://127.0.0.1:" + port, (nc, ev) => {
      if (ev !== MG_EV_ACCEPT) return;
      accepted.push(nc);
      let at = 0;
      nc.sendFrom({
        next(max: number): Uint8Array | null {
          const n = Math.min(max, left - at);
          if (!n) return null;
          const from = at;
          at += n;
          return pattern.subarray(from % 251, (from % 251) + n);
        },
      });
    });
  }

  function open(): Socket {
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    clients.push(client);
    return client;
  }

  beforeEach(() => {
    mgr = new Manager(createNodePlatform({ lingerMs: 50 }), { pages: 4096, pageBytes: 4096 });
    mgr.run();
    accepted = [];
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.destroy();
    mgr.free();
  });

  it("arrives whole and in order at a reader that stops now and then", async () => {
    const size = 12 * 1024 * 1024 + 7;
    await start(size);
    const client = open();
    let got = 0;
    let stops = 0;
    client.on("data", (bytes) => {
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== (got + i) % 251) assert.fail("byte " + (got + i));
      got += bytes.length;
      if (got < 2000000 * (stops + 1)) return;
      stops++;
      client.pause();
      setTimeout(() => client.resume(), 30);
    });
    await until(() => got === size, "all of it");
    assert.equal(handleOf(accepted[0]).up.waitingBytes, 0);
  });

  it("collects no more than its bound for all connections that one event writes to", async () => {
    port = await freePort();
    let held = 0;
    const listener = mgr.bind("tcp://127.0.0.1:" + port, (nc, ev) => {
      if (ev === MG_EV_ACCEPT) accepted.push(nc);
      if (ev !== MG_EV_TIMER) return;
      // Asked for first, it comes before the kernel is offered anything.
      process.nextTick(() => (held = accepted.reduce((sum, each) => sum + handleOf(each).socket.writableLength, 0)));
      for (const each of accepted) each.sendFrom({ next: (max) => pattern.subarray(0, Math.min(max, WRITE_MAX_BYTES)) });
    });
    for (let i = 0; i < PEERS; i++) open();
    await until(() => accepted.length === PEERS, "all are here");
    listener.setTimer(mgr.time() + 0.01);
    await until(() => held > 0, "something was collected");
    assert.ok(held > COLLECT_MAX_BYTES && held <= WAITING_MAX_BYTES + COLLECT_MAX_BYTES + PEERS * WRITE_MAX_BYTES, "held " + held);
  });

  it("holds no more than its bound for peers that do not read, and nothing when they are gone", async () => {
    await start(1024 * 1024 * 1024);
    for (let i = 0; i < PEERS; i++) open().pause();
    await until(() => accepted.length === PEERS && accepted.every((nc) => handleOf(nc).isBlocked), "all are blocked");
    const up = handleOf(accepted[0]).up;
    const held = accepted.reduce((sum, nc) => sum + handleOf(nc).socket.writableLength, 0);
    assert.ok(up.waitingBytes > COLLECT_MAX_BYTES, "something was collected: " + up.waitingBytes);
    assert.ok(held <= WAITING_MAX_BYTES + COLLECT_MAX_BYTES + PEERS * WRITE_MAX_BYTES, "held " + held);
    for (const client of clients) client.destroy();
    await until(() => up.waitingBytes === 0, "given back: " + up.waitingBytes);
  });
});
