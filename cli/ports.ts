/**
 * Owns: telling which ports of the program are reachable where, and ending a program that nobody can reach.
 *
 * A port that was asked for with -p and cannot be had ends the program. Others may fail (a program may try another
 * one), as long as something listens a moment later.
 */

import type { PublishedPort } from "../platform/node/index.js";
import { errorText } from "../src/core/errors.js";
import type { Publish } from "./options.js";

/** How long a program may take to listen somewhere else. */
const SECOND_TRY_MS = 250;
/** After this, ports that were asked for and that nobody listens on are worth a line. */
const UNUSED_AFTER_MS = 2000;

/** What {@link watchPorts} does to the world. */
export interface PortWatchOptions {
  publish: Publish;
  print(line: string): void;
  complain(line: string): void;
  /** Ends the program, unsuccessfully. */
  fail(): void;
}

/** What happens to ports is told here. */
export interface PortWatch {
  bound(port: PublishedPort): void;
  failed(port: PublishedPort, err: number): void;
}

/** Watches the ports of one program. */
export function watchPorts(options: PortWatchOptions): PortWatch {
  const { publish } = options;
  const bound = new Set<number>();

  function complainOfUnused(): void {
    for (const [appPort, hostPort] of publish) {
      if (bound.has(appPort)) continue;
      options.complain(`Port ${hostPort} leads nowhere: the program does not listen on port ${appPort}.`);
    }
  }

  return {
    bound(port) {
      if (bound.size === 0) setTimeout(complainOfUnused, UNUSED_AFTER_MS).unref();
      bound.add(port.appPort);
      options.print(`${urlOf(port)} \u2192 port ${port.appPort}`);
    },
    failed(port, err) {
      for (const line of failureLines(port, err)) options.complain(line);
      // Later, so that the program has been told before it ends.
      if (publish.has(port.appPort)) setImmediate(options.fail);
      else setTimeout(() => bound.size > 0 || options.fail(), SECOND_TRY_MS);
    },
  };
}

function failureLines({ appPort, hostPort }: PublishedPort, err: number): string[] {
  const forWhom = hostPort === appPort ? "" : `, for port ${appPort} of the program`;
  const lines = [`Cannot listen on port ${hostPort}${forWhom}: ${errorText(err)}.`];
  if (hostPort > 0) lines.push(`Name another one with -p HOST:${appPort}, as in -p ${otherPort(hostPort)}:${appPort}.`);
  return lines;
}

function otherPort(port: number): number {
  return port < 1024 ? port + 8000 : port + (port < 65535 ? 1 : -1);
}

/** What to type into a browser, where the port says that it is for one. */
function urlOf({ appPort, hostPort, isTls, isDatagram }: PublishedPort): string {
  const isWeb = appPort === 80 || appPort === 443 || appPort === 3000 || (appPort >= 8000 && appPort < 9000);
  const plain = isWeb ? "http" : "tcp";
  const secure = isWeb ? "https" : "ssl";
  return `${isDatagram ? "udp" : isTls ? secure : plain}://localhost:${hostPort}`;
}
