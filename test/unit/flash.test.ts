import assert from "node:assert/strict";
import { findBoard } from "../../boards/index.js";
import { finishCode, FINISH_FILE, NEW_FILE } from "../../cli/flash/install.js";
import { imageOf } from "../../cli/flash/image.js";
import { endBoards, flash, impostor, programOf, startsWith, switchOn, wire } from "./flash-support.js";
import type { WireFaults } from "./flash-support.js";

const OLD = programOf("old");
const NEW = programOf("new");

describe("flash", function () {
  this.timeout(60_000);
  afterEach(endBoards);

  it("puts a program on a board that has none, compares it there, and sees it start", async () => {
    const { port, virtual, log } = await switchOn({});
    const { error, lines } = await flash(port, NEW);
    assert.equal(error, "");
    assert.match(lines.join("\n"), /ESP32, Espruino 2v29[^]*read back and compared: \d+ bytes, CRC [0-9a-f]{8}\n +started: /);
    assert.deepEqual(Object.keys(virtual.flash.contents()), [".bootcde"]);
    assert.ok(virtual.flash.read(".bootcde", 0, 0)?.startsWith(NEW.code.trimEnd()));
    assert.ok(log.includes("this is new"), log.join("\n"));
  });

  it("replaces the program of a board, and leaves other files alone", async () => {
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code, settings: "kept" });
    assert.equal((await flash(port, NEW)).error, "");
    assert.deepEqual(Object.keys(virtual.flash.contents()).sort(), [".bootcde", "settings"]);
    assert.equal(await startsWith(virtual.flash.contents()), `this is new\n${imageOf(NEW.code).startedLine}`);
  });

  it("does not write what the board has already, and starts it", async () => {
    const { port, virtual, log } = await switchOn({ ".bootcde": imageOf(NEW.code).code });
    const { error, lines } = await flash(port, NEW);
    assert.equal(error, "");
    assert.match(lines.join("\n"), /has this very program already/);
    assert.equal(virtual.flash.changes, 0);
    assert.equal(log.filter((line) => line === "this is new").length, 2);
  });

  it("takes up an upload that broke off, without sending again what is there", async () => {
    const large = programOf("large", 20_000);
    const board = await switchOn({ ".bootcde": OLD.code });
    const cut = await flash(await wire(board.port, { cutAt: 24_000 }), large);
    assert.equal(cut.exit, 6, cut.error);
    assert.equal(board.virtual.flash.read(NEW_FILE, 0, 0)?.length, imageOf(large.code).code.length);
    let sent = 0;
    const counting = (bytes: Buffer): Buffer => ((sent += bytes.length), bytes);
    assert.equal((await flash(await wire(board.port, { toBoard: counting }), large)).error, "");
    assert.ok(sent < 15_000, `${sent} bytes sent`);
    assert.match(await startsWith(board.virtual.flash.contents()), /^this is large\n/);
  });

  it("removes what an earlier attempt left in .boot3, whole or torn, and leaves alone what is somebody else's", async () => {
    const finish = finishCode(imageOf(OLD.code));
    for (const left of [finish, finish.slice(0, 20) + "\xff".repeat(40), "\xff".repeat(40)]) {
      const { port, virtual } = await switchOn({ ".bootcde": OLD.code, [FINISH_FILE]: left });
      assert.equal((await flash(port, NEW)).error, "");
      assert.deepEqual(Object.keys(virtual.flash.contents()), [".bootcde"]);
    }
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code, [FINISH_FILE]: 'console.log("mine");' });
    const { error, exit } = await flash(port, NEW);
    assert.deepEqual([exit, /\.boot3 of somebody else's/.test(error)], [5, true]);
    assert.equal(virtual.flash.changes, 0);
  });

  it("waits for a text of the program's own when it is asked to", async () => {
    const { port } = await switchOn({});
    const slow = { ...NEW, code: `${NEW.code}setTimeout(function(){console.log("ready: at last")},300);` };
    const { error, lines } = await flash(port, slow, { ready: "ready:" });
    assert.equal(error, "");
    assert.match(lines.join("\n"), /started: it printed "ready:"/);
  });

  it("waits for nothing when it is asked to", async () => {
    const { port } = await switchOn({});
    const broken = { ...NEW, code: 'throw new Error("no");' };
    const { error, lines } = await flash(port, broken, { ready: "none" });
    assert.equal(error, "");
    assert.match(lines.join("\n"), /nothing was waited for/);
  });

  it("says what a program that throws at its start printed, and ends with 7", async () => {
    const { port } = await switchOn({});
    const { error, exit } = await flash(port, { ...NEW, code: 'throw new Error("no such pin");' });
    assert.equal(exit, 7);
    assert.match(error, /^The program is on the board \(\.bootcde\), but fails as it starts:\n +Uncaught Error: no such pin/);
    assert.doesNotMatch(error, /^ *>/m);
  });

  it("says what the program printed when its text does not come in time, and ends with 7", async () => {
    const { port } = await switchOn({});
    const { error, exit } = await flash(port, NEW, { ready: "listening", deadlineMs: 300 });
    assert.equal(exit, 7);
    assert.match(error, /did not print "listening" within[^]*\| this is new/);
  });

  it("a program that floods the console is no hindrance, as the old one or the new one", async () => {
    const flood = { ...NEW, code: 'setInterval(function(){for(var i=0;i<20;i++)console.log("=======<mk1=1:1>=======")},2);' };
    const { port, virtual } = await switchOn({ ".bootcde": flood.code });
    assert.equal((await flash(port, NEW)).error, "");
    assert.equal((await flash(port, flood)).error, "");
    assert.ok(virtual.flash.read(".bootcde", 0, 0)?.startsWith(flood.code));
  });

  it("erases the old program first when there is no room for two and it was told to", async () => {
    const small = { ...findBoard("esp32"), storageBytes: 8192 };
    const [old, fresh] = [programOf("old", 5600), programOf("new", 5600)];
    const { port, virtual } = await switchOn({ ".bootcde": old.code }, small);
    const refused = await flash(port, fresh);
    assert.equal(refused.exit, 5);
    assert.match(refused.error, /has \d+ bytes free, and \d+ are needed[^]*--in-place[^]*old program is untouched, and was started again/);
    assert.equal(await startsWith(virtual.flash.contents()), "this is old");
    assert.equal((await flash(port, fresh, { inPlace: true })).error, "");
    assert.match(await startsWith(virtual.flash.contents()), /^this is new\n/);
  });

  it("an --in-place upload that breaks off leaves a file that is refused whole, and can be taken up", async () => {
    const board = await switchOn({ ".bootcde": OLD.code });
    const cut = await flash(await wire(board.port, { cutAt: 5500 }), NEW, { inPlace: true });
    assert.equal(cut.exit, 6);
    assert.match(cut.error, /until it is flashed again the board has none/);
    assert.match(await startsWith(board.virtual.flash.contents()), /^Uncaught SyntaxError/);
    assert.equal((await flash(board.port, NEW, { inPlace: true })).error, "");
    assert.match(await startsWith(board.virtual.flash.contents()), /^this is new\n/);
  });

  it("at each change of the flash at which the power can fail, the board starts the old program or the new one", async () => {
    const outcomes = new Set<string>();
    let count = 0;
    for (let isOver = false; !isOver; ) {
      const { port, virtual, end } = await switchOn({ ".bootcde": OLD.code });
      virtual.flash.cutPowerAt(++count);
      const { error } = await flash(port, NEW, { ready: "none" });
      isOver = virtual.flash.changes < count;
      const starts = await startsWith(virtual.flash.contents());
      const kind = starts.split("\n").filter((line) => /^this is /.test(line)).join();
      assert.match(kind, /^this is (old|new)$/, `cut at change ${count}: ${starts} (${error})`);
      outcomes.add(kind);
      end();
    }
    assert.ok(count > 8, String(count));
    assert.deepEqual([...outcomes].sort(), ["this is new", "this is old"]);
  });

  it("what it leaves to the board survives power cuts itself, one after the other", async () => {
    const image = imageOf(NEW.code);
    let storage: Record<string, string> = { ".bootcde": OLD.code, [NEW_FILE]: image.code, [FINISH_FILE]: finishCode(image) };
    for (let count = 1; count < 12; count++) storage = await switchOnCut(storage, count);
    assert.match(await startsWith(storage), /^this is new\n/);
    assert.deepEqual(Object.keys(storage).sort(), [".boot3", ".bootcde"]);
  });
});

