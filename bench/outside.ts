import { resolve } from "node:path";
import { freePort, type Server, startServer } from "./server.js";

/*
 * Servers that other people wrote, built outside of this project from the sources in bench/peers: C, one thread. An
 * environment variable names each binary, which reads its port from $PORT and prints "ready".
 */

/** One such server. */
export interface Outside {
  name: string;
  /** The environment variable that names the binary. */
  variable: string;
}

/** All of them, in the order of the table. */
export const OUTSIDE: Outside[] = [
  { name: "Mongoose 7", variable: "MEERKAT_BENCH_MONGOOSE" },
  { name: "Mongoose 6", variable: "MEERKAT_BENCH_MONGOOSE6" },
  { name: "evhttp", variable: "MEERKAT_BENCH_EVHTTP" },
];

/** The one that echoes WebSocket messages. */
export const OUTSIDE_WS: Outside = { name: "Mongoose 7", variable: "MEERKAT_BENCH_MONGOOSE_WS" };

/** The one that echoes with bufferevents. */
export const OUTSIDE_LIBEVENT: Outside = { name: "libevent", variable: "MEERKAT_BENCH_LIBEVENT" };

/** Those whose variable is set. */
export function outsideHere(): Outside[] {
  return OUTSIDE.filter(isHere);
}

/** Whether its variable is set. */
export function isHere({ variable }: Outside): boolean {
  return Boolean(process.env[variable]);
}

/** Starts one that is here. */
export async function startOutside({ name, variable }: Outside): Promise<Server> {
  return startServer({ name, command: resolve(process.env[variable] ?? ""), args: [], port: await freePort() });
}
