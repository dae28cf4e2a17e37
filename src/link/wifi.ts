import type { Connection } from "../core/connection.js";
import { errorText, rangeError } from "../core/errors.js";
import { MG_EV_TIMER } from "../core/events.js";
import type { Manager } from "../core/manager.js";
import type { AccessPointSpec, Link, LinkStatus, PowerSave } from "../core/port.js";
import { backoffMs, timeOption } from "./backoff.js";
import { type LinkWatch, watchLink } from "./watch-link.js";

/** An access point of our own, for when no network can be joined. */
export interface FallbackOptions {
  ssid: string;
  /** At least 8 characters. Default: an open network, which everybody near can join. */
  password?: string;
  /** 1 to 13; default: the board's choice. */
  channel?: number;
  /** How long no network could be joined before it is turned on; default 180000. At once where there is no network to join. */
  afterMs?: number;
}

/** Where credentials may come from: {@link Settings}, or anything like it. */
export interface Credentials {
  get(key: string): string | undefined;
}

/** Options of {@link joinWifi}. Times in milliseconds. */
export interface WifiOptions {
  /** 1 to 32 bytes. Default: the setting `wifi.ssid`; without either, whatever the firmware joins by itself. */
  ssid?: string;
  /** 8 to 64 characters. Default: the setting `wifi.password`; without either, an open network. */
  password?: string;
  settings?: Credentials;
  /** Name in the network, and `NAME.local` where the firmware announces it: 1 to 32 letters, digits and `-`. */
  hostname?: string;
  /** Default `none`: a server answers at once, at some 100 mA. `min` and `max` take less and answer up to a second later. */
  powerSave?: PowerSave;
  /** How long one attempt may take; default 30000. */
  joinMs?: number;
  /** Pause after the first attempt that failed, default 1000, and the longest pause, default 60000. */
  retryMs?: number;
  retryMaxMs?: number;
  accessPoint?: FallbackOptions;
}

/** `joining` and `waiting` take turns until it is `up`; `off`: nothing is tried. */
export type WifiState = "up" | "joining" | "waiting" | "off";

/** A network held for less than this was never really there: the pauses go on growing. */
const STEADY_MS = 10000;
/** While our own access point is on, joining, which disturbs it, is tried this seldom. */
const SERVING_RETRY_MS = 300000;

/** Wi-Fi that is looked after; made by {@link joinWifi}. */
export class Wifi {
  readonly mgr: Manager;
  readonly link: LinkWatch;
  state: WifiState;
  /** Why the network was lost or the last attempt failed. */
  reason: string;
  /** Attempts since the network was last there. */
  attempts: number;
  _o: WifiOptions;
  /** The radio; undefined: there is none. */
  _link: Link | undefined;
  _ssid: string;
  _password: string;
  _nc: Connection;
  /** Attempts that failed in a row; when the network was last seen to come and to go; platform ms. */
  _failures: number;
  _upMs: number;
  _downMs: number;
  /** Nonzero: the access point of our own is on. */
  _isServing: number;

  constructor(mgr: Manager, options: WifiOptions) {
    const nowMs = mgr._platform.now();
    this.mgr = mgr;
    this.link = watchLink(mgr);
    this.state = "off";
    this.reason = "";
    this.attempts = 0;
    const link = mgr._platform.link;
    this._o = options;
    this._link = link && link.canJoin ? link : undefined;
    this._ssid = "";
    this._password = "";
    this._failures = 0;
    this._upMs = nowMs;
    this._downMs = nowMs;
    this._isServing = 0;
    this._nc = mgr.add(onTimer, { userData: this });
  }

  /** Calls `run` once: at once when the link is up, else as soon as it is. */
  ready(run: () => void): void {
    this.link.ready(run);
  }

  /** Network, address and signal. */
  status(): LinkStatus {
    return this.link.status();
  }

  /** Joins another network, and stays with it. RangeError for what can be no ssid or password. */
  join(ssid: string, password?: string): void {
    const wrong = credentialsProblem(this.mgr, ssid, password || "");
    if (wrong) throw rangeError("Cannot join: " + wrong);
    if (!this._link) return;
    this._ssid = ssid;
    this._password = password || "";
    this._failures = 0;
    if (this.state === "up") this._downMs = this.mgr._platform.now();
    attempt(this);
  }

