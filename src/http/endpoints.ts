import { asHandler, type Connection } from "../core/connection.js";
import { type AnyHandler, type BriefHandler, type EventHandler, MG_EV_RECV, MG_EV_SEND } from "../core/events.js";
import type { HttpGuard } from "./auth.js";
import { MG_EV_HTTP_REQUEST } from "./events.js";
import { type Alternative, captures, compilePattern, matchPattern } from "./match.js";
import type { HttpMessage } from "./message.js";
import { httpReply } from "./reply.js";
import { busy, requests, seenRequest } from "./server.js";
import { type HttpHooks, hooksOf } from "./state.js";
import { handOut } from "./turn.js";

/** Options of an endpoint. */
export interface EndpointOptions {
  /** Methods, separated by commas. GET includes HEAD. Default: any, OPTIONS included. */
  methods?: string;
  /** Asked before the handler is, when path and method match: authentication. */
  guard?: HttpGuard;
  /** Asked first of all, for every method: `corsGuard(…)`. */
  cors?: HttpGuard;
}

interface Endpoint {
  name: string;
  pattern: Alternative[];
  /** " GET HEAD ", say; "" for any. */
  methods: string;
  handler: AnyHandler;
  guard: HttpGuard | undefined;
  cors: HttpGuard | undefined;
}

/** The endpoints of a listener, and the guards in front of all its requests. */
interface Router {
  guards: HttpGuard[];
  endpoints: Endpoint[];
}

type RouterHooks = HttpHooks & { router?: Router };

/**
 * Lets `handler` have the requests whose path matches `pattern` (mg_register_http_endpoint): their HTTP events, and CLOSE
 * when the connection ends before the reply. The pattern that matches most of the path has it, of equals the one registered
 * last; then the methods are looked at: 405 with Allow, and OPTIONS, are answered here. A path that no pattern matches goes
 * to the connection's own handler, or gets 404 where it has none. Register before connections come in. Throws TypeError for
 * a pattern that is empty or not ASCII, and for malformed methods.
 */
export function registerHttpEndpoint(listener: Connection, pattern: string, handler: EventHandler, options?: EndpointOptions): void;
export function registerHttpEndpoint(listener: Connection, pattern: string, handler: BriefHandler, options?: EndpointOptions): void;
export function registerHttpEndpoint(listener: Connection, pattern: string, handler: EventHandler | BriefHandler, options?: EndpointOptions): void {
  add(listener, pattern, pattern, asHandler(handler) as AnyHandler, options || {}, (options && options.methods) || "");
}

/**
 * An endpoint in one line: `httpRoute(listener, "GET /api/items/*$", (nc, hm) => …)`. Methods (separated by commas), a space,
 * a pattern as in `registerHttpEndpoint`; the handler gets whole requests only, and what the wildcards stand for is in
 * `hm.captures`: `urlDecode` makes text of it. Throws TypeError when method or path is missing.
 */
export function httpRoute(listener: Connection, route: string, handler: (nc: Connection, hm: HttpMessage) => void, options?: EndpointOptions): void {
  const space = route.lastIndexOf(" ");
  const methods = route.slice(0, space < 0 ? 0 : space);
  if (!methods) throw new TypeError('Route "' + route + '" must be a method, a space and a path');
  const onEvent: AnyHandler = (nc, ev, data) => {
    if (ev === MG_EV_HTTP_REQUEST) handler(nc, data as HttpMessage);
  };
  add(listener, route, route.slice(space + 1), onEvent, options || {}, methods);
}

/** Takes endpoints away again, by the text they were registered with. Answers how many there were. */
export function removeHttpEndpoint(listener: Connection, name: string): number {
  const router = routerOf(listener);
  const kept = router.endpoints.filter((one) => one.name !== name);
  const count = router.endpoints.length - kept.length;
  router.endpoints = kept;
  return count;
}

/** Puts a guard in front of every request of a listener. Guards are asked in the order in which they were added. */
export function httpGuard(listener: Connection, guard: HttpGuard): void {
  routerOf(listener).guards.push(guard);
}

function add(listener: Connection, name: string, pattern: string, handler: AnyHandler, o: EndpointOptions, methods: string): void {
  if (!pattern) throw new TypeError("Pattern of an endpoint is empty");
  if (/[^\x21-\x7e]/.test(pattern)) throw new TypeError("Pattern " + pattern + " must be ASCII, without blanks: %20 is one, %C3%A9 is an e with an acute");
  if (typeof handler !== "function") throw new TypeError("Handler of endpoint " + pattern + " is no function");
  routerOf(listener).endpoints.push({
    name: name,
    pattern: compilePattern(pattern),
    methods: methodList(methods),
    handler: handler,
    guard: o.guard,
    cors: o.cors,
  });
}

