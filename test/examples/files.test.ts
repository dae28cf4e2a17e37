import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { exampleFile, inEveryPlace } from "./support.js";

/** What came back, byte for byte. */
interface Bytes {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function fetchBytes(port: number, path: string, headers: { [name: string]: string } = {}, method = "GET"): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const req = request({ port, method, path, headers, agent: false }, (res) => {
      const pieces: Buffer[] = [];
      res.on("data", (piece: Buffer) => pieces.push(piece));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(pieces) }));
    });
    req.on("error", reject).end();
  });
}

const file = (name: string): Buffer => readFileSync(exampleFile("files/" + name));

inEveryPlace("files.ts", (app) => {
  it("sends its files byte for byte, with their types", async () => {
    for (const [path, name, type] of [["/", "index.html", "text/html; charset=utf-8"], ["/style.css", "style.css", "text/css; charset=utf-8"], ["/meerkat.svg", "meerkat.svg", "image/svg+xml"], ["/notes/to-do.txt", "notes/to-do.txt", "text/plain; charset=utf-8"]]) {
      const { status, headers, body } = await fetchBytes(app().port, path);
      assert.deepEqual([status, headers["content-type"]], [200, type]);
      assert.ok(body.equals(file(name)), name);
    }
  });

  it("says 304 for what the browser has, and 206 for a part", async () => {
    const { headers } = await fetchBytes(app().port, "/style.css", {}, "HEAD");
    assert.equal(headers["content-length"], String(file("style.css").length));
    assert.equal((await fetchBytes(app().port, "/style.css", { "If-None-Match": headers.etag as string })).status, 304);
    const part = await fetchBytes(app().port, "/style.css", { Range: "bytes=10-19", "If-Range": headers.etag as string });
    assert.deepEqual([part.status, part.body.toString()], [206, file("style.css").toString().slice(10, 20)]);
  });

  it("executes its page of includes", async () => {
    const page = (await fetchBytes(app().port, "/status.shtml")).body.toString();
    assert.match(page, /<dd>\d+ s<\/dd>/);
    assert.match(page, /<dd>\d+ of \d+<\/dd>/);
    assert.ok(page.includes(file("parts/footer.html").toString()));
    assert.doesNotMatch(page, /<!--#/);
  });

  it("lists a directory, leads to its slash, and hides what is hidden", async () => {
    const { status, headers } = await fetchBytes(app().port, "/notes?x=y");
    assert.deepEqual([status, headers.location], [301, "/notes/?x=y"]);
    const page = (await fetchBytes(app().port, "/notes/")).body.toString();
    assert.deepEqual([...page.matchAll(/href="([^"]+)"/g)].map((m) => m[1]), ["../", "about.txt", "boards.csv", "to-do.txt"]);
    assert.equal((await fetchBytes(app().port, "/parts/footer.html")).status, 404);
  });

  it("has a page for what it has not, and no way out", async () => {
    for (const path of ["/nothing", "/../package.json", "/%2e%2e/package.json", "/notes/..%2f..%2fpackage.json"]) {
      const { status, body } = await fetchBytes(app().port, path);
      assert.equal(status, 404, path);
      assert.ok(body.equals(file("404.html")), path);
    }
    assert.equal((await fetchBytes(app().port, "/%c0%ae%c0%ae/package.json")).status, 400);
  });
}, "files");
