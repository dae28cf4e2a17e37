import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { esp32 } from "../../boards/esp32.js";
import { linux } from "../../boards/linux.js";
import { buildBundle, buildNode } from "../../cli/build/index.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { exampleFile, until } from "./support.js";

const BUILD_MAX_MS = 120_000;
/** More than a board has memory for. */
const BIG_BYTES = 300_000;
const ESPRUINO = process.env.ESPRUINO ?? "";

let server: Server;
let url: string;

/** Pages of every kind: a redirect to one in chunks. */
before(async () => {
  server = createServer((req, res) => {
    if (req.url === "/") res.writeHead(302, { Location: "big" }).end("gone");
    else if (req.url === "/big") {
      res.setHeader("X-Agent", req.headers["user-agent"] ?? "");
      for (let i = 0; i < BIG_BYTES; i += 1000) res.write("0123456789".repeat(100));
      res.end();
    } else res.setHeader("Content-Length", 10).write("part", () => setTimeout(() => res.destroy(), 50));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** What the program prints until `last` is in it. */
type Place = { name: string; isHere: boolean; fetch(url: string, last: RegExp): Promise<string> };

async function waitFor(output: () => string, last: RegExp): Promise<string> {
  await until(() => last.test(output()), () => `${last} in ${output()}`);
  return output();
}

async function inChild(child: ChildProcess, last: RegExp): Promise<string> {
  let text = "";
  child.stdout?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (text += bytes.toString()));
  try {
    return await waitFor(() => text, last);
  } finally {
    child.kill("SIGKILL");
  }
}

async function inDirectory<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-fetch-"));
  try {
    return await run(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const APP = exampleFile("fetch.ts");

const PLACES: Place[] = [
  {
    name: "Node",
    isHere: true,
    fetch: (from) =>
      inDirectory(async (dir) => {
        const out = join(dir, "app.mjs");
        await buildNode({ app: APP, out });
        const child = spawn(process.execPath, [out], { env: { ...process.env, URL: from } });
        const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
        let text = "";
        child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
        assert.equal(await ended, 0, "the program ends by itself");
        return text;
      }),
  },
  {
    name: "a virtual ESP32",
    isHere: true,
    async fetch(from, last) {
      const { code } = await buildBundle({ app: APP, board: esp32, defines: { URL: from } });
      const lines: string[] = [];
      const board = createVirtualBoard(createNodePlatform(), esp32, { log: (line) => lines.push(line) });
      board.run(code);
      try {
        return await waitFor(() => lines.join("\n"), last);
      } finally {
        board.stop();
      }
    },
  },
  {
    name: "the real interpreter ($ESPRUINO)",
    isHere: ESPRUINO !== "",
    fetch: (from, last) =>
      inDirectory(async (dir) => {
        const out = join(dir, "app.js");
        await buildBundle({ app: APP, board: linux, defines: { URL: from }, out });
        return inChild(spawn(ESPRUINO, [out], { cwd: dir }), last);
      }),
  },
];

for (const place of PLACES) {
  (place.isHere ? describe : describe.skip)(`examples/fetch.ts on ${place.name}`, function () {
    this.timeout(BUILD_MAX_MS);

    it("follows a redirect and counts a body in chunks that is larger than memory", async () => {
      const text = await place.fetch(url + "/", /\d+ bytes: /);
      assert.match(text, /200 OK/);
      assert.match(text, /X-Agent: meerkat/);
      assert.match(text, new RegExp(`${BIG_BYTES} bytes: 01234567890123456789`));
    });

    it("tells a body that is cut off from a reply", async () => {
      const text = await place.fetch(url + "/part", /no reply: .*/);
      assert.match(text, /cut off after 4 bytes/);
      assert.match(text, /no reply: protocol violation/);
    });
  });
}
