/**
 * Formats like C's printf: `%d %i %u %x %X %o %c %s %f %e %g %%` with flags `- 0 + # space`, width, precision and `*`;
 * length modifiers (`l`, `h`, `z`) are skipped. Unknown conversions are copied as they stand.
 */
export function format(fmt: string, args: unknown[]): string {
  let out = "";
  let at = 0;
  const cursor = { next: 0 };
  for (;;) {
    const pct = fmt.indexOf("%", at);
    if (pct < 0) return out + fmt.slice(at);
    out += fmt.slice(at, pct);
    const spec = readSpec(fmt, pct + 1, args, cursor);
    out += spec.kind === "" ? fmt.slice(pct, spec.end) : convert(spec, args, cursor);
    at = spec.end;
  }
}

interface Spec {
  flags: string;
  width: number;
  precision: number;
  /** The conversion letter; "" when it is none we know. */
  kind: string;
  end: number;
}

interface Cursor {
  next: number;
}

function readSpec(fmt: string, from: number, args: unknown[], cursor: Cursor): Spec {
  let at = from;
  while (at < fmt.length && "-0+# ".indexOf(fmt.charAt(at)) >= 0) at++;
  const spec: Spec = { flags: fmt.slice(from, at), width: 0, precision: -1, kind: "", end: 0 };
  at = readNumber(fmt, at, args, cursor, (n) => (spec.width = n));
  if (spec.width < 0) {
    spec.flags += "-";
    spec.width = -spec.width;
  }
  if (fmt.charAt(at) === ".") {
    spec.precision = 0;
    at = readNumber(fmt, at + 1, args, cursor, (n) => (spec.precision = n));
  }
  while (at < fmt.length && "lhzjt".indexOf(fmt.charAt(at)) >= 0) at++;
  const kind = fmt.charAt(at);
  if (kind && "diuxXocsfeg%".indexOf(kind) >= 0) spec.kind = kind;
  spec.end = kind ? at + 1 : at;
  return spec;
}

/** Reads digits or `*` at `at` and answers where they end. */
function readNumber(fmt: string, at: number, args: unknown[], cursor: Cursor, put: (n: number) => void): number {
  if (fmt.charAt(at) === "*") {
    put(toInt(args[cursor.next++]));
    return at + 1;
  }
  let end = at;
  while (end < fmt.length && "0123456789".indexOf(fmt.charAt(end)) >= 0) end++;
  if (end > at) put(parseInt(fmt.slice(at, end), 10));
  return end;
}

function toInt(value: unknown): number {
  const n = Number(value);
  return n < 0 ? Math.ceil(n) : Math.floor(n) || 0;
}

function convert(spec: Spec, args: unknown[], cursor: Cursor): string {
  if (spec.kind === "%") return "%";
  const arg = args[cursor.next++];
  if (spec.kind === "c") return pad(typeof arg === "number" ? String.fromCharCode(arg) : String(arg).charAt(0), spec);
  if (spec.kind === "s") {
    const text = String(arg);
    return pad(spec.precision >= 0 ? text.slice(0, spec.precision) : text, spec);
  }
  return number(spec, Number(arg));
}

/** A number with its sign, its radix mark and zeros or spaces around them. */
function number(spec: Spec, value: number): string {
  const isUnsigned = "uxXo".indexOf(spec.kind) >= 0;
  const isInt = "fge".indexOf(spec.kind) < 0;
  const whole = isInt && value === value ? toInt(value) : value;
  const n = isUnsigned && whole < 0 ? whole + 4294967296 : whole; // as C's unsigned int
  const text = digits(spec, n < 0 ? -n : n);
  const front = isUnsigned ? radixMark(spec, n) : signOf(spec, n);
  const count = spec.width - front.length - text.length;
  const hasZeros = spec.flags.indexOf("0") >= 0 && spec.flags.indexOf("-") < 0 && !(isInt && spec.precision >= 0);
  if (count > 0 && hasZeros && n - n === 0) return front + fill("0", count) + text;
  return pad(front + text, spec);
}

function signOf(spec: Spec, n: number): string {
  if (n < 0) return "-";
  if (spec.flags.indexOf("+") >= 0) return "+";
  return spec.flags.indexOf(" ") >= 0 ? " " : "";
}

function radixMark(spec: Spec, n: number): string {
  if (spec.flags.indexOf("#") < 0 || n === 0 || spec.kind === "u") return "";
  return spec.kind === "o" ? "0" : "0" + spec.kind;
}

function digits(spec: Spec, n: number): string {
  const kind = spec.kind;
  const places = spec.precision < 0 ? 6 : spec.precision;
  if (n !== n) return "nan";
  if (n === Infinity) return "inf";
  if (kind === "f") return n.toFixed(places);
  if (kind === "e" || kind === "g") return kind === "g" ? String(n) : exponential(n, places);
  const radix = kind === "o" ? 8 : kind === "x" || kind === "X" ? 16 : 10;
  let text = n === 0 && spec.precision === 0 ? "" : n.toString(radix);
  if (kind === "X") text = text.toUpperCase();
  while (text.length < spec.precision) text = "0" + text;
  return text;
}

function exponential(n: number, places: number): string {
  let exp = 0;
  let m = n;
  while (m >= 10) {
    m /= 10;
    exp++;
  }
  while (m > 0 && m < 1) {
    m *= 10;
    exp--;
  }
  if (Number(m.toFixed(places)) >= 10) {
    m /= 10;
    exp++;
  }
  const e = exp < 0 ? -exp : exp;
  return m.toFixed(places) + "e" + (exp < 0 ? "-" : "+") + (e < 10 ? "0" : "") + e;
}

function pad(text: string, spec: Spec): string {
  const count = spec.width - text.length;
  if (count <= 0) return text;
  return spec.flags.indexOf("-") >= 0 ? text + fill(" ", count) : fill(" ", count) + text;
}

function fill(char: string, count: number): string {
  let out = "";
  for (let i = 0; i < count; i++) out += char;
  return out;
}
