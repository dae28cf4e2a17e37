// The judge of the virtual board: one program, one conversation, on the real interpreter ($ESPRUINO, a Linux build) and
// on the virtual board over Node's sockets; what they print must be the same, line for line. Also Node's own tests.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linux } from "../../boards/linux.js";
import { createNodePlatform } from "../../platform/node/index.js";
import { createVirtualBoard, type VirtualBoard } from "../../platform/virtual-board/index.js";

/** Ports of one run: the board's server, and the peer the board connects or sends to. */
interface Ports {
  board: number;
  peer: number;
}

type Conversation = (ports: Ports) => Promise<void>;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function fill(code: string, ports: Ports): string {
  return code.replaceAll("BOARD_PORT", String(ports.board)).replaceAll("PEER_PORT", String(ports.peer));
}

/** Lines the programs print to be compared begin with "# ". */
function marked(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.includes("# "));
  return lines.map((line) => line.slice(line.indexOf("# ")));
}

/** Resolves when the text of `lines` has a line with "# ready". */
async function ready(text: () => string): Promise<void> {
  for (let i = 0; i < 200 && !text().includes("# ready"); i++) await wait(20);
  assert.ok(text().includes("# ready"), `the program does not start: ${text()}`);
}

async function onInterpreter(binary: string, code: string, talk: Conversation): Promise<string[]> {
  const ports = { board: await freePort(), peer: await freePort() };
  const folder = mkdtempSync(join(tmpdir(), "meerkat-"));
  const file = join(folder, "program.js");
  writeFileSync(file, fill(code, ports));
  const child = spawn(binary, [file], { cwd: folder });
  let text = "";
  child.stdout.on("data", (piece: Buffer) => { text += piece.toString("latin1"); });
  try {
    await ready(() => text);
    await talk(ports);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
  return marked(text);
}

async function onVirtualBoard(code: string, talk: Conversation): Promise<string[]> {
  const ports = { board: await freePort(), peer: await freePort() };
  const lines: string[] = [];
  const log = (line: string): number => lines.push(line);
  const board = createVirtualBoard(createNodePlatform(), linux, { publish: (port) => port, log });
  board.run(fill(code, ports));
  try {
    await ready(() => lines.join("\n"));
    await talk(ports);
  } finally {
    board.stop();
  }
  return marked(lines.join("\n"));
}

async function compare(code: string, talk: Conversation): Promise<void> {
  const [real, virtual] = await Promise.all([
    onInterpreter(process.env.ESPRUINO as string, code, talk),
    onVirtualBoard(code, talk),
  ]);
  assert.deepEqual(virtual, real);
}

const LOG = `echo(0);
function log() { var a = []; for (var i = 0; i < arguments.length; i++) a.push(arguments[i]); print("# " + a.join(" ")); }
process.on("uncaughtException", function (e) { log("uncaught", e.message || e); });
`;

/** What arrives first on a connection says what the board does with it. */
const TCP_PROGRAM = `${LOG}
var net = require("net"), n = 0;
function text(k) { var s = "0123456789"; while (s.length < k) s += s; return s.slice(0, k); }
function watch(c, id) {
  c.on("data", function (d) {
    log(id, "data", d.length, d.charCodeAt(0), this === c, c.dSnd ? c.dSnd.length : 0); act(c, id, d); });
  c.on("drain", function (x) { log(id, "drain", x === c); });
  c.on("end", function (x) { log(id, "end", x); });
  c.on("close", function (e) { log(id, "close", e, c.sckt, c.conn, c.cls, Object.keys(c)); });
  c.on("error", function (e) { log(id, "error", e.code, e.message); });
}
function act(c, id, d) {
  var k = d[0];
  if (k == "E") c.write("echo:" + d.slice(1));
  if (k == "H") c.write(text(3000));
  if (k == "B") c.end(text(5000));
  if (k == "N") { c.write(text(2000)); c.clsNow = true; }
  if (k == "X") { c.write("before"); throw new Error("thrown in data"); }
  if (k == "A") c.write([65, 66]);
  if (k == "U") c.write(new Uint8Array([65, 66, 0]));
  if (k == "Z") { c.end(); try { c.write("x"); } catch (e) { log(id, "thrown", e.message); } }
  if (k == "P") { var s = c.sckt; delete c.sckt; setTimeout(function () { log(id, "back"); c.sckt = s; }, 200); }
  if (k == "M") for (var i = 0; i < 256; i++) c.write(String.fromCharCode(i));
  if (k == "O") { c.on("data", function (d) { log(id, "second", d.length); }); c.removeAllListeners("drain"); c.write("ok"); }
  if (k == "C") dial();
}
function silent(c, id) {
  function kept() { return c.dRcv ? c.dRcv.length : 0; }
  setTimeout(function () { log(id, c.available(), kept(), c.read(100).length, c.read().length, c.available()); }, 200);
  setTimeout(function () { log(id, c.available(), kept(), c.sckt !== undefined); c.read(); }, 400);
  c.on("close", function () { log(id, "close"); });
}
function dial() {
  try { net.connect({ host: "127.0.0.1", port: 1 }, function () {}); } catch (e) { log("threw", e.message); }
  try { net.connect({ host: "no.such.name.invalid", port: 1 }); } catch (e) { log("threw", e.message); }
  var c = net.connect({ host: "127.0.0.1", port: PEER_PORT }, function (x) {
    log("c", "connected", x === c, c.conn); c.write("Chello"); });
  watch(c, "c");
}
var server = net.createServer(function (c) {
  var id = ++n; log(id, "accept", c.sckt !== undefined, c.conn, this === server);
  if (id == 7) return silent(c, id);
  watch(c, id);
  if (id == 9) c.write("greeting");
});
server.listen(BOARD_PORT);
try { server.listen("x"); } catch (e) { log(e.message); }
log("ready");
`;

function dialBoard(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.resume();
  return new Promise((resolve) => socket.on("connect", () => resolve(socket)));
}

/** One step: what a peer sends, in turn, 80 ms apart; a number waits that long. */
async function step(port: number, sends: readonly (string | number)[], leave: (socket: Socket) => void): Promise<void> {
  const socket = await dialBoard(port);
  await wait(80);
  for (const what of sends) {
    if (typeof what === "string") socket.write(what);
    await wait(typeof what === "number" ? what : 80);
  }
  leave(socket);
  await wait(150);
  socket.destroy();
}

const end = (socket: Socket): void => void socket.end();
const destroy = (socket: Socket): void => void socket.destroy();

async function talkTcp({ board, peer }: Ports): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      setTimeout(() => socket.write("reply"), 60);
      setTimeout(() => socket.end(), 150);
    });
  }).listen(peer);
  await step(board, ["Ehello", `E${"x".repeat(1999)}`], end);
  await step(board, [], (socket) => void socket.end(`H${"y".repeat(1500)}`));
  await step(board, ["B"], destroy);
  await step(board, ["N"], destroy);
  await step(board, ["X1", "E2"], (socket) => void socket.resetAndDestroy());
  await step(board, ["A", "U", "Z"], destroy);
  await step(board, ["n".repeat(1200)], (socket) => { socket.end(); });
  await wait(400);
  await step(board, ["P", "Eparked", 200], end);
  await step(board, ["M", "O", "E"], destroy);
  await step(board, ["C", 600], destroy);
  server.close();
}

