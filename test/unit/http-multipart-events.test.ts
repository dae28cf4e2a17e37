import assert from "node:assert/strict";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import type { Connection } from "../../src/core/connection.js";
import {
  httpEnableMultipart,
  httpReply,
  httpSendError,
  httpWakeBody,
  MG_EV_HTTP_MULTIPART_REQUEST,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_BEGIN,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_PART_END,
  MG_EV_HTTP_REQUEST,
  type MultipartOptions,
  registerHttpEndpoint,
} from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { freshServer, get, readReplies, setProtocolHttpWebsocket } from "./http-support.js";
import { form, NAMES, noting, part, type PartText, post, postChunks, talk } from "./http-multipart-support.js";

const TWO: PartText[] = [{ name: "a", data: "one" }, { name: "f", fileName: "x.bin", data: "\r\n--\x00\xff\r\n--c\r\n" }];
const TWO_LOG = ["MULTIPART /up", "BEGIN a -", "DATA one", "END a", "BEGIN f x.bin", "DATA " + TWO[1].data, "END f", "OVER"];

describe("a multipart request", () => {
  beforeEach(freshServer);

  it("gives the events of each part in order, cut anywhere, by length and in chunks, and the next request is found", () => {
    for (const wire of [post(form(...TWO)), postChunks(form(...TWO), 7), postChunks(form(...TWO), 1000)]) {
      for (let cut = 1; cut <= wire.length; cut++) {
        const t = talk([wire.slice(0, cut), wire.slice(cut) + get("/next")], { platform: { form: cut % 2 ? "array" : "string" } });
        assert.deepEqual(t.log, [...TWO_LOG, "REQUEST /next"], `cut at ${cut}`);
        assert.deepEqual(t.replies.map((r) => r.body), ["done", "plain"]);
        assert.equal(t.isClosed, false);
        t.s.finish();
      }
      const t = talk([...wire]);
      assert.deepEqual(t.log, TWO_LOG, "byte by byte");
      t.s.finish();
    }
  });

  it("gives an empty part one empty piece", () => {
    const t = talk(post(form({ name: "e", data: "" }, { name: "f", fileName: "", data: "" })), { separate: true });
    assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN e -", "DATA ", "END e", "BEGIN f", "DATA ", "END f", "OVER"]);
    const direct = talk(post(`--b\r\nContent-Disposition: form-data; name=e\r\n\r\n--b--`));
    assert.deepEqual(direct.log, ["MULTIPART /up", "BEGIN e -", "DATA ", "END e", "OVER"], "a delimiter directly behind the head");
  });

  it("without parts is over at once", () => {
    assert.deepEqual(talk(post("--b--\r\n")).log, ["MULTIPART /up", "OVER"]);
  });

  it("of another type, or without a body, is a plain request", () => {
    assert.deepEqual(talk(post("hello", "Content-Type: text/plain\r\n")).log, ["REQUEST /up"]);
    assert.deepEqual(talk(post("hello", "Content-Type: multipart/mixed; boundary=b\r\n")).log, ["REQUEST /up"]);
    assert.deepEqual(talk(post("hello", "")).log, ["REQUEST /up"]);
    assert.deepEqual(talk(post("")).log, ["REQUEST /up"]);
  });

  it("carries userData from part to part, and not to the next request", () => {
    const seen: unknown[] = [];
    const wire = post(form(...TWO));
    talk(wire + wire, {
      act: (_nc, ev, p) => {
        if (ev === MG_EV_HTTP_PART_BEGIN || ev === MG_EV_HTTP_MULTIPART_REQUEST_END) seen.push(p.userData);
        if (ev !== MG_EV_HTTP_MULTIPART_REQUEST) p.userData = `${String(p.userData)} ${NAMES[ev]}`;
      },
    });
    const first = "undefined BEGIN DATA END";
    assert.deepEqual(seen, [undefined, first, `${first} BEGIN DATA END`, undefined, first, `${first} BEGIN DATA END`]);
  });

  it("tells text from UTF-8 and the type of a part", () => {
    const texts: string[] = [];
    const head = 'Content-Disposition: form-data; name="\xc3\xa9"\r\nContent-Type: text/x; charset=utf-8\r\n\r\n';
    const t = talk(post(`--b\r\n${head}\xe2\x82\xac\r\n--b--`), { act: (_nc, ev, p) => void (ev === MG_EV_HTTP_PART_DATA && texts.push(p.text())) });
    assert.deepEqual([t.log[1], texts], ["BEGIN é - text/x; charset=utf-8", ["€"]]);
  });

  it("can be answered later, and the next request waits", () => {
    let nc: Connection | undefined;
    const t = talk(post(form(...TWO)) + get("/next"), { handler: (c, ev) => {
      if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END) nc = c;
      if (ev === MG_EV_HTTP_REQUEST) httpReply(c, 200, "", "next");
    } });
    assert.deepEqual(t.replies, []);
    httpReply(nc as Connection, 200, "", "later");
    t.s.run(10);
    assert.deepEqual(readReplies(t.peer.take()).map((r) => r.body), ["later", "next"]);
    t.s.finish();
  });
});

