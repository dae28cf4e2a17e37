import assert from "node:assert/strict";
import fc from "fast-check";
import type { RawForm } from "../../platform/sim/index.js";
import { stage } from "../unit/core-support.js";
import { frameOf, type FrameSpec, openWs, readWsFrames, serveWs } from "../unit/ws-support.js";
import { cut } from "./cut.js";

/*
 * Frames from fuzzers: whatever comes, in whatever pieces, the server answers with whole frames, refuses with a code of its
 * own or waits for more; the pieces make no difference, and nothing is left at the end.
 */

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const CODES = [1002, 1007, 1008, 1009];

interface Outcome {
  events: string[];
  sent: string;
  isClosed: boolean;
}

function converse(pieces: string[], form: RawForm, stream: boolean): Outcome {
  const s = stage({ platform: { form }, mgr: { pages: 32, pageBytes: 128 } });
  const events: string[] = [];
  serveWs(s, events, { messageMaxBytes: 1500, fragmentsMax: 20, stream }, stream ? () => undefined : undefined);
  const peer = openWs(s);
  for (const piece of pieces) {
    if (peer.state === "open") peer.send(piece);
    s.run(1);
  }
  s.run(100);
  const sent = peer.take();
  const frames = readWsFrames(sent);
  const at = frames.findIndex((f) => f.op === 8);
  assert.ok(at < 0 || at === frames.length - 1, "something follows Close");
  assert.deepEqual(s.logs, [], "the server failed");
  const isClosed = peer.state !== "open";
  s.finish();
  return { events, sent, isClosed };
}

const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const form = fc.constantFrom<RawForm>("array", "string");
const payload = fc.oneof(fc.string({ maxLength: 30 }).map((t) => Buffer.from(t).toString("latin1")), fc.uint8Array({ maxLength: 300 }).map((u) => Buffer.from(u).toString("latin1")));
const frameSpec: fc.Arbitrary<FrameSpec> = fc.record({
  op: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 2, 9, 10) }, { weight: 1, arbitrary: fc.nat(15) }),
  payload,
  fin: fc.boolean(),
  key: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((u) => Buffer.from(u).toString("latin1")),
  rsv: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
});

describe("fuzz: websocket", function () {
  this.timeout(120_000);

  it("frames of all kinds give the same, however they are cut", () => {
    fc.assert(fc.property(fc.array(frameSpec, { minLength: 1, maxLength: 8 }), fc.array(share, { maxLength: 12 }), form, (specs, cuts, f) => {
      const wire = specs.map((spec) => frameOf(spec)).join("");
      const whole = converse([wire], f, false);
      assert.deepEqual(converse(cut(wire, cuts), f, false), whole);
      assert.deepEqual(converse(cut(wire, cuts), f === "array" ? "string" : "array", false), whole);
    }), { numRuns: RUNS });
  });

  it("any bytes are answered with whole frames, or a code", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.array(share, { maxLength: 6 }), form, fc.boolean(), (bytes, cuts, f, stream) => {
      const { sent } = converse(cut(Buffer.from(bytes).toString("latin1"), cuts), f, stream);
      const last = readWsFrames(sent).pop();
      if (last?.op === 8 && last.payload.length > 1) assert.ok(CODES.includes((last.payload.charCodeAt(0) << 8) | last.payload.charCodeAt(1)) || last.payload.length > 2 || bytes.includes(0x88));
    }), { numRuns: RUNS });
  });

  it("a message in order comes back whole from any fragments with control frames between them", () => {
    fc.assert(fc.property(fc.array(payload, { minLength: 1, maxLength: 10 }), fc.array(share, { maxLength: 12 }), form, (parts, cuts, f) => {
      fc.pre(parts.join("").length <= 1500);
      const wire = parts.map((p, i) => frameOf({ op: i ? 0 : 2, payload: p, fin: i === parts.length - 1 }) + frameOf({ op: 9, payload: String(i) })).join("");
      const { sent, isClosed } = converse(cut(wire, cuts), f, false);
      const frames = readWsFrames(sent);
      assert.equal(isClosed, false);
      assert.deepEqual(frames.filter((x) => x.op === 10).map((x) => x.payload), parts.map((_, i) => String(i)));
      assert.deepEqual(frames.filter((x) => x.op === 2).map((x) => x.payload), [parts.join("")]);
    }), { numRuns: RUNS });
  });
});
