import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { basicLogin, digestLogin } from "../../src/http/client-auth.js";
import type { HttpCallOptions } from "../../src/http/client-call.js";
import { HttpClient, type HttpClientOptions } from "../../src/http/client-pool.js";
import type { HttpMessage } from "../../src/http/message.js";
import { httpCollectBody, httpStreamBody } from "../../src/http/stream.js";
import { stage, type Stage, THERE } from "./core-support.js";
import { type Answer, digits, ok, script, type Script } from "./http-client-support.js";

const AT = `http://${THERE}`;
const OTHER = "10.0.0.8";

/** A client on a stage with a server. */
interface Bench {
  s: Stage;
  server: Script;
  client: HttpClient;
  /** How each call ended: `err` or `status body`. */
  ends: string[];
  call(url: string, options?: HttpCallOptions): void;
}

function bench(answer: Answer, options?: HttpClientOptions): Bench {
  const s = stage();
  const client = new HttpClient(s.mgr, options);
  const ends: string[] = [];
  return {
    s, client, ends, server: script(s, answer),
    call(url, more = {}) {
      client.request(url, more, (err, hm) => ends.push(hm ? `${hm.respCode} ${hm.bodyLength > 50 ? hm.bodyLength : hm.body}`.trim() : `error ${err}`));
    },
  };
}

/** The first lines of what a server was asked, each with the number of its connection. */
function asked(script: Script): string[] {
  return script.asked.map((one) => `${one.on} ${one.head.split("\r\n")[0].replace(" HTTP/1.1", "")}${one.body && " " + one.body}`);
}

function to(location: string, status = 302, more = ""): string {
  return `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 4\r\n${more}\r\ngone`;
}

/** Answers by path. */
function paths(table: { [path: string]: string }): Answer {
  return (one) => table[one.head.split(" ")[1]] ?? ok("?", "", "404 Not Found");
}