/** Switches a board on whose power fails at that change; answers its flash. */
async function switchOnCut(storage: Record<string, string>, count: number): Promise<Record<string, string>> {
  const { virtual, end } = await switchOn({});
  for (const [name, data] of Object.entries(storage)) virtual.flash.write(name, data, 0, 0);
  virtual.flash.cutPowerAt(count);
  virtual.powerOn();
  end();
  return virtual.flash.contents();
}

describe("flash over a bad wire", function () {
  this.timeout(60_000);
  afterEach(endBoards);

  /** Every `n`th byte, counted over the whole way, goes through `change`; undefined loses it. */
  function each(n: number, change: (byte: number) => number | undefined): (bytes: Buffer) => Buffer {
    let count = 0;
    return (bytes) => Buffer.from([...bytes].flatMap((byte) => (++count % n === 0 ? (change(byte) ?? []) : byte)));
  }

  const survived: [what: string, faults: () => WireFaults][] = [
    ["loses a byte in 2999 on the way there", () => ({ toBoard: each(2999, () => undefined) })],
    ["loses a byte in 499 on the way back", () => ({ fromBoard: each(499, () => undefined) })],
    ["flips a bit in 2503 bytes on the way there", () => ({ toBoard: each(2503, (byte) => byte ^ 4) })],
    ["flips the top bit of a byte in 307 on the way back", () => ({ fromBoard: each(307, (byte) => byte ^ 128) })],
    ["turns a byte in 3001 into a line end", () => ({ toBoard: each(3001, () => 10) })],
    ["turns a byte in 2801 into an open bracket", () => ({ toBoard: each(2801, () => 40) })],
  ];
  /** The line that says that the program has started is said once: how much comes before it, and so what a fault hits, depends on the machine. */
  const sparing = ({ fromBoard, ...faults }: WireFaults): WireFaults => ({
    ...faults,
    fromBoard: (bytes) => (bytes.includes("meerkat:started") ? bytes : (fromBoard?.(bytes) ?? bytes)),
  });
  for (const [what, faults] of survived) {
    it(`gets through when the wire ${what}`, async () => {
      const { port, virtual } = await switchOn({ ".bootcde": OLD.code });
      const { error } = await flash(await wire(port, sparing(faults())), NEW);
      assert.equal(error, "");
      assert.match(await startsWith(virtual.flash.contents()), /^this is new\n/);
    });
  }

  it("stops when the wire is cut, wherever that is, and the board starts a whole program", async () => {
    for (let cutAt = 40; cutAt < 9000; cutAt += 611) {
      const { port, virtual } = await switchOn({ ".bootcde": OLD.code });
      const { error, exit } = await flash(await wire(port, { cutAt }), NEW);
      assert.equal(exit, exit === 0 ? 0 : 6, `cut at ${cutAt}: ${error}`);
      assert.match(await startsWith(virtual.flash.contents()), /^this is (old|new)/, `cut at ${cutAt}`);
      if (exit === 6) assert.match(error, /^Lost the board at tcp:[^]*closed by the other end/);
    }
  });

  it("stops when nothing comes back any more, says so, and the board keeps its program", async () => {
    let count = 0;
    const stall = (bytes: Buffer): Buffer => ((count += bytes.length) > 3000 ? Buffer.alloc(0) : bytes);
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code });
    const { error, exit } = await flash(await wire(port, { toBoard: stall }), NEW);
    assert.equal(exit, 6);
    assert.match(error, /stopped answering[^]*Press its reset button[^]*old program is untouched/);
    assert.equal(await startsWith(virtual.flash.contents()), "this is old");
  });
});

