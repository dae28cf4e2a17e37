import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { createPreview, quoted } from "../../platform/wrap/preview.js";
import { fault, trace, type TraceOptions } from "../../platform/wrap/index.js";
import { createRig, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture, type SimFixtureOptions } from "./port-contract/sim-fixture.js";

interface Bench {
  rig: Rig & { fx: SimFixture };
  lines: string[];
}

function bench(options: TraceOptions = {}, given: SimFixtureOptions = {}): Bench {
  const lines: string[] = [];
  const wrap: SimFixtureOptions["wrap"] = (platform, world) =>
    trace(given.wrap === undefined ? platform : given.wrap(platform, world), (line) => lines.push(line), options);
  return { rig: createRig(simFixture({ ...given, wrap })) as Bench["rig"], lines };
}

/** A server answers a request of 2000 bytes, sent in two parts, in upper case, and ends; a second connect is refused. */
async function converse({ rig, lines }: Bench): Promise<string[]> {
  const listener = await rig.listen({ port: 80 });
  const peer = rig.fx.connectPeer(80);
  peer.send("abcd".repeat(250));
  rig.fx.world.after(30, () => peer.send("efgh".repeat(250)));
  await rig.fx.settle(() => listener.accepted[0]?.input.length === 2000, "the request");
  const conn = listener.accepted[0];
  await rig.send(conn, "THANK YOU\r\n");
  rig.end(conn);
  await rig.fx.settle(() => peer.state() === "ended", "the end");
  peer.fin();
  await rig.closed(conn);
  const refused = rig.connect({ host: "10.0.0.1", port: 81 });
  await rig.closed(refused);
  rig.destroy(listener);
  await rig.fx.quiet();
  return lines;
}

