import { parseIpv4, parsePort } from "./address.js";

/**
 * Checks an IPv4 address against an access list such as `"-0.0.0.0/0,+192.168/16"`: comma-separated `+` or `-`, then
 * an address of one to four numbers, then an optional `/bits`. No list: everyone is admitted. With a list nobody is,
 * unless the last entry that matches says `+`. Answers 1 (admitted), 0 (denied), -1 (the list is malformed).
 * Source: mg_check_ip_acl (mg_net.c).
 */
export function checkIpAcl(acl: string | undefined, ip: string): number {
  if (!acl) return 1;
  const address = parseIpv4(ip);
  let allowed = 0;
  const entries = acl.split(",");
  for (let i = 0; i < entries.length; i++) {
    const sign = entries[i].charAt(0);
    if (sign !== "+" && sign !== "-") return -1;
    const hit = matchNetwork(entries[i].slice(1), address);
    if (hit < 0) return -1;
    if (hit) allowed = sign === "+" ? 1 : 0;
  }
  return allowed;
}

/** 1 when the address is in the network, 0 when not, -1 when the network is malformed. An unknown address (-1) is in none but /0. */
function matchNetwork(text: string, address: number): number {
  const slash = text.indexOf("/");
  const bits = slash < 0 ? 32 : parsePort(text.slice(slash + 1));
  if (bits < 0 || bits > 32) return -1;
  let dotted = slash < 0 ? text : text.slice(0, slash);
  for (let dots = dotted.split(".").length; dots < 4; dots++) dotted += ".0";
  const network = parseIpv4(dotted);
  if (network < 0) return -1;
  if (bits === 0) return 1;
  if (address < 0) return 0;
  const size = Math.pow(2, 32 - bits);
  return Math.floor(address / size) === Math.floor(network / size) ? 1 : 0;
}
