import assert from "node:assert/strict";
import fc from "fast-check";
import { eachVar, getHttpVar, httpReply, httpVar, parseHeader } from "../../src/http/index.js";
import { KINDS, serve } from "./http-support.js";
import { stage } from "./core-support.js";
import { readReplies } from "./http-support.js";

function all(text: string): [string, string][] {
  const out: [string, string][] = [];
  eachVar(text, (name, value) => out.push([name, value]));
  return out;
}

describe("getHttpVar", () => {
  it("gives the first variable of that name, decoded", () => {
    assert.equal(getHttpVar("a=1&b=x%20y+z&b=2", "b"), "x y z");
    assert.equal(getHttpVar("caf%C3%A9=%E2%82%AC", "caf\u00e9"), "\u20ac");
    assert.equal(getHttpVar("a%5B0%5D=x", "a[0]"), "x");
  });

  it("does not regard case, nor names that only contain the name", () => {
    assert.equal(getHttpVar("xname=1&name2=2&NAME=3", "name"), "3");
  });

  it("knows values that are empty, and that hold =", () => {
    assert.equal(getHttpVar("a=&b&c=1=2&=x", "a"), "");
    assert.equal(getHttpVar("a=&b&c=1=2&=x", "b"), "");
    assert.equal(getHttpVar("a=&b&c=1=2&=x", "c"), "1=2");
    assert.equal(getHttpVar("a=&b&c=1=2&=x", ""), "x");
  });

  it("answers undefined when there is none, or it is malformed", () => {
    assert.equal(getHttpVar("", "a"), undefined);
    assert.equal(getHttpVar("&&", ""), undefined);
    assert.equal(getHttpVar("a=%zz&a=1", "a"), undefined);
    assert.equal(getHttpVar("a%zz=1&a=2", "a"), "2");
  });
});

describe("eachVar", () => {
  it("goes through all of them as URLSearchParams does", () => {
    const word = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\ud800-\udfff]/g, ""));
    fc.assert(fc.property(fc.array(fc.tuple(word, word)), (pairs) => {
      const text = new URLSearchParams(pairs).toString();
      const wanted = [...new URLSearchParams(text)];
      assert.deepEqual(all(text), wanted);
      for (const [name] of wanted) {
        const same = wanted.filter(([other]) => other.toLowerCase() === name.toLowerCase());
        assert.equal(getHttpVar(text, name), same[0][1]);
      }
    }), { numRuns: 500 });
  });

  it("agrees with URLSearchParams about any text without malformed percents", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."ab=&+;?\u00e9".split("")), maxLength: 20 }), (text) => {
      assert.equal(eachVar(text, () => undefined), true);
      assert.deepEqual(all(text), [...new URLSearchParams("&" + text)]);
    }), { numRuns: 1000 });
  });

  it("leaves out what is malformed, and says so", () => {
    assert.deepEqual(all("a=1&%z=2&b=%f&c=3"), [["a", "1"], ["c", "3"]]);
    assert.equal(eachVar("a=1&b=%f", () => undefined), false);
  });

  it("answers any text, and never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (text, name) => {
      eachVar(text, () => undefined);
      getHttpVar(text, name);
    }), { numRuns: 1000 });
  });
});

describe("httpVar", () => {
  for (const [form, fresh, how] of KINDS) {
    it(`looks in the query, then in a form body that comes byte by byte (${form}${how})`, async () => {
      await fresh();
      const s = stage({ platform: { form } });
      serve(s, (nc, hm) => void httpReply(nc, 200, "", JSON.stringify([httpVar(hm, "a"), httpVar(hm, "b"), httpVar(hm, "c")])));
      const peer = s.peer(80);
      const body = "a=body&b=caf%C3%A9+1";
      const post = (type: string): string => `POST /?a=query HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      for (const byte of post("Application/X-WWW-form-urlencoded; charset=UTF-8")) {
        peer.send(byte);
        s.run(1);
      }
      peer.send(post("text/plain"));
      s.run(10);
      const replies = readReplies(peer.take()).map((reply) => Buffer.from(reply.body, "latin1").toString());
      assert.deepEqual(replies, ['["query","caf\u00e9 1",null]', '["query",null,null]']);
      s.finish();
    });
  }
});

describe("parseHeader", () => {
  it("finds plain and quoted values behind any separator", () => {
    assert.equal(parseHeader("form-data; name=x; filename=y", "name"), "x");
    assert.equal(parseHeader('Digest realm="a b", qop=auth,nc=1', "realm"), "a b");
    assert.equal(parseHeader('Digest realm="a b", qop=auth,nc=1', "qop"), "auth");
    assert.equal(parseHeader('Digest realm="a b", qop=auth,nc=1', "nc"), "1");
    assert.equal(parseHeader("NAME=x", "name"), "x");
  });

  it("takes the quoting off", () => {
    assert.equal(parseHeader('a="b\\"c\\\\", d=e', "a"), 'b"c\\');
    assert.equal(parseHeader('a="\\\\", d=e', "d"), "e");
    assert.equal(parseHeader('a=""', "a"), "");
  });

  it("does not look inside other names, nor inside quotes", () => {
    assert.equal(parseHeader('cnonce="1", nonce="2"', "nonce"), "2");
    assert.equal(parseHeader('x="; name=1; \\"name=2", name=3', "name"), "3");
    assert.equal(parseHeader('x="; name=1"', "name"), undefined);
  });

  it("answers undefined when there is none, or quotes are not closed", () => {
    assert.equal(parseHeader("", "a"), undefined);
    assert.equal(parseHeader("a", "a"), undefined);
    assert.equal(parseHeader('a="b', "a"), undefined);
    assert.equal(parseHeader('a="b\\"', "a"), undefined);
    assert.equal(parseHeader('x="b; a=1', "a"), undefined);
  });

  it("reads back every value that was quoted", () => {
    const other = fc.string({ unit: fc.constantFrom(..."na= ;,\"\\".split("")), maxLength: 10 });
    const quoted = (text: string): string => '"' + text.replace(/["\\]/g, "\\$&") + '"';
    fc.assert(fc.property(other, other, (x, value) => {
      assert.equal(parseHeader(`d; xn=${quoted(x)}; n=${quoted(value)}`, "n"), value);
    }), { numRuns: 1000 });
  });

  it("answers any text, and never throws", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."a=\"\\;, ".split("")), maxLength: 30 }));
    fc.assert(fc.property(text, (header) => void parseHeader(header, "a")), { numRuns: 2000 });
  });
});
