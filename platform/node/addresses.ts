/**
 * Owns: how addresses and ports of the host look to the program: mapped IPv4 addresses as plain ones, and the
 * ports that are published under another number on the host.
 */

const MAPPED = "::ffff:";
const PORT_MAX = 65535;
/** Ports below this one need privileges on most hosts. */
const LOW_PORT_END = 1024;
/** What is added to a low port: 80 appears at 8080, 443 at 8443. */
const LOW_PORT_SHIFT = 8000;

/** An address without the IPv6 wrapping a dual-stack socket puts around IPv4; "" when the socket is already gone. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  const isMapped = address.startsWith(MAPPED) && address.indexOf(".") > 0;
  return isMapped ? address.slice(MAPPED.length) : address;
}

/** Throws the RangeError that Node throws for a port outside 0–65535 in some places, and in others not. */
export function checkPort(port: number): void {
  if (!(port >= 0 && port <= PORT_MAX)) throw new RangeError(`Port ${port} is outside 0 to ${PORT_MAX}`);
}

/** A port a program listens on, and the port of the host where it is found. */
export interface PublishedPort {
  appPort: number;
  hostPort: number;
  isTls: boolean;
  isDatagram: boolean;
}

/** Which port of the host stands for the port a program asked for. */
export interface PortMap {
  /** App port to host port. */
  publish: Record<number, number | undefined>;
  /** Ports below 1024 without an entry are moved up by 8000. */
  lowPortsUp: boolean;
}

/** The port to bind on the host for `appPort`. Port 0 stays 0 unless it is published. */
export function hostPortOf(map: PortMap, appPort: number): number {
  const published = map.publish[appPort];
  if (published !== undefined) return published;
  const isLow = appPort > 0 && appPort < LOW_PORT_END;
  return map.lowPortsUp && isLow ? appPort + LOW_PORT_SHIFT : appPort;
}

/**
 * Reads `HOST:APP` pairs separated by commas, as in `8000:80,8443:443`; HOST 0 is any free port.
 * Throws a TypeError that names the pair when one is malformed, a port is outside 0–65535 (APP: 1–65535), or an app port
 * stands twice.
 */
export function parsePublish(text: string): Record<number, number> {
  const publish: Record<number, number> = {};
  for (const pair of text.split(",")) {
    const trimmed = pair.trim();
    if (trimmed === "") continue;
    const colonAt = trimmed.indexOf(":");
    const hostPort = parsePort(trimmed.slice(0, colonAt));
    const appPort = parsePort(trimmed.slice(colonAt + 1));
    if (colonAt < 0 || hostPort < 0 || appPort < 1) {
      throw new TypeError(`Published port "${trimmed}" is not HOST:APP with ports up to ${PORT_MAX}`);
    }
    if (publish[appPort] !== undefined) throw new TypeError(`Port ${appPort} is published twice`);
    publish[appPort] = hostPort;
  }
  return publish;
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text)) return -1;
  const port = Number(text);
  return port <= PORT_MAX ? port : -1;
}
