// A stage for tests of libevent's face: a simulated host with an event base on it, and what its callbacks say.

import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS, type SimPeer, type SimPlatformOptions } from "../../platform/sim/index.js";
import {
  BEV_EVENT_CONNECTED, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_EVENT_WRITING, BEV_OPT_CLOSE_ON_FREE,
  type BufferEvent, buffereventSocketNew, EV_READ, EV_WRITE, EventBase, type EvConnListener, evconnlistenerNewBind, EVLOOP_NO_EXIT_ON_EMPTY,
  type EvSocket, LEV_OPT_CLOSE_ON_FREE, LEV_OPT_REUSEABLE,
} from "../../src/libevent/index.js";
import { HERE, stage, type Stage, type StageOptions, THERE } from "./core-support.js";

export { HERE, THERE };

/** Hosts a behaviour is tested on: one that can do everything, and one that cannot pause, half-close or see a reset. */
export const HOSTS: { [name: string]: Partial<SimPlatformOptions> } = {
  "a host that can do everything": {},
  "a host like Espruino": { form: "string", caps: { ...ESPRUINO_LIKE_CAPS, listenPort0: false } },
};

/** The names of the bits of an event, as the book writes them. */
export function eventText(what: number): string {
  const names: [number, string][] = [
    [BEV_EVENT_READING, "READING"], [BEV_EVENT_WRITING, "WRITING"], [BEV_EVENT_EOF, "EOF"], [BEV_EVENT_ERROR, "ERROR"],
    [BEV_EVENT_TIMEOUT, "TIMEOUT"], [BEV_EVENT_CONNECTED, "CONNECTED"],
  ];
  return names.filter(([bit]) => what & bit).map(([, name]) => name).join("|") || `${what}`;
}

/** What callbacks of one bufferevent do besides being noted. */
export interface Acts {
  read?: (bev: BufferEvent) => void;
  write?: (bev: BufferEvent) => void;
  event?: (bev: BufferEvent, what: number) => void;
}

/** A base on a simulated host. */
export interface EvStage {
  s: Stage;
  base: EventBase;
  /** What callbacks said, in order. */
  said: string[];
  /** Everything made here, to be freed at the end. */
  owned: { free(): void }[];
  run(ms?: number): void;
  /** Has the callbacks of a bufferevent note what they are called with, under a name, and then act. */
  watch(bev: BufferEvent, name: string, acts?: Acts): BufferEvent;
  /** A bufferevent on a connection, or on none yet, which notes. */
  socket(name: string, fd: EvSocket | null, acts?: Acts, options?: number): BufferEvent;
  /** A listener at that port whose callback gets each new connection. */
  listen(port: number, accept: (fd: EvSocket, lev: EvConnListener) => void, flags?: number): EvConnListener;
  /** A connected bufferevent and the peer at its other end. */
  connected(name: string, acts?: Acts, options?: number): { bev: BufferEvent; peer: SimPeer };
  /** Frees everything and checks that nothing is left. */
  finish(): void;
}

/** Makes a base whose loop runs until the end of the test. */
export function evStage(options: StageOptions = {}): EvStage {
  const s = stage({ ...options, manual: true });
  const base = new EventBase(s.mgr);
  s.mgr.run();
  base.loop(EVLOOP_NO_EXIT_ON_EMPTY);
  const said: string[] = [];
  const owned: { free(): void }[] = [];
  let port = 7000;
  const st: EvStage = {
    s, base, said, owned,
    run: (ms = 100) => s.world.runFor(ms),
    watch(bev, name, acts = {}) {
      owned.push(bev);
      bev.setCb(
        (b) => { said.push(`${name} read ${b.getInput().getLength()}`); acts.read?.(b); },
        (b) => { said.push(`${name} wrote`); acts.write?.(b); },
        (b, what) => { said.push(`${name} ${eventText(what)}`); acts.event?.(b, what); },
        undefined,
      );
      return bev;
    },
    socket: (name, fd, acts, opts = BEV_OPT_CLOSE_ON_FREE) => st.watch(buffereventSocketNew(base, fd, opts) as BufferEvent, name, acts),
    listen(at, accept, flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE) {
      const lev = evconnlistenerNewBind(base, (l, fd) => accept(fd, l), undefined, flags, -1, `:${at}`) as EvConnListener;
      owned.push(lev);
      s.run(5);
      return lev;
    },
    connected(name, acts, opts) {
      let bev: BufferEvent | undefined;
      const lev = st.listen(++port, (fd) => { bev = st.socket(name, fd, acts, opts); });
      const peer = s.world.connectPeer(THERE, HERE, port);
      st.run(20);
      lev.free();
      return { bev: bev as BufferEvent, peer };
    },
    finish() {
      for (const one of owned) one.free();
      st.run(20);
      base.free();
      s.finish();
      assert.equal(base._held, 0, "something is still counted among the events of the base");
    },
  };
  return st;
}

/** The bits of what is enabled. */
export function enabledText(bev: BufferEvent): string {
  const on = bev.getEnabled();
  return [on & EV_READ ? "READ" : "", on & EV_WRITE ? "WRITE" : ""].filter(Boolean).join("|") || "nothing";
}