describe("HttpClient", () => {
  it("tells the reply once, not before request() returned, and keeps the connection for the next call", () => {
    const b = bench((one) => ok(one.head.split(" ")[1]));
    b.call(AT + "/1");
    assert.deepEqual(b.ends, []);
    b.s.run();
    b.call(AT + "/2");
    b.s.run();
    assert.deepEqual(b.ends, ["200 /1", "200 /2"]);
    assert.deepEqual(asked(b.server), ["0 GET /1", "0 GET /2"]);
    b.client.close();
    b.s.run();
    assert.equal(b.s.mgr.next(), undefined);
    b.s.finish();
  });

  it("takes the kept connection for a call made while it is told of the one before", () => {
    const b = bench(() => ok("x"));
    let count = 0;
    const again = (err: number, hm: HttpMessage | undefined): void => {
      b.ends.push(err + " " + hm?.body);
      if (++count < 4) b.client.request(AT + "/" + count, {}, again);
    };
    b.client.request(AT + "/0", {}, again);
    b.s.run();
    assert.deepEqual(b.ends, ["0 x", "0 x", "0 x", "0 x"]);
    assert.deepEqual(asked(b.server), ["0 GET /0", "0 GET /1", "0 GET /2", "0 GET /3"]);
    b.s.finish();
  });

  it("keeps no more idle connections than it may, for an origin and in all", () => {
    const b = bench(() => ok("x"), { idlePerOriginMax: 2, idleMax: 3 });
    script(b.s, () => ok("y"), OTHER);
    script(b.s, () => ok("z"), OTHER, 81);
    for (let i = 0; i < 4; i++) b.call(AT + "/");
    b.s.run();
    assert.equal(b.s.mgr.list().length, 2);
    b.call(`http://${OTHER}/`);
    b.s.run();
    b.call(`http://${OTHER}:81/`);
    b.s.run();
    assert.equal(b.s.mgr.list().length, 3);
    assert.equal(b.ends.length, 6);
    b.s.run(40_000);
    assert.equal(b.s.mgr.next(), undefined, "idle connections end");
    b.s.finish();
  });

  it("does not keep a connection that the server closes or that said too much", () => {
    const b = bench(paths({ "/close": ok("x", "Connection: close\r\n"), "/more": ok("x") + "more", "/": ok("x") }));
    for (const path of ["/close", "/more", "/", "/"]) {
      b.call(AT + path);
      b.s.run();
    }
    assert.deepEqual(asked(b.server), ["0 GET /close", "1 GET /more", "2 GET /", "2 GET /"]);
    assert.deepEqual(b.ends, ["200 x", "200 x", "200 x", "200 x"]);
    b.s.finish();
  });

  it("sends credentials of a URL with the calls of that URL only, also on a kept connection", () => {
    const b = bench(() => ok("x"));
    for (const who of ["a:b@", "", "c:d@"]) {
      b.call(`http://${who}${THERE}/`);
      b.s.run();
    }
    const sent = b.server.asked.map((one) => one.on + (/Authorization: Basic (.*)$/m.exec(one.head)?.[1] ?? "none"));
    assert.deepEqual(sent, ["0YTpi", "0none", "0Yzpk"]);
    b.s.finish();
  });

  it("tells why there is no reply", () => {
    const b = bench(() => "nonsense");
    b.call(AT + "/");
    b.call("http://10.0.0.77/");
    b.s.run(30_000);
    assert.deepEqual(b.ends.sort(), ["error 21", "error 5"]);
    b.s.finish();
  });

  it("throws for what is wrong with a call, and makes no connection", () => {
    const b = bench(() => ok("x"));
    assert.throws(() => b.call("nonsense"), /^TypeError: URL /);
    assert.throws(() => b.call(AT, { method: "A B" }), TypeError);
    assert.throws(() => b.call(AT, { headers: "X" }), TypeError);
    assert.equal(b.s.mgr.next(), undefined);
    b.s.finish();
  });

  it("says nothing more of a call that was cancelled", () => {
    const b = bench(() => undefined);
    const call = b.client.request(AT + "/", {}, () => void b.ends.push("told"));
    b.s.run();
    call.cancel();
    b.s.run();
    assert.deepEqual([b.ends, b.s.mgr.next()], [[], undefined]);
    call.cancel();
    b.s.finish();
  });

  it("streams or collects the final reply as its head decides", () => {
    const b = bench(paths({ "/from": to("/big"), "/big": ok(digits(20_000)) }));
    let got = "";
    const order: string[] = [];
    b.client.request(AT + "/from", {
      onHead: (nc, hm) => {
        order.push("head " + hm.respCode);
        httpStreamBody(nc, { data: (m) => void ((got += m.text()), m.clear()), end: (isWhole) => void order.push("end " + isWhole) });
      },
    }, (err, hm) => void order.push(`done ${err} ${hm?.respCode} ${hm?.bodyLength}`));
    b.s.run(500);
    assert.deepEqual([got.length, ...order], [20_000, "head 200", "end true", "done 0 200 0"]);
    b.call(AT + "/big", { onHead: (nc) => httpCollectBody(nc, 30_000) });
    b.s.run(500);
    assert.deepEqual(b.ends, ["200 20000"]);
    assert.equal(b.server.peers.length, 1);
    b.s.finish();
  });

  it("tells an error when the program closes the connection at the head", () => {
    const b = bench(() => ok("hello"));
    b.call(AT, { onHead: (nc: Connection) => void (nc.flags |= MG_F_CLOSE_IMMEDIATELY) });
    b.s.run();
    assert.deepEqual(b.ends, ["error 22"]);
    b.s.finish();
  });

  it("is told of the end when its manager is freed", () => {
    const b = bench(() => undefined);
    b.call(AT);
    b.s.run();
    b.s.finish();
    assert.deepEqual(b.ends, ["error 19"]);
  });
});

describe("a kept connection that is closed when the next request comes", () => {
  /** The second request on a connection meets its end. */
  function closing(how: "fin" | "reset"): Answer {
    const counts: number[] = [];
    return (one, peer) => {
      counts[one.on] = (counts[one.on] ?? 0) + 1;
      if (counts[one.on] === 1) return ok("x");
      peer[how]();
      return undefined;
    };
  }

  for (const how of ["fin", "reset"] as const) {
    it(`by ${how}: an idempotent request is sent once more`, () => {
      const b = bench(closing(how));
      for (const method of ["GET", "PUT", "DELETE"]) {
        b.call(AT + "/", { method, body: method === "PUT" ? "body" : undefined });
        b.s.run();
      }
      assert.deepEqual(b.ends, ["200 x", "200 x", "200 x"]);
      assert.deepEqual(asked(b.server), ["0 GET /", "0 PUT / body", "1 PUT / body", "1 DELETE /", "2 DELETE /"]);
      b.s.finish();
    });

    it(`by ${how}: POST, and a body that cannot be had again, are not`, () => {
      const b = bench(closing(how));
      const one = { next: () => null };
      for (const options of [{}, { body: "post" }, {}, { method: "PUT", body: { source: one } }]) {
        b.call(AT + "/", options);
        b.s.run();
      }
      const err = how === "fin" ? "error 21" : "error 6";
      assert.deepEqual(b.ends, ["200 x", err, "200 x", err]);
      b.s.finish();
    });
  }

  it("is not tried a third time, nor when a byte of the reply was here", () => {
    const never = bench((one, peer) => {
      if (one.head.includes("first")) return ok("x");
      peer.fin();
      return undefined;
    });
    const byte = bench((one, peer) => {
      if (one.head.includes("first")) return ok("x");
      peer.send("H");
      byte.s.world.after(2, () => peer.fin());
      return undefined;
    });
    for (const b of [never, byte]) {
      b.call(AT + "/first");
      b.s.run();
      b.call(AT + "/second");
      b.s.run();
      assert.deepEqual(b.ends, ["200 x", "error 21"]);
      b.s.finish();
    }
    assert.equal(never.server.asked.length, 3);
    assert.equal(byte.server.asked.length, 2);
  });
});