describe("a handler that takes less than all of a piece", () => {
  beforeEach(freshServer);

  it("is offered the rest with POLL, one piece each time", () => {
    const t = talk(post(form({ name: "a", data: "abcdefg" })), { separate: true, act: (_nc, ev, p) => void (ev === MG_EV_HTTP_PART_DATA && (p.numDataConsumed = Math.min(3, p.dataLength))) });
    assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "DATA abc"]);
    t.s.run(1000);
    assert.deepEqual(t.log.slice(3), ["DATA def"]);
    t.s.run(1000);
    assert.deepEqual(t.log.slice(4), ["DATA g", "END a", "OVER"]);
    t.s.finish();
  });

  it("is offered the rest with more behind it", () => {
    const wire = post(form({ name: "a", data: "abcdefg" }));
    const at = wire.indexOf("defg");
    const offered: string[] = [];
    talk([wire.slice(0, at), wire.slice(at)], { act: (_nc, ev, p) => {
      if (ev !== MG_EV_HTTP_PART_DATA) return;
      offered.push(p.text());
      if (offered.length === 1) p.numDataConsumed = 1;
    } });
    assert.deepEqual(offered, ["abc", "bcdefg"]);
  });

  it("is offered the rest when it wakes the body, also when it took nothing or nonsense", () => {
    for (const count of [0, 2, -1, NaN, 0.5]) {
      const on = stage();
      let tries = 0;
      const t = talk(post(form({ name: "a", data: "abcd" })), { on, act: (nc, ev, p) => {
        if (ev !== MG_EV_HTTP_PART_DATA || ++tries > 3) return;
        p.numDataConsumed = Math.min(count, p.dataLength);
        on.world.after(5, () => httpWakeBody(nc));
      } });
      assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "DATA abcd", "END a", "OVER"], String(count));
      on.finish();
    }
  });

  it("makes the peer wait: no more is held than recvMbuf may hold", () => {
    const data = "0123456789abcdef".repeat(20_000);
    let heldMax = 0;
    let taken = "";
    const s = stage({ mgr: { pages: 16, pageBytes: 256, limits: { pollMs: 10, recvMaxBytes: 1024 } } });
    const t = talk(post(form({ name: "a", data })), { on: s, act: (nc, ev, p) => {
      if (ev !== MG_EV_HTTP_PART_DATA) return;
      heldMax = Math.max(heldMax, nc.mgr.pool.pages - nc.mgr.pool.free);
      const ready = 500 * (1 + Math.floor(s.world.now / 10)) - taken.length; // a store that writes 50 bytes a millisecond
      p.numDataConsumed = Math.max(0, Math.min(ready, p.dataLength));
      taken += p.text().slice(0, p.numDataConsumed);
    } });
    assert.ok(t.peer.unsentCount > 0, "the peer could send it all");
    s.run(20_000);
    assert.ok(taken === data && t.log.includes("OVER"), `took ${taken.length} of ${data.length}`);
    assert.ok(heldMax <= 12, `${heldMax} pages of 256 bytes in use`);
    s.finish();
  });
});

