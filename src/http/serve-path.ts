import { matchPrefix } from "./match.js";
import type { ServeOptions } from "./serve-options.js";
import { urlDecode } from "./url.js";

/** Control characters, and what separates directories, drives and streams on Windows. */
const FORBIDDEN = /[\x00-\x1f\x7f\\:]/;

/**
 * The path in a store that a request's path means: decoded once, without the slash in front, with the one at the end (a
 * directory). A path that could mean something else to a file system than to us is no path: status 400 for what is
 * malformed (bad percent coding, bytes that are no UTF-8, control characters, backslash, colon), 404 for an encoded slash,
 * empty segments, and segments that end in a dot or blank (which covers `.` and `..`).
 */
export function requestPath(uri: string): string | 400 | 404 {
  if (uri.charAt(0) !== "/") return 400;
  if (uri.indexOf("%2f") >= 0 || uri.indexOf("%2F") >= 0) return 404;
  const path = urlDecode(uri.slice(1));
  if (path === undefined || FORBIDDEN.test(path)) return 400;
  return isNames(path) ? path : 404;
}

/** True for a path in a store that says what it means: what `requestPath` answers, and what a page may include. */
export function isPath(path: string): boolean {
  return !FORBIDDEN.test(path) && isNames(path);
}

/** True when every segment is a name; the last may be empty. */
function isNames(path: string): boolean {
  const names = path.split("/");
  const end = names.length - 1;
  for (let i = 0; i <= end; i++) {
    const last = names[i].charAt(names[i].length - 1);
    if (last === "." || last === " " || (!last && i < end)) return false;
  }
  return true;
}

/** A path inside a directory of the store. */
export function joinPath(root: string, path: string): string {
  return root && path ? root + "/" + path : root || path;
}

/** A directory of the store as a program names it: "." and "./site/" too. Throws TypeError for one outside of the store. */
export function cleanRoot(root: string): string {
  let path = root.slice(0, 2) === "./" ? root.slice(2) : root;
  if (path.charAt(path.length - 1) === "/") path = path.slice(0, path.length - 1);
  if (path === ".") path = "";
  if (root.charAt(0) === "/" || !isPath(path)) throw new TypeError('Directory is "' + root + '": must be a relative path in the store of files');
  return path;
}

/** True when a name in the path does not exist for clients: dot files, and what the program's pattern matches. */
export function isHidden(path: string, options: ServeOptions): boolean {
  const names = path.split("/");
  const pattern = options.hiddenFilePattern;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name.charAt(0) === "." && !options.dotFiles && name !== ".well-known") return true;
    if (pattern && name && matchPrefix(pattern, name) > 0) return true;
  }
  return false;
}
