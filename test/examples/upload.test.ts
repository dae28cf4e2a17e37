import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ask, Client, inEveryPlace } from "./support.js";

/** What the example says of a part. */
interface Told {
  name: string;
  filename: string | null;
  size: number;
  sha1: string;
}

/** A form of Node's own, and what is to be said of it. */
class Form {
  readonly data = new FormData();
  readonly told: Told[] = [];

  field(name: string, value: string): this {
    this.data.append(name, value);
    return this.tell(name, null, Buffer.from(value));
  }

  file(name: string, filename: string, bytes: Buffer): this {
    this.data.append(name, new Blob([bytes]), filename);
    return this.tell(name, filename, bytes);
  }

  private tell(name: string, filename: string | null, bytes: Buffer): this {
    this.told.push({ name, filename, size: bytes.length, sha1: createHash("sha1").update(bytes).digest("hex") });
    return this;
  }
}

const MULTIPART = "multipart/form-data; boundary=b";
const HEAD = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";

inEveryPlace("upload.ts", (app) => {
  const send = (form: Form): Promise<Response> => fetch(`http://127.0.0.1:${app().port}/upload`, { method: "POST", body: form.data });

  it("tells name, file name, size and sha1 of each part, in order", async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919) >> 3 & 255));
    const form = new Form().field("note", "hello").file("f", 'a "b".bin', bytes).file("f", "empty", Buffer.alloc(0)).field("é€", "日本").field("", "\r\n--");
    const reply = await send(form);
    assert.equal(reply.headers.get("content-type"), "application/json");
    assert.deepEqual([reply.status, await reply.json()], [200, form.told]);
  });

  it("takes a file larger than its pages, in pieces", async () => {
    const form = new Form().file("f", "large", Buffer.alloc(60_000, "0123456789\r\n--")).field("last", "x");
    assert.deepEqual(await (await send(form)).json(), form.told);
  });

  it("answers a form without parts with an empty array", async () => {
    const answer = await ask(app().port, "POST", "/upload", MULTIPART, "--b--\r\n");
    assert.deepEqual([answer.status, answer.body], [200, "[]"]);
  });

  it("answers 400 for a malformed body, and serves on", async () => {
    for (const body of ["junk", HEAD + "x", HEAD + "x\r\n--b", "--b\r\n\r\nx\r\n--b--", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"]) {
      assert.equal((await ask(app().port, "POST", "/upload", MULTIPART, body)).status, 400, JSON.stringify(body));
    }
    assert.equal((await ask(app().port, "POST", "/upload", "multipart/form-data", HEAD)).status, 400);
    assert.equal((await ask(app().port, "POST", "/upload")).status, 400);
    assert.equal((await ask(app().port, "POST", "/upload", "text/plain", "x")).status, 415);
    assert.equal((await ask(app().port, "POST", "/upload", MULTIPART, HEAD + "x\r\n--b--")).status, 200);
  });

  it("takes a body in chunks, and the next request on the same connection", async () => {
    const client = await Client.open(app().port);
    for (let i = 0; i < 2; i++) {
      client.send(`POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: ${MULTIPART}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      for (const piece of [HEAD, "x\r", "\n--b--"]) client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      client.send("0\r\n\r\n");
      assert.match(await client.hears('"sha1":"11f6ad8ec52a2984abaafd7c3b516503785c2072"}]'), /200 OK[^]*\[\{"name":"a","filename":null,"size":1,$/);
    }
    client.close();
  });

  it("serves a page to send files from, and nothing else", async () => {
    const page = await ask(app().port, "GET", "/");
    assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
    assert.match(page.body, /<form>[^]*type="file"[^]*"\/upload"/);
    assert.equal((await ask(app().port, "GET", "/other")).status, 404);
    const refused = await ask(app().port, "GET", "/upload");
    assert.deepEqual([refused.status, refused.headers.allow], [405, "POST"]);
    assert.equal((await ask(app().port, "POST", "/other", MULTIPART, HEAD)).status, 404);
  });
});
