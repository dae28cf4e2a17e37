import { type Connection, Manager, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_RECV, MG_EV_SEND, MG_F_LISTENING, type Platform } from "./meerkat.js";
import { type DeviceBehaviour, Lab, type Later } from "./lab.js";
import { TABLE } from "./table.js";

/*
 * The device's side of the conformance suite: a control port that takes lines
 *
 *   start NAME PORT HOST     poke WORD     stop
 *
 * and answers with `hello CAPABILITIES`, `ready`, `log WHO WHAT …` and `done STATE`. One behaviour runs at a time, in a
 * manager of its own; the control connection has another one.
 */

/** How often the device looks whether its listeners are up, or its connections gone. */
const LOOK_MS = 5;
/** How long `stop` waits for connections to go by themselves. */
const STOP_MAX_MS = 4000;
/** Bytes of the log that go to the control connection at once. */
const PIECE_BYTES = 512;

let platform: Platform;
let later: Later;
let control: Connection | undefined;
/** Lines the control connection had no room for yet. */
let pending = "";
let lab: Lab | undefined;

/** Starts the device: it listens for the host on `port`. */
export function startDevice(onPlatform: Platform, port: number, onLater: Later): void {
  platform = onPlatform;
  later = onLater;
  const mgr = new Manager(platform, { pages: 12, pageBytes: 512, limits: { pollMs: 20 } });
  mgr.bind("tcp://:" + port, onControl);
  mgr.run();
}

function onControl(nc: Connection, ev: number): void {
  if (ev === MG_EV_ACCEPT) {
    control = nc;
    pending = "";
    write("hello " + JSON.stringify(platform.caps));
  }
  if (nc !== control) return;
  if (ev === MG_EV_RECV) readLines(nc);
  else if (ev === MG_EV_SEND) flush();
  else if (ev === MG_EV_CLOSE) control = undefined;
}

function write(line: string): void {
  pending += line + "\n";
  flush();
}

function flush(): void {
  while (pending && control && control.send(pending.slice(0, PIECE_BYTES))) pending = pending.slice(PIECE_BYTES);
}

function readLines(nc: Connection): void {
  for (let end = nc.recvMbuf.indexOf("\n"); end >= 0; end = nc.recvMbuf.indexOf("\n")) {
    const words = nc.recvMbuf.text(0, end).split(" ");
    nc.recvMbuf.remove(end + 1);
    obey(words);
  }
}

/** Managers are made, driven and freed from outside of any event. */
function obey(words: string[]): void {
  if (words[0] === "start") later(() => start(words[1], parseInt(words[2], 10), words[3]), 0);
  else if (words[0] === "poke") later(() => poke(words[1]), 0);
  else if (words[0] === "stop") later(() => stop(platform.now() + STOP_MAX_MS), 0);
}

function start(name: string, port: number, host: string): void {
  const behaviour: DeviceBehaviour | undefined = TABLE[name];
  if (!behaviour) return write("log note THREW no behaviour is called " + name);
  const it = new Lab(platform, behaviour, port, host, later, write);
  lab = it;
  try {
    behaviour.start(it);
  } catch (e) {
    it.note("THREW " + e);
  }
  if (behaviour.byHand) drive(it);
  else it.mgr.run();
  tellReady(it);
}

/** A manager that nobody drives: one pass every few milliseconds. */
function drive(it: Lab): void {
  if (it !== lab) return;
  it.mgr.poll();
  later(() => drive(it), LOOK_MS);
}

function tellReady(it: Lab): void {
  if (it !== lab) return;
  if (it.listeners.every(isSettled)) write("ready");
  else later(() => tellReady(it), LOOK_MS);
}

/** Listens, or never will. */
function isSettled(nc: Connection): boolean {
  return !!(nc.flags & MG_F_LISTENING) || nc.err > 0;
}

/** What a behaviour says after its end is nobody's business. */
function ignore(): void {}

function poke(word: string): void {
  if (lab && lab.onPoke) lab.onPoke(word);
}

function stop(untilMs: number): void {
  const it = lab;
  if (!it) return;
  const others = it.mgr.list().filter((row) => row.kind !== "listener").length;
  if (others > 0 && platform.now() < untilMs) return later(() => stop(untilMs), LOOK_MS);
  const pool = it.mgr.pool;
  const state = { left: others, pages: pool.pages, free: pool.free, atEnd: 0, conns: 0, stats: it.mgr.stats };
  lab = undefined;
  it.mgr.free();
  it.write = ignore;
  state.atEnd = pool.free;
  state.conns = it.mgr.list().length;
  write("done " + JSON.stringify(state));
}
