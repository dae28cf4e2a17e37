import assert from "node:assert/strict";
import { ask, Client, inEveryPlace, until } from "./support.js";

const EVENTS = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

inEveryPlace("sse.ts", (app) => {
  /** The next reading a client gets. */
  async function reading(client: Client): Promise<{ celsius: number; pages: number; uptimeS: number }> {
    await client.hears("event: reading\ndata: ");
    return JSON.parse(await client.hears("\n\n"));
  }

  it("serves a page of less than 4 kB that needs nothing from elsewhere", async () => {
    const page = await ask(app().port, "GET", "/");
    assert.deepEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"]);
    assert.ok(page.body.startsWith("<!doctype html>") && page.body.endsWith("</html>\n") && page.body.length < 4000, `${page.body.length} bytes`);
    assert.doesNotMatch(page.body, /https?:|src=|@import|url\(/);
  });

  it("sends a reading at once, and then one after the other", async () => {
    const client = await Client.open(app().port);
    client.send(EVENTS);
    assert.match(await client.hears("\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n[^]*Content-Type: text\/event-stream/);
    for (let i = 0; i < 3; i++) {
      const { celsius, pages, uptimeS } = await reading(client);
      assert.ok(celsius > 20 && celsius < 24 && uptimeS >= 0, String(celsius));
      assert.equal(pages, 1);
    }
    client.close();
  });

  it("takes so many pages and no more, and others again when one has gone", async () => {
    const clients: Client[] = [];
    for (let i = 0; i < 4; i++) {
      const client = await Client.open(app().port);
      clients.push(client);
      client.send(EVENTS);
      await reading(client);
    }
    while ((await reading(clients[0])).pages !== 4);
    assert.equal((await ask(app().port, "GET", "/events")).status, 503);
    clients.pop()?.close();
    while ((await reading(clients[0])).pages !== 3);
    for (const client of clients) client.close();
    await until(() => clients.every((client) => client.isClosed), () => "the end of all clients");
  });
});
