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

/** Those whose variable is set. */
export function outsideHere(): Outside[] {
  return OUTSIDE.filter(({ variable }) => process.env[variable]);
}

/** Starts one that is here. */
export async function startOutside({ name, variable }: Outside): Promise<Server> {
  return startServer({ name, command: resolve(process.env[variable] ?? ""), args: [], port: await freePort() });
}
