import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { BUILD_MAX_MS, CLIENT_PLACES, runOnce } from "./client-places.js";
import { exampleFile } from "./support.js";

/** More than a board has memory for. */
const BIG_BYTES = 300_000;

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

const APP = exampleFile("fetch.ts");

for (const place of CLIENT_PLACES) {
  (place.isHere ? describe : describe.skip)(`examples/fetch.ts on ${place.name}`, function () {
    this.timeout(BUILD_MAX_MS);

    it("follows a redirect and counts a body in chunks that is larger than memory", async () => {
      const text = await runOnce(place, APP, { URL: url + "/" }, /\d+ bytes: /);
      assert.match(text, /200 OK/);
      assert.match(text, /X-Agent: meerkat/);
      assert.match(text, new RegExp(`${BIG_BYTES} bytes: 01234567890123456789`));
    });

    it("tells a body that is cut off from a reply", async () => {
      const text = await runOnce(place, APP, { URL: url + "/part" }, /no reply: .*/);
      assert.match(text, /cut off after 4 bytes/);
      assert.match(text, /no reply: protocol violation/);
    });
  });
}
