import {
  BEV_EVENT_CONNECTED, BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_EVENT_TIMEOUT, BEV_OPT_CLOSE_ON_FREE, type BufferEvent, buffereventSocketNew, EV_READ,
  EV_WRITE, EVBUFFER_EOL_CRLF, EventBase, evutilSocketErrorToString, evutilSocketGeterror,
} from "meerkat/libevent";
import { platform } from "meerkat/platform";

/*
 * The connecting client of the libevent book (chapter "Bufferevents: concepts and basics"); docs/libevent.md has the C beside
 * it. It goes one step further: it sends a line and reads the answer. Try it with examples/libevent-echo.ts:
 *
 *   HOST=127.0.0.1 PORT=9876 npx meerkat run examples/libevent-connect.ts
 */

const LINE = "hello from a bufferevent\r\n";
const PATIENCE_S = 10;

function readCb(bev: BufferEvent, base: EventBase): void {
  const line = bev.getInput().readln(EVBUFFER_EOL_CRLF);
  if (line === undefined) return; // the rest is still to come
  console.log("answer: " + line);
  finish(bev, base);
}

function eventCb(bev: BufferEvent, events: number, base: EventBase): void {
  if (events & BEV_EVENT_CONNECTED) {
    console.log("connected");
    bev.write(LINE);
    return;
  }
  if (events & BEV_EVENT_ERROR) console.log("error: " + evutilSocketErrorToString(bev.getDnsError() || evutilSocketGeterror(bev.getFd())));
  else if (events & BEV_EVENT_TIMEOUT) console.log("no answer");
  else if (events & BEV_EVENT_EOF) console.log("closed without an answer");
  finish(bev, base);
}

function finish(bev: BufferEvent, base: EventBase): void {
  bev.free();
  base.loopexit();
}

const base = new EventBase(platform());
const bev = buffereventSocketNew(base, undefined, BEV_OPT_CLOSE_ON_FREE)!;
bev.setCb(readCb, undefined, eventCb, base);
bev.setTimeouts(PATIENCE_S, PATIENCE_S);
bev.enable(EV_READ | EV_WRITE);
if (bev.connectHostname(null, 0, process.env.HOST || "127.0.0.1", Number(process.env.PORT || "9876")) < 0) console.log("cannot begin to connect");

base.dispatch((result) => {
  console.log("loop ended: " + result);
  base.free(); // on Node the program ends
});
