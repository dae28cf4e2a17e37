import { hasControls } from "./grammar.js";

/**
 * The value of the parameter `name` in a header's value: `name=value` or `name="value"` with `\` before what it quotes
 * (mg_http_parse_header2; RFC 9110 §5.6.6). Names are compared without regard to case, and only where a parameter can
 * begin: not inside another name, nor inside quotes. Undefined when there is none, or its quotes are not closed.
 */
export function parseHeader(header: string, name: string): string | undefined {
  const lower = header.toLowerCase();
  const key = name.toLowerCase() + "=";
  let from = 0;
  for (;;) {
    const quote = header.indexOf('"', from);
    const end = quote < 0 ? header.length : quote;
    for (let at = lower.indexOf(key, from); at >= 0 && at + key.length <= end; at = lower.indexOf(key, at + 1)) {
      if (at === 0 || isSeparator(header.charAt(at - 1))) return paramValue(header, at + key.length);
    }
    if (quote < 0) return undefined;
    from = closingQuote(header, quote + 1) + 1;
    if (!from) return undefined;
  }
}

function isSeparator(c: string): boolean {
  return c === ";" || c === " " || c === "," || c === "\t";
}

/** The value that begins at `at`: quoted, or up to the next separator. */
function paramValue(header: string, at: number): string | undefined {
  if (header.charAt(at) === '"') {
    const end = closingQuote(header, at + 1);
    return end < 0 ? undefined : unquote(header.slice(at + 1, end));
  }
  let end = at;
  while (end < header.length && !isSeparator(header.charAt(end))) end++;
  return header.slice(at, end);
}

/** Where the quoted text that begins at `from` ends: at a `"` that no `\` quotes; -1 when it does not (RFC 9110 §5.6.4). */
export function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (at === from || text.charCodeAt(at - 1) !== 92) return at;
    let slashes = 1;
    while (at - slashes > from && text.charCodeAt(at - slashes - 1) === 92) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** What stands between quotes, with each `\x` as `x` (RFC 9110 §5.6.4). */
export function unquote(text: string): string {
  let at = text.indexOf("\\");
  if (at < 0) return text;
  let out = "";
  let from = 0;
  for (; at >= 0; at = text.indexOf("\\", from + 1)) {
    out += text.slice(from, at);
    from = at + 1;
  }
  return out + text.slice(from);
}

/** Text between quotes, with `\` before what needs it (RFC 9110 §5.6.4). Throws TypeError for control characters. */
export function quote(text: string): string {
  if (hasControls(text)) throw new TypeError("Cannot quote control characters");
  return '"' + text.split("\\").join("\\\\").split('"').join('\\"') + '"';
}
