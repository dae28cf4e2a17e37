import assert from "node:assert/strict";
import fc from "fast-check";
import { type CookieOptions, getCookie, HttpMessage, setCookie } from "../../src/http/index.js";

function request(cookie?: string): HttpMessage {
  return new HttpMessage("GET / HTTP/1.1\r\nHost: x" + (cookie === undefined ? "" : "\r\nCookie: " + cookie), "GET", "/", "HTTP/1.1", 0, false);
}

describe("getCookie", () => {
  it("finds a cookie wherever it stands", () => {
    for (const name of ["a", "b", "c"]) assert.equal(getCookie(request("a=1; b=2;c=3"), name), { a: "1", b: "2", c: "3" }[name]);
    assert.equal(getCookie(request("a=1; a=2"), "a"), "1");
  });

  it("does not find it in another one's name or value", () => {
    assert.equal(getCookie(request("xa=1; b=a=2; c=; d"), "a"), undefined);
    assert.equal(getCookie(request("b=a=2"), "b"), "a=2");
    assert.equal(getCookie(request("A=1"), "a"), undefined);
    assert.equal(getCookie(request("d"), "d"), undefined);
    assert.equal(getCookie(request(), "a"), undefined);
  });

  it("takes the quotes and blanks off that are around a value", () => {
    assert.equal(getCookie(request('a="x y" ; b="; c="'), "a"), "x y");
    assert.equal(getCookie(request('a="x y" ; b="; c="'), "b"), '"');
    assert.equal(getCookie(request("a="), "a"), "");
  });

  it("reads back what setCookie wrote", () => {
    const value = fc.string().filter((text) => !/[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/.test(text));
    fc.assert(fc.property(value, value, (a, b) => {
      const pairs = [setCookie("x", b), setCookie("id", a)].map((line) => line.slice(12, -2));
      assert.equal(getCookie(request(pairs.join("; ")), "id"), a);
    }));
  });

  it("answers any header, and never throws", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a=;\" \t\u00e9".split("")), maxLength: 20 });
    fc.assert(fc.property(text, (cookie) => void getCookie(request(cookie), "a")), { numRuns: 1000 });
  });
});

describe("setCookie", () => {
  it("makes a header line with the attributes asked for", () => {
    assert.equal(setCookie("id", "7"), "Set-Cookie: id=7\r\n");
    const options: CookieOptions = { path: "/", domain: "x.org", maxAge: 3600, sameSite: "Lax", secure: true, httpOnly: true };
    assert.equal(setCookie("id", "7", options), "Set-Cookie: id=7; Path=/; Domain=x.org; Max-Age=3600; SameSite=Lax; Secure; HttpOnly\r\n");
    assert.equal(setCookie("id", "", { maxAge: 0 }), "Set-Cookie: id=; Max-Age=0\r\n");
  });

  it("throws TypeError for every character that RFC 6265 forbids in a value, and for no other", () => {
    const octets = "!#$%&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    for (let c = 0; c < 256; c++) {
      const char = String.fromCharCode(c);
      if (octets.includes(char)) assert.equal(setCookie("n", char), `Set-Cookie: n=${char}\r\n`);
      else assert.throws(() => setCookie("n", char), TypeError, `character ${c}`);
    }
    assert.throws(() => setCookie("n", "\u20ac"), TypeError);
  });

  it("throws TypeError for names that are no tokens, and for attributes that cannot be", () => {
    for (const name of ["", "a b", "a=b", "a;b", "\u00e9", "a\r\n"]) assert.throws(() => setCookie(name, "x"), TypeError, name);
    const bad = [{ path: "/;x" }, { path: "" }, { domain: "x\r\ny" }, { maxAge: 1.5 }, { maxAge: NaN }, { maxAge: Infinity }, { maxAge: -Infinity }, { sameSite: "None" }, { sameSite: "lax" }];
    for (const options of bad) assert.throws(() => setCookie("n", "x", options as CookieOptions), TypeError, JSON.stringify(options));
  });
});
