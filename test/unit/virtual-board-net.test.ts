// Sockets of the virtual board, one quirk of the firmware a test. The far ends are scripted peers in the simulator.

import assert from "node:assert/strict";
import { WATCH, bench, linux, printed } from "./virtual-board-support.js";

/** A server on port 80 that watches each connection, and then does what `body` says with `c`. */
function server(body: string): string {
  return `${WATCH} var n = 0;
    require("net").createServer(function (c) { var id = ++n; watch(c, id); ${body} }).listen(80);`;
}

describe("virtual board: receiving", () => {
  it("delivers what arrives in pieces of at most one chunk", () => {
    const one = bench(server(""));
    const peer = one.connect(80);
    peer.send("x".repeat(1500));
    one.pass();
    assert.deepEqual(one.lines, ["1 data 536", "1 data 536", "1 data 428"]);
  });

  it("calls the data listener inside the pass and everything else at its end", () => {
    const one = bench(server(`c.on("data", function () { var o = {};
      o.on("x", function () { print("queued"); }); o.emit("x"); print("after emit"); });`));
    const peer = one.connect(80);
    one.pass();
    peer.send("a");
    one.pass();
    assert.deepEqual(one.lines, ["1 data 1", "after emit", "queued"]);
  });

  it("gives bytes that came before the accept to the first data listener only", () => {
    const one = bench(server(`c.on("data", function (d) { print("second", d); });`));
    const peer = one.connect(80);
    peer.send("early");
    one.pass();
    peer.send("late");
    one.pass();
    assert.deepEqual(one.lines, ["1 data 5", "1 data 4", "second late"]);
  });

  it("queues events for the listeners there are when they are queued", () => {
    const code = `var o = {}; o.on("x", function () { print("first"); });
      setTimeout(function () { o.emit("x"); o.on("x", function () { print("late"); }); }, 1);`;
    assert.deepEqual(printed(code), ["first"]);
  });

  it("hands over bytes 0 to 255 unchanged in both directions", () => {
    const one = bench(server(`c.on("data", function (d) { c.write(d); });`));
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const peer = one.connect(80);
    one.pass();
    peer.send(all);
    one.pass();
    assert.equal(peer.received, all);
  });

  it("keeps what arrives without a data listener, and hands it on late and out of order as the firmware does", () => {
    const one = bench(`require("net").createServer(function (c) {
      setTimeout(function () { print(c.available(), c.dRcv.length);
        c.on("data", function (d) { print(d.length); if (!--left) c.clsNow = true; }); }, 50); var left = 4; }).listen(80);`);
    one.connect(80).send("x".repeat(2000));
    one.pass();
    // The rest comes before what was buffered, and again in every pass, the one that closes included: a firmware fault.
    assert.deepEqual(one.lines, ["536 1464", "1464", "536", "1464", "1464", "1464"]);
  });

  it("gives buffered bytes to read and tells their number", () => {
    const one = bench(`require("net").createServer(function (c) {
      setTimeout(function () { print(c.available(), c.read(3), c.read(), c.available()); }, 50); }).listen(80);`);
    one.connect(80).send("abcdef");
    one.pass();
    assert.deepEqual(one.lines, ["6 abc def 0"]);
  });

  it("skips a socket whose sckt was taken away, which makes the peer wait, and goes on when it is back", () => {
    const one = bench(server(`var s = c.sckt; delete c.sckt; setTimeout(function () { print("back"); c.sckt = s; }, 500);`));
    const peer = one.connect(80);
    one.pass(10);
    peer.send("x".repeat(20000));
    one.pass(400);
    assert.equal(one.lines.length, 0);
    assert.ok(peer.unsentCount > 0, "the peer has to keep what the board does not take");
    one.pass(2000);
    assert.equal(one.lines[0], "back");
    const counts = one.lines.slice(1).map((line: string) => Number(line.split(" ")[2]));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), 20000);
  });

  it("loses the chunk a data listener threw at, reports it once and goes on", () => {
    const one = bench(server(`c.on("data", function (d) { if (d === "bad") throw new Error("thrown"); });`));
    const peer = one.connect(80);
    one.pass();
    peer.send("bad");
    one.pass();
    peer.send("good");
    one.pass();
    assert.equal(one.lines.filter((line) => line.startsWith("Uncaught Error: thrown")).length, 1);
    assert.equal(one.lines.at(-1), "1 data 4");
  });
});

