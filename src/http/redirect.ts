/**
 * The target of a reference as seen from a base URL (RFC 3986 §5.2), without its fragment. The base must be an http or
 * https URL with a host. A reference with a scheme of its own is that URL. Nothing is decoded or checked: `parseUrl` does.
 */
export function resolveUrl(base: string, reference: string): string {
  const ref = before(reference, "#");
  const hostAt = base.indexOf("//") + 2;
  const pathAt = hostAt + firstOf(base.slice(hostAt), "/?#");
  if (hasScheme(ref)) return ref;
  if (ref.slice(0, 2) === "//") return base.slice(0, hostAt - 2) + ref;
  const path = before(base.slice(pathAt), "#");
  const origin = base.slice(0, pathAt);
  if (!ref) return origin + path;
  const basePath = before(path, "?");
  if (ref.charAt(0) === "?") return origin + basePath + ref;
  const own = before(ref, "?");
  const merged = own.charAt(0) === "/" ? own : (basePath.slice(0, basePath.lastIndexOf("/") + 1) || "/") + own;
  return origin + removeDots(merged) + ref.slice(own.length);
}

/** The method of the request that follows a redirect; "" when this status is none that is followed (RFC 9110 §15.4). */
export function redirectMethod(status: number, method: string): string {
  if (status === 307 || status === 308) return method;
  if (status === 303) return method === "HEAD" ? method : "GET";
  if (status === 301 || status === 302) return method === "POST" ? "GET" : method; // as every client does (§15.4.2)
  return "";
}

/** Header lines of a request, for the request that follows a redirect: less what belonged to the body or to the host. */
export function redirectHeaders(headers: string, isBodyGone: boolean, isOtherOrigin: boolean): string {
  const lines = headers.split("\r\n");
  let out = "";
  for (let i = 0; i < lines.length - 1; i++) {
    const name = lines[i].slice(0, lines[i].indexOf(":")).toLowerCase();
    if (isBodyGone && name.slice(0, 8) === "content-") continue; // RFC 9110 §15.4
    if (isOtherOrigin && OF_ORIGIN.indexOf("|" + name + "|") >= 0) continue;
    out += lines[i] + "\r\n";
  }
  return out;
}

/** What one origin must not learn that was meant for another. */
const OF_ORIGIN = "|authorization|cookie|proxy-authorization|host|origin|";

/** Removes `.` and `..` segments (RFC 3986 §5.2.4). The answer begins with a slash. */
function removeDots(path: string): string {
  const segments = path.split("/");
  const out: string[] = [];
  const last = segments.length - 1;
  for (let i = 1; i <= last; i++) {
    const one = segments[i];
    if (one === "..") out.pop();
    else if (one !== ".") out.push(one);
    if (i === last && (one === "." || one === "..")) out.push("");
  }
  return "/" + out.join("/");
}

/** RFC 3986 §3.1: a letter first, then letters, digits, `+`, `-`, `.`, up to a colon. */
function hasScheme(ref: string): boolean {
  const colon = ref.indexOf(":");
  if (colon < 1) return false;
  return !/[^A-Za-z0-9+.-]/.test(ref.slice(0, colon)) && /[A-Za-z]/.test(ref.charAt(0));
}

function before(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** Where the first of these characters is; the length of the text when none is there. */
function firstOf(text: string, marks: string): number {
  let first = text.length;
  for (let i = 0; i < marks.length; i++) {
    const at = text.indexOf(marks.charAt(i));
    if (at >= 0 && at < first) first = at;
  }
  return first;
}
