import { type Connection, Manager } from "meerkat";
import { bearerAuth, cors, type HttpMessage, httpReply, httpRoute, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";

/*
 * A small JSON API over a list in memory. Everybody may read; writing takes `Authorization: Bearer TOKEN`.
 *
 *   GET    /api/items       all items
 *   POST   /api/items       {"name": "milk", "count": 2} makes one: 201, and Location tells where
 *   GET    /api/items/ID    one item
 *   PUT    /api/items/ID    {"name": "milk", "count": 3} replaces it
 *   DELETE /api/items/ID    removes it
 *
 * HEAD, OPTIONS, 404, 405 and CORS preflights are answered by the library; so is a body that is too large (413).
 */

const ITEMS_MAX = 20;
const NAME_MAX_BYTES = 80;
const COUNT_MAX = 9999;

interface Item {
  id: number;
  name: string;
  count: number;
}

const mgr = new Manager(platform(), { limits: { bodyMaxBytes: 512 } });
const items: Item[] = [];
let lastId = 0;

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), undefined);
setProtocolHttpWebsocket(listener);
cors(listener, { origin: "*", exposeHeaders: "Location", maxAgeS: 600 });

const writers = { guard: bearerAuth("items", process.env.TOKEN || "let-me-in") };
httpRoute(listener, "GET /api/items$", (nc) => json(nc, 200, items));
httpRoute(listener, "POST /api/items$", create, writers);
httpRoute(listener, "GET /api/items/*$", (nc, hm) => withItem(nc, hm, (at) => json(nc, 200, items[at])));
httpRoute(listener, "PUT /api/items/*$", (nc, hm) => withItem(nc, hm, (at) => replace(nc, hm, at)), writers);
httpRoute(listener, "DELETE /api/items/*$", (nc, hm) => withItem(nc, hm, (at) => remove(nc, at)), writers);

function create(nc: Connection, hm: HttpMessage): void {
  const item = itemIn(hm);
  if (!item) return fail(nc, 400, 'Send {"name": "…", "count": 1}');
  if (items.length >= ITEMS_MAX) return fail(nc, 409, "There are " + ITEMS_MAX + " items already");
  item.id = ++lastId;
  items.push(item);
  json(nc, 201, item, "Location: /api/items/" + item.id + "\r\n");
}

function replace(nc: Connection, hm: HttpMessage, at: number): void {
  const item = itemIn(hm);
  if (!item) return fail(nc, 400, 'Send {"name": "…", "count": 1}');
  item.id = items[at].id;
  items[at] = item;
  json(nc, 200, item);
}

function remove(nc: Connection, at: number): void {
  items.splice(at, 1);
  httpReply(nc, 204, "", "");
}

/** Finds the item that the path names, or answers 404. */
function withItem(nc: Connection, hm: HttpMessage, act: (at: number) => void): void {
  for (let i = 0; i < items.length; i++) if (String(items[i].id) === hm.captures[0]) return act(i);
  fail(nc, 404, "No such item");
}

/** The item in a request's body, without its number; undefined when it is none. */
function itemIn(hm: HttpMessage): Item | undefined {
  try {
    const { name, count } = JSON.parse(hm.body);
    if (typeof name !== "string" || !name || name.length > NAME_MAX_BYTES) return undefined;
    if (typeof count !== "number" || !(count >= 0 && count <= COUNT_MAX) || Math.floor(count) !== count) return undefined;
    return { id: 0, name: name, count: count };
  } catch (e) {
    return undefined;
  }
}

function json(nc: Connection, status: number, value: object, headers = ""): void {
  httpReply(nc, status, "Content-Type: application/json\r\nCache-Control: no-store\r\n" + headers, JSON.stringify(value) + "\n");
}

function fail(nc: Connection, status: number, error: string): void {
  json(nc, status, { error: error });
}

mgr.run();
console.log("ready: " + mgr.budget());