describe("a store that takes nothing for a minute", () => {
  beforeEach(freshServer);

  for (const size of [50, 3000, 300_000]) {
    it(`is not the fault of a client that sends ${size} bytes`, () => {
      const on = stage({ mgr: { pages: 16, pageBytes: 256 } });
      let nc: Connection | undefined;
      let isReady = false;
      const data = "x".repeat(size);
      const t = talk(post(form({ name: "a", data })), { on, act: (c, ev, p) => {
        nc = c;
        if (ev === MG_EV_HTTP_PART_DATA && !isReady) p.numDataConsumed = 0;
      } });
      on.run(60_000);
      assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "DATA "]);
      isReady = true;
      httpWakeBody(nc as Connection);
      on.run(3000);
      assert.deepEqual([t.log.slice(2), t.peer.take().slice(-4)], [["DATA " + data, "END a", "OVER"], "done"]);
      on.finish();
    });
  }
});

describe("a multipart request for an endpoint", () => {
  beforeEach(freshServer);

  it("gives its events to the endpoint, CLOSE last", () => {
    const on = stage();
    const log: string[] = [];
    const listener = on.mgr.bind("tcp://:81", (_nc, ev) => void (ev > 100 && log.push("not here")));
    setProtocolHttpWebsocket(listener);
    httpEnableMultipart(listener);
    registerHttpEndpoint(listener, "/up$", noting(log) as Parameters<typeof registerHttpEndpoint>[2]);
    const peer = on.peer(81);
    const wire = post(form(...TWO));
    peer.send(wire + wire.slice(0, -12));
    on.run();
    peer.reset();
    on.run();
    assert.deepEqual(log, [...TWO_LOG, ...TWO_LOG.slice(0, 5), log[13], "END f -1", "OVER -1", "CLOSE"]);
    on.finish();
  });
});

describe("a multipart request that does not come whole", () => {
  beforeEach(freshServer);

  it("ends what it began with status -1, then closes", () => {
    const wire = post(form(...TWO));
    for (const leave of ["fin", "reset"] as const) {
      for (let cut = wire.indexOf("--b"); cut < wire.length - 2; cut++) {
        const t = talk(wire.slice(0, cut), { leave });
        const tail = t.log.slice(-3);
        assert.deepEqual(tail.slice(1), ["OVER -1", "CLOSE"], `cut at ${cut}`);
        const begins = t.log.filter((line) => line.startsWith("BEGIN")).length;
        assert.equal(t.log.filter((line) => line.startsWith("END")).length, begins);
        assert.equal(t.log.filter((line) => line.startsWith("OVER")).length, 1);
        t.s.finish();
      }
    }
  });

  it("gets 408 when it stops, and the events end", () => {
    const wire = post(form(...TWO));
    const t = talk(wire.slice(0, -12), { mgr: { limits: { headMs: 100, bodyRateMin: 1000, pollMs: 50 } } });
    t.s.run(5000);
    assert.deepEqual(t.log.slice(-3), ["END f -1", "OVER -1", "CLOSE"]);
    t.s.finish();
  });

  it("is told of an exception in the handler by the same events", () => {
    const t = talk(post(form(...TWO)), { act: (_nc, ev) => {
      if (ev === MG_EV_HTTP_PART_DATA) throw new Error("on purpose");
    } });
    assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "END a -1", "OVER -1", "CLOSE"]);
    assert.match(t.s.logs.join(), /on purpose/);
  });
});

/** Body → reason in the 400 reply. */
const MALFORMED: [body: string, why: RegExp, type?: string][] = [
  ["--b\r\n" + part({ name: "a", data: "x" }), /before the last boundary/],
  ["--b\r\n" + part({ name: "a", data: "x" }) + "\r\n--b", /before the last boundary/],
  ["--b\r\n" + part({ name: "a", data: "x" }) + "\r\n--b-", /before the last boundary/],
  ["--b\r\n" + part({ name: "a", data: "x" }) + "\n--b--", /before the last boundary/],
  ["--b\r\nContent-Disposition: form-data; name=a\r\n", /before the last boundary/],
  ["no boundary at all", /before the last boundary/],
  ["x".repeat(2000), /No boundary/],
  ["--c--", /before the last boundary/],
  ["--b\r\n\r\nx\r\n--b--", /without Content-Disposition/],
  ["--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", /without a name/],
  ["--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", /form-data/],
  ["--b\r\nX y\r\n\r\nx\r\n--b--", /Malformed line/],
  [form(...TWO), /boundary/, "Content-Type: multipart/form-data\r\n"],
  [form(...TWO), /boundary/, "Content-Type: multipart/form-data; boundary=\"\"\r\n"],
  [form(...TWO), /boundary/, `Content-Type: multipart/form-data; boundary=${"b".repeat(71)}\r\n`],
  [form(...TWO), /boundary/, "Content-Type: multipart/form-data; boundary=a b{\r\n"],
];

