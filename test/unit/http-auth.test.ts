import assert from "node:assert/strict";
import fc from "fast-check";
import { basicAuth, bearerAuth, getHttpBasicAuth, httpBearerToken, type HttpGuard, HttpMessage, httpReply, isSameSecret } from "../../src/http/index.js";
import { parseAuthParams } from "../../src/http/auth-params.js";
import { MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST } from "../../src/http/events.js";
import { freshServer, get, KINDS, readReplies, type Reply, serve, setProtocolHttpWebsocket, talk } from "./http-support.js";
import { stage } from "./core-support.js";

function request(authorization: string): HttpMessage {
  return new HttpMessage("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: " + authorization, "GET", "/", "HTTP/1.1", 0, false);
}

function basic(credentials: string): string {
  return "Authorization: Basic " + Buffer.from(credentials).toString("base64") + "\r\n";
}

/** What the guard says to each of these header lines, on one connection. */
function ask(guard: HttpGuard, lines: string[]): Reply[] {
  return talk(lines.map((line) => get("/", line)), (nc, hm) => {
    if (guard(nc, hm)) httpReply(nc, 200, "", "in");
  }).replies;
}

describe("getHttpBasicAuth", () => {
  it("gives user and password, in UTF-8, up to the first colon", () => {
    assert.deepEqual(getHttpBasicAuth(request("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")), { user: "Aladdin", pass: "open sesame" }); // RFC 7617 §2
    assert.deepEqual(getHttpBasicAuth(request("bASIC  dGVzdDoxMjPCow==")), { user: "test", pass: "123\u00a3" }); // RFC 7617 §2.1
    assert.deepEqual(getHttpBasicAuth(request("Basic Og==")), { user: "", pass: "" });
    assert.deepEqual(getHttpBasicAuth(request("Basic " + Buffer.from("a:b:c").toString("base64"))), { user: "a", pass: "b:c" });
  });

  it("answers undefined for everything else", () => {
    assert.equal(getHttpBasicAuth(new HttpMessage("GET / HTTP/1.1", "GET", "/", "HTTP/1.1", 0, false)), undefined);
    for (const bad of ["", "Basic", "Basic ", "Basic !!", "BasicQWxhZA==", "Digest QTpi", "Basic QTpi,", "Basic " + Buffer.from("nocolon").toString("base64")]) {
      assert.equal(getHttpBasicAuth(request(bad)), undefined, bad);
    }
    for (const bytes of ["a\0:b", "a:b\n", "a:\x7f", "\xff:\xff"]) assert.equal(getHttpBasicAuth(request("Basic " + Buffer.from(bytes, "latin1").toString("base64"))), undefined);
  });

  it("does not mix up what it remembers", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom("a:1", "b:2", "no", "a:3")), (list) => {
      for (const text of list) {
        const [user, pass] = text.split(":");
        assert.deepEqual(getHttpBasicAuth(request("Basic " + Buffer.from(text).toString("base64"))), pass && { user, pass });
      }
    }));
  });

  it("answers any header, and never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      getHttpBasicAuth(request("Basic " + text));
      getHttpBasicAuth(request("Basic " + Buffer.from(text).toString("base64")));
      httpBearerToken(request(text));
    }), { numRuns: 1000 });
  });
});

describe("basicAuth", () => {
  beforeEach(freshServer);

  it("lets in who is in the table, with the right password", () => {
    const replies = ask(basicAuth("a b", { joe: "p\u00e9", "": "" }), [basic("joe:p\u00e9"), basic("joe:x"), basic("ann:p\u00e9"), basic("toString:x"), basic(":"), ""]);
    assert.deepEqual(replies.map((reply) => reply.status), [200, 401, 401, 401, 200, 401]);
    assert.equal(replies[1].headers["www-authenticate"], 'Basic realm="a b", charset="UTF-8"');
    assert.equal(replies[1].headers["cache-control"], "no-store");
  });

  it("asks a function", () => {
    const asked: string[][] = [];
    const replies = ask(basicAuth("x", (...args) => asked.push(args) > 1), [basic("joe:1"), basic("joe:2"), ""]);
    assert.deepEqual(replies.map((reply) => reply.status), [401, 200, 401]);
    assert.deepEqual(asked, [["joe", "1"], ["joe", "2"]]);
  });

  it("quotes the realm, and throws TypeError for one that no header can hold", () => {
    const [reply] = ask(basicAuth('a "b" \\', {}), [""]);
    assert.equal(reply.headers["www-authenticate"], 'Basic realm="a \\"b\\" \\\\", charset="UTF-8"');
    assert.throws(() => basicAuth("a\r\nX: y", {}), TypeError);
    assert.throws(() => bearerAuth("a\0", "t"), TypeError);
  });
});

