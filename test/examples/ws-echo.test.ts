import assert from "node:assert/strict";
import { Browser, chromiumPath } from "./browser.js";
import { exampleFile, inEveryPlace, type Running, startOnNode } from "./support.js";
import { closed, message, once, openPeer } from "./ws-peer.js";

const url = (app: Running, path = "/"): string => `ws://127.0.0.1:${app.port}${path}`;

inEveryPlace("ws-echo.ts", (app) => {
  it("echoes text as text and bytes as bytes, on any path", async () => {
    const peer = await openPeer(url(app(), "/any/path?x=1"));
    for (const text of ["hello", "", "é€😀", "x".repeat(125), "y".repeat(126), "z".repeat(3000)]) {
      peer.send(text);
      const got = await message(peer);
      assert.deepEqual([got.isBinary, got.bytes.toString()], [false, text]);
    }
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    peer.send(bytes);
    const got = await message(peer);
    assert.ok(got.isBinary && got.bytes.equals(bytes));
    peer.terminate();
  });

  it("puts fragments together, and answers a Ping between them", async () => {
    const peer = await openPeer(url(app()));
    const pong = once(peer, "pong");
    peer.send("a", { fin: false });
    peer.ping("p");
    peer.send("é", { fin: false });
    peer.send("c", { fin: true });
    assert.equal((await message(peer)).bytes.toString(), "aéc");
    assert.equal(String((await pong)[0]), "p");
    peer.terminate();
  });

  it("answers a Close in kind", async () => {
    const peer = await openPeer(url(app()));
    peer.close(4001, "done");
    assert.deepEqual(await closed(peer), [4001, "done"]);
  });

  it("refuses text that is no UTF-8", async () => {
    const peer = await openPeer(url(app()));
    peer.send(Buffer.from([0x61, 0xff]), { binary: false });
    assert.equal((await closed(peer))[0], 1007);
  });
});

describe("examples/ws-echo.ts with much to do", function () {
  this.timeout(120_000);
  let app: Running;
  before(async () => {
    app = await startOnNode(exampleFile("ws-echo.ts"));
  });
  after(() => app?.stop());

  it("echoes 16 MiB, and refuses a byte more with 1009", async () => {
    const peer = await openPeer(url(app), [], { maxPayload: 2 ** 25 });
    const bytes = Buffer.alloc(16 * 1024 * 1024, "0123456789abcdefg");
    peer.send(bytes);
    assert.ok((await message(peer)).bytes.equals(bytes));
    peer.send(Buffer.alloc(bytes.length + 1));
    assert.equal((await closed(peer))[0], 1009);
  });

  it("takes 65,536 fragments", async () => {
    const peer = await openPeer(url(app));
    for (let i = 1; i < 65_536; i++) peer.send("z", { fin: false });
    peer.send("!", { fin: true });
    assert.equal((await message(peer)).bytes.length, 65_536);
    peer.terminate();
  });

  it("answers messages that come faster than they are read, all and in order", async () => {
    const peer = await openPeer(url(app));
    const sizes = Array.from({ length: 400 }, (_, i) => (i * 7919) % 100_000);
    const got: number[] = [];
    peer.on("message", (bytes: Buffer) => void got.push(bytes.length));
    for (const size of sizes) peer.send(Buffer.alloc(size));
    peer.close(1000);
    await closed(peer);
    assert.deepEqual(got, sizes);
  });

  (chromiumPath ? it : it.skip)("speaks to a browser (chromium)", async () => {
    const page = await Browser.open("about:blank", 400, 400);
    await page.read(`(() => {
      window.got = [];
      const ws = new WebSocket("${url(app)}");
      ws.binaryType = "arraybuffer";
      ws.onopen = () => { ws.send("h\\u00e9llo"); ws.send(new Uint8Array([0, 128, 255])); ws.send("x".repeat(200000)); };
      ws.onmessage = (e) => {
        got.push(typeof e.data === "string" ? (e.data.length > 9 ? e.data.length : e.data) : [...new Uint8Array(e.data)]);
        if (got.length === 3) ws.close(4002, "bye");
      };
      ws.onclose = (e) => got.push([e.code, e.reason, e.wasClean]);
    })()`);
    await page.until("window.got.length === 4");
    assert.deepEqual(await page.read("got"), ["h\u00e9llo", [0, 128, 255], 200000, [4002, "bye", true]]);
    await page.close();
  });
});
