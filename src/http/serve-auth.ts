import type { Connection } from "../core/connection.js";
import type { Files } from "../core/port.js";
import { digestAuth } from "./digest-auth.js";
import type { HttpMessage } from "./message.js";
import { answer } from "./serve-file.js";
import { joinPath } from "./serve-path.js";

/** Where the passwords for files are. The names are those of Mongoose's mg_serve_http_opts. */
export interface FileAuthOptions {
  /** The realm that browsers show, and that lines of password files name (auth_domain). */
  authDomain: string;
  /** Password file for everything, in the platform's own store: without it nobody passes (global_auth_file). */
  globalAuthFile?: string;
  /** Name of password files in directories, each for all that is below it; default ".htpasswd" (per_directory_auth_file). */
  perDirectoryAuthFile?: string;
}

/**
 * A guard for the option `auth` of `serveHttp`: Digest authentication by password files beside the files, lines
 * of `user:realm:hash` as htdigest writes them. Where several directories on the way have a file, each must let pass.
 * The password files themselves do not exist for clients: whoever knows a hash needs no password.
 */
export function fileAuth(options: FileAuthOptions): (nc: Connection, hm: HttpMessage, path: string, files: Files) => boolean {
  const realm = options.authDomain;
  const name = options.perDirectoryAuthFile || ".htpasswd";
  const isInAll = options.globalAuthFile ? digestAuth(realm, { file: options.globalAuthFile }) : undefined;
  return (nc, hm, path, files) => {
    if (isInAll && !isInAll(nc, hm)) return false;
    // Every directory on the way, the store's root first; the path itself may be one.
    for (let end = 0; end >= 0; end = nextEnd(path, end)) {
      const file = joinPath(path.slice(0, end), name);
      if (files.stat(file) && !digestAuth(realm, { file: file, files: files })(nc, hm)) return false;
    }
    if (!isOneOf(path, options.globalAuthFile, name)) return true;
    answer(nc, 404, "");
    return false;
  };
}

/** Whether the path is that of a password file. Letters in either case: there are file systems that do not tell them apart. */
function isOneOf(path: string, globalFile: string | undefined, name: string): boolean {
  const asked = "/" + path.toLowerCase();
  const end = "/" + name.toLowerCase();
  return (globalFile !== undefined && asked === "/" + globalFile.toLowerCase()) || asked.slice(-end.length) === end;
}

/** Where the next longer part of the path ends; -1 behind the whole. */
function nextEnd(path: string, end: number): number {
  if (end === path.length) return -1;
  const slash = path.indexOf("/", end + 1);
  return slash < 0 ? path.length : slash;
}
