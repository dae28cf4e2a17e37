/**
 * Any platform in, the same platform out, with a line for every call and upcall.
 *
 * Owners are numbered in order of appearance, and there is no clock, address or handle in a line unless asked for, so
 * the traces of one conversation on two platforms can be compared. `>` is a call of the core, `<` an upcall:
 *
 *     > listen #1 :80
 *     < listening #1
 *     < accepted #1 as #2
 *     < data #2 5 "hello"
 *     > write #2 5 "HELLO"
 *     > end #2
 *     < closed #2
 *
 * With `conversation: true` the last four lines are `in #2 5 "hello"`, `out #2 5 "HELLO"` and `over #2`.
 */

import type { ConnectSpec, Handle, Link, LinkChange, ListenSpec, Owner, Platform, Raw, Sink } from "../../src/core/port.js";
import {
  createTraceBox, createTracer, detail, placeOf, reasonOf, resultName, tell, tellBytes, tellOver, timerId,
  type TraceBox, type TraceOptions, type Tracer,
} from "./trace-lines.js";

export type { TraceOptions } from "./trace-lines.js";

function ownerOf(box: Owner): Owner {
  return (box as TraceBox).owner as Owner;
}

function tellUp(tracer: Tracer, box: TraceBox, what: string, address: string, port: number): void {
  box.isUp = true;
  tell(tracer, box, `< ${what} #${box.id}${placeOf(tracer, address, port)}`);
}

function passAccepted(
  tracer: Tracer, up: Sink, listener: TraceBox, handle: Handle, address: string, port: number,
): TraceBox | undefined {
  const box = createTraceBox(tracer, undefined, handle);
  box.isUp = true;
  tell(tracer, listener, `< accepted #${listener.id} as #${box.id}${placeOf(tracer, address, port)}`);
  box.owner = up.accepted(ownerOf(listener), box, address, port);
  if (box.owner !== undefined) return box;
  detail(tracer, `  declined #${box.id}`);
  tellOver(tracer, box, "");
  return undefined;
}

function passData(tracer: Tracer, up: Sink, box: TraceBox, bytes: Raw): number {
  const seenBytes = tracer.isConversation ? Math.min(box.restBytes, bytes.length) : 0;
  tellBytes(tracer, box, "in", "< data", bytes, seenBytes);
  const left = up.data(ownerOf(box), bytes);
  box.restBytes = Math.max(box.restBytes, bytes.length) - (bytes.length - left);
  if (left) detail(tracer, `  took ${bytes.length - left} of ${bytes.length} #${box.id}`);
  return left;
}

function createSink(tracer: Tracer, up: Sink): Sink {
  return {
    listening(owner, address, port) {
      tellUp(tracer, owner as TraceBox, "listening", address, port);
      up.listening(ownerOf(owner), address, port);
    },
    accepted: (owner, handle, address, port) => passAccepted(tracer, up, owner as TraceBox, handle, address, port),
    connected(owner, address, port) {
      tellUp(tracer, owner as TraceBox, "connected", address, port);
      up.connected(ownerOf(owner), address, port);
    },
    data: (owner, bytes) => passData(tracer, up, owner as TraceBox, bytes),
    ended(owner) {
      detail(tracer, `< ended #${(owner as TraceBox).id}`);
      up.ended(ownerOf(owner));
    },
    drained(owner) {
      detail(tracer, `< drained #${(owner as TraceBox).id}`);
      up.drained(ownerOf(owner));
    },
    closed(owner, err) {
      const box = owner as TraceBox;
      detail(tracer, `< closed #${box.id}${reasonOf(err)}`);
      tellOver(tracer, box, reasonOf(err));
      up.closed(ownerOf(owner), err);
    },
    datagram(owner, bytes, address, port) {
      tellBytes(tracer, owner as TraceBox, "in", `< datagram${placeOf(tracer, address, port)}`, bytes, 0);
      up.datagram(ownerOf(owner), bytes, address, port);
    },
    wake(owner) {
      if (tracer.options.timers === true) detail(tracer, `< wake timer ${timerId(tracer, owner)}`);
      up.wake(owner);
    },
  };
}

function listenLine(spec: ListenSpec): string {
  return `${spec.host}:${spec.port}${spec.tls === undefined ? "" : " tls"}`;
}

function open(
  tracer: Tracer, owner: Owner, what: string, spec: ListenSpec | ConnectSpec, call: (box: TraceBox) => Handle,
): TraceBox {
  const box = createTraceBox(tracer, owner, undefined);
  tell(tracer, box, `> ${what} #${box.id} ${listenLine(spec)}`);
  box.handle = call(box);
  return box;
}

