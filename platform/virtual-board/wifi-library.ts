/**
 * Owns: `require("Wifi")` as the ESP32 has it (libs/network/esp32/jswrap_esp32_network.c), with an access point that is
 * there until a test takes it away. The link says nothing to the sockets: on the chip the network counts as online
 * whatever Wi-Fi does. While it is down nothing comes in and nothing goes out.
 *
 * The ESP32 tries twice more after a loss without telling anybody (`s_retry_num`), then tells and stops; the ESP8266 tells
 * at once and goes on trying.
 */

import type { Interpreter } from "./interpreter.js";
import type { JsObject } from "./realm.js";
import { defineNatives, isFunction, isPlainObject } from "./realm.js";

/** How long joining takes; short, but never within the pass that asks for it. */
const JOIN_MS = 10;
const MAC = "30:ae:a4:00:00:01";
const RSSI_DBM = -61;
/** `s_retry_num` of a connect. */
const TRIES = 3;
/** What the ESP8266 waits between its own attempts. */
const REJOIN_MS = 500;

/** What the library needs of the board. */
export interface WifiParts {
  interp: Interpreter;
  /** The address programs are told. */
  ip: string;
  /** It never stops trying to join, as the ESP8266. */
  isStubborn: boolean;
  /** Calls back after a time, between passes. */
  later(ms: number, run: () => void): void;
  /** Nothing comes in or goes out any more, or does again. */
  cut(isCut: boolean): void;
}

/** Wi-Fi as seen from outside: what a test can do to it. */
export interface WifiControl {
  /** The access point goes away; after `ms`, where given, it is back. A program that never joined is cut off that long. */
  drop(ms?: number): void;
  /** The access point is back. A board that had joined has to join again. */
  regain(): void;
  /** How long joining takes, in milliseconds. */
  joinMs: number;
  /** The password of the network; undefined: any will do. */
  password: string | undefined;
  /** Associating works, but no address ever comes. */
  hasNoAddress: boolean;
  readonly isConnected: boolean;
}

interface Station {
  isConnected: boolean;
  isAccessPoint: boolean;
  ssid: string;
  password: string;
  hostname: string;
  powersave: string;
  reason: string;
}

/** The library and its control. */
export function createWifiLibrary(parts: WifiParts): { library: JsObject; control: WifiControl } {
  const library = parts.interp.realm.object();
  const station: Station = {
    isConnected: false,
    isAccessPoint: false,
    ssid: "",
    password: "",
    hostname: "espressif",
    powersave: "min_modem",
    reason: "ASSOC_LEAVE",
  };
  const link = new WifiLink(parts, library, station);
  defineNatives(library, { ...link.stationFunctions(), ...link.apFunctions(), ...link.reports() });
  return { library, control: link };
}

class WifiLink implements WifiControl {
  joinMs = JOIN_MS;
  password: string | undefined = undefined;
  hasNoAddress = false;
  private isThere = true;
  /** The program has joined before: without Wi-Fi it has no network. */
  private hasJoined = false;
  private tries = 0;
  /** Number of the attempt that is under way; others come to nothing. */
  private attemptNo = 0;
  private isTrying = false;
  private callback: unknown = undefined;

  constructor(
    private readonly parts: WifiParts,
    private readonly library: JsObject,
    private readonly station: Station,
  ) {}

  get isConnected(): boolean {
    return this.station.isConnected;
  }

  drop(ms?: number): void {
    this.isThere = false;
    this.updateCut();
    if (this.station.isConnected) this.disconnected("BEACON_TIMEOUT");
    if (ms !== undefined) this.parts.later(ms, () => this.regain());
  }

  regain(): void {
    this.isThere = true;
    this.updateCut();
  }

  private updateCut(): void {
    const { isConnected, isAccessPoint } = this.station;
    this.parts.cut(!isAccessPoint && (!this.isThere || (this.hasJoined && !isConnected)));
  }

  private emit(event: string, details: JsObject): void {
    this.parts.interp.queueListeners(this.library, event, [this.parts.interp.realm.object(details)]);
  }

  private answer(args: unknown[]): void {
    const { callback } = this;
    this.callback = undefined;
    if (isFunction(callback)) this.parts.interp.queueEvent(undefined, callback, args);
  }

  /** Why joining would not work now; empty when it would. */
  private obstacle(): string {
    if (!this.isThere) return "NO_AP_FOUND";
    return this.password !== undefined && this.password !== this.station.password ? "AUTH_FAIL" : "";
  }

  private attempt(waitMs: number): void {
    const no = ++this.attemptNo;
    this.isTrying = true;
    this.parts.later(waitMs + this.joinMs, () => {
      if (no === this.attemptNo) this.attempted();
    });
  }

  private attempted(): void {
    const obstacle = this.obstacle();
    if (obstacle !== "") return this.disconnected(obstacle);
    this.isTrying = false;
    this.station.isConnected = true;
    this.emit("associated", { ssid: this.station.ssid, mac: MAC, channel: "1" });
    if (this.hasNoAddress) return;
    this.hasJoined = true;
    this.updateCut();
    this.answer([null]);
    this.emit("connected", { ip: this.parts.ip, netmask: "255.255.255.0", gw: this.parts.ip });
  }

