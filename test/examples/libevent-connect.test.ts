import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { BUILD_MAX_MS, CLIENT_PLACES, type Program } from "./client-places.js";
import { exampleFile, freePort } from "./support.js";

const LAST = /loop ended: .*/;

/** A server at that port that does this with each connection, while `run` runs. */
async function withServer(port: number, onSocket: (socket: Socket) => void, run: () => Promise<void>): Promise<void> {
  const server = createServer(onSocket).listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await run();
  } finally {
    server.close();
  }
}

/** Sends the first bytes back at once, and the rest a little later. */
function answerInTwo(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    socket.write(bytes.subarray(0, 5));
    setTimeout(() => socket.write(bytes.subarray(5)), 30);
  });
}

for (const place of CLIENT_PLACES) {
  (place.isHere ? describe : describe.skip)(`examples/libevent-connect.ts on ${place.name}`, function () {
    this.timeout(BUILD_MAX_MS);
    let port: number;
    let program: Program;

    before(async () => {
      port = await freePort();
      program = await place.build(exampleFile("libevent-connect.ts"), { HOST: "127.0.0.1", PORT: String(port) });
    });
    after(() => program.remove());

    it("says that it is connected, sends a line, and reads the answer, which comes in two pieces", async () => {
      await withServer(port, answerInTwo, async () => {
        assert.match(await program.run(LAST), /connected[^]*answer: hello from a bufferevent\r?\n[^]*loop ended: 0/);
      });
    });

    it("tells an end without an answer", async () => {
      await withServer(port, (socket) => void socket.once("data", () => socket.end()), async () => {
        assert.match(await program.run(LAST), /connected[^]*closed without an answer[^]*loop ended: 0/);
      });
    });

    it("tells why it is not connected", async () => {
      assert.match(await program.run(LAST), /error: [a-z ]*refused[^]*loop ended: 0/);
    });
  });
}
