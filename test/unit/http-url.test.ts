import assert from "node:assert/strict";
import fc from "fast-check";
import { base64Decode, base64Encode, htmlEscape, parseUrl, urlDecode, urlEncode, type Url } from "../../src/http/index.js";
import { utf8Text } from "../../src/http/base64.js";

const anyText = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string({ unit: fc.constantFrom(..."%+&=;zaF09cC3\u00e9".split("")), maxLength: 20 }));

describe("urlDecode", () => {
  it("decodes what is percent-encoded, as UTF-8", () => {
    assert.equal(urlDecode("a%20b%2Bc+d"), "a b+c+d");
    assert.equal(urlDecode("caf%c3%A9%E2%82%ac"), "caf\u00e9\u20ac");
    assert.equal(urlDecode("%00"), "\0");
  });

  it("takes + for a space in forms only", () => {
    assert.equal(urlDecode("a+b%2B", true), "a b+");
    assert.equal(urlDecode("a+b"), "a+b");
  });

  it("answers undefined for a % without two digits, and for what is no UTF-8", () => {
    for (const bad of ["%", "%2", "a%zz", "%%20", "%2 0", "%ff", "%C3", "%ED%A0%80", "%C0%80"]) assert.equal(urlDecode(bad), undefined, bad);
  });

  it("answers or says undefined for any text, and never throws", () => {
    fc.assert(fc.property(anyText, fc.boolean(), (text, isForm) => {
      const said = urlDecode(text, isForm);
      assert.ok(said === undefined || said.length <= text.length);
    }), { numRuns: 1000 });
  });
});

describe("urlEncode", () => {
  it("leaves the unreserved characters of RFC 3986, and encodes all others", () => {
    assert.equal(urlEncode("AZaz09-._~"), "AZaz09-._~");
    assert.equal(urlEncode("!'()* /?&=+%\u00e9\n"), "%21%27%28%29%2A%20%2F%3F%26%3D%2B%25%C3%A9%0A");
  });

  it("is undone by urlDecode, and by URLSearchParams", () => {
    fc.assert(fc.property(anyText, (text) => {
      const encoded = urlEncode(text);
      assert.match(encoded, /^[A-Za-z0-9._~%-]*$/);
      const wanted = Buffer.from(text, "utf8").toString("utf8");
      assert.equal(urlDecode(encoded, true), wanted);
      assert.equal(new URLSearchParams(`x=${encoded}`).get("x"), wanted);
    }), { numRuns: 1000 });
  });

  it("makes U+FFFD of halves of pairs that stand alone", () => {
    assert.equal(urlEncode("a\ud800b\udc00\ud83d\ude00"), "a%EF%BF%BDb%EF%BF%BD%F0%9F%98%80");
  });
});

