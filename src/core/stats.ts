import type { Connection } from "./connection.js";
import { phaseOf } from "./deadlines.js";
import { MG_F_UDP } from "./flags.js";
import { pagesOf } from "./room.js";
import { State } from "./state.js";

/** Counters since the manager was made. */
export interface Stats {
  /** Connections accepted, outgoing connections made, outgoing connections that failed, connections closed. */
  accepted: number;
  connected: number;
  connectFailed: number;
  closed: number;
  /** Newcomers turned away because the budget was full; connections closed to make room for one; denied by an access list. */
  refused: number;
  evicted: number;
  denied: number;
  /** Closed by a deadline; closed because others waited too long for pages; closed for input that could not wait. */
  deadlines: number;
  starved: number;
  overflows: number;
  /** Exceptions in handlers. */
  threw: number;
  /** Datagrams dropped on the way in or out. */
  datagramsLost: number;
}

/** All counters at zero. */
export function newStats(): Stats {
  return {
    accepted: 0,
    connected: 0,
    connectFailed: 0,
    closed: 0,
    refused: 0,
    evicted: 0,
    denied: 0,
    deadlines: 0,
    starved: 0,
    overflows: 0,
    threw: 0,
    datagramsLost: 0,
  };
}

/** One row of `mgr.list()`. */
export interface ConnectionInfo {
  id: number;
  /** "listener", "in", "out", "udp" or "local" (timer-only, pair). */
  kind: string;
  /** "connecting", "ending", or what the connection is waiting for: "open", "first", "idle", "head", "body", "reply". */
  phase: string;
  /** Seconds since it was made, and since bytes last came or went. */
  ageS: number;
  idleS: number;
  /** Pages held by input and output. */
  pages: number;
  /** "address:port" of the peer, or "" where unknown; of itself for a listener. */
  peer: string;
}

const PHASES = ["open", "first", "idle", "head", "body", "reply"];

/** What there is to say about one connection. */
export function describe(nc: Connection): ConnectionInfo {
  const mgr = nc.mgr;
  const nowMs = mgr._platform.now();
  const isListener = nc._at !== undefined;
  const address = isListener ? nc.localAddress : nc.peerAddress;
  const port = isListener ? nc.localPort : nc.peerPort;
  return {
    id: nc.id,
    kind: kindOf(nc),
    phase: nc._state === State.Connecting ? "connecting" : nc._state === State.Ending ? "ending" : PHASES[phaseOf(nc)],
    ageS: mgr._ageS(nowMs) - nc._born,
    idleS: Math.floor(nc._idle / 1000),
    pages: pagesOf(nc),
    peer: port ? address + ":" + port : "",
  };
}

function kindOf(nc: Connection): string {
  if (nc._at !== undefined) return "listener";
  if (nc._f & MG_F_UDP) return "udp";
  if (nc.listener) return "in";
  return nc._sock === undefined ? "local" : "out";
}
