/**
 * Owns: what is typed at a board's console, character by character (jsiHandleConsoleChar of src/jsinteractive.c): lines,
 * echo, the codes that tools use (Ctrl-C, DLE, "erase the line"), statements over several lines, and the prompt.
 * Does not own: running a line (the board does).
 * Not modelled: moving the cursor, history, completion, packets; Ctrl-C ends no loop, because V8 runs it.
 */

const ERASE_PROMPT = "\r\x1b[J";
const CONTROL = { ctrlC: 3, ctrlE: 5, backspace: 8, dle: 16, escape: 27, delete: 127 };
/** What begins a line after the first one of a statement. */
const CONTINUED = ":";

/** What a console needs of its board. */
export interface ConsoleParts {
  /** Sends text to who is at the console, line ends as `\r\n`. */
  write(text: string): void;
  /** Runs a line, and answers its value as the console shows it; undefined when there was an exception. */
  evaluate(line: string): string | undefined;
  /** Name and version, asked for with Ctrl-E. */
  about(): string;
}

/** One console. */
export class ConsoleInput {
  private line = "";
  private isEchoOff = false;
  private escape = "";
  private wasReturn = false;
  private hasPrompt = false;

  constructor(private readonly parts: ConsoleParts) {}

  /** Takes characters 0 to 255 as they come. */
  feed(text: string): void {
    for (const char of text) this.take(char);
  }

  private take(char: string): void {
    const code = char.charCodeAt(0);
    const isLineFeed = char === "\n" && this.wasReturn;
    this.wasReturn = char === "\r";
    if (this.escape !== "") return this.takeEscape(char);
    if (code === CONTROL.escape) this.escape = char;
    else if (char === "\r" || (char === "\n" && !isLineFeed)) this.enter();
    else if (code === CONTROL.ctrlC) this.clear();
    else if (code === CONTROL.dle) this.isEchoOff ||= this.line === "";
    else if (code === CONTROL.ctrlE && this.line === "") this.parts.write(`${this.parts.about()}\r\n`);
    else if (code === CONTROL.backspace || code === CONTROL.delete) this.back();
    else if (code >= 32 || char === "\t") this.add(char);
  }

  /** Of the sequences of a terminal only `ESC [ 2 H`, and `ESC [ 2 K` of older firmware, mean something here. */
  private takeEscape(char: string): void {
    this.escape += char;
    if (this.escape.length === 2 ? char === "[" : /[0-9;]/.test(char)) return;
    if (this.escape === "\x1b[2H" || this.escape === "\x1b[2K") this.clear();
    this.escape = "";
  }

  private add(char: string): void {
    this.line += char;
    if (!this.isEchoOff) this.parts.write(char);
  }

  private back(): void {
    if (this.line === "" || this.line.endsWith("\n")) return;
    this.line = this.line.slice(0, -1);
    if (!this.isEchoOff) this.parts.write("\b\x1b[J");
  }

  private clear(): void {
    if (this.line === "") return;
    this.line = "";
    this.isEchoOff = false;
    this.removePrompt();
    this.prompt();
  }

  private enter(): void {
    if (isUnfinished(this.line)) {
      this.line += "\n";
      if (!this.isEchoOff) this.parts.write(`\r\n${CONTINUED}`);
      return;
    }
    const { line, isEchoOff } = this;
    this.line = "";
    this.isEchoOff = false;
    if (!isEchoOff) {
      this.parts.write("\r\n");
      this.hasPrompt = false;
    }
    if (line.trim() !== "") this.run(line, isEchoOff);
    this.prompt();
  }

  private run(line: string, isEchoOff: boolean): void {
    const value = this.parts.evaluate(line);
    if (value !== undefined && !isEchoOff) this.print(`=${value}`);
  }

  /** A line of the program, or of the firmware: above the prompt, and what is being typed comes again below. */
  print(text: string): void {
    const hadPrompt = this.hasPrompt;
    this.removePrompt();
    this.parts.write(`${text.replaceAll("\n", "\r\n")}\r\n`);
    if (hadPrompt) this.prompt();
  }

  private removePrompt(): void {
    if (this.hasPrompt) this.parts.write(ERASE_PROMPT);
    this.hasPrompt = false;
  }

  /** The board has started: what was typed before is gone. */
  show(): void {
    this.line = "";
    this.isEchoOff = false;
    this.escape = "";
    this.prompt();
  }

  private prompt(): void {
    if (this.hasPrompt) return;
    this.hasPrompt = true;
    this.parts.write(`>${this.isEchoOff ? "" : this.line.replaceAll("\n", `\r\n${CONTINUED}`)}`);
  }
}

const CLOSES: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** True while brackets, a text or a comment are open: the firmware then waits for more (jsiCountBracketsInInputLine). */
function isUnfinished(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || char === "'" || char === "`") {
      const end = endOfText(text, i);
      // A quote that does not end on its line is an error, which the firmware reports; only ` goes over several.
      if (end < 0) return char === "`";
      i = end;
    } else if (text.startsWith("//", i)) {
      const end = text.indexOf("\n", i);
      if (end < 0) return depth > 0;
      i = end;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i + 2);
      if (end < 0) return true;
      i = end + 1;
    } else if (char in CLOSES) depth++;
    else if (char === ")" || char === "]" || char === "}") depth--;
  }
  return depth > 0;
}

function endOfText(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === text[from]) return i;
    else if (text[i] === "\n" && text[from] !== "`") return -1;
  }
  return -1;
}
