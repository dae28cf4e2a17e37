/**
 * Owns: what positions in a bundle mean: the author's file, line and column, the names functions and properties had, and
 * which places fit what a board's interpreter says (espruino-position.ts).
 * Does not own: reading traces (trace-reader.ts).
 */

import { resolve } from "node:path";
import { sourceContentFor, TraceMap, traceSegment } from "@jridgewell/trace-mapping";
import { crc32 } from "../../platform/virtual-board/bytes.js";
import { memberName, parseBundle, walk } from "../build/ast.js";
import type { AnyNode } from "../build/ast.js";
import { codeOf, isExcerptAt, offsetsOf } from "./espruino-position.js";
import type { Code } from "./espruino-position.js";

/** A place in the author's sources; line and column count from 1. */
export interface SourcePlace {
  /** Absolute path. */
  file: string;
  line: number;
  column: number;
  /** The text of that line, where the map has it. */
  text?: string;
}

/** A position as an interpreter prints it. */
export interface Position {
  /** The file that line and column are in; "" when they are in the code of a function. */
  file: string;
  line: number;
  column: number;
  /** The line that was printed below; undefined when there was none, "" when it was empty. */
  excerpt?: string;
  /** What the function is called by who called it; "" when unknown. */
  name: string;
  /** What the call at this position calls, where the frame above says so. */
  callee?: string;
}

/** The firmware stores a function's code from its first token on, without a `return` that it begins with. */
const BEFORE_CODE = /^(?:\s|\/\*[^]*?\*\/|\/\/.*)*(?:return(?![\w$])(?:\s|\/\*[^]*?\*\/|\/\/.*)*)?/;

/** A function of the bundle. */
interface Span {
  start: number;
  end: number;
  /** What its author calls it, and what the bundle does; "" for one without a name. */
  name: string;
  short: string;
  /** Where its code begins, as Espruino stores it; and the code. */
  bodyAt: number;
  code: Code;
}

/** A call or `new`. */
interface Call {
  /** Where V8 would say it is: the name that is called, or `new`. */
  at: number;
  callee: string;
}

/** The places of one bundle. */
export class BundlePlaces {
  private readonly map: TraceMap;
  private readonly whole: Code;
  private readonly lineStarts = [0];
  private readonly functions: Span[] = [];
  /** By the place of the parenthesis that ends them. */
  private readonly calls = new Map<number, Call>();
  /** Where the names of properties after a dot are, by the end of what is before the dot. */
  private readonly members = new Map<number, number>();
  private readonly properties = new Map<string, string>();

  /** `mapDir` is what the map's paths are relative to. Throws when the code or the map cannot be read. */
  constructor(private readonly text: string, map: string, private readonly mapDir: string) {
    this.map = new TraceMap(map);
    this.whole = codeOf(text);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.lineStarts.push(at + 1);
    walk(parseBundle(text), (node, ancestors) => this.note(node, ancestors));
  }

  /** What `meerkat flash` has a board print of the program it starts: the CRC-32 of its text. */
  get crc(): number {
    return crc32(this.text);
  }

  private note(node: AnyNode, ancestors: readonly AnyNode[]): void {
    if (node.type === "FunctionDeclaration" || node.type === "FunctionExpression") this.noteFunction(node, ancestors);
    if (node.type === "CallExpression" || node.type === "NewExpression") this.noteCall(node);
    if (node.type === "MemberExpression" && !node.computed) {
      const property = node.property as AnyNode;
      this.members.set((node.object as AnyNode).end, property.start);
      this.noteProperty(property);
    }
    if (node.type === "Property" && (node.key as AnyNode).type === "Identifier") this.noteProperty(node.key as AnyNode);
  }

  private noteFunction(node: AnyNode, ancestors: readonly AnyNode[]): void {
    const body = node.body as AnyNode;
    const inside = this.text.slice(body.start + 1, body.end - 1).trimEnd();
    const skipped = BEFORE_CODE.exec(inside)?.[0].length ?? 0;
    const bodyAt = body.start + 1 + skipped;
    const names = namesOf(node, ancestors);
    const name = names.map((one) => this.identifier(one)).join(".");
    const last = names[names.length - 1];
    const short = last?.type === "Identifier" ? (last.name as string) : "";
    this.functions.push({ start: node.start, end: node.end, name, short, bodyAt, code: codeOf(inside.slice(skipped)) });
  }

  private identifier(node: AnyNode): string {
    return node.type === "Literal" ? String(node.value) : this.nameAt(node.start, node.name as string);
  }

  private noteCall(node: AnyNode): void {
    const callee = node.callee as AnyNode;
    const named = callee.type === "MemberExpression" ? (callee.property as AnyNode) : callee;
    const at = node.type === "NewExpression" ? node.start : named.start;
    const end = this.text[node.end - 1] === ")" ? node.end - 1 : callee.start;
    this.calls.set(end, { at, callee: named.type === "Identifier" && !callee.computed ? (named.name as string) : "" });
  }

  private noteProperty(node: AnyNode): void {
    const name = node.name as string;
    const original = this.nameAt(node.start, name);
    if (original !== name) this.properties.set(name, original);
  }

  /** The author's name for what is called `name` at this place of the bundle. */
  private nameAt(at: number, name: string): string {
    const [line, column] = this.lineAndColumn(at);
    const segment = traceSegment(this.map, line, column);
    const original = segment?.length === 5 && segment[0] === column ? this.map.names[segment[4]] : name;
    // Names that two files have get a number from rollup.
    return original.replace(/\$\d+$/, "");
  }

  private lineAndColumn(at: number): [number, number] {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return [low, at - this.lineStarts[low]];
  }

