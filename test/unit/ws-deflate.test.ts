import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { deflateRawSync } from "node:zlib";
import { createNodePlatform } from "../../platform/node/index.js";
import { Manager } from "../../src/index.js";
import { connectWs, type DeflateOptions, sendWebsocketFrame, setProtocolWebsocket, websocketDeflate } from "../../src/websocket/index.js";
import { closed, message, openPeer, type Peer, peerServer } from "../examples/ws-peer.js";
import { freePort } from "../examples/support.js";
import { stage } from "./core-support.js";
import { openWs, serveWs, upgrade } from "./ws-support.js";

const TEXTS = ["a".repeat(5000), "small", "é€😀 again and again ".repeat(300), "a".repeat(5000), "", "b".repeat(1024)];

let mgr: Manager;

/** An echo server that compresses. */
async function server(options: DeflateOptions, messageMaxBytes = 100_000): Promise<string> {
  const port = await freePort();
  mgr = new Manager(createNodePlatform(), { pages: 1024, pageBytes: 1024 });
  const listener = mgr.bind("tcp://127.0.0.1:" + port, (nc, ev, data) => ev === 113 && void sendWebsocketFrame(nc, data.op, data));
  setProtocolWebsocket(listener, { extension: websocketDeflate(options), messageMaxBytes });
  mgr.run();
  return `ws://127.0.0.1:${port}/`;
}

async function talk(peer: Peer): Promise<void> {
  for (const text of TEXTS) {
    peer.send(text);
    assert.equal((await message(peer)).bytes.toString(), text);
  }
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * i) >> 7));
  for (let i = 0; i < 3; i++) {
    peer.send(bytes);
    assert.ok((await message(peer)).bytes.equals(bytes));
  }
}

/** Compressed bytes as `ws` sends them in a frame, by hand. */
function rawFrame(payload: Buffer): Buffer {
  const head = Buffer.from(payload.length < 126 ? [0xc1, 0x80 | payload.length, 0, 0, 0, 0] : [0xc1, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

describe("websocket: permessage-deflate", function () {
  this.timeout(20_000);
  afterEach(() => mgr?.free());

  for (const takeover of [false, true]) {
    for (const theirs of [{}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true }]) {
      it(`takes and gives compressed messages, ${takeover ? "with" : "without"} takeover, to a peer that wants ${JSON.stringify(theirs)}`, async () => {
        const url = await server({ takeover });
        const peer = await openPeer(url, [], { perMessageDeflate: { threshold: 0, ...theirs } });
        assert.equal(peer.extensions, "permessage-deflate");
        await talk(peer);
        peer.close();
        await closed(peer);
        assert.equal(mgr.pool.free, mgr.pool.pages);
      });
    }

    it(`works as a client of a server written by others, ${takeover ? "with" : "without"} takeover`, async () => {
      const there = await peerServer({ perMessageDeflate: { threshold: 0 } }, (peer) => {
        void talk(peer).then(() => peer.close());
      });
      mgr = new Manager(createNodePlatform());
      mgr.run();
      const err = await new Promise((resolve) => connectWs(mgr, (nc, ev, data) => {
        if (ev === 113) sendWebsocketFrame(nc, data.op, data);
        if (ev === 5) resolve(nc.err);
      }, `ws://127.0.0.1:${there.port}/`, { extension: websocketDeflate({ takeover }) }));
      assert.equal(err, 0);
      there.close();
    });
  }

  /** What repeats itself, but further apart than a small window reaches. */
  const block = createHash("sha512").update("x").digest("hex").repeat(2) + "y".repeat(600);
  const distant = Array.from({ length: 40 }, (_, i) => block.slice(i, i + 100) + "z".repeat(700)).join("") + block;

  for (const takeover of [false, true]) {
    it(`refers no further back than the client's window of 512 bytes, ${takeover ? "with" : "without"} takeover`, async () => {
      const peer = await openPeer(await server({ takeover }), [], { perMessageDeflate: { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 } });
      for (let i = 0; i < 3; i++) {
        peer.send(distant);
        assert.equal((await message(peer)).bytes.toString(), distant);
      }
      await talk(peer);
      peer.terminate();
    });

    it(`nor, as a client, than the server's, ${takeover ? "with" : "without"} takeover`, async () => {
      const there = await peerServer({ perMessageDeflate: { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 } }, (peer) => {
        peer.send(distant);
        void message(peer).then(() => talk(peer)).then(() => peer.close());
      });
      mgr = new Manager(createNodePlatform());
      mgr.run();
      const err = await new Promise((resolve) => connectWs(mgr, (nc, ev, data) => {
        if (ev === 113) sendWebsocketFrame(nc, data.op, data);
        if (ev === 5) resolve(nc.err);
      }, `ws://127.0.0.1:${there.port}/`, { extension: websocketDeflate({ takeover }) }));
      assert.equal(err, 0);
      there.close();
    });
  }

  /** What a server on Node answers to an offer: the Sec-WebSocket-Extensions line, or undefined. */
  async function answerTo(offer: string): Promise<string | undefined> {
    const { port } = new URL(await server({ takeover: true }));
    const conn = connect(Number(port), "127.0.0.1");
    conn.write(upgrade(`Sec-WebSocket-Extensions: ${offer}\r\n`));
    const [bytes] = (await once(conn, "data")) as [Buffer];
    conn.destroy();
    return /\r\nSec-WebSocket-Extensions: (.*)\r\n/.exec(bytes.toString("latin1"))?.[1];
  }

  for (const [offer, expected] of [
    ["permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"],
    ['permessage-deflate; server_max_window_bits="12"', "permessage-deflate; server_max_window_bits=12"],
    ["permessage-deflate; server_max_window_bits=15; client_max_window_bits", "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits=8", "permessage-deflate"],
    ["permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"],
    ...["server_max_window_bits", "server_max_window_bits=8", "server_max_window_bits=16", "server_max_window_bits=010", "client_max_window_bits=7",
      "client_max_window_bits=1e1", "client_max_window_bits=", "server_no_context_takeover=1", "x", "client_max_window_bits; client_max_window_bits=9"].map((p) => ["permessage-deflate; " + p, undefined]),
  ] as const) {
    it(`${expected ? `answers ${expected}` : "declines"} when ${offer} is offered`, async () => {
      assert.equal(await answerTo(offer as string), expected);
    });
  }

  it("is not agreed on with a peer that does not offer it", async () => {
    const peer = await openPeer(await server({}));
    assert.equal(peer.extensions, "");
    await talk(peer);
    peer.terminate();
  });

  for (const [what, payload, code] of [
    ["what is no deflate stream", Buffer.from([0xff, 0xff, 0xff]), 1007],
    ["compressed text that is no UTF-8", deflateRawSync(Buffer.from([0x61, 0xff])), 1007],
    ["a small frame that becomes a large message", deflateRawSync(Buffer.alloc(1_000_000)), 1009],
  ] as const) {
    it(`refuses ${what} with ${code}`, async () => {
      const peer = await openPeer(await server({}, 10_000), [], { perMessageDeflate: true });
      (peer as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(rawFrame(payload));
      assert.equal((await closed(peer))[0], code);
    });
  }

  it("is neither accepted nor offered where the platform cannot compress", () => {
    const s = stage();
    serveWs(s, [], { extension: websocketDeflate() });
    openWs(s, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    const peer = s.peer(80);
    peer.send(upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    s.run(20);
    assert.doesNotMatch(peer.take(), /Extensions/);
    s.finish();
  });
});
