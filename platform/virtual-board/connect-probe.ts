/**
 * Owns: the answer, at once, to "would a connect to this host and port succeed?". `net.connect` of the firmware blocks
 * and throws; a host platform answers later. So that the throw is a throw, the host is asked first, and the whole
 * process waits, as the chip does.
 *
 * - An address of this machine: the kernel's list of listening sockets is read (Linux); the peer notices nothing.
 * - Anything else: a helper thread resolves and connects, and hangs up again at once. The peer sees one connection that
 *   says nothing before the real one.
 * Does not own: the real connection, which is made afterwards and may still fail (see network-stack.ts).
 */

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Worker } from "node:worker_threads";
import { Err } from "../../src/core/port.js";
import type { ConnectProbe } from "./network-stack.js";

/** The helper thread: one question at a time, the answer in shared memory. */
const HELPER = `
const { parentPort } = require("node:worker_threads");
const net = require("node:net");
const codes = { ECONNREFUSED: 2, ETIMEDOUT: 3, ENOTFOUND: 4, EAI_AGAIN: 4, EHOSTUNREACH: 5, ENETUNREACH: 5 };
parentPort.on("message", ({ host, port, timeoutMs, shared }) => {
  const answer = new Int32Array(shared);
  const socket = net.connect({ host, port, family: 4 });
  const done = (err) => {
    socket.destroy();
    if (Atomics.compareExchange(answer, 0, -1, err) === -1) Atomics.notify(answer, 0);
  };
  socket.setTimeout(timeoutMs, () => done(3));
  socket.on("connect", () => done(0));
  socket.on("error", (error) => done(codes[error.code] ?? 2));
});`;

/** A probe and the way to end its helper. */
export interface NodeProbe {
  probe: ConnectProbe;
  /** Ends the helper thread, if there is one. */
  close(): void;
}

/** A probe for platforms on real sockets. `timeoutMs` bounds how long it may block. */
export function createNodeProbe(timeoutMs: number): NodeProbe {
  let helper: Worker | undefined;

  function ask(host: string, port: number): Err {
    if (helper === undefined) {
      helper = new Worker(HELPER, { eval: true });
      helper.unref();
    }
    const shared = new SharedArrayBuffer(4);
    const answer = new Int32Array(shared);
    answer[0] = -1;
    helper.postMessage({ host, port, timeoutMs, shared });
    // A little longer than the helper itself waits, and than it takes to start.
    Atomics.wait(answer, 0, -1, timeoutMs + 2000);
    return answer[0] < 0 ? Err.TimedOut : answer[0];
  }

  return {
    probe: (host, port) => askKernel(host, port) ?? ask(host, port),
    close: () => {
      void helper?.terminate();
      helper = undefined;
    },
  };
}

/** What /proc/net says about an address of this machine; undefined when it cannot tell. */
function askKernel(host: string, port: number): Err | undefined {
  if (!isOwnAddress(host)) return undefined;
  try {
    const isThere = ["/proc/net/tcp", "/proc/net/tcp6"].some((path) => isListed(readFileSync(path, "latin1"), port));
    return isThere ? Err.None : Err.Refused;
  } catch {
    return undefined;
  }
}

function isOwnAddress(host: string): boolean {
  if (host === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === host));
}

/** True when a line has this local port and the state "listen" (0A). */
function isListed(table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(`:${hex} [0-9A-F]+:0000 0A `).test(table);
}
