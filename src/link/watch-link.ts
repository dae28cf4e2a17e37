import { post } from "../core/call.js";
import type { Connection } from "../core/connection.js";
import { errorText } from "../core/errors.js";
import { MG_EV_CLOSE, MG_EV_TIMER } from "../core/events.js";
import { CLOSE_FLAGS, MG_F_CONNECTING, MG_F_LISTENING, MG_F_UDP } from "../core/flags.js";
import { close } from "../core/lifecycle.js";
import type { Manager } from "../core/manager.js";
import { leave } from "../core/output.js";
import { Err, type LinkStatus, type Owner } from "../core/port.js";
import { Gate, State } from "../core/state.js";
import { backoffMs } from "./backoff.js";
import { offLink, onLink } from "./on-link.js";

/*
 * What the firmware does not do (Espruino#847, esp8266/Arduino#3508, arduino-libraries/WiFi101#94): when the link goes
 * down, every connection gets its error and CLOSE, and its socket is closed; listeners stay, and are bound again when it
 * is up. The core knows nothing of this but a few fields of the manager that are filled in here.
 */

/** Pauses between attempts to bind a listener again, milliseconds. */
const BIND_RETRY_MS = 1000;
const BIND_RETRY_MAX_MS = 60000;

/** The link as a program sees it; made by {@link watchLink}. */
export class LinkWatch {
  readonly mgr: Manager;
  /** A connection without a socket: it times the attempts to bind again, and goes with the manager. */
  _nc: Connection;
  /** Attempts to bind again that failed in a row. */
  _failures: number;
  /** Wants to know of joins that failed. */
  declare _onFailed: (() => void) | undefined;

  constructor(mgr: Manager) {
    this.mgr = mgr;
    this._failures = 0;
    this._nc = mgr.add(onTimer);
  }

  /** Whether traffic can flow. Always true where the platform does not tell (Node). */
  get isUp(): boolean {
    return !this.mgr._isDown;
  }

  /**
   * Calls `changed` whenever the link has gone down (every connection has had its CLOSE by then) or come up. TypeError for
   * what is no function.
   */
  onChange(changed: (isUp: boolean) => void): void {
    if (typeof changed !== "function") throw new TypeError("Handler must be a function, is " + typeof changed);
    onLink(this.mgr, changed);
  }

  /** Calls `run` once: at once when the link is up, else as soon as it is. */
  ready(run: () => void): void {
    if (this.isUp) return run();
    const mgr = this.mgr;
    const told = function (isUp: boolean): void {
      if (!isUp) return;
      offLink(mgr, told);
      run();
    };
    onLink(mgr, told);
  }

  /** Network, address and signal, as far as the platform tells. */
  status(): LinkStatus {
    const link = this.mgr._platform.link;
    return link ? link.status() : { isUp: true, isJoined: false, ssid: "", address: "", rssi: 0, reason: "" };
  }
}

/**
 * Has this manager follow the link from now on: when it goes down, every connection gets MG_ERR_LINK_DOWN and CLOSE (one
 * that connects: CONNECT first), and connecting fails at once; listeners stay and are bound again when it comes up. Pairs
 * and connections without a socket live on. One watch a manager: a second call answers the first one's. On a platform
 * whose link cannot go down it does nothing.
 */
export function watchLink(mgr: Manager): LinkWatch {
  if (mgr._watch) return mgr._watch as LinkWatch;
  const w = new LinkWatch(mgr);
  const link = mgr._platform.link;
  mgr._watch = w;
  mgr._onGone = onGone;
  if (!link) return w;
  link.watch(w._nc, onChanged);
  if (link.status().isUp) return w;
  mgr._isDown = 1;
  post(w._nc, breakOff, undefined, undefined);
  return w;
}

/** The platform's word that something about the link has changed. */
function onChanged(owner: Owner, isUp: boolean): void {
  const nc = owner as Connection;
  if (nc.mgr._running) change(nc, isUp);
  else post(nc, change as (nc: Connection, a: unknown) => void, isUp, undefined);
}

