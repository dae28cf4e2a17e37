import assert from "node:assert/strict";
import { ConsoleInput } from "../../platform/virtual-board/console-input.js";

/** A console that answers each line with its length; what it shows, and the lines it ran. */
function newConsole(): { input: ConsoleInput; shown: () => string; lines: string[] } {
  let out = "";
  const lines: string[] = [];
  const input = new ConsoleInput({
    write: (text) => (out += text),
    evaluate: (line) => (lines.push(line), String(line.length)),
    about: () => "Espruino 2v29 TEST",
  });
  const shown = (): string => {
    const text = out;
    out = "";
    return text;
  };
  return { input, shown, lines };
}

describe("virtual board: console", () => {
  it("echoes what is typed, shows the value, and a prompt after it", () => {
    const { input, shown, lines } = newConsole();
    input.show();
    for (const char of "1+1\r\n") input.feed(char);
    assert.deepEqual([shown(), lines], [">1+1\r\n=3\r\n>", ["1+1"]]);
  });

  it("shows nothing of a line that begins with DLE, and echoes the next one again", () => {
    const { input, shown, lines } = newConsole();
    input.show();
    input.feed("\x10secret()\na\n");
    assert.deepEqual([shown(), lines], [">a\r\n=1\r\n>", ["secret()", "a"]]);
  });

  it("waits for the end of brackets, and of texts and comments in them", () => {
    const { input, lines } = newConsole();
    input.feed('\x10f(")",[1,\n2]) // (\n\x10`a\nb`\n\x10{/*}\n*/}\n');
    assert.deepEqual(lines, ['f(")",[1,\n2]) // (', "`a\nb`", "{/*}\n*/}"]);
  });

  it("forgets the line at Ctrl-C and at the sequence that erases it", () => {
    const { input, lines } = newConsole();
    input.feed("(((\n\x03a\nwrong(\x1b[2Hb\nwrong(\x1b[2Kc\n");
    assert.deepEqual(lines, ["a", "b", "c"]);
  });

  it("puts what the program prints above the prompt and what is being typed", () => {
    const { input, shown } = newConsole();
    input.show();
    input.feed("ab");
    shown();
    input.print("hello\nyou");
    assert.equal(shown(), "\r\x1b[Jhello\r\nyou\r\n>ab");
  });

  it("says what it is at Ctrl-E", () => {
    const { input, shown } = newConsole();
    input.feed("\x05");
    assert.equal(shown(), "Espruino 2v29 TEST\r\n");
  });
});