describe("bearerAuth", () => {
  beforeEach(freshServer);

  it("lets in who has the token", () => {
    const replies = ask(bearerAuth("x", "tok.en~1="), ["Authorization: Bearer tok.en~1=\r\n", "Authorization: bearer  tok.en~1=\r\n", "Authorization: Bearer tok.en~1\r\n", "Authorization: Bearer\r\n", ""]);
    assert.deepEqual(replies.map((reply) => reply.status), [200, 200, 401, 401, 401]);
    assert.deepEqual(replies.slice(2).map((reply) => reply.headers["www-authenticate"]), ['Bearer realm="x", error="invalid_token"', 'Bearer realm="x"', 'Bearer realm="x"']);
  });

  it("asks a function", () => {
    assert.deepEqual(ask(bearerAuth("x", (token) => token === "b"), ["Authorization: Bearer a\r\n", "Authorization: Bearer b\r\n"]).map((reply) => reply.status), [401, 200]);
  });

  it("throws TypeError for a token that nobody could send", () => {
    for (const bad of ["", "a b", "\u00e9", "a\n"]) assert.throws(() => bearerAuth("x", bad), TypeError);
  });
});

describe("a guard that refuses", () => {
  const guard = basicAuth("x", { joe: "p" });
  const body = "0123456789";
  const post = (more: string): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n${more}\r\n${body}`;

  for (const [form, fresh, how] of KINDS) {
    it(`answers once, whether a body follows or not, and the next request is served (${form}${how})`, async () => {
      await fresh();
      const s = stage({ platform: { form } });
      serve(s, (nc, hm) => void (guard(nc, hm) && httpReply(nc, 200, "", "in " + hm.body)));
      const peer = s.peer(80);
      for (const byte of post("") + post(basic("joe:p")) + get() + get("/", basic("joe:p"))) {
        peer.send(byte);
        s.run(1);
      }
      s.run(10);
      const replies = readReplies(peer.take());
      assert.deepEqual(replies.map((reply) => [reply.status, reply.body]), [[401, "Unauthorized\n"], [200, "in " + body], [401, "Unauthorized\n"], [200, "in "]]);
      s.finish();
    });
  }

  it("can do so when the head is here and the body is not", async () => {
    await freshServer();
    const s = stage();
    const events: number[] = [];
    const listener = s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_HDRS && ev !== MG_EV_HTTP_REQUEST) return;
      events.push(ev);
      if (guard(nc, data as HttpMessage) && ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "in");
    });
    setProtocolHttpWebsocket(listener);
    const peer = s.peer(80);
    peer.send(post("").slice(0, -10));
    s.run(5);
    assert.equal(readReplies(peer.take())[0].status, 401);
    peer.send(body + post(basic("joe:p")));
    s.run(5);
    assert.deepEqual(readReplies(peer.take()).map((reply) => reply.status), [200]);
    assert.deepEqual(events, [MG_EV_HTTP_HDRS, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST]);
    s.finish();
  });
});

describe("isSameSecret", () => {
  it("is true for equal texts only", () => {
    const s = stage();
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "b", "\u00e9", "\0"), maxLength: 3 }), fc.string({ unit: fc.constantFrom("a", "b", "\u00e9", "\0"), maxLength: 3 }), (a, b) => {
      assert.equal(isSameSecret(s.mgr, a, b), a === b);
    }));
    s.finish();
  });
});

describe("parseAuthParams", () => {
  const pairs = (text: string): [string, string][] | undefined => parseAuthParams(text)?.map((one) => [one.scheme, one.list]);

  it("takes several challenges apart", () => {
    const text = 'Newauth realm="apps", type=1, title="Login to \\"apps\\", x=y", BASIC realm="simple" , Negotiate, Bearer , Digest nonce = "a=" ,qop="auth,auth-int"'; // RFC 9110 §11.6.1
    assert.deepEqual(pairs(text), [
      ["newauth", '\nrealm=apps\ntype=1\ntitle=Login to "apps", x=y\n'],
      ["basic", "\nrealm=simple\n"],
      ["negotiate", "\n"],
      ["bearer", "\n"],
      ["digest", "\nnonce=a=\nqop=auth,auth-int\n"],
    ]);
  });

  it("answers undefined for what is malformed", () => {
    for (const bad of ['Digest a="b', 'Digest a="b\\"', 'Digest a="b"c', 'Digest a="b" c=d', 'Digest a=x"b"', "a=b", "Digest =b", 'Digest "b"', "Digest a@=b", 'Digest a="\n"']) {
      assert.equal(parseAuthParams(bad), undefined, bad);
    }
  });

  it("reads back what was quoted, wherever quotes and backslashes stand", () => {
    const value = fc.string({ unit: fc.constantFrom(..."a= ,\"\\".split("")), maxLength: 10 });
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
      const text = "Digest " + values.map((one, i) => `p${i}="${one.replace(/["\\]/g, "\\$&")}"`).join(", ");
      assert.deepEqual(pairs(text), [["digest", values.map((one, i) => `\np${i}=${one}`).join("") + "\n"]]);
    }), { numRuns: 1000 });
  });

  it("answers any text, and never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."aA=, \"\\".split("")) })), (text) => void parseAuthParams(text)), { numRuns: 2000 });
  });
});
