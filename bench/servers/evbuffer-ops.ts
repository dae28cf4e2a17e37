// Operations of EvBuffer, for so many milliseconds of processor time each: prints "NAME OPERATIONS-IN-A-SECOND" for each, as bench/peers/evbuffer.c does.

import { createNodePlatform } from "../../platform/node/index.js";
import { EvBuffer, EVBUFFER_EOL_CRLF, EventBase } from "../../src/libevent/index.js";

const base = new EventBase(createNodePlatform(), { pages: 256, pageBytes: 4096 });
const bytes = new Uint8Array(16384).fill(0x78);
const small = bytes.subarray(0, 64);
const kilo = bytes.subarray(0, 1024);
const head = bytes.subarray(0, 4);
const out = new Uint8Array(16384);
const line = new Uint8Array(Buffer.from("Some-Header: and what it says of itself\r\n"));
const text = kilo.toString().slice(0, 1024);

/** Name → bytes in the first buffer before, and the operation. */
const OPERATIONS: { [name: string]: [fill: number, run: (a: EvBuffer, b: EvBuffer) => void] } = {
  "add-drain": [0, (a) => {
    a.add(small);
    a.drain(64);
  }],
  "add-remove": [0, (a) => {
    a.add(kilo);
    a.remove(out, 1024);
  }],
  "add-text": [0, (a) => {
    a.add(text);
    a.drain(1024);
  }],
  "add-many": [0, (a) => {
    for (let i = 0; i < 16; i++) a.add(small);
    a.drain(1024);
  }],
  prepend: [0, (a) => {
    a.add(kilo);
    a.prepend(head);
    a.drain(1028);
  }],
  move: [16384, (a, b) => {
    b.addBuffer(a);
    a.addBuffer(b);
  }],
  "move-part": [16384, (a, b) => {
    a.removeBuffer(b, 4000);
    a.prependBuffer(b);
  }],
  lines: [0, (a) => {
    for (let i = 0; i < 32; i++) a.add(line);
    while (a.readln(EVBUFFER_EOL_CRLF) !== undefined);
  }],
  search: [16384, (a) => {
    a.search("needle");
  }],
};

function measure(fill: number, run: (a: EvBuffer, b: EvBuffer) => void, ms: number): number {
  const a = new EvBuffer(base);
  const b = new EvBuffer(base);
  a.add(bytes, fill);
  const start = cpuMs();
  let end = start;
  let count = 0;
  for (; end - start < ms; count += 100) {
    for (let i = 0; i < 100; i++) run(a, b);
    end = cpuMs();
  }
  a.free();
  b.free();
  return (count / (end - start)) * 1000;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const ms = Number(process.argv[2] ?? 200);
// Once until the code is compiled, then what counts.
for (const [fill, run] of Object.values(OPERATIONS)) measure(fill, run, ms / 2);
for (const [name, [fill, run]] of Object.entries(OPERATIONS)) console.log(`${name} ${Math.round(measure(fill, run, ms))}`);
