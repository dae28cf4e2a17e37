import assert from "node:assert/strict";
import { BoardConsole } from "../../cli/device/board-console.js";
import { silence } from "../../cli/device/diagnose.js";
import { formatPorts } from "../../cli/device/list-ports.js";
import { deviceError, Exit, formatDeviceError } from "../../cli/device/problem.js";
import { Repl } from "../../cli/device/repl.js";
import { openFailure, whyLost } from "../../cli/device/transport-serial.js";
import { meerkatRoot } from "../../cli/build/layout.js";
import { endBoards, impostor, switchOn, wire } from "./flash-support.js";

const TIMES = { attachMs: 2000, tryMs: 150, settleMs: 50 };

describe("device: errors", () => {
  it("a message is broken into lines of 80 columns, as far in; what a board printed stays as it is", () => {
    const advice = "x".repeat(30);
    const printed = `| ${"y".repeat(90)}`;
    const text = formatDeviceError(deviceError(Exit.Port, "short", `${advice} ${advice} ${advice}`, printed));
    assert.equal(text, `short\n  ${advice} ${advice}\n  ${advice}\n  ${printed}`);
  });

  it("a port that may not be opened: the group to join", async () => {
    const error = await openFailure(meerkatRoot, new Error("Error: Permission denied, cannot open /dev/ttyUSB0"), false);
    assert.equal(error.exit, Exit.Port);
    assert.match(error.message, /^You may not open [^]*\n {2}\S/);
    if (process.platform === "linux") assert.match(error.message, /sudo usermod -a -G \S+ \S+\n {2}Then log out and in again\./);
  });

  it("a port that somebody else has open", async () => {
    const error = await openFailure(meerkatRoot, new Error("Error Resource temporarily unavailable Cannot lock port"), true);
    assert.match(error.message, /is in use by another program\.\n {2}Close what uses it/);
  });

  it("a port that is not there", async () => {
    const error = await openFailure("/dev/no-such-port", new Error("Error: No such file or directory, cannot open /dev/no-such-port"));
    assert.match(error.message, process.platform === "win32" ? /Cannot open/ : /^There is no port \/dev\/no-such-port\.\n {2}\S/);
  });

  it("a port that goes away is told the same by whoever finds out first; another fault keeps its words", () => {
    const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code });
    const gone = "the port is gone (was the cable pulled?)";
    assert.equal(whyLost(failed("EIO", "EIO: i/o error, write")), gone);
    assert.equal(whyLost(failed("ENXIO", "ENXIO: no such device or address, write")), gone);
    assert.equal(whyLost(new Error("Port is not open")), gone);
    assert.equal(whyLost(failed("ENOSPC", "no room")), "the port failed (no room)");
  });

  it("silence is told apart from garbage and from other programs", () => {
    assert.match(silence("P", "").message, /^Nothing answers at P\./);
    assert.match(silence("P", "\xf8\x00\x80\xe0\xfe").message, /^What comes from P is garbage\./);
    assert.match(silence("P", "hello\r\n").message, /It said last:\n {2}\| hello\n/);
  });

  it("a list of ports is a table without empty ends", () => {
    const ports = [
      { path: "/dev/ttyUSB0", name: "WCH CH340", usbId: "1a86:7523" },
      { path: "COM3", name: "", usbId: "" },
    ];
    assert.deepEqual(formatPorts(ports), ["/dev/ttyUSB0  1a86:7523  WCH CH340", "COM3"]);
  });
});

describe("device: console", function () {
  this.timeout(20_000);
  afterEach(endBoards);

  it("takes flow control out of what comes, and waits with sending until the board can take more", async () => {
    let got = "";
    const port = await impostor((socket, bytes) => {
      got += bytes.toString("latin1");
      if (got.endsWith("go")) socket.write("\x13a\x13");
      else if (got.includes("held")) socket.write("!");
    });
    const board = await BoardConsole.open(`tcp://localhost:${port}`, 115200);
    await board.send("go");
    assert.equal((await board.expect(/a/, 1000))?.input, "a");
    let isSent = false;
    const sending = board.send("held").then(() => (isSent = true));
    assert.equal(await board.expect(/!/, 150), undefined);
    assert.deepEqual([isSent, got], [false, "go"]);
    await sending;
    assert.notEqual(await board.expect(/!/, 1000), undefined);
    await board.close();
  });

  it("tells whoever waits, and whoever calls later, that the board is gone", async () => {
    const port = await impostor((socket) => socket.destroy());
    const board = await BoardConsole.open(`tcp://localhost:${port}`, 115200);
    const told: string[] = [];
    board.onGone((error) => told.push(error.message));
    await Promise.all([board.send("x"), assert.rejects(board.expect(/never/, 5000), /^Error: Lost the board at tcp:/)]);
    await assert.rejects(board.send("y"), /Lost the board/);
    assert.equal(told.length, 1);
    await board.close();
  });
});

describe("device: repl", function () {
  this.timeout(20_000);
  afterEach(endBoards);

  async function attached(port: number): Promise<Repl> {
    const repl = new Repl(await BoardConsole.open(`tcp://localhost:${port}`, 115200), TIMES);
    await repl.attach();
    return repl;
  }

  it("answers with values as text, and throws what the interpreter throws", async () => {
    const { port } = await switchOn({});
    const repl = await attached(port);
    assert.equal(await repl.ask("1+1"), "2");
    assert.equal(await repl.ask('"a:>\\"b"'), 'a:>"b');
    await assert.rejects(repl.ask('(function(){throw "no"})()'), { message: "no", code: "MEERKAT_BOARD_EXCEPTION" });
    await repl.console.close();
  });

  it("evaluates a question once, also when its answer was lost", async () => {
    const { port } = await switchOn({});
    let lost = 0;
    const losing = (bytes: Buffer): Buffer => {
      if (!bytes.includes("=counted") || lost++ > 1) return bytes;
      return Buffer.from(bytes.toString("latin1").replaceAll("counted", ""), "latin1");
    };
    const repl = await attached(await wire(port, { fromBoard: losing }));
    await repl.ask("counter=0");
    assert.equal(await repl.ask('(counter++,"counted"+counter)'), "counted1");
    assert.equal(await repl.ask("counter"), "1");
    assert.ok(lost > 1, String(lost));
    await repl.console.close();
  });

  it("does not evaluate a question that arrived damaged", async () => {
    const { port } = await switchOn({});
    let isBroken = false;
    const breaking = (bytes: Buffer): Buffer => {
      const text = bytes.toString("latin1");
      if (isBroken || !text.includes("value=17")) return bytes;
      isBroken = true;
      return Buffer.from(text.replace("value=17", "value=19"), "latin1");
    };
    const repl = await attached(await wire(port, { toBoard: breaking }));
    await repl.ask("seen=[]");
    assert.equal(await repl.ask("(value=17,seen.push(value),seen.join())"), "17");
    assert.ok(isBroken);
    await repl.console.close();
  });
});