describe("HttpClient and redirects", () => {
  it("follows them, relative ones too, and drops their bodies", () => {
    const b = bench(paths({ "/a/b?q": to("../c"), "/c": to("?d"), "/c?d": to(`${AT}/e#frag`), "/e": ok("end") }));
    b.call(AT + "/a/b?q");
    b.s.run();
    assert.deepEqual(b.ends, ["200 end"]);
    assert.deepEqual(asked(b.server), ["0 GET /a/b?q", "0 GET /c", "0 GET /c?d", "0 GET /e"]);
    b.s.finish();
  });

  it("follows five of them, or as many as it may; the next one is the reply", () => {
    for (const [redirectsMax, count] of [[undefined, 6], [0, 1], [2, 3]]) {
      const b = bench(() => to("/again"));
      b.call(AT + "/", { redirectsMax });
      b.s.run();
      assert.deepEqual([b.ends, b.server.asked.length], [["302 gone"], count]);
      b.s.finish();
    }
  });

  it("keeps method and body where it must, and makes POST a GET where everybody does", () => {
    const b = bench((one) => (one.head.includes("/to") ? ok(one.head.split(" ")[0] + one.body) : to("/to", Number(one.head.split(" ")[1].slice(1)))));
    for (const status of [301, 302, 303, 307, 308]) {
      b.call(`${AT}/${status}`, { body: "data", headers: "Content-Type: text/plain\r\n" });
      b.s.run();
    }
    assert.deepEqual(b.ends, ["200 GET", "200 GET", "200 GET", "200 POSTdata", "200 POSTdata"]);
    assert.deepEqual(b.server.asked.filter((one) => one.head.includes("/to")).map((one) => /Content-Type/.test(one.head)), [false, false, false, true, true]);
    b.s.finish();
  });

  it("does not send a body again that cannot be had again; a function gives it again", () => {
    const answer = paths({ "/": to("/to", 307), "/to": ok("here") });
    const source = (): { next(): string | null } => {
      const list = ["once"];
      return { next: () => list.shift() ?? null };
    };
    const b = bench(answer);
    b.call(AT, { body: { source: source() } });
    b.call(AT, { body: { source } });
    b.s.run();
    assert.deepEqual(b.ends.sort(), ["200 here", "307 gone"]);
    assert.deepEqual(asked(b.server).filter((line) => line.includes("/to")).map((line) => line.slice(2)), ["POST /to once"]);
    b.s.finish();
  });

  it("tells another origin no secrets, and takes none from a Location", () => {
    const b = bench((one) => (one.head.includes(" /same") ? to(`http://x:y@${OTHER}/there`) : to("/same")));
    const other = script(b.s, () => ok("there"), OTHER);
    b.call(`http://u:p@${THERE}/`, { headers: "Cookie: c=1\r\nX-Own: yes\r\n" });
    b.s.run();
    assert.deepEqual(b.ends, ["200 there"]);
    assert.match(b.server.asked[1].head, /Authorization: Basic[^]*Cookie: c=1/);
    assert.equal(other.asked[0].head, `GET /there HTTP/1.1\r\nHost: ${OTHER}\r\nX-Own: yes`);
    b.s.finish();
  });

  it("follows from http to https, and from https to http only when it may", () => {
    for (const followToHttp of [false, true]) {
      const b = bench(paths({ "/up": to(`https://${THERE}/down`), "/end": ok("plain") }));
      script(b.s, () => to(AT + "/end"), THERE, 443, true);
      b.call(AT + "/up", { followToHttp });
      b.s.run(500);
      assert.deepEqual(b.ends, [followToHttp ? "200 plain" : "302 gone"]);
      b.s.finish();
    }
  });

  it("tells an error where the redirect leads to what the platform cannot do", () => {
    const s = stage({ platform: { caps: { tlsVerifies: false } } });
    script(s, () => to(`https://${THERE}/`));
    const ends: number[] = [];
    new HttpClient(s.mgr).request(AT, {}, (err) => ends.push(err));
    s.run();
    assert.deepEqual(ends, [10]);
    s.finish();
  });

  it("hands out a redirect that leads nowhere", () => {
    for (const location of ["ftp://a/", "http://", "/a b", "/\xe9", "http://a:0/"]) {
      const b = bench(() => to(location));
      b.call(AT);
      b.s.run();
      assert.deepEqual(b.ends, ["302 gone"], location);
      b.s.finish();
    }
    const none = bench(() => ok("x", "", "301 Moved Permanently"));
    none.call(AT);
    none.s.run();
    assert.deepEqual(none.ends, ["301 x"]);
    none.s.finish();
  });

  it("follows a redirect with a body that is not worth reading, on another connection", () => {
    const b = bench(paths({ "/": `HTTP/1.1 302 Moved\r\nLocation: /to\r\nContent-Length: 900000\r\n\r\n${digits(200_000)}`, "/to": ok("here") }));
    b.call(AT);
    b.s.run(3000);
    assert.deepEqual([b.ends, asked(b.server)], [["200 here"], ["0 GET /", "1 GET /to"]]);
    b.s.finish();
  });
});