  /**
   * The place (from 0) in the bundle that the interpreter means. Undefined when nothing in the bundle fits, or several
   * places do: then it is the trace of another bundle, or the firmware told too little.
   */
  locate(position: Position): number | undefined {
    const fits = position.file === "" ? this.inFunctions(position) : this.inFile(position);
    const called = fits.filter((at) => position.callee !== undefined && this.calls.get(at)?.callee === position.callee);
    const likely = called.length > 0 ? called : fits;
    const named = likely.filter((at) => position.name !== "" && this.innermost(at)?.short === position.name);
    const best = named.length > 0 ? named : likely;
    return new Set(best.map((at) => this.lineOf(at))).size === 1 ? best[0] : undefined;
  }

  private inFile({ file, line, column, excerpt }: Position): number[] {
    if (file.includes("<")) return []; // <anonymous>: V8's own
    const exact = (this.lineStarts[line - 1] ?? Infinity) + column - 1;
    // V8 prints no excerpt, and counts lines as everybody does.
    if (excerpt === undefined && exact < this.text.length) return [exact];
    const offsets = offsetsOf(this.whole, line, column);
    if (!excerpt) return offsets;
    const shows = (span: Span, at: number): boolean => isExcerptAt(span.code, at - span.bodyAt, excerpt);
    return offsets.filter((at) => isExcerptAt(this.whole, at, excerpt) || this.around(at).some((span) => shows(span, at)));
  }

  private inFunctions({ line, column, excerpt, callee }: Position): number[] {
    const found: number[] = [];
    for (const { code, bodyAt } of [{ code: this.whole, bodyAt: 0 }, ...this.functions]) {
      for (const at of offsetsOf(code, line, column)) {
        if (excerpt ? isExcerptAt(code, at, excerpt) : this.isLikely(at + bodyAt, callee)) found.push(at + bodyAt);
      }
    }
    return found;
  }

  /** Without an excerpt: where the interpreter can be when it tells. */
  private isLikely(at: number, callee: string | undefined): boolean {
    const call = this.calls.get(at);
    return callee === undefined ? call !== undefined || this.members.has(at) : call?.callee === callee;
  }

  private lineOf(at: number): string {
    const place = this.sourceOf(at);
    return place ? `${place.file}:${place.line}` : `at ${at}`;
  }

  /** Where a place of the bundle comes from; undefined for what the build has added. */
  sourceOf(at: number): SourcePlace | undefined {
    // Espruino points at the end of a call; its author looks for the name that is called.
    const [line, column] = this.lineAndColumn(this.calls.get(at)?.at ?? this.members.get(at) ?? at);
    const segment = traceSegment(this.map, line, column);
    if (!segment || segment.length === 1) return undefined;
    const source = this.map.sources[segment[1]];
    if (source === null) return undefined;
    const text = sourceContentFor(this.map, source)?.split("\n")[segment[2]];
    return { file: resolve(this.mapDir, source), line: segment[2] + 1, column: segment[3] + 1, text };
  }

  /** What its author calls the function around a place; "" outside of functions, and in one without a name. */
  functionName(at: number): string {
    return this.innermost(at)?.name ?? "";
  }

  /** The author's name of a property, where the build has made it shorter; else undefined. */
  propertyName(short: string): string | undefined {
    return this.properties.get(short);
  }

  /** The author's name for the last `name` at or before a place, in the function around it; else undefined. */
  nameBefore(at: number, name: string): string | undefined {
    const from = this.innermost(at)?.start ?? 0;
    const words = this.text.slice(from, at + name.length + 1).matchAll(/[A-Za-z_$][\w$]*/g);
    const last = [...words].filter((word) => word[0] === name).pop();
    return last && this.nameAt(from + last.index, name);
  }

  private around(at: number): Span[] {
    return this.functions.filter((span) => span.start <= at && at < span.end);
  }

  private innermost(at: number): Span | undefined {
    return this.around(at).sort((a, b) => b.start - a.start)[0];
  }
}

/** What names a function: nothing, a name, or a class and the name of a method. */
function namesOf(node: AnyNode, ancestors: readonly AnyNode[]): AnyNode[] {
  const names = namedBy(node, ancestors);
  return names.every((one) => one.type === "Identifier" || one.type === "Literal") ? names : [];
}

function namedBy(node: AnyNode, ancestors: readonly AnyNode[]): AnyNode[] {
  const parent = ancestors[ancestors.length - 1];
  if (node.id) return [node.id as AnyNode];
  if (parent.type === "VariableDeclarator") return [parent.id as AnyNode];
  if (parent.type === "Property") return accessorOf(ancestors) ?? [parent.key as AnyNode];
  if (parent.type !== "AssignmentExpression") return [];
  const left = parent.left as AnyNode;
  return left.type === "MemberExpression" ? memberNames(left) : [left];
}

/** `X.prototype.name`, or `object.name`, of which the name counts. */
function memberNames(member: AnyNode): AnyNode[] {
  if (member.computed) return [];
  const object = member.object as AnyNode;
  const name = member.property as AnyNode;
  return memberName(object) === "prototype" ? [object.object as AnyNode, name] : [name];
}

/** `Object.defineProperty(X.prototype, "name", { get: … })`, which TypeScript makes of a getter. */
function accessorOf(ancestors: readonly AnyNode[]): AnyNode[] | undefined {
  const call = ancestors[ancestors.length - 3];
  if (call?.type !== "CallExpression" || memberName(call.callee as AnyNode) !== "defineProperty") return undefined;
  const [prototype, name] = call.arguments as AnyNode[];
  return memberName(prototype) === "prototype" ? [prototype.object as AnyNode, name] : [name];
}
