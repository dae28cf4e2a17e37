// What a program finds on the virtual board besides sockets: console, bytes, Storage, Wi-Fi, modules, and what is missing.

import assert from "node:assert/strict";
import { esp8266 } from "../../boards/esp8266.js";
import { bench, esp32, printed } from "./virtual-board-support.js";

describe("virtual board: console", () => {
  it("prints values as the firmware does", () => {
    assert.deepEqual(printed(`print("a", 1, null, undefined, true, 1 / 3, 0.1 + 0.2, 1e22);`), [
      "a 1 null undefined true 0.33333333333 0.3 10e+21",
    ]);
    assert.deepEqual(printed(`print({ a: 1, b: "x\\x01", c: [1, 2] }, [], {}, new Uint8Array([1, 2]), new ArrayBuffer(3));`), [
      '{ "a": 1, ', '  "b": "x\\1", ', '  "c": [ 1, 2 ]', " } [  ] {  } new Uint8Array([1, 2]) new ArrayBuffer(3)",
    ]);
    assert.deepEqual(printed(`function Foo() {} var f = new Foo(); f.x = 1; print(f, new Error("boo"), new Date(0));`), [
      'Foo: { "x": 1 } Error: Error: boo Date: Thu Jan 1 1970 00:00:00 GMT+0000',
    ]);
  });

  it("shows bytes that are UTF-8 as text", () => {
    assert.deepEqual(printed(`print("caf\\xc3\\xa9");`), ["café"]);
  });

  it("reads text outside ASCII in the program as its bytes", () => {
    assert.deepEqual(printed(`print("é".length, "é");`), ["2 é"]);
  });
});

