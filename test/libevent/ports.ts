// Programs that others wrote for libevent, ported with nothing but docs/from-libevent.md and docs/libevent.md at hand:
// sample/hello-world.c and sample/le-proxy.c (without TLS) of libevent, and the rot13 server of the libevent book.

import {
  BEV_EVENT_EOF, BEV_EVENT_ERROR, BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, type BufferEvent, buffereventSocketNew, EV_READ, EV_WRITE,
  EVBUFFER_EOL_LF, type EventBase, type EvConnListener, evconnlistenerNewBind, LEV_OPT_CLOSE_ON_FREE, LEV_OPT_REUSEABLE,
} from "../../src/libevent/index.js";

const OPEN = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE;

// ---- hello-world.c ----

function helloWriteCb(bev: BufferEvent, say: (line: string) => void): void {
  if (bev.getOutput().getLength() > 0) return;
  say("flushed answer");
  bev.free();
}

function helloEventCb(bev: BufferEvent, events: number, say: (line: string) => void): void {
  if (events & BEV_EVENT_EOF) say("connection closed");
  else if (events & BEV_EVENT_ERROR) say("got an error on the connection");
  bev.free();
}

/** Greets whoever connects. */
export function helloWorld(base: EventBase, address: string, say: (line: string) => void): EvConnListener {
  return evconnlistenerNewBind(base, (_listener, fd) => {
    const bev = buffereventSocketNew(base, fd, BEV_OPT_CLOSE_ON_FREE)!;
    bev.setCb(null, helloWriteCb, helloEventCb, say);
    bev.enable(EV_WRITE);
    bev.disable(EV_READ);
    bev.write("Hello, World!\n");
  }, null, OPEN, -1, address)!;
}

// ---- the rot13 server ----

const LINE_MAX = 16384;

function rot13(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = c | 32;
    out += letter < 97 || letter > 122 ? text[i] : String.fromCharCode(letter <= 109 ? c + 13 : c - 13);
  }
  return out;
}

function rot13ReadCb(bev: BufferEvent): void {
  const input = bev.getInput();
  const output = bev.getOutput();
  for (let line = input.readln(EVBUFFER_EOL_LF); line !== undefined; line = input.readln(EVBUFFER_EOL_LF)) output.add(rot13(line) + "\n");
  if (input.getLength() < LINE_MAX) return;
  output.add(rot13(input.text()) + "\n"); // too long: as much as there is
  input.drain(input.getLength());
}

function rot13EventCb(bev: BufferEvent, events: number): void {
  if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bev.free();
}

/** Answers each line with its letters moved by 13. */
export function rot13Server(base: EventBase, address: string): EvConnListener {
  return evconnlistenerNewBind(base, (_listener, fd) => {
    const bev = buffereventSocketNew(base, fd, BEV_OPT_CLOSE_ON_FREE)!;
    bev.setCb(rot13ReadCb, null, rot13EventCb, null);
    bev.setWatermark(EV_READ, 0, LINE_MAX);
    bev.enable(EV_READ | EV_WRITE);
  }, null, OPEN, 16, address)!;
}

// ---- le-proxy.c ----

/** In C 512 KiB: more than most boards have. */
const OUTPUT_MAX = 8192;

function proxyReadCb(bev: BufferEvent, partner: BufferEvent | null): void {
  const src = bev.getInput();
  if (!partner) return void src.drain(src.getLength());
  const dst = partner.getOutput();
  dst.addBuffer(src);
  if (dst.getLength() < OUTPUT_MAX) return;
  // The other side is slow: stop until its output has gone down to a half.
  partner.setCb(proxyReadCb, proxyDrainedCb, proxyEventCb, bev);
  partner.setWatermark(EV_WRITE, OUTPUT_MAX / 2, OUTPUT_MAX);
  bev.disable(EV_READ);
}

function proxyDrainedCb(bev: BufferEvent, partner: BufferEvent | null): void {
  bev.setCb(proxyReadCb, null, proxyEventCb, partner);
  bev.setWatermark(EV_WRITE, 0, 0);
  if (partner) partner.enable(EV_READ);
}

function closeWhenFlushedCb(bev: BufferEvent): void {
  if (bev.getOutput().getLength() === 0) bev.free();
}

function proxyEventCb(bev: BufferEvent, events: number, partner: BufferEvent | null): void {
  if (!(events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))) return;
  if (partner) {
    proxyReadCb(bev, partner); // what is left
    if (partner.getOutput().getLength() > 0) {
      partner.setCb(null, closeWhenFlushedCb, proxyEventCb, null);
      partner.disable(EV_READ);
    } else partner.free();
  }
  bev.free();
}

/** Passes on what comes at `address` to `target`, and back. */
export function proxy(base: EventBase, address: string, target: string): EvConnListener {
  const options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
  return evconnlistenerNewBind(base, (_listener, fd) => {
    const inside = buffereventSocketNew(base, fd, options)!;
    const outside = buffereventSocketNew(base, null, options)!;
    if (outside.connect(target) < 0) {
      inside.free();
      outside.free();
      return;
    }
    inside.setCb(proxyReadCb, null, proxyEventCb, outside);
    outside.setCb(proxyReadCb, null, proxyEventCb, inside);
    inside.enable(EV_READ | EV_WRITE);
    outside.enable(EV_READ | EV_WRITE);
  }, null, OPEN, -1, address)!;
}