describe("a malformed multipart request", () => {
  beforeEach(freshServer);

  for (const [body, why, type] of MALFORMED) {
    it(`gets 400: ${JSON.stringify(body.slice(0, 60))} ${type ?? ""}`, () => {
      const wires = [post(body, type), ...(type ? [] : [postChunks(body, 5)])];
      for (const wire of wires) {
        for (const pieces of [[wire], [...wire]]) {
          const t = talk(pieces, { gapMs: 1 });
          assert.deepEqual(t.replies.map((r) => r.status), [400]);
          assert.match(t.replies[0].body, why);
          assert.equal(t.isClosed, true);
          if (!type) assert.deepEqual([t.log[0], ...t.log.slice(-2)], ["MULTIPART /up", "OVER -1", "CLOSE"]);
          t.s.finish();
        }
      }
    });
  }

  it("gets 431 for the head of a part that is too long, has too many lines, or does not fit into recvMbuf", () => {
    const long = "--b\r\nX: " + "y".repeat(3000);
    assert.deepEqual(statusOf(talk(post(long))), [431, "Part head is over 2048 bytes"]);
    assert.deepEqual(statusOf(talk([...post("--b\r\nX: " + "y".repeat(60))], { gapMs: 1, limits: { partHeadMaxBytes: 50 } })), [431, "Part head is over 50 bytes"]);
    assert.deepEqual(statusOf(talk(post("--b\r\n" + "X: y\r\n".repeat(11) + "\r\n"))), [431, "Part head is over 10 lines"]);
    const small = talk([...postChunks(long, 50)], { gapMs: 1, mgr: { pages: 16, pageBytes: 256, limits: { recvMaxBytes: 512, headMaxBytes: 300 } } });
    assert.deepEqual(statusOf(small), [431, "Part head is over 512 bytes"]);
    small.s.finish();
  });
});

function statusOf(t: { replies: { status: number; body: string }[] }): [number, string] {
  assert.equal(t.replies.length, 1);
  return [t.replies[0].status, t.replies[0].body.trim()];
}

describe("limits of a multipart request", () => {
  beforeEach(freshServer);

  it("are answered with 413 and the limit", () => {
    const body = form({ name: "a", data: "12345" }, { name: "b", data: "12345" });
    const of = (limits: MultipartOptions, wire = post(body)): [number, string] => {
      const t = talk(wire, { limits });
      assert.ok(t.log.every((line, i) => !line.startsWith("OVER") || (line === "OVER -1" && i === t.log.length - 2)));
      t.s.finish();
      return statusOf(t);
    };
    assert.deepEqual(of({ partMaxBytes: 4 }), [413, "Part is over 4 bytes"]);
    assert.deepEqual(of({ partsMax: 1 }), [413, "More than 1 parts"]);
    assert.deepEqual(of({ bodyMaxBytes: 50 }), [413, "Body is over 50 bytes"]);
    assert.deepEqual(of({ bodyMaxBytes: 50 }, postChunks(body, 10)), [413, "Body is over 50 bytes"]);
    assert.deepEqual(talk(post(body), { limits: { partMaxBytes: 5, partsMax: 2, bodyMaxBytes: body.length } }).log.slice(-1), ["OVER"]);
  });

  it("count bytes, not pieces", () => {
    const t = talk([...post(form({ name: "a", data: "12345" }))], { gapMs: 1, limits: { partMaxBytes: 4 } });
    assert.deepEqual(statusOf(t), [413, "Part is over 4 bytes"]);
  });

  it("refuse a declared length before anything is read", () => {
    const t = talk(post(form(...TWO)).split("\r\n\r\n")[0] + "\r\nExpect: 100-continue\r\n\r\n", { limits: { bodyMaxBytes: 50 } });
    assert.deepEqual([statusOf(t)[0], t.log], [413, ["CLOSE"]]);
  });

  it("must be whole numbers, and known", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", () => undefined);
    assert.throws(() => httpEnableMultipart(listener, { partsMax: -1 }), RangeError);
    assert.throws(() => httpEnableMultipart(listener, { partsMax: 1.5 }), RangeError);
    assert.throws(() => httpEnableMultipart(listener, { partsMax: "1" as unknown as number }), TypeError);
    assert.throws(() => httpEnableMultipart(listener, { parts: 1 } as MultipartOptions), TypeError);
    httpEnableMultipart(listener, { partsMax: undefined });
    s.finish();
  });
});

