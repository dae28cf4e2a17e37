/** An address as parsed from its text. */
export interface Address {
  /** "tcp", "udp" or "ssl" (TLS over TCP). */
  scheme: "tcp" | "udp" | "ssl";
  /** Name or literal without brackets; "" when the address names no host. */
  host: string;
  /** 0–65535. */
  port: number;
}

/** A host name longer than this is refused (MG_MAX_HOST_LEN). */
export const HOST_MAX_BYTES = 200;

/**
 * Parses `[tcp://|udp://|ssl://][HOST:]PORT`, where HOST is a name, an IPv4 literal, an IPv6 literal in brackets, or
 * empty, and PORT is 0–65535. Answers undefined when the text is malformed. Source: mg_parse_address (mg_net.c); unlike
 * 6.18, port 65535 is accepted and nothing may follow the port.
 */
export function parseAddress(text: string): Address | undefined {
  let scheme: Address["scheme"] = "tcp";
  let rest = text;
  const colons = text.indexOf("://");
  if (colons >= 0) {
    const name = text.slice(0, colons);
    if (name !== "tcp" && name !== "udp" && name !== "ssl") return undefined;
    scheme = name;
    rest = text.slice(colons + 3);
  }
  const colon = rest.lastIndexOf(":");
  const port = parsePort(rest.slice(colon + 1));
  if (port < 0) return undefined;
  const host = colon < 0 ? "" : unbracket(rest.slice(0, colon));
  if (host === undefined) return undefined;
  return { scheme: scheme, host: host, port: port };
}

/** The port as a number, or -1 when the text is not one to five digits with a value up to 65535. */
export function parsePort(text: string): number {
  const n = text.length;
  if (n < 1 || n > 5) return -1;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return -1;
  }
  const port = parseInt(text, 10);
  return port > 65535 ? -1 : port;
}

function unbracket(host: string): string | undefined {
  if (host.length > HOST_MAX_BYTES) return undefined;
  if (host.charAt(0) !== "[") return isHostName(host) ? host : undefined;
  if (host.charAt(host.length - 1) !== "]") return undefined;
  const inner = host.slice(1, -1);
  return isIpv6(inner) ? inner : undefined;
}

/** True for a name of letters, digits, `.`, `-` and `_` (an IPv4 literal is one too), and for "". */
export function isHostName(host: string): boolean {
  for (let i = 0; i < host.length; i++) {
    const c = host.charCodeAt(i);
    const ok = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 45 || c === 46 || c === 95;
    if (!ok) return false;
  }
  return true;
}

/** True for the text of an IPv6 address (RFC 4291 §2.2), without brackets or zone. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (let h = 0; h < halves.length; h++) {
    const n = countGroups(halves[h], h === halves.length - 1);
    if (n < 0) return false;
    groups += n;
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

/** Number of 16-bit groups in a colon-separated run, or -1. The last one of the address may be an IPv4 literal. */
function countGroups(run: string, isLast: boolean): number {
  if (run === "") return 0;
  const parts = run.split(":");
  let n = 0;
  for (let i = 0; i < parts.length; i++) {
    if (isLast && i === parts.length - 1 && parseIpv4(parts[i]) >= 0) n += 2;
    else if (isHexGroup(parts[i])) n++;
    else return -1;
  }
  return n;
}

function isHexGroup(text: string): boolean {
  if (text.length < 1 || text.length > 4) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = c | 32;
    if (!((c >= 48 && c <= 57) || (letter >= 97 && letter <= 102))) return false;
  }
  return true;
}

/** The IPv4 literal `a.b.c.d` as a number 0–2^32-1 (host order), or -1 when the text is not one. */
export function parseIpv4(text: string): number {
  const parts = text.split(".");
  if (parts.length !== 4) return -1;
  let ip = 0;
  for (let i = 0; i < 4; i++) {
    const byte = parts[i].length > 3 ? -1 : parsePort(parts[i]);
    if (byte < 0 || byte > 255) return -1;
    ip = ip * 256 + byte;
  }
  return ip;
}