describe("HttpClient and 401", () => {
  const CHALLENGE = "WWW-Authenticate: Basic realm=\"x\"\r\n";

  it("asks once for credentials, and sends the request again with them", () => {
    const b = bench((one) => (one.head.includes("Authorization: right\r\n") ? ok("in") : ok("out", CHALLENGE, "401 Unauthorized")));
    const questions: string[] = [];
    for (const credentials of ["Authorization: right\r\n", "Authorization: wrong\r\n", undefined]) {
      b.call(AT + "/door", {
        body: "knock",
        authorize(hm, method, target) {
          questions.push(`${hm.header("WWW-Authenticate")} ${method} ${target}`);
          return credentials;
        },
      });
      b.s.run();
    }
    assert.deepEqual(b.ends, ["200 in", "401 out", "401 out"]);
    assert.deepEqual(questions, Array(3).fill('Basic realm="x" POST /door'));
    assert.equal(b.server.asked.length, 5);
    b.s.finish();
  });

  it("is answered for Digest and for Basic, by those who can", () => {
    const DIGEST = "WWW-Authenticate: Negotiate, Digest realm=\"r\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\", opaque=\"o\"\r\n";
    const b = bench((one) => (one.head.includes("\r\nAuthorization: ") ? ok("in") : ok("out", DIGEST + (one.head.includes("/both") ? CHALLENGE : ""), "401 Unauthorized")));
    const digest = digestLogin(b.s.mgr, "us\"er", "p\u00e9");
    const basic = basicLogin("user", "p\u00e9");
    b.call(AT + "/a?b", { authorize: digest });
    b.s.run();
    b.call(AT + "/both", { authorize: basic });
    b.s.run();
    b.call(AT + "/a", { authorize: basic });
    b.s.run();
    assert.deepEqual(b.ends, ["200 in", "200 in", "401 out"]);
    assert.match(b.server.asked[1].head, /\r\nAuthorization: Digest username="us\\"er", realm="r", nonce="n", uri="\/a\?b", algorithm=SHA-256, response="[0-9a-f]{64}", qop=auth, nc=00000001/);
    assert.match(b.server.asked[3].head, /\r\nAuthorization: Basic dXNlcjpww6k=/);
    b.s.finish();
  });

  it("is the reply without somebody to ask, and at another origin", () => {
    const b = bench(() => to(`http://${OTHER}/`));
    script(b.s, () => ok("out", CHALLENGE, "401 Unauthorized"), OTHER);
    b.call(`http://${OTHER}/`);
    b.call(AT, { authorize: () => assert.fail("asked for another origin") });
    b.s.run();
    assert.deepEqual(b.ends, ["401 out", "401 out"]);
    b.s.finish();
  });
});