describe("parseUrl", () => {
  const plain: Url = { scheme: "http", user: "", pass: "", host: "h", port: 80, path: "/", query: "" };

  it("takes a URL apart", () => {
    const url = "HTTPS://jo%40e:p%3a:w@Host.Example:8443/a%20b/c?x=1&y=?#frag?no";
    assert.deepEqual(parseUrl(url), { scheme: "https", user: "jo@e", pass: "p::w", host: "host.example", port: 8443, path: "/a%20b/c", query: "x=1&y=?" });
  });

  it("fills in port and path", () => {
    assert.deepEqual(parseUrl("http://h"), plain);
    assert.deepEqual(parseUrl("http://h:"), plain);
    assert.deepEqual(parseUrl("ws://h?q"), { ...plain, scheme: "ws", query: "q" });
    assert.deepEqual(parseUrl("https://h#x/y?z"), { ...plain, scheme: "https", port: 443 });
    assert.deepEqual(parseUrl("wss://h:1/"), { ...plain, scheme: "wss", port: 1 });
  });

  it("knows IPv6 literals", () => {
    assert.deepEqual(parseUrl("http://[::1]/x"), { ...plain, host: "::1", path: "/x" });
    assert.deepEqual(parseUrl("http://u@[fe80::1]:8080"), { ...plain, user: "u", host: "fe80::1", port: 8080 });
    for (const bad of ["http://[::1", "http://::1/", "http://[h]/", "http://[::1]x/", "http://[]/"]) assert.equal(typeof parseUrl(bad), "string", bad);
  });

  it("says what is wrong", () => {
    assert.equal(parseUrl("h/x"), "URL has no scheme");
    assert.equal(parseUrl("://h"), "URL has no scheme");
    assert.equal(parseUrl("http:///x"), "URL has no host");
    assert.equal(parseUrl("http://u@/x"), "URL has no host");
    assert.equal(parseUrl("http://a_b!/"), "URL has a malformed host");
    assert.equal(parseUrl("http://h:0/"), "URL has no port from 1 to 65535");
    assert.equal(parseUrl("http://h:65536/"), "URL has no port from 1 to 65535");
    assert.equal(parseUrl("ftp://h/"), "URL has no port from 1 to 65535");
    assert.equal(parseUrl("http://h/a b"), "URL holds a character that has to be percent-encoded");
    assert.equal(parseUrl("http://h/\r\nX: y"), "URL holds a character that has to be percent-encoded");
    assert.equal(parseUrl("http://u%4@h/"), "URL has a malformed user or password");
    assert.equal(parseUrl(`http://${"h".repeat(201)}/`), "URL has a host of over 200 bytes");
  });

  it("agrees with the URL class about what both take", () => {
    const part = fc.string({ unit: fc.constantFrom(..."abZ09-._~%20:@/?#[]".split("")), maxLength: 12 });
    fc.assert(fc.property(fc.tuple(part, part, part), ([a, b, c]) => {
      const text = `http://${a}h${b}/${c}`;
      const ours = parseUrl(text);
      if (typeof ours === "string" || !URL.canParse(text)) return;
      const theirs = new URL(text);
      // IPv4 shorthands and "..": the class rewrites them.
      if (theirs.hostname.replace(/^\[|\]$/g, "") !== ours.host || theirs.pathname !== ours.path) return;
      assert.equal(ours.port, Number(theirs.port || 80));
      assert.equal(ours.query, theirs.search.slice(1));
      assert.equal(ours.user, decodeURIComponent(theirs.username));
    }), { numRuns: 2000 });
  });

  it("answers any text, and never throws", () => {
    fc.assert(fc.property(anyText, (text) => {
      parseUrl(text);
      parseUrl("http://" + text);
    }), { numRuns: 1000 });
  });
});

describe("base64", () => {
  it("encodes bytes and text as Buffer does", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (data) => {
      assert.equal(base64Encode(data), Buffer.from(data).toString("base64"));
      assert.equal(base64Encode(data, true), Buffer.from(data).toString("base64url"));
      assert.deepEqual(base64Decode(base64Encode(data)), data);
      assert.deepEqual(base64Decode(base64Encode(data, true), true), data);
    }));
    fc.assert(fc.property(anyText, (text) => assert.equal(base64Encode(text), Buffer.from(text).toString("base64"))));
  });

  it("decodes the examples of RFC 4648", () => {
    const rows = [["", ""], ["f", "Zg=="], ["fo", "Zm8="], ["foo", "Zm9v"], ["foob", "Zm9vYg=="], ["fooba", "Zm9vYmE="], ["foobar", "Zm9vYmFy"]];
    for (const [text, code] of rows) assert.equal(utf8Text(base64Decode(code)!), text);
  });

  it("refuses padding, alphabets, blanks and left-over bits that do not belong there", () => {
    for (const bad of ["Zg=", "Zg", "Z", "Z===", "====", "=", "Zm9v=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zg==Zg==", "-_-_", "\u00e9AAA"]) {
      assert.equal(base64Decode(bad), undefined, bad);
    }
    for (const bad of ["Z", "/+A=", "Zh", "Zg=", "Zg==="]) assert.equal(base64Decode(bad, true), undefined, bad);
  });

  it("takes exactly what it would have written, whatever comes", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."ABab01+/-_=".split("")), maxLength: 12 }));
    fc.assert(fc.property(text, (code) => {
      const bytes = base64Decode(code);
      if (bytes) assert.equal(base64Encode(bytes), code);
      const url = base64Decode(code, true);
      if (url) assert.equal(base64Encode(url, true), code.replace(/=+$/, ""));
    }), { numRuns: 2000 });
  });
});

describe("htmlEscape", () => {
  it("leaves nothing that HTML could take for markup, in quotes or out", () => {
    assert.equal(htmlEscape(`<a href="x" title='y'>&amp;`), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
    assert.equal(htmlEscape("caf\u00e9"), "caf\u00e9");
  });
});
