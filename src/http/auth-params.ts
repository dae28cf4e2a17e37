import { trimOws } from "./message.js";
import { unquote } from "./parse-header.js";

/** One challenge or one set of credentials: a scheme and its parameters (RFC 9110 §11.2). */
export interface AuthParams {
  /** In lower case. */
  scheme: string;
  /** `\nname=value` for each, the name in lower case, the value unquoted, and a `\n`: natives look things up in it. */
  list: string;
}

/**
 * Takes the value of Authorization, or all the challenges of WWW-Authenticate, apart (RFC 9110 §11.3). Undefined when it is
 * malformed. The text is cut at its quotes and commas in one go: reaching into a long one is what takes an interpreter time.
 */
export function parseAuthParams(text: string): AuthParams[] | undefined {
  const pieces = cutAtQuotes(text);
  const all: AuthParams[] = [];
  if (!pieces) return undefined;
  for (let i = 0; i < pieces.length; i += 2) {
    const items = pieces[i].split(",");
    const last = items.length - 1;
    if (i && trimOws(items[0])) return undefined; // something between closing quote and comma
    for (let j = 0; j <= last; j++) {
      const quoted = j === last ? pieces[i + 1] : undefined;
      if (!takeItem(items[j], quoted, all)) return undefined;
    }
  }
  for (let i = 0; i < all.length; i++) all[i].list += "\n";
  return all;
}

/** Outside, inside, outside, … of quotes; what is inside is unquoted. Undefined when quotes are not closed. */
function cutAtQuotes(text: string): string[] | undefined {
  if (text.indexOf("\n") >= 0) return undefined; // it ends a parameter in the list
  const pieces = text.split('"');
  if (text.indexOf("\\") < 0) return pieces.length % 2 ? pieces : undefined;
  const out: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    let piece = pieces[i];
    while (out.length % 2 && endsInQuoting(piece) && ++i < pieces.length) piece += '"' + pieces[i];
    out.push(out.length % 2 ? unquote(piece) : piece);
  }
  return out.length % 2 ? out : undefined;
}

/** True when a `\` at the end quotes what comes next. */
function endsInQuoting(piece: string): boolean {
  let slashes = 0;
  while (piece.charCodeAt(piece.length - 1 - slashes) === 92) slashes++;
  return slashes % 2 === 1;
}

/** `[scheme ]name=value`, where a quoted value follows the `=`, or a scheme alone, or nothing. False when it is malformed. */
function takeItem(item: string, quoted: string | undefined, all: AuthParams[]): boolean {
  let text = item.charAt(0) === " " ? item.slice(1) : item;
  const eq = text.indexOf("=");
  let name = (eq < 0 ? text : text.slice(0, eq)).toLowerCase();
  text = eq < 0 ? "" : text.slice(eq + 1);
  if (/[^a-z]/.test(name)) {
    name = trimOws(name);
    const space = name.indexOf(" ");
    if (space > 0) all.push({ scheme: name.slice(0, space), list: "" });
    name = trimOws(name.slice(space + 1));
    if (/[^!#$%&'*+.^_`|~0-9a-z-]/.test(name)) return false;
  }
  if (eq < 0) {
    if (name) all.push({ scheme: name, list: "" });
    return quoted === undefined;
  }
  const params = all[all.length - 1];
  if (!name || !params || (quoted !== undefined && trimOws(text))) return false;
  params.list += "\n" + name + "=" + (quoted === undefined ? trimOws(text) : quoted);
  return true;
}

/** The value of a parameter; "" when there is none. `undefined` when it comes twice, which says two things. */
export function authParam(params: AuthParams, name: string): string | undefined {
  const parts = params.list.split("\n" + name + "=");
  if (parts.length < 2) return "";
  return parts.length > 2 ? undefined : parts[1].slice(0, parts[1].indexOf("\n"));
}
