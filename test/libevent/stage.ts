// Where a scenario runs: a base, bare peers, and a log with one line for each callback. The twins of main.c.

import type { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import type { Platform } from "../../src/core/port.js";
import {
  BEV_EVENT_CONNECTED, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_READING, BEV_EVENT_TIMEOUT, BEV_EVENT_WRITING, BEV_OPT_CLOSE_ON_FREE,
  type BufferEvent, buffereventSocketNew, EV_READ, EV_TIMEOUT, EV_WRITE, EventBase, type EvConnListener, type EvConnListenerCb,
  evconnlistenerNewBind, LEV_OPT_CLOSE_ON_FREE,
} from "../../src/libevent/index.js";

/** A bare socket at the other end. It says what it reads, and "end" when the stream to it ends or breaks. */
export interface Peer {
  send(text: string): void;
  /** Calls once when so many more bytes have come. */
  wants(bytes: number, then: () => void): void;
  /** Ends its stream; still reads. */
  end(): void;
  close(): void;
  reset(): void;
  /** Never reads. */
  stopReading(): void;
}

/** What a bare socket tells. */
export interface PeerEvents {
  bytes(text: string): void;
  end(): void;
}

/** A connected socket to the port, without libevent's face. */
export type Dial = (port: number, events: PeerEvents) => Omit<Peer, "wants">;

/** How a place makes what a scenario needs. */
export interface Place {
  platform: Platform;
  /** Where the program under test listens. */
  host: string;
  port: number;
  dial: Dial;
  /** Times as many milliseconds as a scenario says: more where others use the processor too. */
  scale: number;
}

/** How `serve` makes the bufferevent of an accepted connection. */
export interface Served {
  readcb?(bev: BufferEvent, who: string): void;
  writecb?(bev: BufferEvent, who: string): void;
  eventcb?(bev: BufferEvent, what: number, who: string): void;
  enabled: number;
  options?: number;
  made?(bev: BufferEvent): void;
}

const EVENT_BITS: [string, number][] = [
  ["READING", BEV_EVENT_READING], ["WRITING", BEV_EVENT_WRITING], ["EOF", BEV_EVENT_EOF], ["ERROR", BEV_EVENT_ERROR],
  ["TIMEOUT", BEV_EVENT_TIMEOUT], ["CONNECTED", BEV_EVENT_CONNECTED],
];

function bitsText(bits: number, names: [string, number][]): string {
  return names.filter(([, bit]) => bits & bit).map(([name]) => name).join("|") || "nothing";
}

/** "READING|EOF" and so on. */
export function eventsText(what: number): string {
  return bitsText(what, EVENT_BITS);
}

/** "READ|WRITE" and so on. */
export function enabledText(bev: BufferEvent): string {
  return bitsText(bev.getEnabled(), [["READ", EV_READ], ["WRITE", EV_WRITE]]);
}

/** CR as <, LF as >, NUL as 0. */
export function escaped(text: string): string {
  return text.replaceAll("\r", "<").replaceAll("\n", ">").replaceAll("\0", "0");
}

/** Takes up to `max` bytes of the input, as text. */
export function readText(bev: BufferEvent, max = 5000): string {
  const bytes = new Uint8Array(max);
  return String.fromCharCode(...bytes.subarray(0, bev.read(bytes)));
}

export class Stage {
  readonly base: EventBase;
  readonly lines: string[] = [];
  /** Peers that have not heard of the end yet. */
  openPeers = 0;
  readonly address: string;

  constructor(readonly place: Place) {
    this.base = new EventBase(place.platform);
    this.address = `${place.host}:${place.port}`;
  }

  say = (who: string, what: string): void => {
    this.lines.push(`${who} ${what}`);
  };

  /** Calls once after some milliseconds. */
  later(ms: number, act: () => void): void {
    this.base.once(null, EV_TIMEOUT, act, undefined, this.seconds(ms));
  }

  seconds(ms: number): number {
    return (ms * this.place.scale) / 1000;
  }

  listen(cb: EvConnListenerCb | undefined, flags = 0): EvConnListener {
    return evconnlistenerNewBind(this.base, cb, undefined as never, flags | LEV_OPT_CLOSE_ON_FREE, -1, this.address)!;
  }

  /** Accepts one connection, as `server`, and makes a bufferevent of it; then stops listening. */
  serve(how: Served): void {
    this.listen((lev, fd) => {
      const bev = buffereventSocketNew(this.base, fd, (how.options ?? 0) | BEV_OPT_CLOSE_ON_FREE)!;
      bev.setCb(how.readcb, how.writecb, how.eventcb, "server");
      bev.enable(how.enabled);
      how.made?.(bev);
      lev.free();
    });
  }

  /** A bufferevent that may connect. */
  client(options = 0): BufferEvent {
    return buffereventSocketNew(this.base, undefined, options | BEV_OPT_CLOSE_ON_FREE)!;
  }

  peer(name: string): Peer {
    let got = 0;
    let wanted = Infinity;
    let then: () => void = () => undefined;
    let isOpen = true;
    const over = (): void => {
      if (isOpen) this.openPeers--;
      isOpen = false;
    };
    this.openPeers++;
    const socket = this.place.dial(this.place.port, {
      bytes: (text) => {
        this.say(name, `read ${text}`);
        got += text.length;
        if (got < wanted) return;
        wanted = Infinity;
        then();
      },
      end: () => {
        this.say(name, "end");
        over();
      },
    });
    const wants: Peer["wants"] = (bytes, act) => {
      wanted = got + bytes;
      then = act;
    };
    const last = (act: () => void) => () => {
      over();
      act();
    };
    return { ...socket, wants, close: last(socket.close), reset: last(socket.reset), stopReading: last(socket.stopReading) };
  }

  sayRead = (bev: BufferEvent, who: string): void => this.say(who, `read ${readText(bev)}`);
  sayWrote = (_bev: BufferEvent, who: string): void => this.say(who, "wrote");
  sayEvent = (_bev: BufferEvent, what: number, who: string): void => this.say(who, `event ${eventsText(what)}`);
  sayEventAndFree = (bev: BufferEvent, what: number, who: string): void => {
    this.sayEvent(bev, what, who);
    bev.free();
  };
}

/** The twin of a function in C: sets up what happens then. */
export type Scenario = (stage: Stage) => void;

/** A bare socket of Node. It tries again while nobody listens yet. */
export const dialNode: Dial = (port, events) => {
  let socket: Socket;
  let isOver = false;
  const over = (isTold: boolean): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    if (isTold) events.end();
  };
  const open = (todo: ((socket: Socket) => void)[]): void => {
    socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("connect", () => todo.splice(0).forEach((act) => act(socket)));
    socket.on("data", (bytes: Buffer) => !isOver && events.bytes(bytes.toString("latin1")));
    socket.on("end", () => over(true));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" && !isOver) setTimeout(() => open(todo), 5);
      else over(true);
    });
  };
  const todo: ((socket: Socket) => void)[] = [];
  const act = (what: (socket: Socket) => void): void => void (socket.readyState === "open" ? what(socket) : todo.push(what));
  open(todo);
  return {
    send: (text) => act((open) => open.write(text)),
    end: () => act((open) => open.end()),
    close: () => act(() => over(false)),
    reset: () => act((open) => {
      isOver = true;
      open.resetAndDestroy();
    }),
    stopReading: () => act((open) => open.pause()),
  };
};
