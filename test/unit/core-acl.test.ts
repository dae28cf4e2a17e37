import assert from "node:assert/strict";
import { checkIpAcl } from "../../src/core/acl.js";

/* mg_check_ip_acl (mg_net.c) and the tests for it in Mongoose's unit_test.c. */

const ADMITTED: [acl: string | undefined, ip: string, why: string][] = [
  [undefined, "1.2.3.4", "without a list"],
  ["", "1.2.3.4", "with an empty list"],
  ["+0.0.0.0/0", "1.2.3.4", "when the whole world is admitted"],
  ["-0.0.0.0/0,+192.168/16", "192.168.7.9", "when the last entry that matches says +"],
  ["+1.2.3.4", "1.2.3.4", "by its own address"],
  ["+1.2.3.4/32", "1.2.3.4", "by 32 bits"],
  ["-1.2.3.4,+1.2.3.4", "1.2.3.4", "when denied and admitted after it"],
  ["+10/8", "10.255.255.255", "by a network of one number"],
  ["+10.0.0.0/31", "10.0.0.1", "by the last address of a network of two"],
  ["+128.0.0.0/1", "255.255.255.255", "by one bit"],
  ["+10.1.2.3/8", "10.9.9.9", "by a network written with host bits"],
  ["-1.2.3.4/0,+0.0.0.0/0", "9.9.9.9", "by zero bits, whatever the address says"],
];

const DENIED: [acl: string, ip: string, why: string][] = [
  ["-0.0.0.0/0", "1.2.3.4", "when the whole world is denied"],
  ["+192.168/16", "192.169.0.1", "by a list in which nothing matches"],
  ["-1.2.3.4", "5.6.7.8", "by a list of one denial of somebody else"],
  ["+0.0.0.0/0,-1.2.3.4", "1.2.3.4", "when the last entry that matches says -"],
  ["+10.0.0.0/31", "10.0.0.2", "just behind the end of a network"],
  ["+10.0.0.0/8", "11.0.0.0", "in the network next door"],
  ["+128.0.0.0/1", "127.255.255.255", "on the other side of the first bit"],
  ["+1.2.3.4", "", "when the address is not known"],
  ["+1.2.3.4", "::1", "when the address is of another family"],
  ["-0.0.0.0/0", "::1", "of another family when the world is denied"],
];

const MALFORMED = ["1.2.3.4", "x", "+", "-", "+1.2.3.4/33", "+1.2.3.4/-1", "+1.2.3.4/", "+1.2.3.4/x", "+1.2.3.256", "+1.2.3.4.5", "+a.b", "+/8", "+1.2.3.4,", ",+1.2.3.4",
  "+1.2.3.4,,+1.2.3.4", "+1.2.3.4 ,+1.2.3.5", " +1.2.3.4", "+1.2.3.4;+1.2.3.5", "++1.2.3.4", "+1.2.3.4/8/8", "+::1/128", "*"];

describe("checkIpAcl", () => {
  for (const [acl, ip, why] of ADMITTED) it(`admits ${ip} ${why}: ${acl}`, () => assert.equal(checkIpAcl(acl, ip), 1));
  for (const [acl, ip, why] of DENIED) it(`denies "${ip}" ${why}: ${acl}`, () => assert.equal(checkIpAcl(acl, ip), 0));
  for (const acl of MALFORMED) it(`answers -1 for the malformed list ${JSON.stringify(acl)}`, () => assert.equal(checkIpAcl(acl, "1.2.3.4"), -1));

  it("answers -1 for a list malformed behind the entry that matches", () => assert.equal(checkIpAcl("+1.2.3.4,oops", "1.2.3.4"), -1));

  it("admits exactly the addresses of a network, for every number of bits", () => {
    for (let bits = 1; bits <= 32; bits++) {
      const size = Math.pow(2, 32 - bits);
      const base = Math.floor(0xc0a80a0b / size) * size;
      const dotted = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / Math.pow(2, shift)) % 256).join(".");
      const acl = "+" + dotted(base) + "/" + bits;
      assert.equal(checkIpAcl(acl, dotted(base)), 1, acl);
      assert.equal(checkIpAcl(acl, dotted(base + size - 1)), 1, acl);
      assert.equal(checkIpAcl(acl, dotted(base - 1)), 0, acl);
      assert.equal(checkIpAcl(acl, dotted(base + size)), 0, acl);
    }
  });
});
