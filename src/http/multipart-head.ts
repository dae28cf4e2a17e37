import type { ByteOps } from "../core/port.js";
import { hasControls, isToken } from "./grammar.js";
import { trimOws } from "./message.js";

/** What a boundary is made of (RFC 2046 §5.1.1: bchars). */
const NOT_BOUNDARY = /[^0-9A-Za-z'()+_,.\x2f:=? -]/;

/** What the head of a part says. */
export interface PartHead {
  varName: string;
  fileName: string | undefined;
  contentType: string;
}

/** The boundary in the Content-Type of a multipart/form-data body; "" when it has none, or a malformed one; undefined for another type. */
export function multipartBoundary(contentType: string): string | undefined {
  const end = contentType.indexOf(";");
  if (trimOws(end < 0 ? contentType : contentType.slice(0, end)).toLowerCase() !== "multipart/form-data") return undefined;
  const params = end < 0 ? undefined : parseParams(contentType, end);
  const at = params ? lookUp(params, "boundary") : -1;
  const boundary = params && at >= 0 ? params[at + 1] : "";
  if (!boundary || boundary.length > 70 || NOT_BOUNDARY.test(boundary)) return ""; // RFC 2046 §5.1.1
  return boundary.charAt(boundary.length - 1) === " " ? "" : boundary;
}

/**
 * Reads the head of a part, a binary string, into `part`. Answers "" or what is wrong with it. Names are decoded from
 * UTF-8 and from the escapes that browsers and curl use; `filename*` is passed over (RFC 7578 §4.2).
 */
export function parsePartHead(ops: ByteOps, head: string, part: PartHead): string {
  const lines = head.split("\r\n");
  let disposition = "";
  part.contentType = "";
  if (hasControls(lines.join(""))) return "Part head contains control characters";
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (line && (colon < 0 || !isToken(name))) return "Malformed line in the head of a part"; // also folded lines
    const value = trimOws(line.slice(colon + 1));
    if (name === "content-disposition") {
      if (disposition) return "Part has two Content-Dispositions";
      disposition = value;
    } else if (name === "content-type") part.contentType = value;
    else if (name === "content-transfer-encoding" && "|7bit|8bit|binary|".indexOf("|" + value.toLowerCase() + "|") < 0) {
      return "Content-Transfer-Encoding " + value + " is not supported"; // RFC 7578 §4.7: deprecated
    }
  }
  return disposition ? parseDisposition(ops, disposition, part) : "Part without Content-Disposition"; // RFC 7578 §4.2
}

function parseDisposition(ops: ByteOps, value: string, part: PartHead): string {
  const end = value.indexOf(";");
  if (trimOws(end < 0 ? value : value.slice(0, end)).toLowerCase() !== "form-data") return "Content-Disposition of a part must be form-data";
  const params = end < 0 ? [] : parseParams(value, end);
  if (!params) return "Malformed Content-Disposition";
  const name = lookUp(params, "name");
  const file = lookUp(params, "filename");
  if (name === -1) return "Part without a name"; // RFC 7578 §4.2
  if (name < -1 || file < -1) return "Content-Disposition has two of a kind";
  part.varName = unescape(ops, params[name + 1]);
  part.fileName = file < 0 ? undefined : unescape(ops, params[file + 1]);
  return "";
}

/** Where a parameter's name stands in the list of names and values; -1: nowhere, -2: twice. */
function lookUp(params: string[], name: string): number {
  let found = -1;
  for (let i = 0; i < params.length; i += 2) {
    if (params[i] !== name) continue;
    if (found !== -1) return -2;
    found = i;
  }
  return found;
}

/** The parameters from the `;` at `from` on: name, value, name, value; undefined when malformed (RFC 9110 §5.6.6). */
function parseParams(text: string, from: number): string[] | undefined {
  const params: string[] = [];
  let at = from;
  while (at < text.length) {
    if (text.charAt(at) !== ";") return undefined;
    at++;
    const next = text.indexOf(";", at);
    const part = next < 0 ? text.slice(at) : text.slice(at, next);
    const equals = part.indexOf("=");
    const name = trimOws(part.slice(0, equals < 0 ? part.length : equals));
    if (!name && equals < 0) {
      at += part.length; // an empty parameter
      continue;
    }
    if (equals < 0 || !isToken(name)) return undefined;
    const quote = part.charAt(equals + 1) === '"' ? at + equals + 2 : 0;
    const end = quote ? quoteEnd(text, quote) : at + part.length;
    const value = quote ? text.slice(quote, end) : trimOws(part.slice(equals + 1));
    if (end < 0 || (!quote && (!value || value.indexOf('"') >= 0))) return undefined;
    params.push(name.toLowerCase(), value);
    at = quote ? end + 1 : end;
    while (at < text.length && (text.charAt(at) === " " || text.charAt(at) === "\t")) at++;
  }
  return params;
}

/**
 * Where a quoted value that begins at `from` ends: at a quote without a backslash before it. Browsers escape no backslash,
 * so one may well be a name's last character: then the last quote of all is the end. -1: there is none.
 */
function quoteEnd(text: string, from: number): number {
  let last = -1;
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = end;
    while (slashes > from && text.charAt(slashes - 1) === "\\") slashes--;
    if ((end - slashes) % 2 === 0) return end;
    last = end;
  }
  return last;
}

/** A name as text: `\"` and `\\` as old clients write them, %22 %0D %0A as browsers do (WHATWG HTML §4.10.21.8). */
function unescape(ops: ByteOps, value: string): string {
  let name = value;
  if (name.indexOf("\\") >= 0) {
    const halves = name.split("\\\\");
    for (let i = 0; i < halves.length; i++) halves[i] = halves[i].split('\\"').join('"');
    name = halves.join("\\");
  }
  if (name.indexOf("%") >= 0) name = name.split("%22").join('"').split("%0D").join("\r").split("%0A").join("\n");
  return ops.utf8(name, 0, name.length);
}
