// A bench is one platform with the device running on it. One file makes each kind.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meerkatRoot } from "../../../cli/build/layout.js";
import type { Control } from "./stage.js";

/** A device that runs, and the line to it. */
export interface Bench {
  control: Control;
  /** First port for behaviours. */
  port: number;
  /** What the device printed; the end of it goes with a failure. */
  output(): string;
  /** What is wrong with the device itself (it crashed, it ran out of memory); undefined while all is well. */
  trouble(): string | undefined;
  stop(): Promise<void>;
}

/** A platform of the suite: a column of its table. */
export interface Column {
  name: string;
  /** Why it cannot be tried here at all. */
  skip?: string;
  start(dir: string): Promise<Bench>;
}

/** The device's program. */
export const DEVICE: string = join(meerkatRoot, "test/conformance/device.ts");

/** Ports one run needs: control, then ten for each of so many behaviours, which take turns. */
export const TURNS = 20;
export const PORTS_EACH = 10;
const PORT_COUNT = PORTS_EACH * (TURNS + 1);

/** Below the ports that systems hand out by themselves. */
const FIRST_PORT = 12000;
const LAST_PORT = 30000;

/** The port of a behaviour. */
export function portOf(bench: Bench, index: number): number {
  return bench.port + PORTS_EACH * (index % TURNS);
}

/** A directory for what is built; call `remove` at the end. */
export function makeDir(): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-conformance-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first of a row of ports that nobody uses; the first ten are for control. */
export async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - PORT_COUNT));
    const row = Array.from({ length: PORT_COUNT }, (_, i) => first + i);
    const free = await Promise.all(row.map(isFree));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`No ${PORT_COUNT} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}`);
}