/** "GET, PUT" as " GET PUT HEAD ". */
function methodList(methods: string): string {
  const names = methods.split(" ").join("").split(",");
  if (!methods) return "";
  for (let i = 0; i < names.length; i++) {
    if (!names[i] || /[^A-Z-]/.test(names[i])) throw new TypeError('Malformed list of methods "' + methods + '"');
  }
  const list = " " + names.join(" ") + " ";
  return list.indexOf(" GET ") >= 0 && list.indexOf(" HEAD ") < 0 ? list + "HEAD " : list;
}

/** The router of a listener; made, and put in charge of its requests, when first asked for. */
function routerOf(listener: Connection): Router {
  const hooks = hooksOf(listener) as RouterHooks;
  if (hooks.router) return hooks.router;
  hooks.route = route;
  hooks.proto = onRouted;
  if (listener.protoHandler) listener.protoHandler = onRouted;
  return (hooks.router = { guards: [], endpoints: [] });
}

/** The protocol's handler of a listener with a router: no request is answered without it. */
function onRouted(nc: Connection, ev: number, data: unknown): void {
  const handler = nc.handler;
  if (handler && !(nc._quiet && (ev === MG_EV_RECV || ev === MG_EV_SEND))) handler(nc, ev, data);
  if (ev !== MG_EV_RECV) {
    if (nc._ps) busy(nc, ev, data);
    return;
  }
  const hm = seenRequest(nc);
  if (hm) handOut(nc, hm, nc._in(), hm._headBytes, undefined, nc._hooks as HttpHooks);
  requests(nc);
}

/** HttpHooks.route. */
function route(nc: Connection, hm: HttpMessage): AnyHandler | undefined {
  const router = (nc._hooks as RouterHooks).router as Router;
  const guards = router.guards;
  for (let i = 0; i < guards.length; i++) if (!guards[i](nc, hm)) return undefined;
  const list = router.endpoints;
  const uri = plainPath(hm.uri);
  const path = uri.toLowerCase();
  const method = " " + hm.method + " ";
  let longest = 0;
  let found: Endpoint | undefined;
  let cors: HttpGuard | undefined;
  for (let i = list.length - 1; i >= 0; i--) {
    const one = list[i];
    const n = matchPattern(one.pattern, path);
    if (!n || n < longest) continue;
    if (n > longest) found = cors = undefined;
    longest = n;
    if (!cors) cors = one.cors;
    if (found || (one.methods && one.methods.indexOf(method) < 0)) continue;
    found = one;
    cors = one.cors;
    hm.captures = captures(uri);
  }
  if (!longest) return unmatched(nc, hm);
  if (cors && !cors(nc, hm)) return undefined;
  if (!found) return notAllowed(nc, hm, list, path, longest);
  return found.guard && !found.guard(nc, hm) ? undefined : found.handler;
}

/**
 * The path with `%XX` of visible ASCII characters as the characters themselves, which is the same path (RFC 3986 §6.2.2.2):
 * "/%61dmin" does not get around a guard on "/admin". "%2F" is no slash, and stays.
 */
function plainPath(uri: string): string {
  const parts = uri.split("%");
  let out = parts[0];
  for (let i = 1; i < parts.length; i++) {
    const code = parseInt(parts[i].slice(0, 2), 16);
    if (code > 0x20 && code < 0x7f && code !== 0x25 && code !== 0x2f) out += String.fromCharCode(code) + parts[i].slice(2);
    else out += "%" + parts[i];
  }
  return out;
}

/** No pattern matches the path: it is the connection's own handler's, as in Mongoose. */
function unmatched(nc: Connection, hm: HttpMessage): AnyHandler | undefined {
  if (nc.handler) return nc.handler;
  if (hm.uri === "*") httpReply(nc, 204, "", ""); // RFC 9110 §9.3.7: about the server as a whole there is nothing to say
  else httpReply(nc, 404, "Content-Type: text/plain\r\n", "Not Found\n");
  return undefined;
}

/** The path is known, the method is not: RFC 9110 §9.3.7 (OPTIONS) and §15.5.6. */
function notAllowed(nc: Connection, hm: HttpMessage, list: Endpoint[], path: string, longest: number): undefined {
  let allow = " OPTIONS ";
  for (let i = 0; i < list.length; i++) {
    if (matchPattern(list[i].pattern, path) !== longest) continue;
    const methods = list[i].methods.slice(1, -1).split(" ");
    for (let k = 0; k < methods.length; k++) if (allow.indexOf(" " + methods[k] + " ") < 0) allow += methods[k] + " ";
  }
  const header = "Allow: " + allow.slice(1, -1).split(" ").join(", ") + "\r\n";
  if (hm.method === "OPTIONS") httpReply(nc, 204, header, "");
  else httpReply(nc, 405, header + "Content-Type: text/plain\r\n", "Method Not Allowed\n");
  return undefined;
}