  /** Leaves the network, and joins no other until `join`. The access point stays as it is. */
  leave(): void {
    this.state = "off";
    this._nc.setTimer(0);
    if (this._link) this._link.leave();
  }
}

/**
 * Joins a Wi-Fi network and looks after it for ever: attempts with growing, random pauses, a deadline for each, host
 * name and power save set again each time it is up, one line in the log for each change. The manager follows the link, as
 * with `watchLink`. Where there is no radio (Node, Linux) it says so in the log, and the link counts as up.
 *
 * Throws RangeError or TypeError for credentials, names and times that cannot be. Settings that cannot be are reported and
 * count as none.
 */
export function joinWifi(mgr: Manager, options?: WifiOptions): Wifi {
  const o = options || {};
  checkOptions(mgr, o);
  const w = new Wifi(mgr, o);
  const link = w._link;
  if (!link) {
    say(w, "no Wi-Fi on " + mgr._platform.name + ": its network is its own affair");
    return w;
  }
  readCredentials(w);
  w.link.onChange(function (isUp) {
    if (isUp) wentUp(w, link);
    else wentDown(w, link);
  });
  // The platform has told something that leaves the link as it was: an attempt that failed.
  w.link._onFailed = function () {
    if (w.state === "joining") failed(w, link, link.status().reason);
  };
  if (o.hostname) link.hostName(o.hostname);
  const now = link.status();
  if (now.isJoined && (!w._ssid || now.ssid === w._ssid)) wentUp(w, link);
  else if (w._ssid) attempt(w);
  else if (o.accessPoint) serve(w, link, o.accessPoint);
  else say(w, "no ssid: nothing to join");
  return w;
}

function checkOptions(mgr: Manager, o: WifiOptions): void {
  const ap = o.accessPoint;
  const wrong = (o.ssid !== undefined && credentialsProblem(mgr, o.ssid, o.password || "")) || (ap && credentialsProblem(mgr, ap.ssid, ap.password || ""));
  if (wrong) throw rangeError("Cannot join: " + wrong);
  const name = o.hostname;
  if (name !== undefined && !(name.length <= 32 && /^[A-Za-z0-9-]+$/.test(name))) {
    throw rangeError('Bad hostname "' + name + '": must be 1 to 32 letters, digits and "-"');
  }
  if (o.powerSave !== undefined && ["none", "min", "max"].indexOf(o.powerSave) < 0) throw new TypeError('Unknown powerSave "' + o.powerSave + '"');
  timeOption("joinMs", o.joinMs, 0, 1);
  timeOption("retryMs", o.retryMs, 0, 1);
  timeOption("retryMaxMs", o.retryMaxMs, 0, 1);
  if (ap) timeOption("accessPoint.afterMs", ap.afterMs, 0, 0);
}

/** What is wrong with them; empty for nothing. (IEEE 802.11: an ssid has 1 to 32 bytes, a passphrase 8 to 63, a key 64.) */
function credentialsProblem(mgr: Manager, ssid: string, password: string): string {
  const size = typeof ssid === "string" ? mgr._ops.text(ssid).length : 0;
  if (size < 1 || size > 32) return "the ssid has " + size + " bytes, must be 1 to 32";
  const n = password.length;
  return n && (n < 8 || n > 64) ? "the password has " + n + " characters, must be 8 to 64" : "";
}

/** The options' credentials, or else the settings'. */
function readCredentials(w: Wifi): void {
  const o = w._o;
  const ssid = o.ssid || (o.settings && o.settings.get("wifi.ssid"));
  if (!ssid) return;
  const password = (o.ssid ? o.password : o.settings && o.settings.get("wifi.password")) || "";
  const wrong = credentialsProblem(w.mgr, ssid, password);
  if (wrong) return say(w, "settings: " + wrong);
  w._ssid = ssid;
  w._password = password;
}

function say(w: Wifi, text: string): void {
  w.mgr._platform.log("meerkat: Wi-Fi: " + text);
}