describe("a reply before the end of a multipart request", () => {
  beforeEach(freshServer);
  const wire = post(form(...TWO));

  it("refuses the rest in any event, and ends what was begun", () => {
    const refuseAt = (at: number, separate = false): string[] => {
      const t = talk(separate ? [...wire] : wire, { act: (nc, ev) => void (ev === at && httpSendError(nc, 403)) });
      assert.deepEqual([t.replies.map((r) => r.status), t.isClosed], [[403], true]);
      t.s.finish();
      return t.log;
    };
    for (const separate of [false, true]) {
      assert.deepEqual(refuseAt(MG_EV_HTTP_MULTIPART_REQUEST, separate), ["MULTIPART /up", "OVER -1", "CLOSE"]);
      assert.deepEqual(refuseAt(MG_EV_HTTP_PART_BEGIN, separate), ["MULTIPART /up", "BEGIN a -", "END a -1", "OVER -1", "CLOSE"]);
      assert.deepEqual(refuseAt(MG_EV_HTTP_PART_DATA, separate).slice(3), ["END a -1", "OVER -1", "CLOSE"]);
      assert.deepEqual(refuseAt(MG_EV_HTTP_PART_END, separate), ["MULTIPART /up", "BEGIN a -", "DATA one", "END a", "OVER -1", "CLOSE"]);
    }
  });

  it("leaves the connection for the next request when the rest is short", () => {
    const t = talk([wire.slice(0, -20), wire.slice(-20) + get("/next")], { act: (nc, ev) => void (ev === MG_EV_HTTP_PART_BEGIN && httpReply(nc, 403, "", "no")) });
    assert.deepEqual([t.replies.map((r) => r.status), t.isClosed], [[403, 200], false]);
    assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "END a -1", "OVER -1", "REQUEST /next"]);
    t.s.finish();
  });

  it("from a source refuses the rest as well", () => {
    const big = "x".repeat(20_000);
    const t = talk([...wire], { act: (nc, ev) => void (ev === MG_EV_HTTP_PART_BEGIN && httpReply(nc, 403, "", big)) });
    assert.deepEqual(t.replies.map((r) => [r.status, r.body.length]), [[403, 20_000]]);
    assert.deepEqual(t.log, ["MULTIPART /up", "BEGIN a -", "END a -1", "OVER -1"]);
    t.s.finish();
  });

  it("in the last PART_END is the only one: the end comes with status -1", () => {
    const t = talk(post(form(TWO[0])) + get("/next"), { act: (nc, ev) => void (ev === MG_EV_HTTP_PART_END && httpReply(nc, 200, "", "early")) });
    assert.deepEqual(t.replies.map((r) => r.body), ["early", "plain"]);
    assert.deepEqual(t.log.slice(3), ["END a", "OVER -1", "REQUEST /next"]);
    t.s.finish();
  });

  it("by closing is the end of it", () => {
    const t = talk(wire, { act: (nc, ev) => void (ev === MG_EV_HTTP_PART_DATA && (nc.flags |= MG_F_CLOSE_IMMEDIATELY)) });
    assert.deepEqual(t.log.slice(2), ["DATA one", "END a -1", "OVER -1", "CLOSE"]);
    t.s.finish();
  });
});
