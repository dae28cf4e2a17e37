import {
  BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_OPT_CLOSE_ON_FREE, type BufferEvent, buffereventSocketNew, EV_READ, EV_WRITE, EventBase,
  type EvConnListener, evconnlistenerNewBind, type EvSocket, evutilSocketErrorToString, evutilSocketGeterror, LEV_OPT_CLOSE_ON_FREE, LEV_OPT_REUSEABLE,
} from "meerkat/libevent";
import { platform } from "meerkat/platform";

/*
 * The echo server of the libevent book (chapter "Connection listeners"), function by function; docs/libevent.md has the C
 * beside it. A peer that sends faster than it reads is made to wait: what there is no room for stays in the input, and is
 * tried again when output has gone.
 */

function echoReadCb(bev: BufferEvent): void {
  // Moves everything from the input to the output; no byte is copied.
  bev.getOutput().addBuffer(bev.getInput());
}

function echoEventCb(bev: BufferEvent, events: number): void {
  if (events & BEV_EVENT_ERROR) console.log("error on a connection: " + evutilSocketErrorToString(evutilSocketGeterror(bev.getFd())));
  if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bev.free();
}

function acceptConnCb(listener: EvConnListener, fd: EvSocket): void {
  const bev = buffereventSocketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE)!;
  bev.setCb(echoReadCb, echoReadCb, echoEventCb, undefined);
  bev.enable(EV_READ | EV_WRITE);
}

function acceptErrorCb(listener: EvConnListener): void {
  console.log("cannot listen: " + evutilSocketErrorToString(evutilSocketGeterror(listener.getFd())));
  listener.getBase().loopexit();
}

const base = new EventBase(platform());
const flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;
const listener = evconnlistenerNewBind(base, acceptConnCb, undefined, flags, -1, ":" + (process.env.PORT || "9876"))!;
listener.setErrorCb(acceptErrorCb);

base.dispatch();
console.log("ready: " + base.manager.budget());
