import assert from "node:assert/strict";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { httpSendDate } from "../../src/http/date-header.js";
import { httpReply } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { get, readReplies, serve } from "./http-support.js";

describe("the Date of replies", () => {
  it("is there when asked for, goes with the clock, also for a reply that is remembered, and ends when its connection is closed", () => {
    const s = stage();
    serve(s, (nc) => void httpReply(nc, 200, "X: y\r\n", "same"));
    const peer = s.peer(80);
    const ask = (): string | undefined => {
      peer.send(get("/"));
      s.run(5);
      return readReplies(peer.take())[0].headers.date;
    };
    assert.equal(ask(), undefined);
    const clock = httpSendDate(s.mgr);
    const first = Date.parse(ask() as string);
    assert.equal(first, Date.parse(ask() as string));
    s.run(5000);
    const later = Date.parse(ask() as string) - first;
    assert.ok(later >= 4000 && later <= 6000, `${later} ms later`);
    clock.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.run(2000);
    assert.equal(ask(), undefined);
  });

  it("is not sent by a board whose clock was never set", () => {
    const s = stage({ wrap: (platform) => ({ ...platform, wallMs: () => 5000 }) });
    serve(s);
    const clock = httpSendDate(s.mgr);
    const peer = s.peer(80);
    peer.send(get("/"));
    s.run(5);
    assert.equal(readReplies(peer.take())[0].headers.date, undefined);
    clock.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.run(5);
  });
});
