/**
 * Owns: finding stack traces in the lines of a console, and writing them in the author's terms.
 * Does not own: what positions mean (bundle-places.ts), and where lines come from.
 *
 * Espruino prints a frame as three lines: `    at name (file:line:column)`, an excerpt, and a `^` below the place. V8 prints
 * the first only. So a frame waits for the two lines after it, and the line with the exception for the first frame, which
 * tells what its names mean. Whoever feeds lines calls `flush` when none has come for a while.
 */

import { relative } from "node:path";
import { isOwnSource, meerkatRoot } from "../build/layout.js";
import { shortPath } from "../build/problem.js";
import type { BundlePlaces, SourcePlace } from "./bundle-places.js";
import { nameNumbers } from "./our-words.js";

/** A line of a trace: text before it (the firmware forgets a line end there), the function, and the position. */
const FRAME = /^(.*?) {4}at (?:(.+?) \()?([^\s():]*):(\d+):(\d+)\)?$/;
/** A frame without a position: of a function that is not the program's. */
const OTHER_FRAME = /^ {4}at .*\)$/;
const CARET = /^ *\^$/;
/** What names a property or a function in an exception's text. */
const NAMED = [
  /(?<=Can't read property ')([\w$]+)(?=' of )/,
  /(?<=Function ")([\w$]+)(?=" not found)/,
  /(?<=Field or method ")([\w$]+)(?=" does not)/,
  /(?<=^Uncaught ReferenceError: ")([\w$]+)(?=" is not defined)/,
  /(?<=\(reading ')([\w$]+)(?='\))/,
  /(?<=\(setting ')([\w$]+)(?='\))/,
  /(?<=[\w$]\.)([\w$]+)(?= is not a function)/,
];
const EXCEPTION = /^Uncaught |^meerkat: handler of connection/;
/** A source line is shown up to here, around the place. */
const SHOWN = 72;
const INDENT = "        ";

interface Frame {
  line: string;
  name: string;
  file: string;
  row: number;
  column: number;
  excerpt?: string;
}

/** Takes lines of a console and gives them out as a reader wants them. */
export class TraceReader {
  /** The line with the exception, until the first frame. */
  private exception: string | undefined;
  private frame: Frame | undefined;
  /** The name of the last frame's function, as it was called; undefined outside of a trace. */
  private above: string | undefined;
  private isInTrace = false;
  private hasShownSource = false;
  private hasHinted = false;

  /** Lines without their end go to `emit`. `hint` is told once when a trace does not fit the bundle. */
  constructor(
    private readonly places: BundlePlaces | undefined,
    private readonly emit: (line: string) => void,
    private readonly hint: () => void = () => undefined,
  ) {}

  /** Takes a line. */
  line(line: string): void {
    if (this.frame && this.takeRest(this.frame, line)) return;
    const match = this.places && FRAME.exec(line);
    if (match) return this.begin(match);
    if (this.isInTrace && OTHER_FRAME.test(line)) {
      this.flush();
      return this.emit(line);
    }
    // V8's stacks begin with the exception once more.
    if (line !== "" && this.exception?.endsWith(` ${line}`)) return;
    this.flush();
    this.isInTrace = false;
    if (EXCEPTION.test(line)) this.exception = line;
    else this.emit(nameNumbers(line));
  }

  /** Gives out what waits for lines to come. */
  flush(): void {
    const { frame } = this;
    if (frame) {
      // Without a caret it was no excerpt, but what came after the trace.
      const { excerpt } = frame;
      frame.excerpt = undefined;
      this.finish(frame);
      if (excerpt !== undefined) this.line(excerpt);
    }
    this.giveException((name) => this.places?.propertyName(name));
  }

  private begin([line, before, name, file, row, column]: RegExpExecArray): void {
    if (this.frame) this.finish(this.frame);
    if (before !== "") {
      this.flush();
      this.emit(before);
      this.isInTrace = false;
    }
    if (!this.isInTrace) {
      this.isInTrace = true;
      this.hasShownSource = false;
      this.above = undefined;
    }
    this.frame = { line: line.slice(before.length), name: name ?? "", file, row: Number(row), column: Number(column) };
  }

  /** The excerpt and the caret; false when the line is neither. */
  private takeRest(frame: Frame, line: string): boolean {
    if (frame.excerpt === undefined) {
      if (FRAME.test(line)) return false;
      frame.excerpt = line;
      return true;
    }
    if (CARET.test(line)) {
      this.finish(frame, line);
      return true;
    }
    this.flush();
    return false;
  }

  private finish(frame: Frame, caret?: string): void {
    this.frame = undefined;
    const { file, row, column, excerpt } = frame;
    const at = this.places?.locate({ file, line: row, column, excerpt, name: frame.name, callee: this.above });
    const place = at === undefined ? undefined : this.places?.sourceOf(at);
    this.above = frame.name === "" ? undefined : frame.name;
    this.giveException((name) => (at !== undefined && this.places?.nameBefore(at, name)) || this.places?.propertyName(name));
    if (at !== undefined && place) return this.giveFrame(this.places?.functionName(at) ?? "", place);
    this.emit(frame.line);
    if (excerpt !== undefined) this.emit(excerpt);
    if (caret !== undefined) this.emit(caret);
    if (!this.hasHinted && isOfProgram(frame)) this.hint();
    this.hasHinted ||= isOfProgram(frame);
  }

  private giveException(meaning: (name: string) => string | undefined): void {
    const line = this.exception;
    this.exception = undefined;
    if (line === undefined) return;
    const named = NAMED.reduce((text, pattern) => text.replace(pattern, (name) => meaning(name) ?? name), line);
    this.emit(nameNumbers(named));
  }

  private giveFrame(name: string, place: SourcePlace): void {
    const where = `${pathOf(place.file)}:${place.line}:${place.column}`;
    this.emit(name === "" ? `    at ${where}` : `    at ${name} (${where})`);
    if (this.hasShownSource || place.text === undefined || isOwnSource(place.file)) return;
    this.hasShownSource = true;
    for (const line of sourceLines(place.text, place.column)) this.emit(INDENT + line);
  }
}

/** What the firmware's own code and the console's input leave in a trace is in no bundle. */
function isOfProgram({ file, excerpt }: Frame): boolean {
  return !file.startsWith("node:") && (file !== "" || !!excerpt);
}

/** Our own files by our name, wherever they are installed; others as the terminal's reader can open them. */
function pathOf(file: string): string {
  const short = shortPath(file);
  return short === file && isOwnSource(file) ? `meerkat/${relative(meerkatRoot, file)}` : short;
}

/** The source line without its indentation, cut to what the terminal shows, and a caret below the column (from 1). */
function sourceLines(text: string, column: number): string[] {
  const line = text.trimStart().replace(/\t/g, " ");
  const at = column - 1 - (text.length - line.length);
  const from = line.length <= SHOWN || at < SHOWN / 2 ? 0 : Math.min(at - SHOWN / 2, line.length - SHOWN);
  const shown = line.slice(from, from + SHOWN).trimEnd();
  return [from > 0 ? `...${shown.slice(3)}` : shown, " ".repeat(Math.max(at - from, 0)) + "^"];
}
