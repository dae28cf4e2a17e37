// The virtual board apart from its sockets: starting and stopping, the idle loop, timers, exceptions, globals.

import assert from "node:assert/strict";
import { bench, esp32, linux, printed } from "./virtual-board-support.js";
import { createVirtualBoard } from "../../platform/virtual-board/index.js";
import { createSimWorld } from "../../platform/sim/index.js";

describe("virtual board: its life", () => {
  it("leaves nothing planned on the host after stop", () => {
    const one = bench(`setInterval(function () {}, 10); require("net").createServer(function () {}).listen(80);`);
    const peer = one.connect(80);
    one.pass();
    one.board.stop();
    one.pass();
    assert.ok(one.world.idle, "something is still planned");
    assert.notEqual(peer.state, "open");
    assert.equal(one.board.socketCount, 0);
  });

  it("makes no pass while there is nothing to do", () => {
    const one = bench(`require("net").createServer(function () {}).listen(80); setTimeout(function () {}, 50);`);
    one.connect(80);
    one.pass(1000);
    const passes = one.board.passCount;
    one.pass(60000);
    assert.equal(one.board.passCount, passes);
    assert.ok(passes < 20, `${passes} passes`);
  });

  it("can be started again after stop, and runs only the new program", () => {
    const one = bench(`setTimeout(function () { print("old"); }, 100);`);
    one.board.run(`setTimeout(function () { print("new"); }, 100);`);
    one.pass(500);
    assert.deepEqual(one.lines, ["new"]);
  });

  it("tells the program of a reset, closes its sockets, and keeps the flash", () => {
    const one = bench(`require("Storage").write("a", "kept"); E.on("kill", function () { print("kill"); });
      require("net").createServer(function () {}).listen(80); setInterval(function () { print("tick"); }, 50);`);
    one.pass(60);
    one.board.reset();
    one.pass(500);
    assert.deepEqual(one.lines, ["tick", "kill"]);
    assert.equal(one.board.socketCount, 0);
    assert.equal(one.board.flash.read("a", 0, 0), "kept");
  });

  it("does what reset() and load() ask for at the end of the pass", () => {
    const lines = printed(`var n = (require("Storage").read("n") || "").length; print("start", n);
      require("Storage").write("n", "x" + (n ? "x" : ""));
      setTimeout(function () { if (n < 1) load(); else reset(); print("after"); }, 10); setTimeout(print, 500, "never");`);
    assert.deepEqual(lines, ["start 0", "after", "start 1", "after"]);
  });

  it("calls E.on(init) and onInit after the program was evaluated", () => {
    assert.deepEqual(printed(`function onInit() { print("onInit"); } E.on("init", function () { print("init"); }); print("code");`), [
      "code", "init", "onInit",
    ]);
  });

  it("stops on quit() on the board that has it", () => {
    let hasQuit = false;
    const lines = printed(`setTimeout(function () { quit(); print("last"); }, 10); setTimeout(print, 20, "never");`, {
      base: linux,
      onQuit: () => { hasQuit = true; },
    });
    assert.deepEqual(lines, ["last"]);
    assert.ok(hasQuit);
  });

  it("runs the same way twice on the same seed", () => {
    const code = `print(Math.random(), E.hwRand(), getTime(), Date.now(), new Date().toString());`;
    assert.deepEqual(printed(code), printed(code));
    assert.notDeepEqual(printed(code), printed(code, { seed: 2 }));
  });

  it("refuses a board without sockets", () => {
    const host = createSimWorld({ seed: 1 }).platform({ host: "10.0.0.1" });
    assert.throws(() => createVirtualBoard(host, { ...esp32, sockets: 0 }), RangeError);
  });
});

