import assert from "node:assert/strict";
import { isHostName, isIpv6, parseAddress, parseIpv4, parsePort } from "../../src/core/address.js";

const ACCEPTED: [text: string, scheme: string, host: string, port: number][] = [
  ["80", "tcp", "", 80],
  [":80", "tcp", "", 80],
  ["tcp://:80", "tcp", "", 80],
  ["tcp://80", "tcp", "", 80],
  ["udp://:53", "udp", "", 53],
  ["udp://53", "udp", "", 53],
  ["ssl://:443", "ssl", "", 443],
  ["0", "tcp", "", 0],
  ["65535", "tcp", "", 65535],
  ["tcp://:65535", "tcp", "", 65535],
  ["00080", "tcp", "", 80],
  ["1.2.3.4:80", "tcp", "1.2.3.4", 80],
  ["tcp://127.0.0.1:8000", "tcp", "127.0.0.1", 8000],
  ["localhost:1", "tcp", "localhost", 1],
  ["ssl://example.com:443", "ssl", "example.com", 443],
  ["my_host-2.lan:9", "tcp", "my_host-2.lan", 9],
  ["tcp:80", "tcp", "tcp", 80],
  ["EXAMPLE.COM:9", "tcp", "EXAMPLE.COM", 9],
  ["[::1]:80", "tcp", "::1", 80],
  ["tcp://[::]:80", "tcp", "::", 80],
  ["udp://[fe80::1]:53", "udp", "fe80::1", 53],
  ["ssl://[2001:db8:0:0:0:0:0:1]:443", "ssl", "2001:db8:0:0:0:0:0:1", 443],
  ["[::ffff:1.2.3.4]:80", "tcp", "::ffff:1.2.3.4", 80],
  ["[2001:DB8::A]:80", "tcp", "2001:DB8::A", 80],
];

const REFUSED = [
  "", ":", "tcp://", "tcp://:", "://80", "tcp:/:80", "tcp//:80", "http://:80", "TCP://:80", "Udp://:1", "tcp:// :80",
  "65536", "99999", "100000", ":-1", ":+1", ":1e3", ":0x50", ":8 0", " 80", "80 ", ":80\n", "80,", ":80,81", ":80/", ":1.5", ":\uff18\uff10",
  "localhost", "localhost:", "1.2.3.4", "1.2.3.4:", "a b:80", "a/b:80", "user@host:80", "host:80:90", "h\u00e9:80", "a\x00b:80", "tcp://tcp://:80",
  "::1:80", "[::1]", "[::1]:", "[]:80", "[:]:80", "[::1:80", "::1]:80", "[::1]80", "[[::1]]:80", "[1.2.3.4]:80", "[localhost]:80",
  "[fe80::1%eth0]:80", "[1::2::3]:80", "[:::]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[12345::1]:80", "[g::1]:80", "[\x10::1]:80",
  "[1.2.3.4::]:80", "[::1.2.3]:80", "[::1.2.3.256]:80", "[::1 ]:80", "a".repeat(201) + ":80",
];

describe("parseAddress", () => {
  for (const [text, scheme, host, port] of ACCEPTED) {
    it(`takes "${text}"`, () => assert.deepEqual(parseAddress(text), { scheme, host, port }));
  }

  for (const text of REFUSED) {
    it(`refuses ${JSON.stringify(text).slice(0, 60)}`, () => assert.equal(parseAddress(text), undefined));
  }

  it("takes a host name of 200 characters and no more", () => {
    assert.equal(parseAddress("a".repeat(200) + ":80")?.host.length, 200);
    assert.equal(parseAddress("a".repeat(201) + ":80"), undefined);
  });

  it("takes every port from 0 to 65535 and none above", () => {
    for (let port = 0; port < 65536; port += 257) assert.equal(parseAddress("tcp://:" + port)?.port, port);
    for (const port of [65536, 65537, 70000, 99999, 100000, 655350]) assert.equal(parseAddress("tcp://:" + port), undefined);
  });
});

describe("isIpv6", () => {
  for (const text of ["::", "::1", "1::", "1::8", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "a:B:c:D:e:F:0:9", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "64:ff9b::192.0.2.33"]) {
    it(`takes ${text}`, () => assert.equal(isIpv6(text), true));
  }

  for (const text of ["", ":", ":::", "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4:5::", "1:2", "00000::", "1::2:", ":1::2", "0x1::", "::1.2.3.4.5", "::1.2..4", "\x19::", "@::", "`::"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(isIpv6(text), false));
  }

  it("takes exactly the hexadecimal digits as a group of one character", () => {
    for (let c = 0; c < 256; c++) {
      const char = String.fromCharCode(c);
      assert.equal(isIpv6("1::" + char), /[0-9a-fA-F]/.test(char), `character ${c}`);
    }
  });
});

describe("parseIpv4", () => {
  it("gives the number in host order", () => {
    assert.equal(parseIpv4("0.0.0.0"), 0);
    assert.equal(parseIpv4("1.2.3.4"), 0x01020304);
    assert.equal(parseIpv4("127.0.0.1"), 0x7f000001);
    assert.equal(parseIpv4("255.255.255.255"), 0xffffffff);
  });

  for (const text of ["", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.-4", "1.2.3.", ".1.2.3", "1..2.3", "a.b.c.d", "1.2.3.4 ", "1.2.3.0004", "::1"]) {
    it(`answers -1 for ${JSON.stringify(text)}`, () => assert.equal(parseIpv4(text), -1));
  }
});

describe("parsePort and isHostName", () => {
  it("reads digits only, five at most", () => {
    assert.deepEqual(["0", "7", "00000", "65535"].map(parsePort), [0, 7, 0, 65535]);
    assert.deepEqual(["", "65536", "000001", "1 ", "-1", "+1", "1.0", "x"].map(parsePort), [-1, -1, -1, -1, -1, -1, -1, -1]);
  });

  it("takes letters, digits, dot, dash and underscore, and nothing else", () => {
    for (let c = 0; c < 256; c++) {
      const char = String.fromCharCode(c);
      assert.equal(isHostName("a" + char), /[A-Za-z0-9._-]/.test(char), `character ${c}`);
    }
  });
});
