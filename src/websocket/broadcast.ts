import { Outlet, type OutletOptions } from "../core/broadcast.js";
import type { Connection } from "../core/connection.js";
import { type Data, toRaw } from "../core/mbuf.js";
import type { Raw } from "../core/port.js";
import { frameHead } from "./frame.js";
import { WEBSOCKET_OP_BINARY, WEBSOCKET_OP_TEXT } from "./ops.js";
import { Ws } from "./state.js";

/** Numbers what is sent to one receiver alone, so that no other message takes its place. */
let count = 0;

/** An outlet's `_insert`: other frames for this receiver (answers, Pong, Close) go out between those of the broadcast. */
function insert(this: Outlet, bytes: Raw): number {
  return this._push(bytes, "\n" + ++count) ? bytes.length : 0;
}

/**
 * Messages for many WebSockets. A message becomes a frame once, however many it is for. What becomes of it for a receiver that
 * does not keep up is that receiver's policy (`"latest"`, `"dropNew"`, `"dropOld"`, `"close"`: see SendPolicy) and share; the
 * others never wait for it. Receivers whose connection is gone leave by themselves.
 */
export class WebsocketBroadcast {
  _outlets: Outlet[];

  constructor() {
    this._outlets = [];
    // On the prototype it takes nothing of each receiver.
    (Outlet.prototype as Outlet & { _insert: typeof insert })._insert = insert;
  }

  /**
   * Adds a server's connection, in or after HANDSHAKE_DONE; its outlet tells how many messages were dropped. TypeError for a
   * connection that is no WebSocket of a server, or for an unknown policy.
   */
  add(nc: Connection, options?: OutletOptions): Outlet {
    if (!(nc._ps & Ws.Is) || nc._ps & Ws.Client) throw new TypeError("Cannot broadcast to connection " + nc.id + ": it is no WebSocket of a server");
    const outlet = new Outlet(nc, options || {}, false);
    this._outlets.push(outlet);
    return outlet;
  }

  /** How many receivers there are. */
  get size(): number {
    const list = this._outlets;
    for (let i = list.length - 1; i >= 0; i--) if (!list[i].isOpen || list[i].nc._ps & Ws.CloseSent) list.splice(i, 1);
    return list.length;
  }

  /** Takes a receiver out; what waits for it still goes out. */
  remove(nc: Connection): void {
    const list = this._outlets;
    for (let i = list.length - 1; i >= 0; i--) if (list[i].nc === nc) list.splice(i, 1);
  }

  /**
   * Sends a message to all: text as text, bytes as binary. `topic`: with the policy `"latest"` a newer message of the same topic
   * takes the place of one that waits. Answers for how many receivers it was not dropped at once.
   */
  send(message: Data, topic?: string): number {
    if (!this.size) return 0;
    const list = this._outlets;
    const ops = list[0].nc.mgr._ops;
    const raw = toRaw(ops, message);
    const op = typeof message === "string" ? WEBSOCKET_OP_TEXT : WEBSOCKET_OP_BINARY;
    const frame = ops.concat(ops.copy(frameHead(128 | op, raw.length, false)), raw);
    let sent = 0;
    for (let i = 0; i < list.length; i++) sent += list[i]._push(frame, topic || "");
    return sent;
  }
}
