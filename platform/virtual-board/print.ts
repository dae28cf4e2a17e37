/**
 * Owns: how values look on the console: `print` and `console.log` of the firmware (jsfGetJSONWithCallback with
 * JSON_PRETTY, JSON_SOME_NEWLINES and JSON_SHOW_OBJECT_NAMES, src/jswrap_json.c), and what "Uncaught ..." says.
 * Limit: function text is as written, not re-spaced.
 */

import { types } from "node:util";
import { formatNumber } from "./number-text.js";
import type { JsObject } from "./realm.js";
import { isArrayBuffer, isFunction } from "./realm.js";

/** JSON_ITEMS_ON_LINE_OBJECT: numbers on one line of an object. */
const ITEMS_ON_LINE = 4;
/** Deeper than this the firmware would be short of stack. */
const DEPTH_MAX = 20;

/** What `print` writes, with line ends inside where the firmware breaks objects. Classes in `global` are named. */
export function formatLine(args: unknown[], global: JsObject): string {
  return args.map((arg) => (typeof arg === "string" ? arg : format(arg, 0, [global]))).join(" ");
}

/** A value as a string, the way `write` and string concatenation of the firmware make one. */
export function asString(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatNumber(value);
  if (Array.isArray(value)) return value.map(asElement).join(",");
  return String(value);
}

function asElement(item: unknown): string {
  return item === undefined || item === null ? "" : asString(item);
}

/** What follows "Uncaught " on the console. */
export function describeException(exception: unknown): string {
  if (!isErrorLike(exception)) return asString(exception);
  const stack = String(exception.stack ?? "");
  const at = stack.indexOf("\n    at ");
  const text = String(exception);
  return at < 0 ? text : text + programFrames(stack.slice(at));
}

/** Stack lines of the program only: what is below is the host's. */
function programFrames(trace: string): string {
  const end = trace.search(/\n {4}at [^\n]*(node:|virtual-board)/);
  return end < 0 ? trace : trace.slice(0, end);
}

function isErrorLike(value: unknown): value is { stack?: unknown } {
  if (types.isNativeError(value)) return true;
  return typeof value === "object" && value !== null && value.constructor?.name === "InternalError";
}

function format(value: unknown, depth: number, parents: unknown[]): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return formatNumber(value);
  if (isFunction(value)) return functionText(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (parents.indexOf(value, 1) > 0 || depth > DEPTH_MAX) return " ... ";
  const inside = parents.concat([value]);
  if (Array.isArray(value)) return formatArray(value, depth, inside);
  if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return formatBuffer(value);
  return formatObject(value as JsObject, depth, inside);
}

function formatArray(items: unknown[], depth: number, parents: unknown[]): string {
  let text = "[ ";
  let wasLong = false;
  items.forEach((item, i) => {
    if (i > 0) text += ", ";
    const isLong = needsLine(item);
    if (wasLong || isLong) text += newLine(depth + 1);
    text += format(item, depth + 1, parents);
    wasLong = isLong;
  });
  return `${text}${wasLong ? newLine(depth) : ""} ]`;
}

function formatObject(value: JsObject, depth: number, parents: unknown[]): string {
  if (isErrorLike(value)) return `${value.constructor.name}: ${String(value)}`;
  if (types.isDate(value)) return `Date: ${String(value)}`;
  if (types.isRegExp(value)) {
    const { source, flags, lastIndex } = value;
    return `RegExp: ${formatFields({ source, flags, lastIndex }, depth, parents)}`;
  }
  const name = className(value, parents[0] as JsObject);
  if (name !== "" && hasOwnText(value)) return `${name}: ${String(value)}`;
  return (name === "" ? "" : `${name}: `) + formatFields(value, depth, parents);
}

function formatFields(value: JsObject, depth: number, parents: unknown[]): string {
  let text = "{ ";
  let isFirst = true;
  let wasLong = false;
  let sinceLine = 0;
  for (const key of Object.keys(value)) {
    if (Object.getOwnPropertyDescriptor(value, key)?.get !== undefined) continue;
    const item = value[key];
    if (!isFirst) text += ", ";
    isFirst = false;
    const isLong = needsLine(item);
    if (++sinceLine > ITEMS_ON_LINE || wasLong || isLong) {
      text += newLine(depth + 1);
      sinceLine = 0;
    }
    text += `${quote(key)}: ${format(item, depth + 1, parents)}`;
    wasLong = isLong;
  }
  return `${text}${wasLong ? newLine(depth) : ""} }`;
}

/** Only classes the program can name are shown: those of libraries (Socket, Server) are not in the global object. */
function className(value: JsObject, global: JsObject): string {
  const proto = Object.getPrototypeOf(value) as JsObject | null;
  const made: unknown = proto?.constructor;
  if (typeof made !== "function" || made === global.Object) return "";
  return made.name !== "" && global[made.name] === made ? made.name : "";
}

/** True when a class of the program has a `toString` of its own. */
function hasOwnText(value: JsObject): boolean {
  const toText: unknown = value.toString;
  return isFunction(toText) && !Function.prototype.toString.call(toText).includes("[native code]");
}

function formatBuffer(value: ArrayBuffer | ArrayBufferView): string {
  const isBare = isArrayBuffer(value);
  const name = isBare ? "ArrayBuffer" : String((value as unknown as JsObject).constructor.name);
  const items = isBare ? new Uint8Array(value) : (value as unknown as number[]);
  if (name === "DataView") return "DataView: {  }";
  const all = Array.prototype.map.call(items, (n: number) => formatNumber(n)) as string[];
  if (all.every((n) => n === "0")) return `new ${name}(${all.length})`;
  return `new ${isBare ? "Uint8Array" : name}([${all.join(", ")}])${isBare ? ".buffer" : ""}`;
}

function functionText(value: unknown): string {
  const text = Function.prototype.toString.call(value);
  if (text.includes("[native code]")) return "function () { [native code] }";
  return text.startsWith("function") ? text.replace(/^function\s*[\w$]*\s*\(/, "function (") : text;
}

function needsLine(value: unknown): boolean {
  return !(value === undefined || value === null || typeof value === "number" || typeof value === "boolean");
}

function newLine(depth: number): string {
  return "\n" + "  ".repeat(depth);
}

const ESCAPES: Record<string, string> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const escape = ESCAPES[text[i]];
    if (escape !== undefined) out += escape;
    else if (code >= 32 && code < 127) out += text[i];
    else out += controlEscape(code, text[i + 1]);
  }
  return out + '"';
}

/** `\1` where no digit follows, else `\x01`. */
function controlEscape(code: number, next: string | undefined): string {
  const isSafe = code < 8 && !(next !== undefined && next >= "0" && next <= "9");
  return isSafe ? `\\${code}` : `\\x${(code & 255).toString(16).toUpperCase().padStart(2, "0")}`;
}
