/*
 * How Espruino says where in a text it was (src/jslex.c jslPrintPosition and jslPrintTokenLineMarker, src/jsvar.c
 * jsvGetLineAndCol): a line, a column, and an excerpt of the line. Everything here has been compared with Espruino 2v29.
 *
 * Lines are miscounted: the firmware means to leave out a first line that begins with `Modules.addCached`, but takes these
 * characters wherever they come in the first line, with others between them. After the last of them lines count from 0.
 */

const IGNORED = "Modules.addCached";
/** An excerpt has this many characters, and up to {@link BEFORE} of them stand before the place. */
const EXCERPT = 60;
const BEFORE = 30;

/** A text that the interpreter has positions in: a file, or the code of a function. */
export interface Code {
  text: string;
  /** From here on lines count one less. */
  shiftAt: number;
}

/** Prepares a text. */
export function codeOf(text: string): Code {
  return { text, shiftAt: shiftOf(text) };
}

function shiftOf(text: string): number {
  const lineEnd = text.indexOf("\n");
  let at = -1;
  for (const char of IGNORED) {
    at = text.indexOf(char, at + 1);
    if (at < 0 || (lineEnd >= 0 && at > lineEnd)) return Infinity;
  }
  return at;
}

/** The places (from 0) that the interpreter calls `line`:`column`: none, one, or two. */
export function offsetsOf(code: Code, line: number, column: number): number[] {
  const found: number[] = [];
  for (const shift of [0, 1]) {
    const start = lineStart(code.text, line + shift);
    if (start < 0) continue;
    const at = start + column - 1;
    const isInLine = at >= start && at <= lineEndOf(code.text, start) && at < code.text.length;
    if (isInLine && (at >= code.shiftAt ? 1 : 0) === shift) found.push(at);
  }
  return found;
}

/** Where the line (from 1) begins; -1 when there is no such line. */
function lineStart(text: string, line: number): number {
  if (line < 1) return -1;
  let start = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return -1;
    start = end + 1;
  }
  return start;
}

function lineEndOf(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** True when `excerpt` is what the interpreter prints below a position. Blanks at its end do not count. */
export function isExcerptAt(code: Code, at: number, excerpt: string): boolean {
  return excerptAt(code, at).trimEnd() === excerpt.trimEnd();
}

/** What the interpreter prints below a position: a part of its line. */
export function excerptAt({ text }: Code, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(start, lineEndOf(text, start));
  const isCut = line.length > EXCERPT && at - start > BEFORE;
  const from = isCut ? at - BEFORE - start : 0;
  const shown = line.slice(from, from + EXCERPT);
  return (isCut ? "..." : "") + shown + (shown.length === EXCERPT || from + EXCERPT < line.length ? "..." : "");
}
