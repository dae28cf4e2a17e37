import assert from "node:assert/strict";
import { ask, Client, inEveryPlace } from "./support.js";

inEveryPlace("hello.ts", (app) => {
  it("answers GET / with Hello World as plain text", async () => {
    const answer = await ask(app().port, "GET", "/");
    assert.deepEqual([answer.status, answer.headers["content-type"], answer.body], [200, "text/plain", "Hello World"]);
  });

  it("answers anything else with 404", async () => {
    assert.equal((await ask(app().port, "GET", "/hello")).status, 404);
  });

  it("answers one request after the other on the same connection", async () => {
    const client = await Client.open(app().port);
    for (let i = 0; i < 3; i++) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.match(await client.hears("Hello World"), /^HTTP\/1\.1 200 OK\r\n/);
    }
    client.close();
  });

  it("tells the budget of the pool when it is ready", () => {
    assert.match(app().output(), /ready: pool: \d+ pages x \d+ B/);
  });
});