describe("flash and what is no such board", function () {
  this.timeout(60_000);
  afterEach(endBoards);

  const nobody = (): void => undefined;

  it("another board: 5, its name, and nothing is written", async () => {
    const { port, virtual } = await switchOn({ ".bootcde": OLD.code }, findBoard("esp32c3"));
    const { error, exit } = await flash(port, NEW);
    assert.equal(exit, 5);
    assert.match(error, /^The board at the port is ESP32C3_IDF4 \(Espruino 2v29\.277\), not ESP32\.\n/);
    assert.equal(virtual.flash.changes, 0);
    assert.equal((await flash(port, NEW, { anyBoard: true })).error, "");
  });

  it("a program that is too big for the board's memory: 5", async () => {
    const { port } = await switchOn({});
    const { error, exit } = await flash(port, { ...NEW, variables: 20000 });
    assert.equal(exit, 5);
    assert.match(error, /has 16383 variables, and the program needs about 20000/);
  });

  it("a program saved as .bootrst would run instead: 5", async () => {
    const { port } = await switchOn({ ".bootrst": OLD.code });
    const { error, exit } = await flash(port, NEW);
    assert.deepEqual([exit, /erase\("\.bootrst"\)/.test(error)], [5, true]);
  });

  const strangers: [what: string, hello: string, message: RegExp][] = [
    ["nothing at all", "", /^Nothing answers at tcp:[^]*right port[^]*docs\/flash\.md/],
    ["garbage", "\xff\xfe\x80\x81\x00\xf8\xe0".repeat(8), /is garbage\.[^]*--baud/],
    ["a chip without firmware", "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\ninvalid header: 0xffffffff\r\n", /no firmware[^]*docs\/flash\.md/],
    ["a chip in its boot loader", "rst:0x1,boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n", /boot loader[^]*BOOT button/],
    ["MicroPython", "MicroPython v1.22\r\n>>> ", /MicroPython answers/],
    ["a locked console", "password>", /locked with a password/],
    ["something else", "220 mail.example ESMTP\r\n", /no Espruino answers\. It said last:\n +\| 220 mail/],
  ];
  for (const [what, hello, message] of strangers) {
    it(`${what}: 4, and what to do`, async () => {
      const { error, exit } = await flash(await impostor(nobody, hello), NEW, { times: { attachMs: 400, tryMs: 100, settleMs: 50 } });
      assert.equal(exit, 4, error);
      assert.match(error, message);
    });
  }

  it("firmware of another age: 5", async () => {
    const answer = (version: string) => (socket: { write(text: string): void }, bytes: Buffer) => {
      for (const [, number] of bytes.toString("latin1").matchAll(/print\("<"\+"mk(\d+)"\+">"\)/g)) socket.write(`<mk${number}>`);
      for (const [, number] of bytes.toString("latin1").matchAll(/"mk(\d+)"\+\(!E/g)) socket.write(`<mk${number}${version}>`);
    };
    const { error, exit } = await flash(await impostor(answer("-")), NEW);
    assert.equal(exit, 5);
    assert.match(error, /too old: it has no E\.CRC32/);
  });
});
