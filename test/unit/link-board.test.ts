// The bundle that is flashed, on a virtual board whose Wi-Fi comes and goes.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Board } from "../../boards/board.js";
import { esp32 } from "../../boards/esp32.js";
import { esp8266 } from "../../boards/esp8266.js";
import { linux } from "../../boards/linux.js";
import { buildBundle } from "../../cli/build/index.js";
import { Client, freePort, until } from "../examples/support.js";
import { fixture, temporaryDir } from "./build-support.js";
import { bench, type Bench } from "./virtual-board-support.js";
import { text as wsText, upgrade } from "./ws-support.js";

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const SAVED = { settings: "" };

describe("Wi-Fi on a virtual board, with the bundle that is flashed", function () {
  this.timeout(240_000);
  let code = "";
  before(async () => {
    code = (await buildBundle({ app: fixture("link.ts"), board: esp32 })).code;
  });

  const begin = (base: Board = esp32, storage?: Record<string, string>): Bench => {
    const one = bench(code, { base, ip: "10.0.0.1", storage });
    one.serve(99, () => undefined);
    return one;
  };
  const answers = (one: Bench): void => {
    const peer = one.connect(80);
    peer.send(GET("/"));
    one.pass(500);
    assert.match(peer.received, /hello$/);
    peer.close();
    one.pass(50);
  };

  it("joins with its settings, which outlive a restart", () => {
    const one = begin();
    one.pass(500);
    assert.equal(one.lines[0], "saved 0");
    assert.match(one.lines.join("\n"), /Wi-Fi: up: "net", -61 dBm, 10\.0\.0\.1 {2}http:\/\/10\.0\.0\.1\/\nup, missing 0\nback/);
    SAVED.settings = one.board.flash.read("settings", 0, 0) ?? "";
    one.board.stop();
    const again = begin(esp32, SAVED);
    again.pass(500);
    assert.ok(again.lines.includes("back") && !again.lines.includes("saved 0"));
    again.board.stop();
  });

  it("reports settings that are damaged, and has none", () => {
    const one = begin(esp32, { settings: SAVED.settings.slice(0, -3) });
    assert.match(one.lines[0], /settings in settings cannot be read: damaged/);
    one.board.stop();
  });

  for (const base of [esp32, esp8266]) {
    it(`lives through 20 losses in the middle of downloads, uploads and WebSockets (${base.id})`, () => {
      const one = begin(base);
      one.pass(500);
      for (let round = 0; round < 20; round++) {
        const peers = [one.connect(80), one.connect(80), one.connect(80)];
        peers[0].send(GET("/large"));
        peers[1].send("POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + "x".repeat(3000));
        peers[2].send(upgrade());
        one.pass(20 + round);
        peers[2].send(wsText("hello") + wsText("frag", { fin: false }));
        one.pass(round);
        const from = one.lines.length;
        one.board.wifi.drop(300 + 10 * round);
        one.pass(250);
        const told = one.lines.slice(from);
        assert.equal(told.filter((line) => /^closed \d+ 25$/.test(line)).length, 3, told.join("\n"));
        assert.ok(told.includes("down, missing 0") && told.includes("lost 25"), told.join("\n"));
        one.pass(4000);
        assert.ok(one.board.wifi.isConnected);
        answers(one);
        for (const peer of peers) peer.close();
        one.pass(100);
      }
      const ids = one.lines.flatMap((line) => /^closed (\d+)/.exec(line)?.[1] ?? []);
      assert.equal(new Set(ids).size, ids.length, "one CLOSE each");
      assert.equal(one.lines.filter((line) => line === "back").length, 21);
      assert.ok(one.board.socketCount <= 3, `${one.board.socketCount} sockets at the end`);
      assert.equal(one.lines.filter((line) => line.includes("Uncaught")).length, 0, one.lines.join("\n"));
      one.board.stop();
    });
  }

  it("stays connected when the firmware bridges a short loss by itself", () => {
    const one = begin();
    one.pass(500);
    const peer = one.connect(80);
    peer.send(GET("/"));
    one.pass();
    one.board.wifi.drop(5);
    one.pass(500);
    peer.send(GET("/"));
    one.pass();
    assert.equal(peer.received.split("hello").length, 3);
    assert.ok(!one.lines.includes("down, missing 0"));
    one.board.stop();
  });

  it("tries again with a password that is refused, a network that is not there, and one that gives no address", () => {
    const one = begin();
    one.board.wifi.password = "another one";
    one.pass(2000);
    assert.match(one.lines.join("\n"), /cannot join "net": AUTH_FAIL; trying again in 1 s/);
    one.board.wifi.password = undefined;
    one.board.wifi.drop();
    one.pass(3000);
    assert.match(one.lines.join("\n"), /cannot join "net": NO_AP_FOUND/);
    one.board.wifi.hasNoAddress = true;
    one.board.wifi.regain();
    one.pass(10_000);
    assert.match(one.lines.join("\n"), /cannot join "net": no answer in time/);
    one.board.wifi.hasNoAddress = false;
    one.board.wifi.joinMs = 4000;
    one.pass(30_000);
    assert.ok(one.lines.includes("up, missing 0"), one.lines.join("\n"));
    answers(one);
    one.board.stop();
  });
});

/** Stands for the firmware's module, which Linux has not: the network goes on and off every two seconds. */
const WIFI = `Modules.addCached("Wifi", function () {
  var isOn = 0;
  exports.getStatus = function () { return { station: isOn ? "connected" : "off", mode: "STA", ssid: "net", rssi: -61 }; };
  exports.getDetails = function () { return {}; };
  exports.getIP = function () { return { ip: isOn ? "127.0.0.1" : "0.0.0.0" }; };
  exports.setConfig = function (o) { if (o.powersave !== "none") throw new Error("Unknown powersave mode"); };
  exports.connect = function (ssid, o) {
    setTimeout(function () { isOn = 1; exports.emit("connected", { ip: "127.0.0.1" }); }, 10);
    setTimeout(function () { isOn = 0; exports.emit("disconnected", { reason: "200", msg: "BEACON_TIMEOUT" }); }, 2000);
  };
});
`;

(process.env.ESPRUINO ? describe : describe.skip)("Wi-Fi on the real interpreter ($ESPRUINO)", function () {
  this.timeout(240_000);
  const dir = temporaryDir();
  let child: ChildProcess | undefined;
  after(() => child?.kill("SIGKILL"));

  it("really closes the sockets, binds again, and keeps its settings and its client", async () => {
    const port = await freePort();
    const peers = createServer().listen(0);
    const peer = `tcp://127.0.0.1:${(peers.address() as AddressInfo).port}`;
    const file = join(dir, "app.js");
    await buildBundle({ app: fixture("link-echo.ts"), board: linux, defines: { PORT: String(port), PEER: peer }, out: file });
    writeFileSync(file, WIFI + readFileSync(file, "latin1"), "latin1");
    let text = "";
    child = spawn(process.env.ESPRUINO as string, [file], { cwd: dir });
    child.stdout?.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
    const ups = (): number => text.split("\nup, missing 0").length - 1;
    for (let round = 1; round <= 3; round++) {
      await until(() => ups() === round, () => text);
      const client = await Client.open(port);
      client.send("hello");
      await client.hears("hello");
      await until(() => client.isClosed, () => text);
      assert.equal(text.split("down, missing 0").length - 1, round, text);
    }
    assert.match(text, /^saved 0 net/m);
    assert.ok(text.split("closed 25").length === 4 && text.includes("lost 25"), text);
    assert.ok(!/Uncaught/.test(text), text);
    peers.close();
  });
});
