import {
  type AnyHandler, type Connection, type ConnectionOptions, eventName, type HttpMessage, Manager, type ManagerOptions,
  MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_HTTP_CHUNK, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST, MG_EV_POLL, MG_EV_TIMER, type Platform,
} from "./meerkat.js";

/** One behaviour as the device shows it. */
export interface DeviceBehaviour {
  options?: ManagerOptions;
  /** Nobody drives the manager but `poll`, called from a timer of the interpreter. */
  byHand?: boolean;
  start(lab: Lab): void;
}

/** Behaviours by name. */
export type Table = { [name: string]: DeviceBehaviour };

/** Calls a function in so many milliseconds, from outside of any event of a manager. */
export type Later = (run: () => void, ms: number) => void;

/** What a behaviour without options of its own gets: the memory the platform has for programs, and time that passes quickly. */
const OPTIONS: ManagerOptions = { limits: { pollMs: 20 } };

/** Data of any kind that a line of the log can hold: what is no printable ASCII stands as `\xNN`. */
export function printable(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out += code > 31 && code < 127 ? text.charAt(i) : "\\x" + (code + 256).toString(16).slice(1);
  }
  return out;
}

/** One behaviour while it runs: its manager, its ports, and its log. */
export class Lab {
  mgr: Manager;
  platform: Platform;
  /** Ports of its own: this one and the nine behind it. */
  port: number;
  /** Where the peers are. */
  host: string;
  later: Later;
  /** Connections accepted so far: they are called c1, c2, … in this order. */
  accepted: number;
  /** Set to 1: RECV and SEND are not logged, for how many there are depends on buffers of the system. */
  isQuiet: number;
  /** Called when the host pokes. */
  onPoke: ((word: string) => void) | undefined;
  /** Must listen before the peers come. */
  listeners: Connection[];
  write: (line: string) => void;

  constructor(platform: Platform, behaviour: DeviceBehaviour, port: number, host: string, later: Later, write: (line: string) => void) {
    this.platform = platform;
    this.mgr = new Manager(platform, behaviour.options || OPTIONS);
    this.port = port;
    this.host = host;
    this.later = later;
    this.accepted = 0;
    this.isQuiet = 0;
    this.onPoke = undefined;
    this.listeners = [];
    this.write = write;
  }

  /** One line of the log about `who`. */
  log(who: string, what: string): void {
    this.write("log " + who + " " + what);
  }

  /** One line of the log about no connection in particular. */
  note(what: string): void {
    this.log("note", what);
  }

  /** A handler that logs every event but POLL, then hands it to `act`. */
  watch(act?: AnyHandler): AnyHandler {
    return (nc, ev, data) => {
      if (ev !== MG_EV_POLL) this.event(nc, ev, data);
      if (act) act(nc, ev, data);
    };
  }

  event(nc: Connection, ev: number, data: unknown): void {
    if (ev === MG_EV_ACCEPT) nc.userData = "c" + ++this.accepted;
    const who = nc.userData as string;
    if (ev === MG_EV_CLOSE) this.log(who, "CLOSE " + nc.err);
    else if (ev === MG_EV_ACCEPT || ev === MG_EV_TIMER) this.log(who, eventName(ev));
    else if (ev === MG_EV_HTTP_REQUEST) this.log(who, "REQUEST " + (data as HttpMessage).method + " " + (data as HttpMessage).uri);
    else if (ev === MG_EV_HTTP_HDRS && !this.isQuiet) this.log(who, "HDRS");
    else if (ev === MG_EV_HTTP_CHUNK && !this.isQuiet) this.log(who, "CHUNK " + (data as HttpMessage).bodyLength);
    else if (ev === MG_EV_CONNECT || !this.isQuiet) this.log(who, eventName(ev) + " " + data);
  }

  /** A watched listener on the next port of this behaviour, called l1, l2, … */
  listen(act?: AnyHandler, options?: ConnectionOptions, scheme?: string): Connection {
    const nc = this.mgr.bind((scheme || "tcp") + "://:" + (this.port + this.listeners.length), this.watch(act), options);
    this.listeners.push(nc);
    nc.userData = "l" + this.listeners.length;
    return nc;
  }

  /** A watched connection to the peer's port `offset` behind ours. */
  connect(name: string, offset: number, act?: AnyHandler, options?: ConnectionOptions, scheme?: string): Connection {
    const nc = this.mgr.connect((scheme || "tcp") + "://" + this.host + ":" + (this.port + offset), this.watch(act), options);
    nc.userData = name;
    return nc;
  }

  /** A watched connection without a socket. */
  add(name: string, act?: AnyHandler): Connection {
    const nc = this.mgr.add(this.watch(act));
    nc.userData = name;
    return nc;
  }

  /** What `call` throws, or "nothing". */
  thrown(call: () => void): string {
    try {
      call();
    } catch (e) {
      // A TypeError is no instance of Error on Espruino.
      const message = (e as Error).message;
      return message === undefined ? "" + e : message;
    }
    return "nothing";
  }
}

/** Echoes as an echo server must: what could not be sent now is sent when there is room. */
export function echo(nc: Connection, ev: number): void {
  if (ev === MG_EV_CLOSE || !nc.recvMbuf.len) return;
  nc.recvMbuf.remove(nc.send(nc.recvMbuf));
}
