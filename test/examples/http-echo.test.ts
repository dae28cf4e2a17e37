import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { ask, Client, inEveryPlace } from "./support.js";

/** Larger than any board's memory for data. */
const LARGE_BYTES = 150_000;

/** Sends a body of known length with Node's own client, which reads while it sends. Answers hash and size of the echo. */
function echoOf(port: number, body: Buffer): Promise<{ status: number; bytes: number; sha1: string }> {
  return new Promise((resolve, reject) => {
    const req = request({ port, method: "PUT", path: "/large", headers: { "Content-Length": body.length }, agent: false }, (res) => {
      const hash = createHash("sha1");
      let bytes = 0;
      res.on("data", (piece: Buffer) => {
        hash.update(piece);
        bytes += piece.length;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, bytes, sha1: hash.digest("hex") }));
    });
    req.on("error", reject).end(body);
  });
}

inEveryPlace("http-echo.ts", (app) => {
  it("echoes body and Content-Type, and tells method and URL", async () => {
    const answer = await ask(app().port, "POST", "/a/b?c=d&e=%20", "text/x-note; charset=utf-8", "hello");
    assert.deepEqual([answer.status, answer.body], [200, "hello"]);
    const { headers } = answer;
    assert.deepEqual([headers["content-type"], headers["content-length"]], ["text/x-note; charset=utf-8", "5"]);
    assert.deepEqual([headers["x-seen-method"], headers["x-seen-url"]], ["POST", "/a/b?c=d&e=%20"]);
  });

  it("takes any method, with a body and without", async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]) {
      const answer = await ask(app().port, method, "/m");
      assert.deepEqual([answer.status, answer.headers["x-seen-method"], answer.body], [200, method, ""]);
    }
    assert.equal((await ask(app().port, "DELETE", "/m", "", "gone")).body, "gone");
  });

  it("answers HEAD with the head only", async () => {
    const client = await Client.open(app().port);
    client.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\nGET /g HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.match(await client.hears("\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\nX-Seen-Method: HEAD\r\n/);
    assert.match(await client.hears("\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\nX-Seen-Method: GET\r\n/);
    client.close();
  });

  it("echoes every byte there is", async () => {
    const client = await Client.open(app().port);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 257\r\nConnection: close\r\n\r\n");
    client.send(Buffer.concat([bytes, Buffer.from("!")]));
    await client.hears("\r\n\r\n");
    await client.hears("!");
    client.close();
    const again = await Client.open(app().port);
    again.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n");
    again.send(Buffer.concat([bytes, Buffer.from("\r\n1\r\n!\r\n0\r\n\r\n")]));
    assert.match(await again.hears("\r\n\r\n"), /\r\nContent-Length: 257$/);
    await again.hears("!");
    again.close();
  });

  it("asks for the body of a client that waits to be asked", async () => {
    const client = await Client.open(app().port);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert.equal(await client.hears("\r\n\r\n"), "HTTP/1.1 100 Continue");
    client.send("hello");
    assert.match(await client.hears("hello"), /^HTTP\/1\.1 200 OK\r\n/);
    client.close();
  });

  it("passes a body on that is larger than the memory for data", async () => {
    const body = randomBytes(LARGE_BYTES);
    const sha1 = createHash("sha1").update(body).digest("hex");
    assert.deepEqual(await echoOf(app().port, body), { status: 200, bytes: LARGE_BYTES, sha1 });
  });

  it("serves on after a client that went away in the middle of a large body", async () => {
    for (let i = 0; i < 3; i++) {
      const client = await Client.open(app().port);
      client.send(`POST /${i} HTTP/1.1\r\nHost: x\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n` + "x".repeat(20_000));
      // What it sent has been read when a later connection is answered.
      await ask(app().port, "GET", "/");
      client.close();
    }
    assert.equal((await ask(app().port, "POST", "/", "", "still here")).body, "still here");
  });
});
