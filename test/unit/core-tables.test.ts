import assert from "node:assert/strict";
import * as errors from "../../src/core/errors.js";
import { eventName } from "../../src/core/events.js";
import * as flags from "../../src/core/flags.js";
import { Err } from "../../src/core/port.js";

describe("error codes", () => {
  const codes = Object.entries(errors).filter(([name]) => name.startsWith("MG_ERR_")) as [string, number][];

  it("have each its own number, from 1 on without a gap", () => {
    const numbers = codes.map(([, code]) => code).sort((a, b) => a - b);
    assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
    assert.equal(errors.MG_OK, Err.None);
  });

  it("are the port's", () => {
    assert.equal(errors.MG_ERR_ADDRESS_IN_USE, Err.AddressInUse);
    assert.equal(errors.MG_ERR_TIMED_OUT, Err.TimedOut);
    assert.equal(errors.MG_ERR_HANDLER_THREW, Err.HandlerThrew);
    assert.equal(errors.MG_ERR_RECV_OVERFLOW, Err.RecvOverflow);
    assert.equal(errors.MG_ERR_FAILED, Err.Failed);
  });

  it("have each a text of their own", () => {
    const texts = codes.map(([, code]) => errors.errorText(code));
    assert.equal(new Set(texts).size, codes.length);
    for (const text of texts) assert.doesNotMatch(text, /^error /);
    assert.equal(errors.errorText(999), "error 999");
  });

  it("come as RangeError where there is one", () => {
    const e = errors.rangeError("Too much");
    assert.ok(e instanceof RangeError);
    assert.equal(e.message, "Too much");
  });
});

describe("event names", () => {
  it("are Mongoose's, without the prefix", () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 100].map(eventName), ["POLL", "ACCEPT", "CONNECT", "RECV", "SEND", "CLOSE", "TIMER", "HTTP_REQUEST"]);
    assert.equal(eventName(77), "EV_77");
    assert.equal(eventName(-1), "EV_-1");
  });
});

describe("flag bits", () => {
  const bits = Object.entries(flags).filter(([name]) => name.startsWith("MG_F_") && !name.endsWith("_MASK")) as [string, number][];

  it("are one bit each and no two the same", () => {
    for (const [name, bit] of bits) assert.equal(bit & (bit - 1), 0, name);
    assert.equal(new Set(bits.map(([, bit]) => bit)).size, bits.length);
  });

  it("are those of Mongoose 6.18", () => {
    const mongoose: [number, number][] = [
      [flags.MG_F_LISTENING, 0], [flags.MG_F_UDP, 1], [flags.MG_F_RESOLVING, 2], [flags.MG_F_CONNECTING, 3], [flags.MG_F_SSL, 4], [flags.MG_F_SSL_HANDSHAKE_DONE, 5],
      [flags.MG_F_WANT_READ, 6], [flags.MG_F_WANT_WRITE, 7], [flags.MG_F_IS_WEBSOCKET, 8], [flags.MG_F_RECV_AND_CLOSE, 9], [flags.MG_F_SEND_AND_CLOSE, 10],
      [flags.MG_F_CLOSE_IMMEDIATELY, 11], [flags.MG_F_WEBSOCKET_NO_DEFRAG, 12], [flags.MG_F_DELETE_CHUNK, 13], [flags.MG_F_ENABLE_BROADCAST, 14],
      [flags.MG_F_BUFFER_BUT_DONT_SEND, 15], [flags.MG_F_USER_1, 20], [flags.MG_F_USER_6, 25],
    ];
    for (const [bit, at] of mongoose) assert.equal(bit, 1 << at);
  });

  it("leave the core's own out of what a program may set", () => {
    const own = flags.MG_F_LISTENING | flags.MG_F_UDP | flags.MG_F_RESOLVING | flags.MG_F_CONNECTING | flags.MG_F_SSL | flags.MG_F_SSL_HANDSHAKE_DONE | flags.MG_F_WANT_READ | flags.MG_F_WANT_WRITE;
    assert.equal(flags.MG_F_USER_MASK & own, 0);
    assert.equal(flags.MG_F_PRESET_MASK & own, 0);
    assert.equal(flags.MG_F_PRESET_MASK & flags.CLOSE_FLAGS, 0);
  });
});
