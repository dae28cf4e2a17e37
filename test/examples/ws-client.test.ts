import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildNode } from "../../cli/build/index.js";
import { exampleFile, until } from "./support.js";
import { message, once, type Peer, peerServer } from "./ws-peer.js";

describe("examples/ws-client.ts", function () {
  this.timeout(120_000);

  it("connects to a server written by others, echoes what it receives, and ends with the connection", async () => {
    const peers: Peer[] = [];
    const server = await peerServer({}, (peer) => peers.push(peer));
    const dir = mkdtempSync(join(tmpdir(), "meerkat-ws-client-"));
    const out = join(dir, "app.mjs");
    await buildNode({ app: exampleFile("ws-client.ts"), out });
    const child = spawn(process.execPath, [out], { env: { ...process.env, URL: `ws://127.0.0.1:${server.port}/chat` } });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    const exit = once(child, "exit");
    await until(() => peers.length > 0, () => text);
    for (const payload of ["hello", "é".repeat(500)]) {
      peers[0].send(payload);
      const got = await message(peers[0]);
      assert.deepEqual([got.isBinary, got.bytes.toString()], [false, payload]);
    }
    const bytes = Buffer.alloc(70_000, 200);
    peers[0].send(bytes);
    const got = await message(peers[0]);
    assert.ok(got.isBinary && got.bytes.equals(bytes));
    peers[0].close(1000);
    await exit;
    assert.match(text, /ready: [^]*open: ws:[^]*closed: 0\n/);
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
});
