// Work on bytes, random bytes and digests.

import assert from "node:assert/strict";
import type { Raw } from "../../../src/core/port.js";
import { pattern, type Rig, type Rules } from "./rig.js";

function binary(rig: Rig, raw: Raw): string {
  return rig.platform.bytes.latin1(raw, 0, raw.length);
}

function hex(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

function byteRules({ rule }: Rules): void {
  rule("copy keeps every byte value and is independent of its source", (rig) => {
    const source = Uint8Array.from({ length: 256 }, (_, i) => i);
    const copy = rig.platform.bytes.copy(source);
    source.fill(0);
    assert.equal(binary(rig, copy), pattern(256));
  });

  rule("copy of a view copies the view only", (rig) => {
    const source = Uint8Array.from({ length: 8 }, (_, i) => i + 65).subarray(2, 5);
    assert.equal(binary(rig, rig.platform.bytes.copy(source)), "CDE");
  });

  rule("latin1, bytes and slice agree on the same range", (rig) => {
    const { bytes } = rig.platform;
    const raw = rig.raw(pattern(256));
    const part = pattern(256).slice(100, 240);
    assert.equal(bytes.latin1(raw, 100, 240), part);
    assert.equal(binary(rig, bytes.slice(raw, 100, 240)), part);
    assert.equal(Buffer.from(bytes.bytes(raw, 100, 240)).toString("latin1"), part);
    assert.equal(bytes.latin1(raw, 7, 7), "");
  });

  rule("the array from bytes is fresh: writing to it changes nothing else", (rig) => {
    const { bytes } = rig.platform;
    const raw = rig.raw("abc");
    bytes.bytes(raw, 0, 3).fill(0);
    assert.equal(binary(rig, raw), "abc");
  });

  rule("text and utf8 are inverse", (rig) => {
    const { bytes } = rig.platform;
    const text = "plain \u00e9 \0 \u20ac \ud83d\ude00";
    const raw = bytes.text(text);
    assert.equal(bytes.utf8(raw, 0, raw.length), text);
  });

  rule("indexOf finds the first place at or after the start, or -1", (rig) => {
    const { bytes } = rig.platform;
    const raw = rig.raw("GET /\r\nHost: \xff\r\n\r\n");
    assert.equal(bytes.indexOf(raw, "\r\n", 0), 5);
    assert.equal(bytes.indexOf(raw, "\r\n", 5), 5);
    assert.equal(bytes.indexOf(raw, "\r\n", 6), 14);
    assert.equal(bytes.indexOf(raw, "\xff", 0), 13);
    assert.equal(bytes.indexOf(raw, "\r\n\r\n", 15), -1);
    assert.equal(bytes.indexOf(raw, "nowhere", 0), -1);
  });

  rule("concat puts one after the other", (rig) => {
    const { bytes } = rig.platform;
    assert.equal(binary(rig, bytes.concat(rig.raw("\x80ab"), rig.raw("c\xff"))), "\x80abc\xff");
    assert.equal(binary(rig, bytes.concat(rig.raw(""), rig.raw("x"))), "x");
  });
}

function digestRules({ rule }: Rules): void {
  rule("random answers as many bytes as asked for, and others the next time", (rig) => {
    const first = rig.platform.random(32);
    assert.equal(first.length, 32);
    assert.notEqual(rig.platform.random(32), first);
    assert.equal(rig.platform.random(0), "");
    for (let i = 0; i < first.length; i++) assert.ok(first.charCodeAt(i) <= 255);
  });

  rule("digest gives SHA-1 and SHA-256 of the bytes (FIPS 180-4)", (rig) => {
    const { platform } = rig;
    assert.equal(hex(platform.digest("sha1", rig.raw("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert.equal(hex(platform.digest("sha1", rig.raw(""))), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert.equal(
      hex(platform.digest("sha256", rig.raw("abc"))),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  rule("digest takes the bytes of a binary string one by one, not as text", (rig) => {
    assert.equal(hex(rig.platform.digest("sha1", rig.raw("\xff"))), "85e53271e14006f0265921d02d4d736cdc580b0b");
  });
}

/** Rules for `bytes`, `random` and `digest`. */
export function bytesRules(rules: Rules): void {
  describe("bytes", () => {
    byteRules(rules);
    digestRules(rules);
  });
}
