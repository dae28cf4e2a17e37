import assert from "node:assert/strict";
import { connect, type OnReadOpts, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodePlatform } from "../../platform/node/index.js";
import { sharedRead } from "../../platform/node/shared-read.js";
import { Phase, StreamHandle } from "../../platform/node/stream-handle.js";
import { type Connection, Manager, MG_EV_ACCEPT, MG_EV_RECV } from "../../src/index.js";
import { freePort } from "../examples/support.js";

/* Where much comes at a time each read has a buffer of its own, which a socket that then falls silent keeps. */

const PEERS = 100;
const OWN_MAX = 64;
const BURST = 1024 * 1024 + 13;

const burst = Uint8Array.from({ length: BURST }, (_, i) => i % 251);

function handleOf(nc: Connection): StreamHandle {
  return (nc as unknown as { _sock: StreamHandle })._sock;
}

describe("buffers of their own for sockets that get much (Node)", function () {
  this.timeout(60000);

  let mgr: Manager;
  const clients: Socket[] = [];
  beforeEach(() => {
    mgr = new Manager(createNodePlatform(), { pages: 4096, pageBytes: 4096 });
    mgr.run();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    mgr.free();
  });

  it("are so many and no more, whatever falls silent", () => {
    const readBuffer = Buffer.alloc(65536);
    const up = { readBuffer, ownBuffers: 0, sink: { data: () => 0 } } as unknown as StreamHandle["up"];
    const readers = Array.from({ length: PEERS }, () => sharedRead(new StreamHandle(up, {}, Phase.Open)) as OnReadOpts);
    const next = (reader: OnReadOpts): unknown => (reader.buffer as () => unknown)();
    const large = (reader: OnReadOpts): unknown => {
      reader.callback(40000, readBuffer);
      return next(reader);
    };
    for (const reader of readers) assert.equal(next(reader), readBuffer);
    const got = readers.map(large);
    assert.equal(new Set(got.slice(0, OWN_MAX)).size, OWN_MAX);
    assert.ok(got.slice(0, OWN_MAX).every((buffer) => buffer instanceof Uint8Array && buffer !== readBuffer));
    assert.ok(got.slice(OWN_MAX).every((buffer) => buffer === undefined), "the others go on with the shared one");
    readers[0].callback(5, got[0] as Uint8Array);
    assert.equal(next(readers[0]), readBuffer, "after little it is given back");
    assert.ok(large(readers[OWN_MAX]) instanceof Uint8Array, "and somebody else may have one");
    assert.equal(up.ownBuffers, OWN_MAX);
  });

  it("lose nothing, and none is left when all are closed", async () => {
    const port = await freePort();
    const accepted: Connection[] = [];
    let right = 0;
    let most = 0;
    mgr.bind("tcp://127.0.0.1:" + port, (nc, ev) => {
      if (ev === MG_EV_ACCEPT) {
        nc.userData = 0;
        accepted.push(nc);
      }
      if (ev !== MG_EV_RECV) return;
      most = Math.max(most, handleOf(nc).up.ownBuffers);
      const bytes = nc.recvMbuf.slice();
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== ((nc.userData as number) + i) % 251) return;
      nc.userData = (nc.userData as number) + bytes.length;
      nc.recvMbuf.remove(bytes.length);
      if (nc.userData === BURST) right++;
    });
    for (let i = 0; i < PEERS; i++) clients.push(connect(port, "127.0.0.1", () => clients[i].write(burst)).on("error", () => undefined));
    for (let i = 0; right < PEERS; i++) {
      assert.ok(i < 1200, `all got everything: ${right}`);
      await sleep(25);
    }
    const up = handleOf(accepted[0]).up;
    const own = accepted.filter((nc) => handleOf(nc).hasOwnBuffer).length;
    assert.equal(up.ownBuffers, own);
    assert.ok(most > 0 && most <= OWN_MAX, `${most} sockets had one`);
    for (const client of clients) client.destroy();
    for (let i = 0; up.ownBuffers > 0; i++) {
      assert.ok(i < 1200, `given back: ${up.ownBuffers}`);
      await sleep(25);
    }
  });
});