  /** SYSTEM_EVENT_STA_DISCONNECTED. */
  private disconnected(reason: string): void {
    const { station, parts } = this;
    if (!parts.isStubborn && --this.tries > 0) return this.attempt(0);
    this.isTrying = false;
    station.isConnected = false;
    station.reason = reason;
    this.updateCut();
    const details = { ssid: station.ssid, mac: MAC, ...(parts.isStubborn ? { reason } : { reason: "200", msg: reason }) };
    parts.later(0, () => this.emit("disconnected", details));
    this.answer([reason]);
    if (parts.isStubborn && reason !== "ASSOC_LEAVE") this.attempt(REJOIN_MS);
  }

  private connect(ssid: unknown, options: unknown, callback: unknown): void {
    const { realm } = this.parts.interp;
    if (typeof ssid !== "string") throw realm.error("Error", "No SSID provided");
    if (options !== undefined && !isPlainObject(options)) {
      throw realm.error("Error", `Expecting Object, got ${typeof options}`);
    }
    if (callback !== undefined && !isFunction(callback)) {
      throw realm.error("Error", "Expecting callback function but got " + String(callback));
    }
    this.station.ssid = ssid;
    this.station.password = options === undefined ? "" : String(options.password ?? "");
    this.callback = callback;
    this.tries = TRIES;
    if (this.station.isConnected && !this.parts.isStubborn) this.disconnected("ASSOC_LEAVE");
    else this.attempt(0);
  }

  private disconnect(callback: unknown): void {
    this.tries = 0;
    this.attemptNo++;
    if (this.station.isConnected || this.isTrying) this.disconnected("ASSOC_LEAVE");
    if (isFunction(callback)) this.parts.interp.queueEvent(undefined, callback, []);
  }

  private setConfig(settings: unknown): void {
    const mode = isPlainObject(settings) ? settings.powersave : undefined;
    if (typeof mode !== "string") return;
    const known = this.parts.isStubborn ? ["none", "ps-poll"] : ["none", "min", "max"];
    if (!known.includes(mode)) throw this.parts.interp.realm.error("Error", "Unknown powersave mode");
    this.station.powersave = mode;
  }

  stationFunctions(): Record<string, unknown> {
    const { interp } = this.parts;
    const done = (callback: unknown, args: unknown[]): void => {
      if (isFunction(callback)) interp.queueEvent(undefined, callback, args);
    };
    return {
      connect: (ssid: unknown, options: unknown, callback: unknown) => this.connect(ssid, options, callback),
      disconnect: (callback: unknown) => this.disconnect(callback),
      scan: (callback: unknown) => this.parts.later(JOIN_MS, () => done(callback, [interp.realm.array([])])),
      setHostname: (name: unknown, callback: unknown) => {
        this.station.hostname = String(name);
        done(callback, []);
      },
      getHostname: () => this.station.hostname,
      save: () => undefined,
      restore: () => undefined,
      setConfig: (settings: unknown) => this.setConfig(settings),
      setSNTP: () => undefined,
    };
  }

  apFunctions(): Record<string, unknown> {
    const set = (isOn: boolean, callback: unknown): void => {
      this.station.isAccessPoint = isOn;
      this.updateCut();
      if (isFunction(callback)) this.parts.interp.queueEvent(undefined, callback, isOn ? [null] : []);
    };
    return {
      startAP: (_ssid: unknown, options: unknown, callback: unknown) => {
        const password = isPlainObject(options) ? options.password : undefined;
        if (password !== undefined && String(password).length < 8) {
          throw this.parts.interp.realm.error("Error", "Password must be string of at least 8 characters");
        }
        set(true, callback);
      },
      stopAP: (callback: unknown) => set(false, callback),
    };
  }

  reports(): Record<string, unknown> {
    const { interp, ip } = this.parts;
    const { station } = this;
    const report = (callback: unknown, details: JsObject, before: unknown[]): JsObject => {
      const made = interp.realm.object(details);
      if (isFunction(callback)) interp.queueEvent(undefined, callback, [...before, made]);
      return made;
    };
    const address = (isUp: boolean): JsObject => {
      const shown = isUp ? ip : "0.0.0.0";
      return { ip: shown, netmask: isUp ? "255.255.255.0" : "0.0.0.0", gw: shown, mac: MAC };
    };
    const status = (): string => (station.isConnected ? "connected" : station.reason);
    const signal = (): JsObject => (station.isConnected ? { ssid: station.ssid, rssi: RSSI_DBM } : {});
    return {
      getIP: (callback: unknown) => report(callback, address(station.isConnected && !this.hasNoAddress), [null]),
      getAPIP: (callback: unknown) => report(callback, address(station.isAccessPoint), [null]),
      getStatus: () =>
        report(undefined, { station: status(), ...signal(), mode: modeOf(station), powersave: station.powersave }, []),
      getDetails: (callback: unknown) =>
        report(callback, { ssid: station.ssid, password: station.password, status: status(), authMode: "wpa2" }, []),
      getAPDetails: (callback: unknown) => report(callback, { authMode: "open", hidden: false, maxConn: 4 }, []),
    };
  }
}

function modeOf(station: Station): string {
  if (station.isConnected) return station.isAccessPoint ? "APSTA" : "STA";
  return station.isAccessPoint ? "AP" : "NULL";
}