describe("virtual board: timers", () => {
  it("run in the order they were made when several are due in one pass", () => {
    // What is due within a tenth of a millisecond is due in the same pass.
    assert.deepEqual(printed(`setTimeout(print, 0.3, "b"); setTimeout(print, 0.25, "a"); `), ["b", "a"]);
    assert.deepEqual(printed(`setTimeout(print, 0.1, "b"); setTimeout(print, 0, "a"); `), ["b", "a"]);
  });

  it("give ids that count on from the last one pending and are used again", () => {
    const lines = printed(`function f() {} print(setTimeout(f, 100), setTimeout(f, 100), setInterval(f, 100));
      clearInterval(3); print(setTimeout(f, 100)); clearTimeout(); print(setTimeout(f, 1)); clearTimeout(7);`);
    assert.deepEqual(lines, ["1 2 3", "3", "1"]);
  });

  it("are all cleared by clearTimeout() without argument, and clearTimeout(undefined) throws", () => {
    const lines = printed(`setInterval(print, 10, "tick"); try { clearTimeout(undefined); } catch (e) { print(e.message); }
      clearTimeout();`);
    assert.deepEqual(lines, ["clearTimeout(undefined) not allowed. Use clearTimeout() instead"]);
  });

  it("take code as a string, extra arguments, and a changed interval", () => {
    const lines = printed(`setTimeout("print('code')", 5); setTimeout(function (a, b) { print(a, b); }, 10, "x", 2);
      var n = 0, i = setInterval(function () { print(++n); if (n > 1) clearInterval(i); }, 400); changeInterval(i, 50);`);
    assert.deepEqual(lines, ["code", "x 2", "1", "2"]);
  });

  it("never run in the pass that made them", () => {
    const lines = printed(`setTimeout(function () { setTimeout(print, 0, "next pass"); var o = {};
      o.on("e", function () { print("this pass"); }); o.emit("e"); }, 1);`);
    assert.deepEqual(lines, ["this pass", "next pass"]);
  });
});

describe("virtual board: exceptions", () => {
  it("are printed in the firmware's form, and the loop goes on", () => {
    const crashes: unknown[] = [];
    const lines = printed(`setTimeout(function () { throw new Error("boom"); }, 1); setTimeout(function () { throw "text"; }, 2);
      setTimeout(print, 10, "alive");`, { onCrash: (exception) => crashes.push(exception) });
    assert.ok(lines[0].startsWith("Uncaught Error: boom"), lines[0]);
    assert.ok(lines.includes("Uncaught text"));
    assert.equal(lines.at(-1), "alive");
    assert.equal(crashes.length, 2);
  });

  it("go to uncaughtException instead when there is a listener", () => {
    const lines = printed(`process.on("uncaughtException", function (e) { print("got", e.message); }); throw new Error("top");`);
    assert.deepEqual(lines, ["got top"]);
  });

  it("are reported only for the last one of a pass; the others are seen in the debug log alone", () => {
    const lost: string[] = [];
    const lines = printed(`process.on("uncaughtException", function (e) { print(e.message); }); var o = {};
      o.on("x", function () { throw new Error("first"); }); o.on("x", function () { throw new Error("last"); }); o.emit("x");`, {
      debug: (line) => lost.push(line),
    });
    assert.deepEqual(lines, ["last"]);
    assert.ok(lost.length === 1 && lost[0].startsWith("lost: Error: first"), lost.join("|"));
  });

  it("of a program's own text leave what came before in force", () => {
    const lines = printed(`setTimeout(print, 5, "timer"); undefinedFunction();`);
    assert.equal(lines.at(-1), "timer");
    assert.ok(lines[0].startsWith("Uncaught ReferenceError"));
  });

  it("remove a data listener or an interval that overflowed the stack", () => {
    const lines = printed(`function f() { f(); } setInterval(function () { print("once"); f(); }, 10);`);
    assert.equal(lines.filter((line) => line === "once").length, 1);
    assert.ok(lines.includes("New interpreter error: CALLBACK"), lines.join("|"));
  });
});

describe("virtual board: events of objects", () => {
  it("are methods of every object, queued, stored in visible fields, and emitted with four arguments even when it throws", () => {
    const lines = printed(`var o = {}; print("on" in o); o.on("a", function (x) { print("a", x); }); print(Object.keys(o));
      o.emit("a", 1); print("emitted"); try { o.emit("a", 1, 2, 3, 4, 5); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, ["true", "[ ", '  "#ona"', " ]", "emitted", "Too many arguments (>4)", "a 1", "a 1"]);
  });

  it("run a listener removed during dispatch when it was next, and none after it", () => {
    const lines = printed(`var o = {}; function b() { print("b"); }
      o.on("x", function () { print("a"); o.removeListener("x", b); }); o.on("x", b); o.on("x", function () { print("c"); });
      o.emit("x");`);
    assert.deepEqual(lines, ["a", "b"]);
  });

  it("can be kept from later listeners by stopEventPropagation", () => {
    const lines = printed(`var o = {}; o.on("x", function () { print(1); E.stopEventPropagation(); });
      o.on("x", function () { print(2); }); o.emit("x"); o.emit("x");`);
    assert.deepEqual(lines, ["1", "1"]);
  });
});
