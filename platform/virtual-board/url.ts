/**
 * Owns: the global `url.parse` (jswrap_url_parse of libs/network/jswrap_net.c), also what `net.connect` makes of a
 * string. Differences to WHATWG are the firmware's: fields are never decoded, except in a parsed query.
 */

import type { JsObject, Realm } from "./realm.js";

interface Marks {
  addressAt: number;
  portAt: number;
  pathAt: number;
  searchAt: number;
}

/** The parts of a URL. With `isQueryParsed`, `query` is an object, else the text after the question mark. */
export function parseUrl(realm: Realm, text: string, isQueryParsed: boolean): JsObject {
  const { addressAt, portAt, pathAt, searchAt } = scan(text);
  const port = portAt < 0 ? 0 : Number(text.slice(portAt + 1, pathAt).replace(/\D/g, ""));
  const query = searchAt < 0 ? null : text.slice(searchAt + 1);
  const url = realm.object();
  if (addressAt > 0) url.protocol = text.slice(0, addressAt - 1);
  url.method = "GET";
  url.host = text.slice(addressAt + 1, portAt >= 0 ? portAt : pathAt);
  url.path = text.slice(pathAt) || "/";
  url.pathname = (searchAt >= 0 ? text.slice(pathAt, searchAt) : text.slice(pathAt)) || "/";
  url.search = searchAt >= 0 ? text.slice(searchAt) : null;
  url.port = port <= 0 || port > 65535 ? null : port;
  url.query = isQueryParsed && query !== null ? parseQuery(realm, query) : query;
  return url;
}

function scan(text: string): Marks {
  const marks: Marks = { addressAt: -1, portAt: -1, pathAt: -1, searchAt: -1 };
  let slashes = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const ch = text[i];
    if (ch === "/") {
      slashes++;
      if (marks.pathAt < 0) marks.pathAt = i;
      if (colons === 1 && slashes === 2 && marks.addressAt < 0) {
        marks.addressAt = i;
        marks.pathAt = -1;
        marks.searchAt = -1;
      }
    }
    if (ch === ":" && ++colons > 0 && marks.addressAt >= 0 && marks.pathAt < 0) marks.portAt = i;
    if (ch === "?" && marks.pathAt >= 0) marks.searchAt = i;
  }
  if (marks.pathAt < 0) marks.pathAt = text.length;
  return marks;
}

function parseQuery(realm: Realm, query: string): JsObject {
  const fields = realm.object();
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const key = unescapePercent(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : unescapePercent(pair.slice(equals + 1));
    if (key !== "" || value !== "") fields[key] = value;
  }
  return fields;
}

/** Two characters after each percent sign are a byte, whatever they are. */
function unescapePercent(text: string): string {
  return text.replace(/%(.)(.)/gs, (_all, high: string, low: string) => {
    return String.fromCharCode(((digitValue(high) << 4) | digitValue(low)) & 255);
  });
}

/** chtod: letters go on after f. */
function digitValue(ch: string): number {
  const value = Number.parseInt(ch, 36);
  return Number.isNaN(value) ? -1 : value;
}
