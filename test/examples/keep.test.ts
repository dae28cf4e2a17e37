import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { esp32 } from "../../boards/esp32.js";
import { linux } from "../../boards/linux.js";
import { buildBundle, buildNode } from "../../cli/build/index.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { exampleFile, freePort, until } from "./support.js";

const ESPRUINO = process.env.ESPRUINO ?? "";
const APP = exampleFile("keep.ts");

/** A server that answers lines. */
function serve(port: number, lines: string[]): { server: Server; sockets: Socket[] } {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      lines.push(...bytes.toString().trim().split("\n"));
      socket.write("thanks\n");
    });
  }).listen(port, "127.0.0.1");
  return { server, sockets };
}

function childOf(child: ChildProcess): { output(): string; stop(): void } {
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  return { output: () => text, stop: () => void child.kill("SIGKILL") };
}

type Start = (address: string, dir: string) => Promise<{ output(): string; stop(): void }>;

const PLACES: { name: string; isHere: boolean; start: Start }[] = [
  {
    name: "Node", isHere: true,
    async start(address, dir) {
      await buildNode({ app: APP, out: join(dir, "app.mjs") });
      return childOf(spawn(process.execPath, [join(dir, "app.mjs")], { env: { ...process.env, SERVER: address } }));
    },
  },
  {
    name: "a virtual ESP32", isHere: true,
    async start(address) {
      const { code } = await buildBundle({ app: APP, board: esp32, defines: { SERVER: address, SSID: "home" } });
      const lines: string[] = [];
      const board = createVirtualBoard(createNodePlatform(), esp32, { log: (line) => lines.push(line) });
      board.run(code);
      return { output: () => lines.join("\n"), stop: () => board.stop() };
    },
  },
  {
    name: "the real interpreter ($ESPRUINO)", isHere: ESPRUINO !== "",
    async start(address, dir) {
      await buildBundle({ app: APP, board: linux, defines: { SERVER: address }, out: join(dir, "app.js") });
      return childOf(spawn(ESPRUINO, [join(dir, "app.js")], { cwd: dir }));
    },
  },
];

for (const place of PLACES) {
  (place.isHere ? describe : describe.skip)(`examples/keep.ts on ${place.name}`, function () {
    this.timeout(120_000);

    it("sends its readings, also those from before there was a server, and comes back when that restarts", async () => {
      const dir = mkdtempSync(join(tmpdir(), "meerkat-keep-"));
      const port = await freePort();
      const lines: string[] = [];
      const app = await place.start(`tcp://127.0.0.1:${port}`, dir);
      try {
        await until(() => app.output().includes("ready: "), () => app.output());
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const first = serve(port, lines);
        await until(() => /connected to .*answer: thanks/s.test(app.output()), () => app.output());
        assert.equal(lines[0], "reading 1");
        first.server.close();
        for (const socket of first.sockets) socket.destroy();
        await until(() => /lost: error/.test(app.output()), () => app.output());
        const count = lines.length;
        const second = serve((first.server.address() as AddressInfo | null)?.port ?? port, lines);
        await until(() => lines.length > count, () => app.output());
        assert.equal(app.output().split("connected to ").length, 3);
        second.server.close();
        for (const socket of second.sockets) socket.destroy();
      } finally {
        app.stop();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  });
}