const UDP_PROGRAM = `${LOG}
var dgram = require("dgram"), s = dgram.createSocket("udp4", function (x) { log("created", x === s); });
s.on("message", function (m, r) { log("message", m.length, m.slice(0, 5), r.address, r.size, Object.keys(r), this === s);
  s.send("re:" + m.slice(0, 5), r.port, r.address); if (m == "close") s.close(); if (m == "send") send(); });
s.on("close", function (e) { log("close", e); });
s.on("end", function () { log("end"); }); s.on("drain", function () { log("drain"); });
function send() {
  var c = dgram.createSocket({ type: "udp4" });
  c.on("message", function (m, r) { log("c", m, r.port == PEER_PORT); if (m == "pong:second") c.close(); });
  c.on("close", function (e) { log("c close", e); });
  c.send("12345abcdef", 5, 3, PEER_PORT, "127.0.0.1"); c.send("second", PEER_PORT, "localhost"); log(c.dSnd.length);
}
s.bind(BOARD_PORT, function (x) { log("bound", x === s, Object.keys(s)); });
try { dgram.createSocket("udp4").bind(BOARD_PORT, function () { log("called"); }); } catch (e) { log("threw", e.message); }
setTimeout(log, 100, "ready");
`;

async function talkUdp({ board, peer }: Ports): Promise<void> {
  const server = createSocket("udp4").bind(peer);
  server.on("message", (message, from) => server.send(`pong:${message.toString()}`, from.port, from.address));
  const client = createSocket("udp4");
  for (const message of ["hello", "x".repeat(600), "m1", "m2", "m3", "send", "close"]) {
    client.send(message, board, "127.0.0.1");
    await wait(message === "send" ? 200 : 60);
  }
  client.close();
  server.close();
}

