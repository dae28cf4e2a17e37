// evbuffer: what each operation answers, and what is in the buffer afterwards. The twin of buffers.c.

import {
  EVBUFFER_CB_ENABLED, EVBUFFER_EOL_ANY, EVBUFFER_EOL_CRLF, EVBUFFER_EOL_CRLF_STRICT, EVBUFFER_EOL_LF, EVBUFFER_EOL_NUL, EVBUFFER_PTR_ADD, EVBUFFER_PTR_SET,
  EvBuffer, type EvBufferCb, type EvBufferPtr,
} from "../../src/libevent/index.js";
import { escaped, type Scenario, type Stage } from "./stage.js";

function sayBuffer(s: Stage, name: string, buf: EvBuffer): void {
  s.say(name, `has ${buf.getLength()} [${escaped(buf.text())}]`);
}

/** The first bytes of an array, as text. */
function ascii(bytes: Uint8Array, count: number): string {
  return String.fromCharCode(...bytes.subarray(0, Math.max(count, 0)));
}

function sayTaken(s: Stage, name: string, what: string, bytes: Uint8Array, count: number): void {
  s.say(name, `${what} ${count} [${ascii(bytes, count)}]`);
}

const basics: Scenario = (s) => {
  const [a, b] = [new EvBuffer(s.base), new EvBuffer(s.base)];
  const bytes = new Uint8Array(10);
  s.say("a", `add ${a.add("hello")}`);
  s.say("a", `prepend ${a.prepend(">> ")}`);
  s.say("a", `printf ${a.addPrintf(" %d %s", 42, "worlds")}`);
  sayBuffer(s, "a", a);
  sayTaken(s, "a", "remove", bytes, a.remove(bytes, 3));
  s.say("a", `drain ${a.drain(2)}`);
  sayBuffer(s, "a", a);
  s.say("b", `add_buffer ${b.addBuffer(a)}`);
  sayBuffer(s, "a", a);
  sayBuffer(s, "b", b);
  a.add("front ");
  s.say("b", `prepend_buffer ${b.prependBuffer(a)}`);
  sayBuffer(s, "b", b);
  s.say("b", `remove_buffer ${b.removeBuffer(a, 7)}`);
  sayBuffer(s, "a", a);
  s.say("b", `remove_buffer ${b.removeBuffer(a, 700)}`);
  sayBuffer(s, "a", a);
  sayBuffer(s, "b", b);
  s.say("a", `drain ${a.drain(1000)}`);
  sayBuffer(s, "a", a);
  sayTaken(s, "a", "remove", bytes, a.remove(bytes, 3));
  s.say("a", `add_buffer ${a.addBuffer(b)}`);
  sayBuffer(s, "a", a);
};

function sayLines(s: Stage, name: string, bytes: string, style: number): void {
  const buf = new EvBuffer(s.base);
  buf.add(bytes);
  for (let line = buf.readln(style); line !== undefined; line = buf.readln(style)) s.say(name, `line ${line.length} [${escaped(line)}]`);
  sayBuffer(s, name, buf);
  buf.free();
}

const lines: Scenario = (s) => {
  const bytes = "one\r\ntwo\nthree\r\r\n\nfour\0five\n\r\nsix\r";
  sayLines(s, "any", bytes, EVBUFFER_EOL_ANY);
  sayLines(s, "crlf", bytes, EVBUFFER_EOL_CRLF);
  sayLines(s, "strict", bytes, EVBUFFER_EOL_CRLF_STRICT);
  sayLines(s, "lf", bytes, EVBUFFER_EOL_LF);
  sayLines(s, "nul", bytes, EVBUFFER_EOL_NUL);
};

const searches: Scenario = (s) => {
  const buf = new EvBuffer(s.base);
  const from: EvBufferPtr = { pos: 0 };
  const end: EvBufferPtr = { pos: 0 };
  buf.add("GET / HTTP/1.1\r\nHost: ");
  buf.add("a.b\r\n\r\nrest");
  s.say("buf", `search ${buf.search("HTTP").pos}`);
  s.say("buf", `search ${buf.search("\r\n\r\n").pos}`);
  s.say("buf", `search ${buf.search("nothing").pos}`);
  s.say("buf", `ptr_set ${buf.ptrSet(from, 10, EVBUFFER_PTR_SET)}`);
  s.say("buf", `search ${buf.search("/", from).pos}`);
  s.say("buf", `ptr_set ${buf.ptrSet(from, 2, EVBUFFER_PTR_ADD)}`);
  s.say("buf", `at ${from.pos}`);
  s.say("buf", `search ${buf.search("\r\n", from).pos}`);
  buf.ptrSet(end, 20, EVBUFFER_PTR_SET);
  s.say("buf", `search_range ${buf.searchRange("Host", undefined, end).pos}`);
  buf.ptrSet(end, 18, EVBUFFER_PTR_SET);
  s.say("buf", `search_range ${buf.searchRange("Host", undefined, end).pos}`);
  for (const style of [EVBUFFER_EOL_CRLF, EVBUFFER_EOL_LF]) {
    const found = buf.searchEol(undefined, style);
    s.say("buf", `search_eol ${found.pos}, ${found.eolLen} long`);
  }
  s.say("buf", `ptr_set ${buf.ptrSet(from, 33, EVBUFFER_PTR_SET)}`);
  s.say("buf", `ptr_set ${buf.ptrSet(from, 34, EVBUFFER_PTR_SET)}`);
};

