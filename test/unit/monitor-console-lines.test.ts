import assert from "node:assert/strict";
import { ConsoleLines } from "../../cli/monitor/console-lines.js";

/** The lines of a console's text that comes in pieces of `size` characters. */
function lines(text: string, size: number): string[] {
  const found: string[] = [];
  const cutter = new ConsoleLines((line) => found.push(line));
  for (let at = 0; at < text.length; at += size) cutter.push(text.slice(at, at + size));
  cutter.flush();
  return found;
}

/** In one piece, and one character at a time. */
function both(text: string, expected: string[]): void {
  assert.deepEqual(lines(text, text.length), expected);
  assert.deepEqual(lines(text, 1), expected);
}

describe("monitor: lines of a console", () => {
  it("end with CR LF or LF, and the last one with the end of what comes", () => {
    both("one\r\ntwo\n\r\nthree", ["one", "two", "", "three"]);
  });

  it("have no prompt, and nothing of what the firmware erases", () => {
    both(">\r\x1b[JUncaught Error: x\r\n>\r\x1b[Jready\r\n>", ["Uncaught Error: x", "ready"]);
    both(">1+1\b\b\b\r\x1b[Jlog\r\n>=2\r\n", ["log", "=2"]);
    both("debug>x\r\n", ["x"]);
  });

  it("have no colours, cursor movements and flow control", () => {
    both("\x1b[31mred\x1b[0m \x13and\x11 \x1b[2K\x1b7plain\x1b[?25h\n", ["red and plain"]);
  });

  it("are text where they are UTF-8, and else keep their characters", () => {
    both(`${Buffer.from("25 °C").toString("latin1")}\nraw \xff\n`, ["25 °C", "raw \xff"]);
  });

  it("have an end, also where none comes", () => {
    assert.deepEqual(lines("x".repeat(70_000), 1000).map((line) => line.length), [65_536, 4464]);
  });

  it("that have not ended can be seen, if there is more than a prompt", () => {
    const found: string[] = [];
    const cutter = new ConsoleLines((line) => found.push(line));
    cutter.push(">");
    cutter.flush();
    assert.deepEqual(found, []);
    cutter.push("\r\x1b[Jhalf");
    assert.ok(cutter.isWithin);
    cutter.flush();
    assert.ok(!cutter.isWithin);
    cutter.push(" a line\n");
    assert.deepEqual(found, ["half", " a line"]);
  });
});
