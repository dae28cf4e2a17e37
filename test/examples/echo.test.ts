import assert from "node:assert/strict";
import { Client, inEveryPlace, type Running, until } from "./support.js";

/** All byte values, over and over. */
function pattern(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => (i + (i >> 8)) & 255));
}

async function echoed(client: Client, sent: Buffer): Promise<void> {
  await until(() => client.received.length >= sent.length, () => `${sent.length} bytes, there are ${client.received.length}`);
  assert.ok(client.received.equals(sent), "the same bytes in the same order");
}

/** What holds for every echo server. */
function echoes(app: () => Running): void {
  it("sends back every byte value", async () => {
    const client = await Client.open(app().port);
    const sent = pattern(256);
    client.send(sent);
    await echoed(client, sent);
    client.close();
  });

  it("sends back more than the board's memory holds, to several clients at once", async () => {
    const clients = await Promise.all([1, 2, 3].map(() => Client.open(app().port)));
    const sent = pattern(100_000);
    for (const client of clients) client.send(sent);
    for (const client of clients) await echoed(client, sent);
    for (const client of clients) client.close();
  });

  it("goes on when a client that did not read reads again", async () => {
    const [lazy, other] = await Promise.all([Client.open(app().port), Client.open(app().port)]);
    const sent = pattern(200_000);
    lazy.socket.pause();
    lazy.send(sent);
    other.send(sent);
    await echoed(other, sent);
    lazy.socket.resume();
    await echoed(lazy, sent);
    lazy.close();
    other.close();
  });
}

inEveryPlace("echo.ts", echoes);
inEveryPlace("libevent-echo.ts", echoes);
