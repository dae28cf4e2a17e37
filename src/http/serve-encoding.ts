import { trimOws } from "./message.js";

/**
 * Whether a client wants gzip, by its Accept-Encoding (RFC 9110 §12.5.3): 0 no, 1 it takes it, 2 it likes it at least as
 * well as the plain form. Without the header it takes anything.
 */
export function gzipWish(header: string | undefined): 0 | 1 | 2 {
  if (header === undefined) return 1;
  const items = header.toLowerCase().split(",");
  let gzip = -1;
  let any = 0;
  let identity = -1;
  for (let i = 0; i < items.length; i++) {
    const semicolon = items[i].indexOf(";");
    const name = trimOws(semicolon < 0 ? items[i] : items[i].slice(0, semicolon));
    const q = semicolon < 0 ? 1 : quality(items[i].slice(semicolon + 1));
    if (name === "gzip" || name === "x-gzip") gzip = q;
    else if (name === "*") any = q;
    else if (name === "identity") identity = q;
  }
  if (gzip < 0) gzip = any;
  return gzip > 0 ? (gzip >= identity ? 2 : 1) : 0;
}

/** The weight of an item (RFC 9110 §12.4.2); 0 for a malformed one. */
function quality(parameter: string): number {
  const text = trimOws(parameter);
  const q = text.slice(0, 2) === "q=" && !/[^0-9.]/.test(text.slice(2)) ? parseFloat(text.slice(2)) : 0;
  return q > 0 && q <= 1 ? q : 0;
}
