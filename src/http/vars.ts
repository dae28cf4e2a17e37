import type { HttpMessage } from "./message.js";
import { urlDecode } from "./url.js";

/**
 * The value of the first variable with that name in a query string or form body `a=1&b=2`, decoded (mg_get_http_var).
 * Names are compared decoded and without regard to the case of A to Z. A name without `=` has the value "". Undefined
 * when there is none, or its value is malformed.
 */
export function getHttpVar(text: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let at = 0;
  while (at <= text.length) {
    const end = endOf(text, at);
    const equals = equalsIn(text, at, end);
    const key = urlDecode(text.slice(at, equals), true);
    if (key !== undefined && end > at && key.toLowerCase() === wanted) return urlDecode(text.slice(equals + 1, end), true);
    at = end + 1;
  }
  return undefined;
}

/**
 * Calls `each` with name and value, decoded, of every variable of a query string or form body, in order; repeated ones
 * come repeatedly. Malformed ones are left out, and then the answer is false.
 */
export function eachVar(text: string, each: (name: string, value: string) => void): boolean {
  let isWhole = true;
  let at = 0;
  while (at <= text.length) {
    const end = endOf(text, at);
    const equals = equalsIn(text, at, end);
    const key = urlDecode(text.slice(at, equals), true);
    const value = urlDecode(text.slice(equals + 1, end), true);
    if (key === undefined || value === undefined) isWhole = false;
    else if (end > at) each(key, value);
    at = end + 1;
  }
  return isWhole;
}

/**
 * The value of a variable of a request: of its query, or else of its body where that is a form
 * (application/x-www-form-urlencoded). Undefined when there is none, or it is malformed.
 */
export function httpVar(hm: HttpMessage, name: string): string | undefined {
  const value = getHttpVar(hm.queryString, name);
  return value === undefined && isForm(hm) ? getHttpVar(hm.body, name) : value;
}

function isForm(hm: HttpMessage): boolean {
  const type = (hm.header("Content-Type") || "").split(";")[0];
  return type.split(" ")[0].toLowerCase() === "application/x-www-form-urlencoded";
}

function endOf(text: string, at: number): number {
  const end = text.indexOf("&", at);
  return end < 0 ? text.length : end;
}

/** Where the name of a variable ends. */
function equalsIn(text: string, at: number, end: number): number {
  const equals = text.indexOf("=", at);
  return equals < 0 || equals > end ? end : equals;
}
