import { attach, hookBuffers, socketEnd } from "./bev-socket.js";
import { checkOptions } from "./bev-options.js";
import { BufferEvent } from "./bufferevent.js";
import type { EvSocket } from "./ev-socket.js";
import type { EventBase } from "./event-base.js";

/**
 * A bufferevent on a connection: one that a listener accepted, or undefined (null) for `connect` later. Writing is enabled,
 * reading is not. Undefined for BEV_OPT_UNLOCK_CALLBACKS without BEV_OPT_DEFER_CALLBACKS; TypeError for unknown options
 * (bufferevent_socket_new).
 */
export function buffereventSocketNew(base: EventBase, fd: EvSocket | undefined | null, options: number): BufferEvent | undefined {
  if (!checkOptions(options)) return undefined;
  const bev = new BufferEvent(base, socketEnd, options);
  hookBuffers(bev);
  if (fd) attach(bev, fd);
  return bev;
}
