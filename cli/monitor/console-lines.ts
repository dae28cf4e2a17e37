/*
 * The bytes of a board's console as lines of text, without what is meant for a terminal: the prompt and its erasing, colours,
 * cursor movements, flow control.
 */

const ESC = "\x1b";
/** A control sequence (ECMA-48 §5.4), or a short escape. */
const SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|[^[])/;
/** The beginning of one that is not all there yet. */
const BEGUN = /^\x1b(?:\[[0-?]*[ -/]*)?$/;
/** What the firmware writes before its answer to a line that somebody typed at the prompt. */
const PROMPT = /^(?:>|debug>)+/;
/** A line that never ends is given out in pieces. */
const LINE_MAX = 65536;

/** Cuts what comes, in pieces of any size, into lines. */
export class ConsoleLines {
  private line = "";
  /** Bytes at the end that may be the beginning of something. */
  private rest = "";

  /** Lines go to `emit`, without their end. */
  constructor(private readonly emit: (line: string) => void) {}

  /** Takes what came: text of characters 0 to 255. */
  push(text: string): void {
    const all = this.rest + text;
    this.rest = "";
    let at = 0;
    while (at < all.length) {
      const taken = this.take(all, at);
      if (taken === 0) break;
      at += taken;
    }
    this.rest = all.slice(at);
  }

  /** Takes what begins at `at`; answers how many characters, 0 when more have to come. */
  private take(all: string, at: number): number {
    const char = all[at];
    if (char === "\n") return this.endLine();
    if (char === "\r") return this.takeReturn(all, at);
    if (char === ESC) return this.takeEscape(all, at);
    if (char === "\b") this.line = this.line.slice(0, -1);
    else if (char >= " " || char === "\t") this.line += char;
    if (this.line.length >= LINE_MAX) this.endLine();
    return 1;
  }

  private endLine(): number {
    this.emit(textOf(this.line.replace(PROMPT, "")));
    this.line = "";
    return 1;
  }

  /** Before a line end it is part of that; else the cursor goes back, and what follows takes the place of what is there. */
  private takeReturn(all: string, at: number): number {
    const next = all[at + 1];
    if (next === undefined) return 0;
    if (next !== "\n" && next !== "\r") this.line = "";
    return 1;
  }

  private takeEscape(all: string, at: number): number {
    const rest = all.slice(at, at + 32);
    const sequence = SEQUENCE.exec(rest);
    if (sequence) return sequence[0].length;
    return BEGUN.test(rest) && at + rest.length === all.length ? 0 : 1;
  }

  /** True while there is text of a line that has not ended, other than a prompt. */
  get isWithin(): boolean {
    return this.line.replace(PROMPT, "") !== "";
  }

  /** Gives out the line that has not ended; the rest of it comes as a line of its own. */
  flush(): void {
    if (this.isWithin) this.endLine();
  }
}

/** UTF-8 where it is that, else the characters as they are. */
function textOf(binary: string): string {
  const bytes = Buffer.from(binary, "latin1");
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") ? binary : text;
}
