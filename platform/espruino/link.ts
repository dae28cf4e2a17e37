import { type AccessPointSpec, Err, type LinkChange, type LinkStatus, type Owner, type PowerSave } from "../../src/core/port.js";

/*
 * The link over require("Wifi") (libs/network/esp32/jswrap_esp32_network.c, libs/network/esp8266/jswrap_esp8266_network.c).
 *
 * What the firmware says has to be read with care. The ESP32 tries twice more by itself, without a word, before it tells
 * `disconnected`, and then stops; when one of the two succeeds there is a second `connected`: with the address from before
 * the connections have lived through it, with another they have not. The ESP8266 never stops trying. Neither says anything
 * when no address comes (DHCP), and neither tells `connected` to who asks after it (Espruino#1205). Sockets are told nothing.
 */

/** Module `Wifi`, as far as it is used here. */
interface WifiLibrary {
  connect(ssid: string, options: { password?: string }): void;
  disconnect(): void;
  on(event: string, handler: (details: Details) => void): void;
  getStatus(): { station: string; mode: string; ssid?: string; rssi?: number };
  getDetails(): { ssid?: string; rssi?: number };
  getIP(): { ip: string };
  getAPIP(): { ip: string };
  setHostname(name: string): void;
  setConfig(settings: { powersave: string }): void;
  startAP(ssid: string, options: { password?: string; authMode?: string; channel?: number }): void;
  stopAP(): void;
}

interface Details {
  ip?: string;
  /** ESP8266: in words; ESP32: a number, and the words in `msg`. */
  reason?: string;
  msg?: string;
}

/** Who is told of changes. */
interface Watcher {
  o: Owner;
  f: LinkChange;
}

const NO_ADDRESS = "0.0.0.0";
/** In two parts: a name that the build sees would keep `Manager.connect` in programs that never call it (cli/build/drop-methods.ts). */
const CONNECT = ("conn" + "ect") as "connect";

/** The module; null where the firmware has none (Linux), undefined before it was looked for. */
let lib: WifiLibrary | null | undefined;
let watchers: Watcher[] = [];
/** Our address in the network that was joined; empty: none. */
let address = "";
/** Nonzero: the access point of our own is on. */
let isServing = 0;
let reason = "";

/** The module, with what happened before the program began; null where there is none. */
export function wifi(): WifiLibrary | null {
  if (lib !== undefined) return lib;
  try {
    lib = require("Wifi") as WifiLibrary;
  } catch (e) {
    lib = null;
    return lib;
  }
  const status = lib.getStatus();
  const ip = lib.getIP().ip;
  // The address of an earlier network stays for a while: only with a station that is connected does it mean anything.
  if (status.station === "connected" && ip !== NO_ADDRESS) address = ip;
  // The blank: the firmware's indexOf finds a mere beginning of "ap" at the end of "sta".
  if ((status.mode.toLowerCase() + " ").indexOf("ap") >= 0) isServing = 1;
  lib.on("connected", onConnected);
  lib.on("disconnected", onDisconnected);
  return lib;
}

function isUp(): boolean {
  return !wifi() || address !== "" || isServing > 0;
}

function tell(up: boolean): void {
  const list = watchers;
  for (let i = 0; i < list.length; i++) list[i].f(list[i].o, up);
}

function onConnected(details: Details): void {
  if (details.ip === address) return;
  if (isUp()) tell(false);
  address = details.ip || "";
  tell(true);
}

/** The network is gone, or could not be joined. */
function onDisconnected(details: Details): void {
  reason = details.msg || details.reason || "";
  if (!address) return tell(isUp());
  address = "";
  tell(false);
  if (isServing) tell(true);
}

/** See `Link.watch`. */
export function watchLink(owner: Owner, changed: LinkChange | undefined): void {
  wifi();
  // A new list each time: one may be told from at the moment.
  watchers = watchers.filter(function (w) {
    return w.o !== owner;
  });
  if (changed) watchers.push({ o: owner, f: changed });
}

/** See `Link.status`. */
export function linkStatus(): LinkStatus {
  const w = wifi();
  const s = { isUp: isUp(), isJoined: address !== "", ssid: "", address: address, rssi: 0, reason: reason };
  if (!w) return s;
  if (!address && isServing) s.address = w.getAPIP().ip;
  if (!address) return s;
  const now = w.getStatus();
  const more = w.getDetails();
  s.ssid = now.ssid || more.ssid || "";
  s.rssi = now.rssi || more.rssi || 0;
  return s;
}

/** See `Link.join`. */
export function join(ssid: string, password: string): Err {
  const w = wifi();
  if (!w) return Err.NotSupported;
  if (address) {
    setTimeout(onDisconnected, 0, { reason: "left for another network" });
  }
  try {
    w[CONNECT](ssid, password ? { password: password } : {});
  } catch (e) {
    reason = "" + e;
    return Err.Failed;
  }
  return Err.None;
}

/** See `Link.leave`. */
export function leaveWifi(): void {
  const w = wifi();
  if (w) w.disconnect();
}

/** See `Link.hostName`. */
export function hostName(name: string): void {
  const w = wifi();
  if (w) w.setHostname(name);
}

/** See `Link.powerSave`. The ESP8266 and older firmware know one mode beside `none`. */
export function powerSave(mode: PowerSave): void {
  const w = wifi();
  if (!w) return;
  try {
    w.setConfig({ powersave: mode });
  } catch (e) {
    w.setConfig({ powersave: "ps-poll" });
  }
}

/** See `Link.accessPoint`. */
export function accessPoint(spec: AccessPointSpec | undefined): Err {
  const w = wifi();
  if (!w) return Err.NotSupported;
  try {
    const o: { password?: string; authMode?: string; channel?: number } = { authMode: "open" };
    if (spec && spec.password) {
      o.authMode = "wpa2";
      o.password = spec.password;
    }
    if (spec && spec.channel) o.channel = spec.channel;
    if (spec) w.startAP(spec.ssid, o);
    else w.stopAP();
  } catch (e) {
    reason = "" + e;
    return Err.Failed;
  }
  const was = isServing;
  isServing = spec ? 1 : 0;
  if (was !== isServing && !address) setTimeout(tell, 0, isServing > 0);
  return Err.None;
}
