import type { Connection } from "../core/connection.js";
import { rangeError } from "../core/errors.js";
import type { HttpGuard } from "./auth.js";
import { httpGuard } from "./endpoints.js";
import type { HttpMessage } from "./message.js";
import { httpAddHeaders, httpReply } from "./reply.js";

/** Which pages of other origins may use a service from a browser (Fetch standard §3.3). */
export interface CorsOptions {
  /** `"*"` for every page; an origin ("https://app.example"), a list of them, or a function that decides. */
  origin: string | string[] | ((origin: string) => boolean);
  /** Methods a page may use, separated by commas. Default: the one it asks for; the endpoints check methods anyway. */
  methods?: string;
  /** Request headers a page may set, separated by commas. Default: those it asks for. */
  headers?: string;
  /** Reply headers a page may read besides the usual ones, separated by commas. */
  exposeHeaders?: string;
  /** Seconds for which a browser need not ask again. */
  maxAgeS?: number;
  /** Default false. `true`: requests may carry cookies and passwords. Not with `"*"`. */
  credentials?: boolean;
}

/** Anything that is not part of a list of tokens. */
const NOT_LIST = /[^!#$%&'*+.^_`|~0-9A-Za-z, -]/;

/**
 * Cross-origin access for all requests of a listener, in one line: `cors(listener, { origin: "*" })`. Preflights are
 * answered here, replies get their headers. Throws as `corsGuard` does.
 */
export function cors(listener: Connection, options: CorsOptions): void {
  httpGuard(listener, corsGuard(options));
}

/**
 * The same for the option `cors` of an endpoint. Throws TypeError for credentials with every origin (Fetch standard
 * §3.3.5) and for malformed lists, RangeError for a negative `maxAgeS`.
 */
export function corsGuard(options: CorsOptions): HttpGuard {
  const o = options;
  const isAny = o.origin === "*";
  if (isAny && o.credentials) throw new TypeError('CORS: credentials need named origins, not "*"');
  checkList(o.methods);
  checkList(o.headers);
  checkList(o.exposeHeaders);
  if (o.maxAgeS !== undefined && !(o.maxAgeS >= 0)) throw rangeError("CORS: maxAgeS is " + o.maxAgeS + ": must be 0 or more");
  let common = o.credentials ? "Access-Control-Allow-Credentials: true\r\n" : "";
  if (!isAny) common += "Vary: Origin\r\n"; // also where it is refused: a cache must not mix them up
  return (nc, hm) => {
    const origin = hm.header("Origin");
    const isAllowed = origin !== undefined && !/[^\x21-\x7e]/.test(origin) && allows(o, origin);
    const asked = origin !== undefined && hm.method === "OPTIONS" ? hm.header("Access-Control-Request-Method") : undefined;
    const allow = isAllowed ? "Access-Control-Allow-Origin: " + (isAny ? "*" : origin) + "\r\n" + common : isAny ? "" : "Vary: Origin\r\n";
    if (asked === undefined) {
      const expose = isAllowed && o.exposeHeaders ? "Access-Control-Expose-Headers: " + o.exposeHeaders + "\r\n" : "";
      if (allow) httpAddHeaders(nc, allow + expose);
      return true;
    }
    if (isAllowed) httpReply(nc, 204, allow + preflight(o, hm, asked), "");
    else httpReply(nc, 403, allow + "Content-Type: text/plain\r\n", "Origin not allowed\n");
    return false;
  };
}

function checkList(list: string | undefined): void {
  if (list !== undefined && (!list || NOT_LIST.test(list))) throw new TypeError('CORS: malformed list "' + list + '"');
}

function allows(o: CorsOptions, origin: string): boolean {
  const allowed = o.origin;
  if (typeof allowed === "function") return allowed(origin);
  return typeof allowed === "string" ? allowed === "*" || allowed === origin : allowed.indexOf(origin) >= 0;
}

/** What only the answer to a preflight says (Fetch standard §3.3.3). */
function preflight(o: CorsOptions, hm: HttpMessage, asked: string): string {
  const wanted = hm.header("Access-Control-Request-Headers");
  const methods = o.methods || asked;
  const headers = o.headers || wanted;
  let out = "";
  if (methods && !NOT_LIST.test(methods)) out += "Access-Control-Allow-Methods: " + methods + "\r\n";
  if (headers && !NOT_LIST.test(headers)) out += "Access-Control-Allow-Headers: " + headers + "\r\n";
  return o.maxAgeS === undefined ? out : out + "Access-Control-Max-Age: " + Math.floor(o.maxAgeS) + "\r\n";
}