function change(nc: Connection, isUp: boolean): void {
  const mgr = nc.mgr;
  const w = mgr._watch as LinkWatch;
  if (nc._state === State.Closed) return;
  if (isUp && mgr._isDown) {
    mgr._isDown = 0;
    w._failures = 0;
    bindAgain(mgr);
    tell(mgr, true);
  } else if (!isUp && !mgr._isDown) {
    mgr._isDown = 1;
    breakOff(nc);
    tell(mgr, false);
  } else if (w._onFailed) w._onFailed();
  leave(mgr);
}

/**
 * Ends all that has a socket, newest first, as in a pass; listeners only lose theirs. Handlers run in here: they may make
 * connections, which fail, and free the manager, which waits.
 */
function breakOff(watch: Connection): void {
  const mgr = watch.mgr;
  const conns = mgr._conns.slice(0);
  if (!mgr._isDown) return; // it is up again before the first pass
  for (let i = conns.length - 1; i >= 0; i--) {
    const nc = conns[i];
    if (nc._state === State.Closed) continue;
    if (nc._at !== undefined) {
      if (nc._sock !== undefined) mgr._platform.destroy(nc._sock);
      nc._sock = undefined;
      nc._state = State.Connecting;
      nc._gate |= Gate.State;
    } else if (nc._sock !== undefined || (nc.listener && nc._f & MG_F_UDP)) {
      if (!nc.err) nc.err = Err.LinkDown;
      if (nc._f & MG_F_CONNECTING) mgr.stats.connectFailed++;
      close(nc);
    }
  }
}

/** Binds every listener that has no socket. */
function bindAgain(mgr: Manager): void {
  const conns = mgr._conns;
  for (let i = 0; i < conns.length; i++) {
    const nc = conns[i];
    if (nc._at === undefined || nc._sock !== undefined || nc._f & CLOSE_FLAGS) continue;
    const how = nc._how || {};
    const a = mgr._parse(nc._at, how);
    // As in `bind`, whose programs shall not pay for a function that both call. Port 0 chose a port: it stays.
    const spec = { host: a.host, port: nc.localPort || a.port, backlog: how.backlog, ipv6Only: how.ipv6Only, tls: a.scheme === "ssl" ? how.tls : undefined };
    nc._sock = a.scheme === "udp" ? mgr._platform.openDatagram(nc, spec) : mgr._platform.listen(nc, spec);
  }
}

/** A listener that was bound before could not be bound again: it is tried later, for ever. Any other is gone. */
function onGone(nc: Connection, err: Err): boolean {
  const mgr = nc.mgr;
  if (nc._state !== State.Connecting || !(nc._f & MG_F_LISTENING)) return false;
  const w = mgr._watch as LinkWatch;
  const waitMs = backoffMs(mgr, BIND_RETRY_MS, BIND_RETRY_MAX_MS, ++w._failures);
  mgr._platform.log("meerkat: cannot listen at " + nc._at + " again: " + errorText(err) + "; trying again in " + Math.ceil(waitMs / 1000) + " s");
  if (!w._nc._timer) w._nc.setTimer(mgr.time() + waitMs / 1000);
  return true;
}

function onTimer(nc: Connection, ev: number): void {
  const mgr = nc.mgr;
  if (ev === MG_EV_TIMER && !mgr._isDown) bindAgain(mgr);
  if (ev !== MG_EV_CLOSE) return;
  if (mgr._platform.link) mgr._platform.link.watch(nc, undefined);
  mgr._watch = undefined;
  mgr._isDown = 0;
}

/** An exception of one of the program's is reported; the others are told all the same. */
function tell(mgr: Manager, isUp: boolean): void {
  const list = mgr._onLink ? mgr._onLink.slice(0) : [];
  for (let i = 0; i < list.length && !mgr._freed; i++) {
    try {
      list[i](isUp);
    } catch (e) {
      mgr.stats.threw++;
      mgr._platform.log("meerkat: told that the link is " + (isUp ? "up" : "down") + ", the program threw: " + e);
    }
  }
}
