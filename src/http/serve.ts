import { checkIpAcl } from "../core/acl.js";
import type { Connection } from "../core/connection.js";
import type { HttpMessage } from "./message.js";
import { httpSendRedirect } from "./reply.js";
import { answer, filesOf, isOther, sendFile } from "./serve-file.js";
import type { ServeOptions, Target } from "./serve-options.js";
import { cleanRoot, isHidden, joinPath, requestPath } from "./serve-path.js";

const INDEX_FILES = "index.html,index.htm,index.shtml";

/**
 * Answers a request with what its path names in a store of files (mg_serve_http): a file, a directory's index file, or an
 * error. GET, HEAD and OPTIONS; conditions, ranges and gzip twins. Paths are checked segments, so that none leads out of
 * `documentRoot`. Always replies. Throws TypeError when the platform has no store and for options that cannot be.
 */
export function serveHttp(nc: Connection, hm: HttpMessage, options?: ServeOptions): void {
  const o = options || {};
  const target: Target = { files: filesOf(nc, o), root: cleanRoot(o.documentRoot || ""), uri: hm.uri };
  if (o.ipAcl && !admits(o.ipAcl, nc)) return answer(nc, 403, "");
  if (o.urlRewrites && o.urlRewrites(nc, hm, target)) return;
  if (isOther(nc, hm)) return;
  const asked = requestPath(target.uri);
  if (asked === 400) return answer(nc, 400, "");
  if (asked === 404) return notFound(nc, hm, target, o);
  const isDirectory = !asked || asked.charAt(asked.length - 1) === "/";
  let path = joinPath(target.root, isDirectory ? asked.slice(0, -1) : asked);
  if (o.auth && !o.auth(nc, hm, path, target.files)) return; // before anything is said about what there is
  if (isHidden(asked, o)) return notFound(nc, hm, target, o);
  if (isDirectory) {
    const index = findIndex(target, path, o);
    if (!index && o.directoryListing && o.directoryListing(nc, hm, path, target, o)) return;
    if (!index) return notFound(nc, hm, target, o);
    path = index;
  }
  if (o.ssi && o.ssi(nc, hm, path, target, o)) return;
  if (sendFile(nc, hm, target.files, path, o, 200)) return;
  const info = target.files.stat(path);
  if (info && info.isDirectory) redirect(nc, hm);
  else notFound(nc, hm, target, o);
}

function admits(acl: string, nc: Connection): boolean {
  const verdict = checkIpAcl(acl, nc.peerAddress);
  if (verdict < 0) throw new TypeError('ipAcl is malformed: "' + acl + '"');
  return verdict === 1;
}

/** To the directory's name with its slash, which relative links on its page need. */
function redirect(nc: Connection, hm: HttpMessage): void {
  // `requestPath` took the path, so it begins with one slash and has no backslash: it names no other host.
  httpSendRedirect(nc, 301, hm.uri + "/" + (hm.queryString ? "?" + hm.queryString : ""));
}

/** The first index file there is in a directory; "" without. */
function findIndex(target: Target, path: string, o: ServeOptions): string {
  const names = (o.indexFiles === undefined ? INDEX_FILES : o.indexFiles).split(",");
  for (let i = 0; i < names.length; i++) {
    const index = joinPath(path, names[i]);
    const info = names[i] ? target.files.stat(index) || target.files.stat(index + ".gz") : undefined;
    if (info && !info.isDirectory) return index;
  }
  return "";
}

function notFound(nc: Connection, hm: HttpMessage, target: Target, o: ServeOptions): void {
  if (!o.page404 || !sendFile(nc, hm, target.files, o.page404, o, 404)) answer(nc, 404, o.extraHeaders || "");
}