describe("virtual board: bytes", () => {
  it("come out of E.toString, E.toUint8Array, E.CRC32, btoa and crypto as on the board", () => {
    const lines = printed(`print(E.toString(65, "b", [67], { data: 68, count: 2 }), E.toUint8Array("a", 1, [2]));
      print(E.CRC32("hello"), btoa("\\xff\\0"), atob("/wA=").length, btoa(E.toString(require("crypto").SHA1("a"))));
      try { E.toString(undefined); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, [
      "AbCDD new Uint8Array([97, 1, 2])",
      "907060870 /wA= 2 hvfkN/qlp/zhXR3cuerq6jd2Z7g=",
      "Expecting Number or iterable, got undefined",
    ]);
  });

  it("are kept to eight bits by String.fromCharCode, and escaped by JSON.stringify", () => {
    assert.deepEqual(printed(`print(String.fromCharCode(321), JSON.stringify("\\xe9"));`), ['A "\\u00E9"']);
  });

  it("go into typed arrays from strings, and are cut where they do not fit", () => {
    assert.deepEqual(printed(`var u = new Uint8Array(4); u.set("abc", 2); print(u, Array.isArray(u.slice(1)));`), [
      "new Uint8Array([0, 0, 97, 98]) true",
    ]);
  });
});

describe("virtual board: the firmware's faults", () => {
  it("find half a needle where the string ends", () => {
    assert.deepEqual(printed(`print("xA".indexOf("AB"), "xA".includes("AB"), "xA".replace("AB", "-"), "A".indexOf("AB"));`), [
      "1 true x- -1",
    ]);
  });

  it("make an Error of Error only, and of what cannot be read or called", () => {
    const lines = printed(`function kind(f) { try { f(); } catch (e) {
        print(e instanceof Error, e instanceof TypeError, e instanceof ReferenceError, e instanceof SyntaxError); } }
      kind(function () { throw new TypeError("q"); }); kind(function () { null.x; }); kind(function () { none; });
      kind(function () { JSON.parse("{"); }); kind(function () { E.toString(undefined); });`);
    assert.deepEqual(lines, [
      "false true false false", "true false false false", "false false true false", "false false false true", "false true false false",
    ]);
  });
});

describe("virtual board: Storage", () => {
  const run = (code: string): string[] => printed(`var f = require("Storage"); ${code}`);
  const failing = (code: string): string[] => run(`try { ${code} } catch (e) { print(e.message); }`);

  it("writes a file once, and parts of one that has room", () => {
    assert.deepEqual(run(`f.write("a", "Hello", 0, 14); f.write("a", " ", 5); f.write("a", "World!!!", 6);
      print(f.read("a"), f.read("a", 2, 3), f.read("none"), f.list().length);`), ["Hello World!!! llo undefined 1"]);
  });

  it("refuses what the flash cannot do", () => {
    assert.deepEqual(failing(`f.write("a", "");`), ["Can't create zero length file"]);
    assert.deepEqual(failing(`f.write("a", "xx", 3);`), ["Unable to find or create file"]);
    assert.deepEqual(failing(`f.write("a", "abc"); f.write("a", "x", 1);`), ["File already written with different data"]);
    assert.deepEqual(failing(`f.write("a", "abc"); f.write("a", "defg", 1);`), ["Too much data for file size"]);
    assert.deepEqual(failing(`f.write("a", new Uint8Array(${esp32.storageBytes}));`), ["Unable to find or create file"]);
  });

  it("cuts names after 28 characters", () => {
    assert.deepEqual(run(`f.write("name901234567890123456789012345", "x"); print(f.list(/^name/)[0].length);`), ["28"]);
  });

  it("keeps JSON, and appends to files that were opened", () => {
    assert.deepEqual(run(`f.write("o", { a: 1 }); print(f.read("o"), f.readJSON("o").a, f.readJSON("none"));
      f.open("log", "a").write("one\\ntwo\\n"); var r = f.open("log", "r");
      print(r.readLine().length, r.read(2), r.readLine().length); print(r.read(1));`), ['{"a":1} 1 undefined', "4 tw 2", "undefined"]);
  });

  it("starts with the files it is given, and shows the host what the program wrote", () => {
    const code = `print(require("Storage").read("in")); require("Storage").write("out", "done");`;
    const one = bench(code, { storage: { in: "given" } });
    assert.deepEqual(one.lines, ["given"]);
    assert.equal(one.board.flash.read("out", 0, 0), "done");
  });

  it("gives modules to require, and leaves one that throws in the cache half done", () => {
    const storage = { m: "exports.x = 1; exports.y = this === exports;", bad: "exports.x = 1; throw new Error('half');" };
    const code = `print(require("m").x, require("m").y, require("m") === require("m"));
      try { require("bad"); } catch (e) { print(e.message); } print(require("bad").x);`;
    assert.deepEqual(printed(code, { storage }), ["1 true true", "half", "1"]);
  });
});

describe("virtual board: Wi-Fi", () => {
  it("connects after a moment, with callback and events, and says where it is", () => {
    const lines = printed(`var w = require("Wifi");
      w.on("connected", function (d) { print("connected", d.ip, w.getIP().ip); });
      w.connect("net", { password: "secret" }, function (e) { print("callback", e, w.getDetails().ssid); });
      print(w.getStatus().station);`, { ip: "192.168.1.7" });
    assert.deepEqual(lines, ["ASSOC_LEAVE", "callback null net", "connected 192.168.1.7 192.168.1.7"]);
  });

  const LOG = `["connected", "disconnected"].forEach(function (name) { w.on(name, function (d) { print(name, d.msg || d.reason || d.ip); }); });`;

  it("bridges a short loss without a word but a second connected, as the ESP32 does", () => {
    const one = bench(`var w = require("Wifi"); w.connect("net"); ${LOG}`, { ip: "10.0.0.1" });
    one.pass();
    one.board.wifi.drop(5);
    one.pass(500);
    assert.deepEqual(one.lines, ["connected 10.0.0.1", "connected 10.0.0.1"]);
  });

  it("tells of a longer loss, and then waits for the program to connect again", () => {
    const one = bench(`var w = require("Wifi"); w.connect("net"); ${LOG} w.on("disconnected", function () {
      setTimeout(function () { w.connect("net"); }, 1000); });`, { ip: "10.0.0.1" });
    one.pass();
    one.board.wifi.drop(200);
    one.pass(500);
    assert.equal(one.board.wifi.isConnected, false);
    one.pass(2000);
    assert.deepEqual(one.lines, ["connected 10.0.0.1", "disconnected NO_AP_FOUND", "connected 10.0.0.1"]);
  });

  it("joins again by itself on an ESP8266, which tells of every loss", () => {
    const one = bench(`var w = require("Wifi"); w.connect("net"); ${LOG}`, { ip: "10.0.0.1", base: esp8266 });
    one.pass();
    one.board.wifi.drop(200);
    one.pass(5000);
    assert.deepEqual(one.lines, ["connected 10.0.0.1", "disconnected BEACON_TIMEOUT", "connected 10.0.0.1"]);
  });

  it("refuses a wrong password, with callback and event", () => {
    const one = bench(`var w = require("Wifi"); ${LOG}
      setTimeout(function () { w.connect("net", { password: "guessed" }, function (e) { print("callback", e); }); }, 50);`);
    one.board.wifi.password = "secret";
    one.pass(1000);
    assert.deepEqual(one.lines, ["callback AUTH_FAIL", "disconnected AUTH_FAIL"]);
  });

  it("says nothing at all when no address comes", () => {
    const one = bench(`var w = require("Wifi"); ${LOG} setTimeout(function () { w.connect("net"); }, 50);
      setTimeout(function () { print(w.getStatus().station, w.getIP().ip); }, 900);`);
    one.board.wifi.hasNoAddress = true;
    one.pass(1000);
    assert.deepEqual(one.lines, ["connected 0.0.0.0"]);
  });

  it("lets nothing in or out while the link is down, and tells the sockets nothing", () => {
    const one = bench(`require("net").createServer(function (c) { c.on("data", function (d) { c.write(d); });
      c.on("close", function () { print("close"); }); }).listen(80);`);
    const peer = one.connect(80);
    one.pass();
    one.board.wifi.drop(300);
    peer.send("hello");
    one.pass(200);
    assert.equal(peer.received, "");
    one.pass(500);
    assert.equal(peer.received, "hello");
    assert.deepEqual(one.lines, []);
  });
});

describe("virtual board: promises", () => {
  it("run their reactions with the queued events of the pass", () => {
    const lines = printed(`setTimeout(function () { Promise.resolve(1).then(function (v) { print("then", v); return 2; })
      .then(function (v) { print("then", v); throw "x"; }).catch(function (e) { print("catch", e); }); print("sync"); }, 1);
      Promise.all([1, new Promise(function (r) { setTimeout(r, 50, "late"); })]).then(function (a) { print(a.join()); });`);
    assert.deepEqual(lines, ["sync", "then 1", "then 2", "catch x", "1,late"]);
  });

  it("report a rejection nobody handles", () => {
    assert.ok(printed(`Promise.reject("why");`)[0].startsWith("Uncaught Error: Unhandled promise rejection: why"));
  });
});

describe("virtual board: the rest of the API", () => {
  it("has no globals and methods that the firmware lacks", () => {
    const absent = ["Map", "Set", "WeakMap", "Symbol", "Proxy", "Reflect", "BigInt", "RangeError", "TextEncoder", "Buffer", "URL",
      "setImmediate", "queueMicrotask", "fetch", "Object.freeze", "Object.is", "Array.from", "Array.of", "Number.isInteger",
      "Math.trunc", "Math.imul", "Promise.race", "process.nextTick", "[].flat", "[].at", "[].lastIndexOf", "''.codePointAt",
      "''.trimEnd", "''.matchAll", "''.normalize", "new Uint8Array(1).copyWithin", "new ArrayBuffer(1).slice"];
    const code = absent.map((what) => `try { if (typeof ${what} !== "undefined") print(${JSON.stringify(what)}); } catch (e) {}`);
    assert.deepEqual(printed(code.join("\n")), []);
  });

  it("has what the firmware has", () => {
    const present = ["print", "getTime", "setTime", "btoa", "atob", "url.parse", "E.hwRand", "process.memory", "Promise.all",
      "''.padStart", "''.startsWith", "[].includes", "Object.assign", "Object.entries", "Math.sign", "parseInt", "eval"];
    const code = present.map((what) => `try { if (typeof ${what} === "function") print(${JSON.stringify(what)}); } catch (e) {}`);
    assert.deepEqual(printed(code.join("\n")), present);
  });

  it("hides methods on the prototypes of Array, String and Function, where one may be put all the same", () => {
    assert.deepEqual(printed(`print(typeof Array.prototype.slice, typeof [].slice, typeof Function.prototype.call);
      Array.prototype.slice = [].slice; print(Array.prototype.slice.call("ab", 1).join());`), ["undefined function undefined", "b"]);
  });

  it("throws for modules that are not there, http among them", () => {
    assert.deepEqual(printed(`["http", "fs", "x"].forEach(function (m) { try { require(m); } catch (e) { print(e.message); } });`), [
      'Module "http" not found', 'Module "fs" not found', 'Module "x" not found',
    ]);
  });

  it("has tls and Wifi only on boards that can do it", () => {
    const abilities = { ...esp32.abilities, tlsClient: false, wifi: false };
    const code = `["tls", "Wifi", "net"].forEach(function (m) {
      try { print(typeof require(m)); } catch (e) { print("none"); } });`;
    assert.deepEqual(printed(code, { on: { abilities } }), ["none", "none", "object"]);
  });

  it("parses URLs the firmware's way", () => {
    assert.deepEqual(printed(`var u = url.parse("http://h:81/p?a=b&c=%41%zz", true);
      print(u.protocol, u.host, u.port, u.path, u.pathname, u.search, u.query.a, u.query.c);
      print(url.parse("/x").host === "", url.parse("/x").port, url.parse("abc").host);`), [
      "http: h 81 /p?a=b&c=%41%zz /p ?a=b&c=%41%zz b A3", "true null abc",
    ]);
  });

  it("has one clock, without time zone, that setTime moves", () => {
    assert.deepEqual(printed(`print(new Date(2020, 0, 5, 10).getTime(), new Date(0).getHours(), new Date(0).toUTCString());
      setTime(1000); print(Math.round(getTime()), Math.round(Date.now()), new Date().getFullYear());`), [
      "1578218400000 0 Thu, 1 Jan 1970 00:00:00 GMT", "1000 1000000 1970",
    ]);
  });

  it("estimates memory: more sockets and more pending output leave less", () => {
    const one = bench(`require("net").createServer(function (c) { c.write(new Array(3001).join("x")); }).listen(80);
      print(process.memory().total, process.memory().blocksize);`);
    const before = one.board.memory.free;
    one.connect(80).pauseReading();
    one.pass();
    assert.deepEqual(one.lines, [`${esp32.variables} ${esp32.variableBytes}`]);
    assert.ok(one.board.memory.free < before, "an open socket costs variables");
  });

  it("lets output pins be read back", () => {
    assert.deepEqual(printed(`digitalWrite(D2, 1); print(digitalRead(D2), digitalRead(D4));
      digitalWrite([D2, D4], 0); print(digitalRead(LED1));`), ["1 0", "0"]);
  });

  it("pipes a string to a socket, waiting for drain", () => {
    const one = bench(`require("net").createServer(function (c) {
      E.pipe(new Array(1001).join("ab"), c, { chunkSize: 300, complete: function () { print("complete"); } }); }).listen(80);`);
    const peer = one.connect(80);
    one.pass(500);
    assert.equal(peer.receivedCount, 2000);
    assert.deepEqual(one.lines, ["complete"]);
  });
});
