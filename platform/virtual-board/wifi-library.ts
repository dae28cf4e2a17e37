/**
 * Owns: `require("Wifi")` as the ESP32 has it (libs/network/esp32/jswrap_esp32_network.c), with an access point that is
 * always there. The link says nothing to the sockets: on the chip the network counts as online whatever Wi-Fi does.
 */

import type { Interpreter } from "./interpreter.js";
import type { JsObject } from "./realm.js";
import { defineNatives, isFunction, isPlainObject } from "./realm.js";

/** How long joining takes; short, but never within the pass that asks for it. */
const JOIN_MS = 10;
const MAC = "30:ae:a4:00:00:01";

/** What the library needs of the board. */
export interface WifiParts {
  interp: Interpreter;
  /** The address programs are told. */
  ip: string;
  /** Calls back after a time, between passes. */
  later(ms: number, run: () => void): void;
}

/** Wi-Fi as seen from outside: what a test can do to it. */
export interface WifiControl {
  /** The access point goes away for `ms`, then the board joins again. Without `ms` it stays away. */
  drop(ms?: number): void;
  readonly isConnected: boolean;
}

interface Station {
  isConnected: boolean;
  isAccessPoint: boolean;
  ssid: string;
  password: string;
  hostname: string;
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
    reason: "ASSOC_LEAVE",
  };
  const link = new WifiLink(parts, library, station);
  defineNatives(library, { ...link.stationFunctions(), ...link.apFunctions(), ...link.reports() });
  const control: WifiControl = {
    drop: (ms) => link.drop(ms),
    get isConnected() {
      return station.isConnected;
    },
  };
  return { library, control };
}

class WifiLink {
  constructor(
    private readonly parts: WifiParts,
    private readonly library: JsObject,
    private readonly station: Station,
  ) {}

  drop(ms: number | undefined): void {
    if (!this.station.isConnected) return;
    this.lose("BEACON_TIMEOUT");
    if (ms !== undefined) this.parts.later(ms, () => this.joined(undefined));
  }

  private emit(event: string, details: JsObject): void {
    this.parts.interp.queueListeners(this.library, event, [this.parts.interp.realm.object(details)]);
  }

  private lose(reason: string): void {
    this.station.isConnected = false;
    this.station.reason = reason;
    const details = { ssid: this.station.ssid, mac: MAC, reason: "200", msg: reason };
    this.parts.later(0, () => this.emit("disconnected", details));
  }

  private joined(callback: unknown): void {
    this.station.isConnected = true;
    this.emit("associated", { ssid: this.station.ssid, mac: MAC, channel: "1" });
    if (isFunction(callback)) this.parts.interp.queueEvent(undefined, callback, [null]);
    this.emit("connected", { ip: this.parts.ip, netmask: "255.255.255.0", gw: this.parts.ip });
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
    this.station.isConnected = false;
    this.parts.later(JOIN_MS, () => this.joined(callback));
  }

  stationFunctions(): Record<string, unknown> {
    const { interp } = this.parts;
    const done = (callback: unknown, args: unknown[]): void => {
      if (isFunction(callback)) interp.queueEvent(undefined, callback, args);
    };
    return {
      connect: (ssid: unknown, options: unknown, callback: unknown) => this.connect(ssid, options, callback),
      disconnect: (callback: unknown) => {
        if (this.station.isConnected) this.lose("ASSOC_LEAVE");
        done(callback, []);
      },
      scan: (callback: unknown) => this.parts.later(JOIN_MS, () => done(callback, [interp.realm.array([])])),
      setHostname: (name: unknown, callback: unknown) => {
        this.station.hostname = String(name);
        done(callback, []);
      },
      getHostname: () => this.station.hostname,
      save: () => undefined,
      restore: () => undefined,
      setConfig: () => undefined,
      setSNTP: () => undefined,
    };
  }

  apFunctions(): Record<string, unknown> {
    const set = (isOn: boolean, callback: unknown): void => {
      this.station.isAccessPoint = isOn;
      if (isFunction(callback)) this.parts.interp.queueEvent(undefined, callback, isOn ? [null] : []);
    };
    return {
      startAP: (_ssid: unknown, _options: unknown, callback: unknown) => set(true, callback),
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
    return {
      getIP: (callback: unknown) => report(callback, address(station.isConnected), [null]),
      getAPIP: (callback: unknown) => report(callback, address(station.isAccessPoint), [null]),
      getStatus: () => report(undefined, { station: status(), mode: modeOf(station), powersave: "none" }, []),
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