/** Tries again after a pause that grows, or is as long as the access point of our own wants it. Answers it in milliseconds. */
function pause(w: Wifi): number {
  const o = w._o;
  const ms = backoffMs(w.mgr, timeOption("retryMs", o.retryMs, 1000, 1), timeOption("retryMaxMs", o.retryMaxMs, 60000, 1), ++w._failures);
  const waitMs = w._isServing ? Math.max(ms, SERVING_RETRY_MS) : ms;
  w.state = "waiting";
  w._nc.setTimer(w.mgr.time() + waitMs / 1000);
  return waitMs;
}

function onTimer(nc: Connection, ev: number): void {
  const w = nc.userData as Wifi;
  const link = w._link;
  if (ev !== MG_EV_TIMER || !link) return;
  if (w.state === "waiting") return attempt(w);
  if (w.state !== "joining") return;
  // No address came, say: of that the firmware says nothing.
  link.leave();
  failed(w, link, "no answer in time");
}

function attempt(w: Wifi): void {
  const link = w._link as Link;
  w.state = "joining";
  w.attempts++;
  w._nc.setTimer(w.mgr.time() + timeOption("joinMs", w._o.joinMs, 30000, 1) / 1000);
  const err = link.join(w._ssid, w._password);
  if (err) failed(w, link, link.status().reason || errorText(err));
}

function failed(w: Wifi, link: Link, reason: string): void {
  const ap = w._o.accessPoint;
  const downMs = w.mgr._platform.now() - w._downMs;
  w.reason = reason;
  // Some chips cannot be both at once (ESP32-C3): joining turned ours off.
  if (ap && (w._isServing || downMs >= timeOption("afterMs", ap.afterMs, 180000, 0))) serve(w, link, ap);
  say(w, 'cannot join "' + w._ssid + '": ' + reason + "; trying again in " + Math.ceil(pause(w) / 1000) + " s");
}

function wentUp(w: Wifi, link: Link): void {
  const s = link.status();
  const o = w._o;
  if (!s.isJoined) return; // our own access point
  w.state = "up";
  w.attempts = 0;
  w._upMs = w.mgr._platform.now();
  w._nc.setTimer(0);
  link.powerSave(o.powerSave || "none");
  if (o.hostname) link.hostName(o.hostname); // announced again: it was forgotten with the network
  if (w._isServing) link.accessPoint(undefined);
  w._isServing = 0;
  const name = o.hostname ? "  " + o.hostname + ".local" : "";
  say(w, 'up: "' + s.ssid + '", ' + s.rssi + " dBm, " + s.address + name + urlsOf(w.mgr, s.address));
}

function wentDown(w: Wifi, link: Link): void {
  if (w.state !== "up") return;
  const nowMs = w.mgr._platform.now();
  w._downMs = nowMs;
  if (nowMs - w._upMs >= STEADY_MS) w._failures = 0;
  w.reason = link.status().reason;
  say(w, "down: " + w.reason);
  w.state = "off";
  if (w._ssid) pause(w);
}

/** Turns our own access point on, also when it should be on already. */
function serve(w: Wifi, link: Link, ap: FallbackOptions): void {
  const spec: AccessPointSpec = { ssid: ap.ssid, password: ap.password || "", channel: ap.channel || 0 };
  const err = link.accessPoint(spec);
  if (err) return say(w, "no access point: " + (link.status().reason || errorText(err)));
  if (!w._isServing) say(w, 'access point "' + ap.ssid + '" is on');
  w._isServing = 1;
}

/** Where the listeners can be reached, for the log. */
function urlsOf(mgr: Manager, address: string): string {
  let out = "";
  for (let nc = mgr.next(); nc; nc = mgr.next(nc)) {
    if (nc._at === undefined) continue;
    const a = mgr._parse(nc._at, nc._how);
    const isHttp = nc.protoHandler !== undefined && a.scheme !== "udp";
    const scheme = isHttp ? (a.scheme === "ssl" ? "https" : "http") : a.scheme;
    out += "  " + scheme + "://" + address + (scheme === "http" && a.port === 80 ? "" : ":" + a.port) + (isHttp ? "/" : "");
  }
  return out;
}
