import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { format as utilFormat } from "node:util";
import fc from "fast-check";
import { checkIpAcl } from "../../src/core/acl.js";
import { isIpv6, parseAddress, parseIpv4 } from "../../src/core/address.js";
import { format } from "../../src/core/printf.js";

/* The pure parts of the core against whatever says the same in another way. */

const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const options = { numRuns: RUNS };

const addressText = fc.string({ unit: fc.constantFrom(..."tcpudsl:/[].-_0123456789abfAF \x10\u00e9%".split("")), maxLength: 30 });

describe("parseAddress under fuzz", function () {

  this.timeout(60_000);

  it("answers undefined or something its text says, and never throws", () => {
    fc.assert(fc.property(fc.oneof(addressText, fc.string(), fc.string({ unit: "binary" })), (text) => {
      const a = parseAddress(text);
      if (a === undefined) return;
      assert.ok(a.port >= 0 && a.port <= 65535 && Number.isInteger(a.port));
      assert.ok(["tcp", "udp", "ssl"].includes(a.scheme));
      assert.match(a.host, /^[A-Za-z0-9._:-]*$/);
      assert.match(text, /\d$/);
    }), options);
  });

  it("reads back every address that was put together from its parts", () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6().map((ip) => `[${ip}]`), fc.domain(), fc.constant(""));
    const scheme = fc.constantFrom("tcp://", "udp://", "ssl://", "");
    fc.assert(fc.property(scheme, host, fc.nat(65535), (prefix, name, port) => {
      assert.deepEqual(parseAddress(`${prefix}${name}:${port}`), {
        scheme: prefix.slice(0, 3) || "tcp", host: name.replace(/^\[|\]$/g, ""), port,
      });
    }), options);
  });

  it("says of an IPv6 literal what node:net says", () => {
    const text = fc.oneof(fc.ipV6(), fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF:.g".split("")), maxLength: 24 }),
      fc.array(fc.constantFrom("1", "ab", "ffff", "", "1.2.3.4", "12345"), { maxLength: 10 }).map((parts) => parts.join(":")));
    fc.assert(fc.property(text, (ip) => assert.equal(isIpv6(ip), isIPv6(ip), ip)), options);
  });

  it("takes every IPv4 literal that node:net takes", () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), addressText), (ip) => {
      if (isIPv4(ip)) assert.ok(parseIpv4(ip) >= 0, ip);
    }), options);
  });
});

describe("checkIpAcl under fuzz", function () {

  this.timeout(60_000);

  const entry = fc.record({ sign: fc.constantFrom("+", "-"), ip: fc.ipV4(), bits: fc.integer({ min: 0, max: 32 }) });

  it("is decided by the last entry that matches", () => {
    fc.assert(fc.property(fc.array(entry, { minLength: 1, maxLength: 6 }), fc.ipV4(), (entries, ip) => {
      const address = parseIpv4(ip);
      let isAdmitted = 0;
      for (const e of entries) {
        const mask = e.bits === 0 ? 0 : (0xffffffff << (32 - e.bits)) >>> 0;
        if (((address & mask) >>> 0) === ((parseIpv4(e.ip) & mask) >>> 0)) isAdmitted = e.sign === "+" ? 1 : 0;
      }
      assert.equal(checkIpAcl(entries.map((e) => `${e.sign}${e.ip}/${e.bits}`).join(","), ip), isAdmitted);
    }), options);
  });

  it("answers 1, 0 or -1 for any text, and admits nobody by accident", () => {
    const text = fc.string({ unit: fc.constantFrom(..."+-,./0123456789 x:".split("")), minLength: 1, maxLength: 30 });
    fc.assert(fc.property(text, (acl) => {
      const answer = checkIpAcl(acl, "1.2.3.4");
      assert.ok(answer === 1 || answer === 0 || answer === -1);
      if (answer === 1) assert.match(acl, /\+/);
    }), options);
  });
});

describe("format under fuzz", function () {

  this.timeout(60_000);

  const int = fc.integer({ min: -2147483648, max: 2147483647 });
  const width = fc.integer({ min: 0, max: 12 });

  it("writes integers and strings as node:util does where the two agree on what they mean", () => {
    fc.assert(fc.property(int, fc.string({ maxLength: 8 }), (n, s) => assert.equal(format("<%d|%s>", [n, s]), utilFormat("<%d|%s>", n, s))), options);
  });

  it("pads to the width and loses nothing", () => {
    fc.assert(fc.property(int, width, fc.constantFrom("", "-", "0", "+", " ", "+0", "-+"), (n, w, flags) => {
      const text = format(`%${flags}${w || ""}d`, [n]);
      assert.ok(text.length >= w, text);
      assert.equal(parseInt(text.replace(/^ +/, ""), 10), n);
      if (flags.includes("-") && text.length > String(n).length + 1) assert.match(text, / $/);
    }), options);
  });

  it("writes hexadecimal and octal that read back as the same unsigned number", () => {
    fc.assert(fc.property(int, fc.constantFrom("x", "X", "#x", "#X", "08x", "#012x"), (n, spec) => {
      assert.equal(parseInt(format("%" + spec, [n]), 16), n >>> 0);
      assert.equal(parseInt(format("%o", [n]), 8), n >>> 0);
      assert.equal(format("%u", [n]), String(n >>> 0));
    }), options);
  });

  it("answers a string for any format and any arguments", () => {
    const fmt = fc.string({ unit: fc.constantFrom(..."%%%-+0# .*dsxocfeugXlhz19q".split("")), maxLength: 12 });
    fc.assert(fc.property(fmt, fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.string(), fc.constant(undefined), fc.constant(null)), { maxLength: 4 }), (f, args) => {
      fc.pre(!/\d{3}|\.\d{2}/.test(f));
      assert.equal(typeof format(f, args), "string");
    }), options);
  });
});
