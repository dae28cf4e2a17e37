import type { Connection } from "../core/connection.js";
import type { HttpMessage } from "./message.js";
import { httpSendRedirect } from "./reply.js";
import type { Target, UrlRewriter } from "./serve-options.js";
import { cleanRoot } from "./serve-path.js";

/** One rule. `kind` is "%" for a port, "@" for a host, "/" for the beginning of a path. */
interface Rule {
  kind: string;
  from: string;
  to: string;
}

/**
 * Rules that lead requests elsewhere, for the option `urlRewrites` of `serveHttp` (url_rewrites); a comma between them, and
 * the first that fits counts:
 * `/path=dir` serves what is below /path from a directory of the store; `@host=dir` serves that host from it;
 * `%port=url` answers 301 to `url` and the path, for requests that came in at that port.
 * Throws TypeError for a rule that is none of these (a reverse proxy, `/path=http://…`, is not supported).
 */
export function urlRewrites(rules: string): UrlRewriter {
  const list: Rule[] = [];
  const texts = rules.split(",");
  for (let i = 0; i < texts.length; i++) list.push(parseRule(texts[i]));
  return (nc, hm, target) => {
    for (let i = 0; i < list.length; i++) {
      const verdict = apply(list[i], nc, hm, target);
      if (verdict) return verdict > 1;
    }
    return false;
  };
}

function parseRule(text: string): Rule {
  const equals = text.indexOf("=");
  const kind = text.charAt(0);
  const from = text.slice(kind === "/" ? 0 : 1, equals);
  const to = text.slice(equals + 1);
  if (equals < (kind === "/" ? 1 : 2) || !to || "%@/".indexOf(kind) < 0 || (kind === "%" && /[^0-9]/.test(from))) throw new TypeError('Rewrite "' + text + '" is none of /path=dir, @host=dir, %port=url');
  if (kind === "%") return { kind: kind, from: from, to: to.charAt(to.length - 1) === "/" ? to.slice(0, -1) : to };
  if (to.indexOf("://") >= 0) throw new TypeError('Rewrite "' + text + '": a reverse proxy is not supported');
  if (kind === "@") return { kind: kind, from: from.toLowerCase(), to: cleanRoot(to) };
  return { kind: kind, from: from.charAt(from.length - 1) === "/" ? from.slice(0, -1) : from, to: cleanRoot(to) };
}

/** 0: the rule does not fit. 1: the target was changed. 2: it was answered. */
function apply(rule: Rule, nc: Connection, hm: HttpMessage, target: Target): number {
  const query = hm.queryString ? "?" + hm.queryString : "";
  if (rule.kind === "%") {
    const port = nc.localPort || (nc.listener ? nc.listener.localPort : 0);
    if (hm.uri.charAt(0) !== "/" || rule.from !== "" + port) return 0;
    httpSendRedirect(nc, 301, rule.to + hm.uri + query);
    return 2;
  }
  if (rule.kind === "@") {
    if (hostOf(hm) !== rule.from) return 0;
  } else {
    const rest = hm.uri.slice(rule.from.length);
    if (hm.uri.slice(0, rule.from.length) !== rule.from || (rest && rest.charAt(0) !== "/")) return 0;
    if (!rest) {
      httpSendRedirect(nc, 301, hm.uri + "/" + query); // as for any directory
      return 2;
    }
    target.uri = rest;
  }
  target.root = rule.to;
  return 1;
}

/** The Host header without its port, in lower case. */
function hostOf(hm: HttpMessage): string {
  const host = (hm.header("Host") || "").toLowerCase();
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? host.slice(0, colon) : host; // "[::1]" is an address
}