describe("virtual board: accepting", () => {
  it("accepts one connection for each server in a pass", () => {
    const passes: number[] = [];
    const one = bench(`require("net").createServer(function () { print("accepted"); }).listen(80);`, {
      log: () => passes.push(one.board.passCount),
    });
    for (let i = 0; i < 3; i++) one.connect(80);
    one.pass();
    assert.deepEqual(passes.map((pass) => pass - passes[0]), [0, 1, 2]);
  });

  it("hands over a socket that is already dead when the peer left while waiting, and fires nothing for it", () => {
    const one = bench(server(`print(id, c.sckt, c.conn);`));
    const peers = [one.connect(80), one.connect(80), one.connect(80)];
    for (const peer of peers) one.world.after(2, () => peer.close());
    one.pass();
    assert.ok(one.lines.includes("3 undefined false"), one.lines.join("|"));
    assert.equal(one.lines.filter((line) => line.startsWith("3 ")).length, 1);
  });

  it("has the first bytes in the buffer when they came before the accept, and gives them to a listener set there", () => {
    const one = bench(`require("net").createServer(function (c) { print(c.available() + (c.dRcv || "").length);
      c.on("data", function (d) { print(d); }); }).listen(80);`, { world: { latencyMs: 0 } });
    one.connect(80).send("early");
    one.pass();
    assert.deepEqual(one.lines.at(-1), "early");
  });

  it("drops the connection that would need one socket more than the board has", () => {
    const one = bench(server(`print("accepted");`), { on: { sockets: 3 } });
    const peers = [one.connect(80), one.connect(80), one.connect(80)];
    one.pass();
    assert.equal(one.lines.length, 2);
    assert.equal(one.board.socketCount, 3);
    assert.deepEqual(peers.map((peer) => peer.state === "open"), [true, true, false]);
  });

  it("leaves that connection waiting where the stack is Linux's", () => {
    const one = bench(server(`print("accepted"); if (id === 1) setTimeout(function () { c.end(); }, 200);`), {
      base: linux,
      on: { sockets: 3 },
    });
    for (let i = 0; i < 3; i++) one.connect(80);
    one.pass();
    assert.equal(one.lines.length, 2);
    one.pass(500);
    assert.equal(one.lines.filter((line) => line === "accepted").length, 3);
  });
});

describe("virtual board: sending", () => {
  it("sends one chunk in a pass and fires drain when all is gone", () => {
    const one = bench(server(`c.write(text(1200)); c.on("drain", function () { print(c.dSnd.length); });`));
    const peer = one.connect(80);
    one.pass();
    assert.equal(peer.receivedCount, 1200);
    assert.deepEqual(one.lines, ["1 drain", "0"]);
  });

  it("answers false from write and shows what waits in dSnd", () => {
    const one = bench(server(`print(c.write("abc"), c.dSnd.length);`));
    one.connect(80);
    one.pass();
    assert.equal(one.lines[0], "false 3");
  });

  it("sends arrays and typed arrays as decimal text", () => {
    const one = bench(server(`c.write(new Uint8Array([65, 66])); c.write([1, 2]); c.write(null); c.write({});`));
    const peer = one.connect(80);
    one.pass();
    assert.equal(peer.received, "65,661,2null[object Object]");
  });

  it("waits with dSnd full while the peer does not read, without making a pass", () => {
    const one = bench(server(`c.write(text(30000));`));
    const peer = one.connect(80);
    peer.pauseReading();
    one.pass(1000);
    const passes = one.board.passCount;
    one.pass(10000);
    assert.equal(one.board.passCount, passes);
    peer.resumeReading();
    one.pass(5000);
    assert.equal(peer.receivedCount, 30000);
  });

  it("throws from write after end", () => {
    const one = bench(server(`c.end("bye"); try { c.write("x"); } catch (e) { print(e.message); }`));
    const peer = one.connect(80);
    one.pass();
    assert.equal(one.lines[0], "This socket is closed");
    assert.equal(peer.received, "bye");
  });
});

describe("virtual board: closing", () => {
  it("flushes before a local end closes, and fires end and close once", () => {
    const one = bench(server(`c.end(text(2000)); c.end();`));
    const peer = one.connect(80);
    one.pass();
    assert.equal(peer.receivedCount, 2000);
    assert.deepEqual(one.lines, ["1 end undefined", "1 close false"]);
  });

  it("takes the peer's end for a full close and drops unsent output with error -8", () => {
    const one = bench(server(`c.on("data", function () { c.write(text(3000)); });`));
    const peer = one.connect(80);
    one.pass();
    peer.send("request");
    peer.fin();
    one.pass();
    assert.ok(peer.receivedCount < 3000 && peer.receivedCount >= 536, `${peer.receivedCount} bytes came`);
    assert.deepEqual(one.lines, ["1 data 7", "1 error -8 unsent data", "1 end undefined", "1 close true"]);
  });

  it("lets a reset look like an ordinary close", () => {
    const one = bench(server(""));
    const peer = one.connect(80);
    one.pass();
    peer.reset();
    one.pass();
    assert.deepEqual(one.lines, ["1 end undefined", "1 close false"]);
  });

  it("closes at once and drops output when clsNow is set", () => {
    const one = bench(server(`c.on("data", function () { c.write(text(2000)); c.clsNow = true; });`));
    const peer = one.connect(80);
    one.pass();
    peer.send("x");
    one.pass();
    assert.equal(peer.receivedCount, 0);
    assert.deepEqual(one.lines, ["1 data 1", "1 end undefined", "1 close false"]);
  });

  it("holds close back until what nobody listened for was read", () => {
    const one = bench(`require("net").createServer(function (c) { c.on("close", function () { print("close"); });
      setTimeout(function () { print("reading"); c.read(); setTimeout(function () { c.read(); }, 50); }, 200); }).listen(80);`);
    const peer = one.connect(80);
    peer.send("x".repeat(1000));
    peer.fin();
    one.pass(500);
    assert.deepEqual(one.lines, ["New interpreter error: BUFFER_FULL", "reading", "close"]);
  });

  it("frees the socket's number only when the firmware closes it", () => {
    const one = bench(server(""));
    const peer = one.connect(80);
    one.pass();
    assert.equal(one.board.socketCount, 2);
    peer.fin();
    one.pass();
    assert.equal(one.board.socketCount, 1);
  });
});
