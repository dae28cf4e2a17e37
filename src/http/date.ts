import { rangeError } from "../core/errors.js";

const DAYS = "SunMonTueWedThuFriSat";
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const DAY_MS = 86400000;
/** The first millisecond of year 10000: a year has four digits (RFC 9110 §5.6.7). */
const END_MS = 253402300800000;

/**
 * A time, in milliseconds since 1970, as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7). Throws
 * RangeError outside the years 1970 to 9999.
 */
export function httpDate(ms: number): string {
  if (!(ms >= 0 && ms < END_MS)) throw rangeError("Time is " + ms + ": must be in the years 1970 to 9999");
  const iso = new Date(ms).toISOString();
  const day = ((Math.floor(ms / DAY_MS) + 4) % 7) * 3; // 1 January 1970 was a Thursday
  const month = (parseInt(iso.slice(5, 7), 10) - 1) * 3;
  return DAYS.slice(day, day + 3) + ", " + iso.slice(8, 10) + " " + MONTHS.slice(month, month + 3) + " " + iso.slice(0, 4) + " " + iso.slice(11, 19) + " GMT";
}

/**
 * The time of an HTTP date in milliseconds since 1970, in any of its three forms (RFC 9110 §5.6.7): the preferred one,
 * RFC 850's with two digits for the year, and asctime's. -1 for anything else. `nowMs` tells the century of those two
 * digits: what would be more than 50 years ahead is meant to be past.
 */
export function parseHttpDate(text: string, nowMs: number): number {
  const comma = text.indexOf(", ");
  if (comma < 0) return text.length === 24 && isDay(text.slice(0, 3)) && text.charAt(3) === " " && text.charAt(7) === " " && text.charAt(19) === " " ? timeOf(text.slice(20), text.slice(4, 7), text.slice(8, 10), text.slice(10, 19)) : -1;
  const rest = text.slice(comma + 2);
  if (rest.slice(-4) !== " GMT") return -1;
  if (rest.length === 24 && comma === 3 && isDay(text.slice(0, 3)) && rest.charAt(2) === " " && rest.charAt(6) === " ") {
    return timeOf(rest.slice(7, 11), rest.slice(3, 6), rest.slice(0, 2), rest.slice(11, 20));
  }
  if (rest.length !== 22 || comma < 6 || !isDay(text.slice(0, 3)) || text.slice(comma - 3, comma) !== "day" || rest.charAt(2) !== "-" || rest.charAt(6) !== "-") return -1;
  const nowYear = parseInt(new Date(nowMs).toISOString().slice(0, 4), 10);
  const year = number(rest.slice(7, 9)) + nowYear - (nowYear % 100);
  return timeOf("" + (year > nowYear + 50 ? year - 100 : year), rest.slice(3, 6), rest.slice(0, 2), rest.slice(9, 18));
}

function isDay(name: string): boolean {
  return DAYS.indexOf(name) % 3 === 0;
}

/** A whole number of digits only; NaN for anything else. */
function number(digits: string): number {
  return /[^0-9]/.test(digits) ? NaN : parseInt(digits, 10);
}

/** `time` is " hh:mm:ss"; the day may have a blank for its first digit (asctime). */
function timeOf(year: string, monthName: string, dayText: string, time: string): number {
  const at = MONTHS.indexOf(monthName);
  if (at < 0 || at % 3 || time.charAt(0) !== " " || time.charAt(3) !== ":" || time.charAt(6) !== ":") return -1;
  const day = number(dayText.charAt(0) === " " ? dayText.slice(1) : dayText);
  const hour = number(time.slice(1, 3));
  const minute = number(time.slice(4, 6));
  const second = number(time.slice(7));
  if (!(hour < 24 && minute < 60 && second <= 60)) return -1; // 60: a leap second
  const ms = daysSince1970(number(year), at / 3 + 1, day) * DAY_MS;
  if (!(ms >= 0 && ms < END_MS) || parseInt(new Date(ms).toISOString().slice(8, 10), 10) !== day) return -1; // 31 February
  return ms + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Days from 1 January 1970, counted in years that begin in March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719468;
}