describe("wrap trace", () => {
  it("says every call and upcall in one line, owners numbered as they appear", async () => {
    const { rig, lines } = bench();
    const listener = await rig.listen({ port: 80 });
    const peer = rig.fx.connectPeer(80);
    peer.send("hi\n");
    peer.fin();
    await rig.fx.settle(() => listener.accepted[0]?.hasEnded, "the request");
    const conn = listener.accepted[0];
    rig.pause(conn);
    rig.resume(conn);
    rig.write(conn, "\x00\xff\"");
    rig.end(conn);
    rig.write(conn, "late");
    await rig.closed(conn);
    const refused = rig.connect({ host: "10.0.0.1", port: 81 });
    await rig.closed(refused);
    rig.destroy(listener);
    assert.deepEqual(lines, [
      "> listen #1 :80",
      "< listening #1",
      "< accepted #1 as #2",
      '< data #2 3 "hi\\n"',
      "< ended #2",
      "> pause #2",
      "> resume #2",
      '> write #2 3 "\\x00\\xff\\""',
      "> end #2",
      "> write #2 4 closed",
      "< closed #2",
      "> connect #3 10.0.0.1:81",
      "< closed #3 Refused",
      "> destroy #1",
    ]);
  });

  it("says what was not taken, what was declined, and writes that blocked", async () => {
    const { rig, lines } = bench({ preview: "none" }, { world: { windowBytes: 10, sendBufferBytes: 10 } });
    const listener = await rig.listen({ port: 80 });
    const peer = rig.fx.connectPeer(80);
    await rig.fx.settle(() => listener.accepted.length === 1, "accepted");
    const conn = listener.accepted[0];
    conn.take = () => 1;
    peer.send("abc");
    await rig.fx.settle(() => conn.isBlocked, "a rest");
    peer.pauseReading();
    rig.write(conn, "x".repeat(20));
    rig.write(conn, "y");
    peer.resumeReading();
    await rig.fx.settle(() => conn.drainedCount === 1, "drained");
    listener.on.accepted = () => undefined;
    const second = rig.fx.connectPeer(80);
    await rig.fx.settle(() => second.state() === "ended", "the second let go");
    assert.deepEqual(lines.slice(3), [
      "< data #2 3",
      "  took 1 of 3 #2",
      "> write #2 20",
      "> write #2 1 would block",
      "< drained #2",
      "< accepted #1 as #3",
      "  declined #3",
    ]);
  });

  it("says datagrams with their addresses when asked for", async () => {
    const { rig, lines } = bench({ addresses: true });
    const socket = await rig.bound({ port: 53 });
    const peer = rig.fx.world.udpPeer("10.0.0.9", 5000);
    peer.send("query", "10.0.0.1", 53);
    await rig.fx.settle(() => socket.datagrams.length === 1, "the datagram");
    rig.platform.sendTo(socket.handle, rig.raw("reply"), "10.0.0.9", 5000);
    rig.platform.sendTo(socket.handle, rig.raw("x".repeat(5000)), "10.0.0.9", 5000);
    assert.deepEqual(lines, [
      "> udp #1 :53",
      "< listening #1 :53",
      '< datagram 10.0.0.9:5000 #1 5 "query"',
      '> sendTo 10.0.0.9:5000 #1 5 "reply"',
      "> sendTo 10.0.0.9:5000 #1 5000 failed",
    ]);
  });

  it("says timers and the clock only when asked for", async () => {
    const quiet = bench();
    const loud = bench({ timers: true, clock: true });
    for (const { rig } of [quiet, loud]) {
      const timer = rig.rec.probe("timer", "timer");
      rig.platform.wakeAfter(timer, 25);
      await rig.fx.settle(() => timer.wakeCount === 1, "wake");
      rig.platform.wakeAfter(timer, -1);
      rig.platform.tidy();
    }
    assert.deepEqual(quiet.lines, []);
    assert.deepEqual(loud.lines, ["0 > wake in 25 ms timer 1", "25 < wake timer 1", "25 > cancel timer 1", "25 > tidy"]);
  });

  it("says log lines and passes them on", () => {
    const passed: string[] = [];
    const { rig, lines } = bench({}, { platform: { log: (line) => passed.push(line) } });
    rig.platform.log("ready");
    assert.deepEqual([lines, passed], [["> log ready"], ["ready"]]);
  });

  it("names a reason for every error number", async () => {
    const { reasonOf } = await import("../../platform/wrap/trace-lines.js");
    const names = Array.from({ length: 23 }, (_, err) => reasonOf(err));
    assert.equal(names[0], "");
    assert.equal(new Set(names).size, 23);
    assert.ok(names.slice(1).every((name) => /^ [A-Z]\w+$/.test(name)), names.join());
    assert.deepEqual([names[6], names[13], names[22]], [" Reset", " AddressNotAvailable", " Failed"]);
  });

  it("boils a conversation down to what came, what went, and that it is over", async () => {
    const lines = await converse(bench({ conversation: true, previewMaxBytes: 8 }));
    assert.deepEqual(lines, [
      "> listen #1 :80",
      "< listening #1",
      "< accepted #1 as #2",
      'in #2 2000 "abcdabcd"... sum b8621156',
      'out #2 11 "THANK YO"... sum 121902ab',
      "over #2",
      "> connect #3 10.0.0.1:81",
      "over #3 Refused",
      "over #1",
    ]);
  });

  it("gives the same conversation on platforms that differ in pieces, form and abilities", async () => {
    const options = { conversation: true };
    const first = await converse(bench(options));
    const others: SimFixtureOptions[] = [
      { platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" } },
      { platform: { caps: { readMaxBytes: 7, writeMaxBytes: 3 } } },
      { world: { seed: 3, latencyMs: 9, faults: { recvPartial: 0.5, sendWouldBlock: 0.5, jitterMs: 9 } } },
      { wrap: (platform) => fault(platform, { seed: 4, byteAtATime: 1, sendWouldBlock: 0.5, delay: 0.5 }) },
    ];
    for (const other of others) assert.deepEqual(await converse(bench(options, other)), first);
  });

  it("counts bytes that are offered twice once in a conversation", async () => {
    const { rig, lines } = bench({ conversation: true });
    const { conn, peer } = await rig.open("accepted");
    conn.take = () => 1;
    peer.send("abc");
    for (let i = 1; i <= 3; i++) {
      await rig.fx.settle(() => conn.input.length === i, `byte ${i}`);
      rig.resume(conn);
    }
    rig.destroy(conn);
    assert.deepEqual(lines.slice(-2), ['in #2 3 "abc"', "over #2"]);
  });
});

describe("wrap preview", () => {
  it("quotes printable ASCII as it is and escapes the rest", () => {
    assert.equal(quoted('a"\\\r\n\t\0\x7f\xe9 z'), '"a\\"\\\\\\r\\n\\t\\x00\\x7f\\xe9 z"');
  });

  it("says bytes as text, as hexadecimal digits, or as a number", () => {
    const said = (["text", "hex", "none"] as const).map((kind) => {
      const preview = createPreview(kind, 64);
      preview.add("A");
      preview.add("\xff");
      return preview.take();
    });
    assert.deepEqual(said, ['2 "A\\xff"', "2 41 ff", "2"]);
  });

  it("adds the Adler-32 of all bytes when it shows only some (RFC 1950)", () => {
    const preview = createPreview("text", 4);
    preview.add("Wiki");
    preview.add("pedia");
    assert.equal(preview.take(), '9 "Wiki"... sum 11e60398');
    preview.add("abcd");
    assert.equal(preview.take(), '4 "abcd"');
  });
});