const peeks: Scenario = (s) => {
  const buf = new EvBuffer(s.base);
  const from: EvBufferPtr = { pos: 0 };
  const bytes = new Uint8Array(9);
  buf.add("abc");
  buf.add("defgh");
  sayTaken(s, "buf", "copyout", bytes, buf.copyout(bytes, 4));
  buf.ptrSet(from, 3, EVBUFFER_PTR_SET);
  sayTaken(s, "buf", "copyout_from", bytes, buf.copyoutFrom(from, bytes, 9));
  s.say("buf", `pullup [${ascii(buf.pullup(4)!, 4)}]`);
  s.say("buf", `pullup [${ascii(buf.pullup(-1)!, 8)}]`);
  s.say("buf", `pullup ${buf.pullup(9) ? "something" : "nothing"}`);
  sayBuffer(s, "buf", buf);
};

const callbacks: Scenario = (s) => {
  const [a, b] = [new EvBuffer(s.base), new EvBuffer(s.base)];
  const sayChange: EvBufferCb = (_buf, info, name) => s.say(String(name), `${info.origSize} + ${info.nAdded} - ${info.nDeleted}`);
  const entry = a.addCb(sayChange, "a");
  b.addCb(sayChange, "b");
  a.add("hello");
  a.prepend("1");
  a.drain(2);
  a.drain(0);
  b.addBuffer(a);
  b.removeBuffer(a, 1);
  a.prependBuffer(b);
  s.say("a", `clear ${a.cbClearFlags(entry, EVBUFFER_CB_ENABLED)}`);
  a.add("unseen");
  s.say("a", `set ${a.cbSetFlags(entry, EVBUFFER_CB_ENABLED)}`);
  a.add("seen");
  s.say("a", `remove_cb ${a.removeCbEntry(entry)}`);
  a.add("unseen");
  s.say("b", `remove_cb ${b.removeCb(sayChange, "b")}`);
  s.say("b", `remove_cb ${b.removeCb(sayChange, "b")}`);
};

const frozen: Scenario = (s) => {
  const buf = new EvBuffer(s.base);
  const bytes = new Uint8Array(10);
  buf.add("abcdef");
  s.say("buf", `freeze front ${buf.freeze(1)}`);
  s.say("buf", `drain ${buf.drain(1)}`);
  s.say("buf", `remove ${buf.remove(bytes, 1)}`);
  s.say("buf", `prepend ${buf.prepend("x")}`);
  s.say("buf", `add ${buf.add("g")}`);
  s.say("buf", `unfreeze front ${buf.unfreeze(1)}`);
  s.say("buf", `freeze back ${buf.freeze(0)}`);
  s.say("buf", `add ${buf.add("h")}`);
  s.say("buf", `printf ${buf.addPrintf("%d", 1)}`);
  s.say("buf", `prepend ${buf.prepend("x")}`);
  s.say("buf", `drain ${buf.drain(2)}`);
  sayBuffer(s, "buf", buf);
};

const references: Scenario = (s) => {
  const [a, b] = [new EvBuffer(s.base), new EvBuffer(s.base)];
  a.add("<");
  s.say("a", `add_reference ${a.addReference("borrowed", 8, (_data, len, name) => s.say(String(name), `done with ${len}`), "a")}`);
  a.add(">");
  sayBuffer(s, "a", a);
  s.say("b", `add_buffer_reference ${b.addBufferReference(a)}`);
  sayBuffer(s, "b", b);
  b.drain(9);
  sayBuffer(s, "a", a);
  sayBuffer(s, "b", b);
  b.free();
  a.free();
};

export const bufferScenarios: Record<string, Scenario> = {
  "evbuffer: add, prepend, remove, drain, and whole buffers": basics,
  "evbuffer: lines of every style": lines,
  "evbuffer: searching": searches,
  "evbuffer: copying out and pulling up": peeks,
  "evbuffer: change callbacks": callbacks,
  "evbuffer: frozen ends": frozen,
  "evbuffer: borrowed bytes": references,
};
