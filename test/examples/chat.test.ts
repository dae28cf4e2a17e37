import assert from "node:assert/strict";
import { esp32 } from "../../boards/esp32.js";
import { buildBundle } from "../../cli/build/index.js";
import { bench } from "../unit/virtual-board-support.js";
import { Client, exampleFile, inEveryPlace, until } from "./support.js";

inEveryPlace("chat.ts", (app) => {
  let clients: Client[] = [];

  async function enter(name: string): Promise<Client> {
    const client = await Client.open(app().port);
    clients.push(client);
    await client.hears("What is your name?\r\n");
    client.send(`${name}\r\n`);
    await client.hears(`Hello ${name}!`);
    await client.hears("\r\n");
    return client;
  }

  afterEach(async () => {
    for (const client of clients) client.send("/quit\n");
    await until(() => clients.every((client) => client.isClosed), () => "the end of every connection");
    clients = [];
  });

  it("brings each line to everybody else, with the name of who wrote it", async () => {
    const anna = await enter("anna");
    const bert = await enter("bert");
    const caro = await enter("caro");
    await anna.hears("* bert has joined\r\n");
    await anna.hears("* caro has joined\r\n");
    await bert.hears("* caro has joined\r\n");
    anna.send("good morning\r\n");
    assert.equal(await bert.hears("anna: good morning\r\n"), "");
    assert.equal(await caro.hears("anna: good morning\r\n"), "");
    bert.send("half a ");
    caro.send("first\n");
    bert.send("line\nand another\n");
    assert.equal(await anna.hears("bert: and another\r\n"), "caro: first\r\nbert: half a line\r\n");
  });

  it("keeps text whole that is not ASCII", async () => {
    const anna = await enter("anna");
    const bert = await enter("b\u00e9rt");
    await anna.hears("* b\u00e9rt has joined\r\n");
    bert.send("gr\u00fc\u00dfe \u20ac \ud83d\ude00\n");
    assert.equal(await anna.hears("\r\n"), "b\u00e9rt: gr\u00fc\u00dfe \u20ac \ud83d\ude00");
  });

  it("tells who is here, and who leaves", async () => {
    const anna = await enter("anna");
    const bert = await enter("bert");
    anna.send("/who\n");
    assert.match(await anna.hears("bert, anna\r\n"), /\* 2 here: $/);
    bert.close();
    clients.pop();
    await anna.hears("* bert has left\r\n");
  });

  it("asks again for a name that is taken, empty or too long", async () => {
    await enter("anna");
    const second = await Client.open(app().port);
    clients.push(second);
    second.send("anna\n");
    await second.hears("The name anna is taken");
    second.send("\n");
    await second.hears("A name has 1 to 20 letters");
    second.send(`${"x".repeat(21)}\n`);
    await second.hears("A name has 1 to 20 letters");
    second.send("zoe\n");
    await second.hears("Hello zoe!");
  });

  it("drops a line that is too long, and goes on with the next", async () => {
    const anna = await enter("anna");
    const bert = await enter("bert");
    await anna.hears("* bert has joined\r\n");
    bert.send(`${"x".repeat(5000)}\nshort\n`);
    assert.equal(await anna.hears("\r\n"), "bert: short");
    await bert.hears("* That line was dropped: it is over 256 bytes\r\n");
    anna.send("still here?\n");
    assert.equal(await bert.hears("anna: still here?\r\n"), "");
  });

  it("passes on nothing that could control a terminal", async () => {
    const anna = await enter("anna");
    const bert = await enter("bert");
    await anna.hears("* bert has joined\r\n");
    bert.send("\u001b[2Jboo\u0007\u0000\n");
    assert.equal(await anna.hears("\r\n"), "bert: [2Jboo");
  });
});

describe("examples/chat.ts with a member who does not read", function () {
  this.timeout(120_000);

  it("leaves out messages for that one, and only for that one", async () => {
    const { code } = await buildBundle({ app: exampleFile("chat.ts"), board: esp32 });
    const { world, board, connect, pass } = bench(code);
    pass();
    const [anna, bert, lazy] = ["anna", "bert", "lazy"].map((name) => {
      const peer = connect(2323);
      peer.send(`${name}\n`);
      pass();
      peer.take();
      return peer;
    });
    bert.take();
    lazy.pauseReading();
    const line = "x".repeat(200);
    const count = 100;
    for (let i = 0; i < count; i++) {
      anna.send(`${line}${i}\n`);
      world.runUntil(() => bert.received.endsWith(`${i}\r\n`), 5000, `message ${i} at the one who reads`);
    }
    assert.equal(bert.take().split("\r\n").length - 1, count);
    lazy.resumeReading();
    pass(5000);
    const heard = lazy.take();
    const got = heard.split("anna: ").length - 1;
    assert.ok(got > 0 && got < count, `the slow one got ${got}`);
    anna.send("and now?\n");
    pass(5000);
    assert.match(lazy.take(), new RegExp(`^\\* You missed ${count - got} messages\r\nanna: and now\\?\r\n$`));
    assert.equal(lazy.state, "open");
    board.stop();
  });
});
