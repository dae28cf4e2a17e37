/**
 * Owns: Date on the board's clock: no time zone (the firmware starts with GMT+0 whatever the host has), the wall clock
 * of the host platform plus what `setTime` moved it by, and the firmware's unpadded text forms.
 */

import type { Realm } from "./realm.js";
import { defineNatives } from "./realm.js";

/** Wraps the world's Date. Evaluated there; gets the clock. */
const WRAP = `(function (nowMs) {
  var Native = Date;
  var proto = Native.prototype;
  function make(args) {
    if (args.length === 0) return new Native(nowMs());
    if (args.length === 1) return new Native(args[0]);
    return new Native(Native.UTC(args[0], args[1], args[2] === undefined ? 1 : args[2],
      args[3] || 0, args[4] || 0, args[5] || 0, args[6] || 0));
  }
  function Wrapped() {
    var made = make(arguments);
    return new.target === undefined ? made.toString() : made;
  }
  Wrapped.prototype = proto;
  proto.constructor = Wrapped;
  Wrapped.now = function () { return nowMs(); };
  Wrapped.parse = function (text) { return new Native(text).getTime(); };
  ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"].forEach(function (part) {
    proto["get" + part] = proto["getUTC" + part];
    if (part !== "Day") proto["set" + part] = proto["setUTC" + part];
  });
  proto.getTimezoneOffset = function () { return 0; };
  var days = "SunMonTueWedThuFriSat", months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function day(d) { return days.substr(d.getDay() * 3, 3); }
  function month(d) { return months.substr(d.getMonth() * 3, 3); }
  function date(d) { return d.getDate(); }
  function clock(d) { return two(d.getHours()) + ":" + two(d.getMinutes()) + ":" + two(d.getSeconds()); }
  proto.toString = function () {
    return day(this) + " " + month(this) + " " + date(this) + " " + this.getFullYear() + " " + clock(this) + " GMT+0000";
  };
  proto.toUTCString = function () {
    return day(this) + ", " + date(this) + " " + month(this) + " " + this.getFullYear() + " " + clock(this) + " GMT";
  };
  return Wrapped;
})`;

/** Replaces the world's Date. Date texts without a zone are read in the host's zone. */
export function installDate(realm: Realm, nowMs: () => number): void {
  const wrap = realm.evaluate(WRAP, "date") as (clock: () => number) => unknown;
  defineNatives(realm.global, { Date: wrap(nowMs) });
}
