// What the tests of the Node platform share: a sink that notes every upcall, and certificates made on the spot.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createNodePlatform, type NodePlatform, type NodePlatformOptions } from "../../platform/node/index.js";
import type { Err, Handle, Owner, Raw } from "../../src/core/port.js";

const PLATFORM_URL = new URL("../../platform/node/index.js", import.meta.url).href;
const REACHED_MAX_MS = 5000;

/** The owner of a socket in these tests, and what was told to it. */
export interface Seen {
  handle: Handle;
  events: string[];
  address: string;
  port: number;
  input: string;
  accepted: Seen[];
  datagrams: { bytes: string; address: string; port: number }[];
  err: Err | undefined;
}

export function newSeen(handle?: Handle): Seen {
  return { handle, events: [], address: "", port: 0, input: "", accepted: [], datagrams: [], err: undefined };
}

function note(owner: Owner, event: string, address: string, port: number): Seen {
  const seen = owner as Seen;
  seen.events.push(event);
  seen.address = address;
  seen.port = port;
  return seen;
}

/** A platform that tells everything to {@link Seen} owners, and the calls that make them. */
export interface Bench {
  platform: NodePlatform;
  listen(spec: Partial<Parameters<NodePlatform["listen"]>[1]>): Seen;
  connect(spec: Parameters<NodePlatform["connect"]>[1]): Seen;
  bind(spec: Partial<Parameters<NodePlatform["listen"]>[1]>): Seen;
  /** Destroys everything that was made here. */
  close(): void;
}

export function createBench(options?: NodePlatformOptions): Bench {
  const platform = createNodePlatform(options);
  const all: Seen[] = [];
  const add = (handle?: Handle): Seen => {
    all.push(newSeen(handle));
    return all[all.length - 1];
  };
  const start = (call: (owner: Seen) => Handle): Seen => {
    const seen = add();
    seen.handle = call(seen);
    return seen;
  };
  platform.open({
    listening: (owner, address, port) => void note(owner, "listening", address, port),
    accepted(owner, handle, address, port) {
      const seen = add(handle);
      (owner as Seen).accepted.push(seen);
      return note(seen, "accepted", address, port);
    },
    connected: (owner, address, port) => void note(owner, "connected", address, port),
    data(owner, bytes: Raw) {
      (owner as Seen).input += platform.bytes.latin1(bytes, 0, bytes.length);
      return 0;
    },
    ended: (owner) => void (owner as Seen).events.push("ended"),
    drained: (owner) => void (owner as Seen).events.push("drained"),
    closed(owner, err) {
      (owner as Seen).events.push("closed");
      (owner as Seen).err = err;
    },
    datagram(owner, bytes, address, port) {
      (owner as Seen).datagrams.push({ bytes: platform.bytes.latin1(bytes, 0, bytes.length), address, port });
    },
    wake: (owner) => void (owner as Seen).events.push("wake"),
  });
  return {
    platform,
    listen: (spec) => start((owner) => platform.listen(owner, { host: "", port: 0, ...spec })),
    connect: (spec) => start((owner) => platform.connect(owner, spec)),
    bind: (spec) => start((owner) => platform.openDatagram(owner, { host: "", port: 0, ...spec })),
    close() {
      for (const seen of all) if (seen.err === undefined) platform.destroy(seen.handle);
    },
  };
}

/** Waits until `isReached` holds; rejects naming `what` when it does not. */
export async function reached(isReached: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + REACHED_MAX_MS;
  while (!isReached()) {
    if (performance.now() > endMs) throw new Error(`Not reached within ${REACHED_MAX_MS} ms: ${what}`);
    await sleep(1);
  }
}

/** Runs `code`, which finds the platform's module in `m`, in a Node of its own; answers what it printed. */
export async function inChild(code: string, env: Record<string, string>, filesMax = 1024): Promise<string> {
  const imports = `import * as net from "node:net"; import * as fs from "node:fs"; import * as m from ${JSON.stringify(PLATFORM_URL)};`;
  const limited = `ulimit -n ${filesMax}; exec "$0" --input-type=module -e "$1"`;
  const done = await promisify(execFile)("sh", ["-c", limited, process.execPath, imports + code], { env: { ...process.env, ...env } });
  return done.stdout;
}

/** A connection of plain node:net, and what came of it. */
export interface Caller {
  socket: net.Socket;
  input: () => string;
  /** "", then "end" or the code of an error. */
  end: () => string;
}

export function dial(port: number, host = "127.0.0.1"): Caller {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  let input = "";
  let end = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => (input += text));
  socket.on("end", () => (end ||= "end"));
  socket.on("error", (error: NodeJS.ErrnoException) => (end = error.code ?? "error"));
  return { socket, input: () => input, end: () => end };
}

/** A self-signed certificate for localhost and 127.0.0.1, and its key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

let made: Certificate | undefined | null = null;

/** Makes a certificate with the openssl command; undefined where there is none. */
export function certificate(): Certificate | undefined {
  if (made === null) made = makeCertificate();
  return made;
}

function makeCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "meerkat-tls-"));
  const certFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  try {
    execFileSync("openssl", [...request.split(" "), ...names, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
    return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
