import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { httpReply, httpSendError, httpSendRedirect } from "../../src/http/index.js";
import { get, readReplies, talk } from "./http-support.js";
import { stage } from "./core-support.js";
import type { Connection } from "../../src/core/connection.js";
import { serve } from "./http-support.js";

for (const form of ["array", "string"] as RawForm[]) {
  const options = { platform: { form } };

  describe(`httpReply (${form}s)`, () => {
    it("writes status line, header lines, length and body", () => {
      const t = talk(get(), (nc) => void httpReply(nc, 201, "Content-Type: text/plain\r\nX-A: b\r\n", "made"), options);
      assert.equal(t.wire, "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-A: b\r\nContent-Length: 4\r\n\r\nmade");
    });

    it("counts the body in bytes: text goes out as UTF-8", () => {
      const t = talk(get(), (nc) => void httpReply(nc, 200, "", "h\u00e9\u20ac"), options);
      assert.equal(t.replies[0].headers["content-length"], "6");
      assert.equal(t.replies[0].body, "h\xc3\xa9\xe2\x82\xac");
    });

    it("sends bytes as they are, and does not keep the array", () => {
      const bytes = Uint8Array.of(0, 1, 128, 255);
      const t = talk([get(), get()], (nc) => {
        httpReply(nc, 200, "", bytes);
        bytes[0]++;
      }, options);
      assert.deepEqual(t.replies.map((r) => r.body), ["\x00\x01\x80\xff", "\x01\x01\x80\xff"]);
    });

    it("has neither length nor body for 204 and 304, whatever body is given (RFC 9110 section 8.6)", () => {
      for (const status of [204, 304]) {
        const t = talk([get(), get()], (nc) => void httpReply(nc, status, "X: y\r\n", "must not be seen"), options);
        assert.equal(t.wire, `HTTP/1.1 ${status} ${t.replies[0].reason}\r\nX: y\r\n\r\n`.repeat(2));
      }
    });

    it("has a length of 0 for an empty body", () => {
      const t = talk(get(), (nc) => void httpReply(nc, 200, "", ""), options);
      assert.equal(t.replies[0].headers["content-length"], "0");
    });

    it("answers true when it was taken, and false when the connection is over", () => {
      const s = stage(options);
      const answers: boolean[] = [];
      let kept: Connection | undefined;
      serve(s, (nc) => {
        kept = nc;
        answers.push(httpReply(nc, 200, "", "ok"));
      });
      const peer = s.peer(80);
      peer.send(get());
      s.run(20);
      peer.reset();
      s.run(20);
      answers.push(httpReply(kept as Connection, 200, "", "ok"), httpReply(kept as Connection, 200, "", "x".repeat(50_000)));
      assert.deepEqual(answers, [true, false, false]);
      s.finish();
    });

    it("waits for pages when the pool has none, and is not lost", () => {
      const s = stage({ ...options, mgr: { pages: 4, pageBytes: 64, limits: { starveMs: 600_000 } } });
      const answers: boolean[] = [];
      let nc: Connection | undefined;
      serve(s, (c) => {
        nc = c;
        const hold = s.mgr.mbuf();
        while (hold.append("h".repeat(64)));
        answers.push(httpReply(c, 200, "X-Long: " + "y".repeat(100) + "\r\n", "body"));
        hold.clear();
      });
      const peer = s.peer(80);
      peer.send(get());
      s.run(50);
      assert.deepEqual(answers, [true]);
      s.run(1500);
      assert.equal(readReplies(peer.received)[0].body, "body");
      assert.equal(httpReply(nc as Connection, 200, "", "unasked"), true);
      s.finish();
    });

    const split: [why: string, headers: string][] = [
      ["a line end within a value", "X: a\r\nSet-Cookie: evil=1\r\n\r\nbody"],
      ["an empty line", "X: a\r\n\r\nY: b\r\n"],
      ["no line end", "X: a"],
      ["a bare LF", "X: a\nY: b\r\n"],
      ["a bare CR", "X: a\rY: b\r\n"],
      ["LF alone at the end", "X: a\n"],
      ["a NUL", "X: a\x00\r\n"],
      ["a control character", "X: a\x1b\r\n"],
      ["a line without a colon", "nonsense\r\n"],
      ["a line without a name", ": a\r\n"],
      ["a space in a name", "X Y: a\r\n"],
      ["a space before the colon", "X : a\r\n"],
      ["a folded line", "X: a\r\n b\r\n"],
      ["a line that begins with a space", " X: a\r\n"],
      ["a lone line end", "\r\n"],
    ];
    for (const [why, headers] of split) {
      it(`throws TypeError for header lines with ${why}, and sends nothing of it`, () => {
        let name = "";
        const t = talk([get(), get()], (nc) => {
          try {
            httpReply(nc, 200, headers, "body");
          } catch (e) {
            name = (e as Error).name;
          }
          httpReply(nc, 500, "", "");
        }, options);
        assert.equal(name, "TypeError");
        assert.deepEqual(t.replies.map((r) => r.status), [500, 500]);
      });
    }

    it("lets no character of a header become a line end on the wire", () => {
      for (const bad of ["\u010d\u010aSet-Cookie: evil=1", "\u560a\u560d", "\uff0d\uff0a", "\u2028\u2029", "\u00e9"]) {
        let name = "";
        const t = talk(get(), (nc) => {
          try {
            httpReply(nc, 200, `X-Name: a${bad}b\r\n`, "body");
          } catch (e) {
            name = (e as Error).name;
            httpReply(nc, 200, "", "body");
          }
        }, options);
        assert.equal(t.replies.length, 1);
        assert.deepEqual(Object.keys(t.replies[0].headers).filter((n) => n !== "x-name"), ["content-length"]);
        if (name === "") assert.equal(t.replies[0].headers["x-name"], Buffer.from(`a${bad}b`, "utf8").toString("latin1"), "text goes out as UTF-8");
      }
    });

    it("lets no status split the reply", () => {
      for (const status of [NaN, 0, 99, 1000, 200.5, -200, "200 OK\r\nSet-Cookie: evil=1", undefined, null]) {
        let name = "";
        const t = talk(get(), (nc) => {
          try {
            httpReply(nc, status as number, "", "body");
          } catch (e) {
            name = (e as Error).name;
            httpReply(nc, 500, "", "");
          }
        }, options);
        assert.ok(name === "RangeError" || name === "TypeError", `status ${status} was taken`);
        assert.equal(t.replies[0].status, 500);
      }
    });

    it("throws TypeError for a body that is neither text nor bytes", () => {
      for (const body of [undefined, null, 5, {}, ["x"]]) {
        let name = "";
        talk(get(), (nc) => {
          try {
            httpReply(nc, 200, "", body as unknown as string);
          } catch (e) {
            name = (e as Error).name;
            httpReply(nc, 500, "", "");
          }
        }, options);
        assert.equal(name, "TypeError", String(body));
      }
    });
  });

  describe(`httpSendError (${form}s)`, () => {
    it("sends the status' name or the reason as text, and ends the connection", () => {
      const t = talk(get() + get("/never"), (nc) => httpSendError(nc, 404), options);
      assert.equal(t.wire, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\nNot Found\n");
      assert.equal(t.isClosed, true);
      const own = talk(get(), (nc) => httpSendError(nc, 418, "short \u00e9 stout"), options);
      assert.equal(own.replies[0].status, 418);
      assert.equal(own.replies[0].body, "short \xc3\xa9 stout\n");
    });

    it("sends no body to HEAD", () => {
      const t = talk(get().replace("GET", "HEAD"), (nc) => httpSendError(nc, 404), options, ["HEAD"]);
      assert.equal(t.replies[0].headers["content-length"], "10");
      assert.equal(t.isClosed, true);
    });

    it("closes even when there is no page left for the words", () => {
      const s = stage({ ...options, mgr: { pages: 4, pageBytes: 64, limits: { starveMs: 600_000 } } });
      const hold = s.mgr.mbuf();
      serve(s, (nc) => {
        while (hold.append("h".repeat(64)));
        httpSendError(nc, 500, "x".repeat(200));
      });
      const peer = s.peer(80);
      peer.send(get());
      s.run(3000);
      assert.notEqual(peer.state, "open");
      hold.clear();
      s.finish();
    });
  });

  describe(`httpSendRedirect (${form}s)`, () => {
    it("names the location, and keeps the connection", () => {
      const t = talk([get(), get()], (nc) => httpSendRedirect(nc, 302, "/there?x=1"), options);
      assert.deepEqual(t.replies.map((r) => [r.status, r.headers.location, r.headers["cache-control"]]), [[302, "/there?x=1", "no-cache"], [302, "/there?x=1", "no-cache"]]);
      assert.equal(t.isClosed, false);
    });

    it("throws TypeError for a location that cannot stand in a header", () => {
      for (const location of ["/a\r\nSet-Cookie: evil=1", "/a\nb", "/a\rb", "/\x00", "/\x7f"]) {
        let name = "";
        const t = talk(get(), (nc) => {
          try {
            httpSendRedirect(nc, 302, location);
          } catch (e) {
            name = (e as Error).name;
            httpReply(nc, 500, "", "");
          }
        }, options);
        assert.equal(name, "TypeError", JSON.stringify(location));
        assert.equal(t.replies[0].status, 500);
      }
    });

    it("lets no character of a location become a line end on the wire", () => {
      const t = talk(get(), (nc) => {
        try {
          httpSendRedirect(nc, 302, "/a\u010d\u010aSet-Cookie: evil=1");
        } catch {
          httpReply(nc, 500, "", "");
        }
      }, options);
      assert.equal(t.replies[0].headers["set-cookie"], undefined);
      assert.ok(!t.wire.includes("\nSet-Cookie"));
    });
  });
}