function traceWrite(tracer: Tracer, box: TraceBox, bytes: Raw): number {
  const answer = tracer.platform.write(box.handle, bytes);
  if (answer >= 0) tellBytes(tracer, box, "out", "> write", bytes, 0);
  else detail(tracer, `> write #${box.id} ${bytes.length} ${resultName(answer)}`);
  return answer;
}

function traceSendTo(tracer: Tracer, box: TraceBox, bytes: Raw, host: string, port: number): number {
  const answer = tracer.platform.sendTo(box.handle, bytes, host, port);
  const place = placeOf(tracer, host, port);
  if (answer >= 0) tellBytes(tracer, box, "out", `> sendTo${place}`, bytes, 0);
  else detail(tracer, `> sendTo${place} #${box.id} ${bytes.length} ${resultName(answer)}`);
  return answer;
}

function traceTimer(tracer: Tracer, owner: Owner, ms: number): void {
  const what = ms < 0 ? "cancel" : `wake in ${ms} ms`;
  if (tracer.options.timers === true) detail(tracer, `> ${what} timer ${timerId(tracer, owner)}`);
  tracer.platform.wakeAfter(owner, ms);
}

/** The link's changes, and what is asked of it; never the passwords. */
function traceLink(tracer: Tracer, link: Link): Link {
  return {
    canJoin: link.canJoin,
    watch(owner, changed) {
      const told: LinkChange = (of, isUp) => {
        tracer.say(`< link ${isUp ? "up" : "down"}`);
        changed!(of, isUp);
      };
      link.watch(owner, changed && told);
    },
    status: () => link.status(),
    join(ssid, password) {
      tracer.say(`> join ${ssid}`);
      return link.join(ssid, password);
    },
    leave() {
      tracer.say("> leave");
      link.leave();
    },
    hostName: (name) => link.hostName(name),
    powerSave: (mode) => link.powerSave(mode),
    accessPoint(spec) {
      tracer.say(`> access point ${spec === undefined ? "off" : spec.ssid}`);
      return link.accessPoint(spec);
    },
  };
}

/** Wraps `platform`; `sink` gets one line, without line end, for each call and upcall. */
export function trace(platform: Platform, sink: (line: string) => void, options?: TraceOptions): Platform {
  const tracer = createTracer(platform, sink, options === undefined ? {} : options);
  const { caps, bytes } = platform;
  let opened: Sink | undefined;

  function on(what: string, handle: Handle, call: (inner: Handle) => void): void {
    const box = handle as TraceBox;
    detail(tracer, `> ${what} #${box.id}`);
    call(box.handle);
  }

  return {
    name: platform.name,
    caps,
    bytes,
    open(up) {
      if (opened === up) return;
      opened = up;
      platform.open(createSink(tracer, up));
    },
    listen: (owner, spec) => open(tracer, owner, "listen", spec, (box) => platform.listen(box, spec)),
    connect: (owner, spec) => open(tracer, owner, "connect", spec, (box) => platform.connect(box, spec)),
    write: (handle, raw) => traceWrite(tracer, handle as TraceBox, raw),
    pause: (handle) => on("pause", handle, (inner) => platform.pause(inner)),
    resume: (handle) => on("resume", handle, (inner) => platform.resume(inner)),
    end: (handle) => on("end", handle, (inner) => platform.end(inner)),
    destroy(handle) {
      on("destroy", handle, (inner) => platform.destroy(inner));
      tellOver(tracer, handle as TraceBox, "");
    },
    openDatagram: (owner, spec) => open(tracer, owner, "udp", spec, (box) => platform.openDatagram(box, spec)),
    sendTo: (handle, raw, host, port) => traceSendTo(tracer, handle as TraceBox, raw, host, port),
    now: () => platform.now(),
    wallMs: () => platform.wallMs(),
    wakeAfter: (owner, ms) => traceTimer(tracer, owner, ms),
    tidy() {
      if (tracer.options.timers === true) detail(tracer, "> tidy");
      platform.tidy();
    },
    memory: () => platform.memory(),
    random: (count) => platform.random(count),
    digest: (name, raw) => platform.digest(name, raw),
    mask: platform.mask && ((bytes, key, room) => platform.mask!(bytes, key, room)),
    zlib: platform.zlib,
    utf8Tail: platform.utf8Tail && ((bytes) => platform.utf8Tail!(bytes)),
    hasher: platform.hasher && ((name) => platform.hasher!(name)),
    log(line) {
      tracer.say(`> log ${line}`);
      platform.log(line);
    },
    files: platform.files,
    link: platform.link && traceLink(tracer, platform.link),
  };
}
