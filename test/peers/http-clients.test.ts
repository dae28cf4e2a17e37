import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Browser, chromiumPath } from "../examples/browser.js";
import { Client, inEveryPlace } from "../examples/support.js";
import { type Proxy, run, startNginx, withProgram } from "./programs.js";

/* Clients and proxies that other people wrote, against examples/http-echo.ts wherever it runs. */

/** Fits everywhere, in chunks as well. */
const SMALL = randomBytes(700);
/** Larger than a board's memory for data. */
const LARGE = randomBytes(60_000);
const REPORT = "\n%{http_code} %{size_upload} %{num_connects}\n";

inEveryPlace("http-echo.ts", (app) => {
  const url = (path = "/"): string => `http://127.0.0.1:${app().port}${path}`;
  const binary = (bytes: Buffer): string => bytes.toString("latin1");

  /** Sends `body` with curl, and wants it back. */
  async function curls(curl: string, body: Buffer, options: string[], path = "/"): Promise<void> {
    const { code, stdout, stderr } = await run(curl, ["-sS", "--max-time", "30", "-T", "-", "-w", REPORT, ...options, url(path)], body);
    const [status] = stdout.slice(body.length + 1).split(" ");
    assert.deepEqual([code, stderr, status], [0, "", "200"]);
    assert.equal(stdout.slice(0, body.length), binary(body));
  }

  withProgram("curl", "uploads in chunks, asking first and not asking", async (curl) => {
    await curls(curl, SMALL, ["-H", "Transfer-Encoding: chunked"]);
    await curls(curl, SMALL, ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]);
    await curls(curl, SMALL, ["-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"]);
  });

  withProgram("curl", "uploads of known length, asking first, not asking, with HTTP/1.0", async (curl) => {
    const dir = mkdtempSync(join(tmpdir(), "meerkat-peers-"));
    const file = join(dir, "body");
    for (const body of [SMALL, LARGE]) {
      writeFileSync(file, body);
      for (const options of [[], ["-H", "Expect:"], ["-H", "Expect: 100-continue"], ["--http1.0"], ["-X", "POST"], ["--no-keepalive"]]) {
        const { code, stdout } = await run(curl, ["-sS", "--max-time", "30", "-T", file, ...options, url("/up")]);
        assert.deepEqual([code, stdout === binary(body)], [0, true], options.join(" "));
      }
    }
    rmSync(dir, { recursive: true });
  });

  withProgram("curl", "HEAD, GET with a body, and the head as it came", async (curl) => {
    const head = await run(curl, ["-sSI", url("/h")]);
    assert.match(head.stdout, /^HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)*X-Seen-Method: HEAD\r\n/);
    const get = await run(curl, ["-sS", "-X", "GET", "-d", "a=b", url("/g")]);
    assert.equal(get.stdout, "a=b");
  });

  withProgram("curl", "several requests on one connection", async (curl) => {
    const each = Array.from({ length: 5 }, (_, i) => ["-o", "/dev/null", url(`/${i}`)]).flat();
    const { stdout } = await run(curl, ["-sS", "-d", "x", "-w", "%{http_code} %{num_connects},", ...each]);
    assert.equal(stdout, "200 1,200 0,200 0,200 0,200 0,");
  });

  withProgram("nc", "requests in a row, then the end of the stream", async (nc) => {
    const wire = ["GET /1", "GET /2", "GET /3"].map((line) => `${line} HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
    const { stdout } = await run(nc, ["-w", "5", "127.0.0.1", String(app().port)], wire + "GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.deepEqual([...stdout.matchAll(/X-Seen-Url: (\S+)/g)].map((m) => m[1]), ["/1", "/2", "/3", "/4"]);
  });

  withProgram("ab", "kept and unkept connections, no request failed", async (ab) => {
    for (const options of [["-k"], []]) {
      const { stdout } = await run(ab, ["-q", "-n", "200", "-c", "3", ...options, url()]);
      assert.match(stdout, /Complete requests: +200\nFailed requests: +0\n/);
    }
  });

  withProgram("h2load", "with HTTP/1.1, no request failed", async (h2load) => {
    const { stdout } = await run(h2load, ["--h1", "-n", "300", "-c", "3", "-m", "4", url()]);
    assert.match(stdout, /300 succeeded, 0 failed, 0 errored/);
  });

  withProgram("wrk", "no request failed", async (wrk) => {
    const { stdout } = await run(wrk, ["-t1", "-c3", "-d1s", url()]);
    assert.match(stdout, /\d+ requests in/);
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
  });

  withProgram("nginx", "in front: kept connections, chunks, bodies collected by it and not", async (nginx) => {
    const proxy: Proxy = await startNginx(nginx, app().port);
    try {
      for (const path of ["/", "/through/x", "/old/x"]) {
        for (let i = 0; i < 3; i++) {
          const sized = await fetch(`http://127.0.0.1:${proxy.port}${path}`, { method: "POST", body: SMALL });
          assert.deepEqual([sized.status, Buffer.from(await sized.arrayBuffer())], [200, SMALL]);
          const stream = new Blob([SMALL]).stream();
          const init = { method: "PUT", body: stream, duplex: "half" } as RequestInit;
          const chunked = await fetch(`http://127.0.0.1:${proxy.port}${path}`, init);
          assert.deepEqual([chunked.status, Buffer.from(await chunked.arrayBuffer())], [200, SMALL]);
        }
      }
    } finally {
      proxy.stop();
    }
  });

  it("fetch of Node (undici): bodies of known length and in chunks, on kept connections", async () => {
    for (let i = 0; i < 10; i++) {
      const answer = await fetch(url(`/f${i}?q`), { method: "POST", body: SMALL, headers: { "Content-Type": "x/y" } });
      assert.deepEqual([answer.status, answer.headers.get("content-type"), answer.headers.get("x-seen-url")], [200, "x/y", `/f${i}?q`]);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), SMALL);
      const chunked = await fetch(url(), { method: "POST", body: new Blob([SMALL]).stream(), duplex: "half" } as RequestInit);
      assert.deepEqual(Buffer.from(await chunked.arrayBuffer()), SMALL);
    }
  });

  it("node:http with an agent: two kept connections, many requests", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const ask = (i: number): Promise<string> =>
      new Promise((resolve, reject) => {
        const req = request({ agent, port: app().port, method: "POST", path: `/${i}`, headers: { "Transfer-Encoding": "chunked" } }, (res) => {
          let text = "";
          res.setEncoding("latin1").on("data", (piece: string) => (text += piece));
          res.on("end", () => resolve(text));
        });
        req.on("error", reject);
        req.write(`one ${i}, `);
        req.end("two");
      });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(i)));
    answers.forEach((answer, i) => assert.equal(answer, `one ${i}, two`));
    agent.destroy();
  });

  it("is not disturbed by a client that talks TLS, nor by one that talks HTTP/2", async () => {
    for (const hello of ["\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"]) {
      const client = await Client.open(app().port);
      client.send(Buffer.from(hello, "latin1"));
      assert.match(await client.hears("\r\n\r\n"), /^HTTP\/1\.1 (400|505) /);
      client.close();
    }
  });

  (chromiumPath === "" ? it.skip : it)("chromium: fetch from a page, several at once", async () => {
    const page = await Browser.open(`http://localhost:${app().port}/`, 400, 400);
    try {
      await page.until(`location.port === "${app().port}" && document.readyState === "complete"`);
      await page.read(`window.result = ""; Promise.all([1, 2, 3, 4, 5, 6].map(async (i) => {
        const answer = await fetch("/b" + i, { method: "POST", body: "x".repeat(i * 100) });
        return answer.status + answer.headers.get("x-seen-url") + (await answer.text()).length;
      })).then((list) => { window.result = list.join(" "); }, (e) => { window.result = String(e); })`);
      await page.until(`window.result !== ""`);
      assert.equal(await page.read("window.result"), [1, 2, 3, 4, 5, 6].map((i) => `200/b${i}${i * 100}`).join(" "));
    } finally {
      await page.close();
    }
  });
});