const LANGUAGE_PROGRAM = `${LOG}
function show() { var a = arguments; for (var i = 0; i < a.length; i++) log(JSON.stringify(a[i])); }
var o = {}; function b() { log("b"); }
o.on("x", function () { log("a"); o.removeListener("x", b); }); o.on("x", b); o.on("x", function () { log("c"); });
setTimeout(function () { o.emit("x"); var q = {}; q.on("y", function () { log("y1"); q.on("y", function () { log("y2"); });
  q.removeAllListeners("y"); }); q.on("y", function () { log("y3"); }); q.emit("y"); }, 20);
setTimeout(function () { var e = {}; e.on("a", function () { throw new Error("A"); }); e.on("a", function () { throw new Error("B"); });
  e.on("a", function () { log("third"); }); e.emit("a"); }, 40);
["clearTimeout(undefined)", "setTimeout(5)", "changeInterval(99,1)", "require('nope')", "o.emit('x',1,2,3,4,5)", "o.on('x')",
 "o.on(1,b)", "E.toString(undefined)", "new Promise()", "require('Storage').write('a','')"].forEach(function (code) {
  try { eval(code); log("no error", code); } catch (e) { log(e.toString(), e.message, e.type); } });
show(E.toString(65, "b", [67], { data: 68, count: 2 }, new Uint16Array([0x145])), E.CRC32("hello"), btoa("\\xff\\0"));
show(url.parse("http://a.b:81/c?d=e&f=%41%zz", true), url.parse("h:80/x"), E.lookupNoCase({ Aa: 1 }, "aA", true));
show("a,b,c".split(",", 2), "abc".replace("b", "$&"), [undefined, 1]);
show(["xA".indexOf("AB"), "xA".includes("AB"), "xA".replace("AB", "-"), "abc".indexOf("", 3), "abA".indexOf("AB", 9), "".includes("")]);
show("abc".replace(/(b)/, "[$1$2$$1$&]"), "xAaA".replaceAll("A", "-"), "xA".match("AB").index, "abc".replace("b", 5));
[function () { throw new TypeError("q"); }, function () { null.x; }, function () { none; }, function () { JSON.parse("{"); }]
  .forEach(function (f) { try { f(); } catch (e) { show([e instanceof Error, e instanceof TypeError, e instanceof ReferenceError]); } });
show(new Date(2020, 0, 5).toString(), new Date(1577836800000).toUTCString(), new Date("2020-01-05T10:00:00Z").getTime());
show(btoa(E.toString(require("crypto").SHA256("a"))), typeof Array.prototype.slice, typeof [].slice, Object.keys(o));
var f = require("Storage"); f.eraseAll(); f.write("a", "Hello", 0, 14); f.write("a", " ", 5); f.write("a", "World!!!", 6);
show(f.read("a"), f.read("a", 2, 3), f.list(), f.write("o", { a: 1 }), f.readJSON("o"));
var l = f.open("log", "a"); l.write("one\\ntwo\\n"); l = f.open("log", "r");
show(l.readLine(), l.read(2), l.read(20), l.getLength());
show(setTimeout(b, 3000), setInterval(b, 3000)); clearTimeout(4); show(setTimeout(b, 3000));
setTimeout(function () { Promise.resolve(1).then(function (v) { log("then", v); throw new Error("in then"); })
  .catch(function (e) { log("catch", e.message); }); Promise.reject("unhandled"); log("sync"); }, 60);
setTimeout(log, 200, "ready");
`;

describe("virtual board and real interpreter", function () {
  this.timeout(30000);

  beforeEach(function () {
    if (process.env.ESPRUINO === undefined) this.skip();
  });

  it("print the same for the same conversation over TCP", () => compare(TCP_PROGRAM, talkTcp));

  it("print the same for the same conversation over UDP", () => compare(UDP_PROGRAM, talkUdp));

  it("print the same for a program about events, errors, bytes and files", () => compare(LANGUAGE_PROGRAM, () => wait(100)));
});

describe("virtual board on Node's sockets", () => {
  let board: VirtualBoard;
  let lines: string[];

  beforeEach(() => {
    lines = [];
    board = createVirtualBoard(createNodePlatform(), linux, { publish: () => 0, log: (line) => lines.push(line) });
  });

  afterEach(() => board.stop());

  async function until(isReached: () => boolean): Promise<void> {
    for (let i = 0; i < 500 && !isReached(); i++) await wait(5);
    assert.ok(isReached(), lines.join("|"));
  }

  it("serves a client on the port the host chose", async () => {
    board.run(`require("net").createServer(function (c) { c.on("data", function (d) { c.end("got " + d); }); }).listen(80);`);
    await until(() => board.hostPort(80) !== undefined);
    const socket = connect(board.hostPort(80) as number, "127.0.0.1", () => socket.write("hello"));
    let text = "";
    socket.on("data", (piece) => { text += piece.toString(); });
    await new Promise((resolve) => socket.on("close", resolve));
    assert.equal(text, "got hello");
  });

  it("throws from connect for a port nobody listens on", async () => {
    const port = await freePort();
    board.run(`try { require("net").connect({ host: "127.0.0.1", port: ${port} }); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, ["ERROR: Connect failed (err 111)", "Unable to create socket"]);
  });

  it("throws from connect for a name that does not resolve", () => {
    board.run(`try { require("net").connect({ host: "no.such.name.invalid", port: 80 }); } catch (e) { print(e.message); }`);
    assert.deepEqual(lines, ["Unable to locate host"]);
  }).timeout(15000);

  it("connects where someone listens, without a word to the peer beforehand", async () => {
    let count = 0;
    const server = createServer((socket) => { count++; socket.end("welcome"); }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.on("listening", resolve));
    board.run(`var c = require("net").connect({ host: "127.0.0.1", port: ${(server.address() as AddressInfo).port} });
      c.on("data", function (d) { print(d); }); c.on("close", function () { print("close"); });`);
    await until(() => lines.includes("close"));
    server.close();
    assert.deepEqual(lines, ["welcome", "close"]);
    assert.equal(count, 1);
  });
});
