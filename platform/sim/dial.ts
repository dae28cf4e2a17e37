// How a connection comes to be: name, handshake, time-out, refusal; and TLS, of which only the outcome is simulated.
//
// TLS here is no cryptography. Two ends that both say TLS reach each other (one round trip later); a verifying client
// that names a `ca` wants the server's `cert` to be the same text. One end alone fails as it would in the world.

import { Err } from "../../src/core/port.js";
import type { SimEvent } from "./event-queue.js";
import { createConnection, finish, reset, send, type Endpoint, type EndpointUser } from "./endpoint.js";
import { boundAt, delayMs, freePort, hostFor, isLiteral, resolve, type Binding, type Host, type Network } from "./network.js";

/** TCP retransmits an unanswered SYN; RFC 6298 §2 starts at one second. */
const SYN_RETRY_MS = 1000;

/** What a connection attempt wants. */
export interface DialSpec {
  from: Host;
  /** Name or address. */
  to: string;
  port: number;
  tls?: { ca: string; isVerifying: boolean };
  /** Subject to `connectError` and `dnsError`. */
  isFaulty: boolean;
}

/** A connection attempt under way. */
export interface Dial {
  cancel(): void;
}

/** Told once, from an event: the connection, or why there is none. */
export type DialDone = (err: Err, end?: Endpoint) => void;

interface Attempt extends Dial {
  net: Network;
  spec: DialSpec;
  isOver: boolean;
  /** The other host has answered: a repeated SYN changes nothing. */
  isAnswered: boolean;
  /** Time-out and repetition; taken back when it is over, so that a quiet world is idle. */
  timers: SimEvent[];
  end?: Endpoint;
  finishWith(err: Err, end?: Endpoint): void;
}

function createAttempt(net: Network, spec: DialSpec, done: DialDone): Attempt {
  const over = (): void => {
    attempt.isOver = true;
    for (const timer of attempt.timers) net.events.cancel(timer);
  };
  const attempt: Attempt = {
    net, spec, isOver: false, isAnswered: false, timers: [],
    cancel() {
      if (attempt.isOver) return;
      over();
      if (attempt.end !== undefined) reset(attempt.end);
    },
    finishWith(err, end) {
      if (attempt.isOver) return;
      over();
      done(err, end);
    },
  };
  return attempt;
}

/** The plain server of a TLS client: gets the start of a record (RFC 8446 §5.1) and says something else. */
function failTlsAtPlainServer(attempt: Attempt, end: Endpoint): void {
  const fail = (): void => {
    reset(end);
    attempt.finishWith(Err.Tls);
  };
  const user: EndpointUser = { readable: fail, reset: fail, writable: () => undefined, flushed: () => undefined };
  end.user = user;
  send(end, Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00));
}

/** The TLS server of a plain client: no handshake comes, so the first bytes end it; the listener is never told. */
function refusePlainClient(end: Endpoint): void {
  end.user = {
    readable: () => (end.inbox.bytes > 0 ? reset(end) : finish(end)),
    reset: () => undefined,
    writable: () => undefined,
    flushed: () => undefined,
  };
}

function isTrusted(spec: DialSpec, binding: Binding<unknown>): boolean {
  const tls = spec.tls;
  return tls === undefined || !tls.isVerifying || tls.ca === "" || tls.ca === binding.cert;
}

function meet(attempt: Attempt, to: Host, address: string, binding: Binding<Endpoint>): void {
  const { net, spec } = attempt;
  const { events } = net;
  const from = { host: spec.from, address: address === "127.0.0.1" ? address : spec.from.address, port: freePort(spec.from) };
  const [client, server] = createConnection(net, from, { host: to, address, port: spec.port });
  const hasTls = spec.tls !== undefined;
  const name = `tcp ${from.address}:${from.port} > ${address}:${spec.port}`;
  if (hasTls && binding.hasTls && !isTrusted(spec, binding)) {
    net.log(`${name} not trusted`);
    return void events.after(2 * net.latencyMs, () => attempt.finishWith(Err.Tls));
  }
  if (binding.hasTls && !hasTls) refusePlainClient(server);
  else if (!binding.incoming(server)) {
    net.log(`${name} refused`);
    return void events.after(delayMs(net), () => attempt.finishWith(Err.Refused));
  }
  net.log(`${name} syn`);
  attempt.end = client;
  const handshakes = hasTls && binding.hasTls ? 3 : 1;
  events.after(handshakes * net.latencyMs, () => {
    if (attempt.isOver) return;
    if (hasTls && !binding.hasTls) return failTlsAtPlainServer(attempt, client);
    attempt.finishWith(client.isDead ? Err.Reset : Err.None, client);
  });
}

function arriveSyn(attempt: Attempt, address: string): void {
  const { net, spec } = attempt;
  const to = hostFor(net, spec.from, address);
  if (attempt.isOver || attempt.isAnswered || to?.isSilent) return;
  attempt.isAnswered = true;
  if (to === undefined) return void net.events.after(net.latencyMs, () => attempt.finishWith(Err.Unreachable));
  const binding = boundAt(to.tcp, address, spec.port) as Binding<Endpoint> | undefined;
  if (binding !== undefined) return meet(attempt, to, address, binding);
  net.log(`tcp ${spec.from.address} > ${address}:${spec.port} refused`);
  net.events.after(net.latencyMs, () => attempt.finishWith(Err.Refused));
}

function sendSyn(attempt: Attempt, address: string): void {
  const { net, spec } = attempt;
  if (attempt.isOver || attempt.isAnswered) return;
  if (!spec.from.isSilent) net.events.after(delayMs(net), () => arriveSyn(attempt, address));
  attempt.timers[1] = net.events.after(SYN_RETRY_MS, () => sendSyn(attempt, address));
}

function drawnFailure(net: Network): Err {
  return [Err.Refused, Err.TimedOut, Err.Unreachable][net.prng.below(3)];
}

/** Starts connecting; `done` follows from an event unless the attempt is cancelled. */
export function dial(net: Network, spec: DialSpec, done: DialDone): Dial {
  const attempt = createAttempt(net, spec, done);
  const { faults, prng, events } = net;
  attempt.timers[0] = events.after(net.connectTimeoutMs, () => {
    if (attempt.end !== undefined) reset(attempt.end);
    attempt.finishWith(Err.TimedOut);
  });
  const isNamed = !isLiteral(spec.to) && spec.to !== "localhost";
  events.after(isNamed ? delayMs(net) : 0, () => {
    const address = resolve(net, spec.to);
    if (address === undefined || (isNamed && spec.isFaulty && prng.chance(faults.dnsError))) {
      return attempt.finishWith(Err.HostNotFound);
    }
    if (spec.isFaulty && prng.chance(faults.connectError)) {
      const err = drawnFailure(net);
      return void events.after(delayMs(net), () => attempt.finishWith(err));
    }
    sendSyn(attempt, address);
  });
  return attempt;
}
