import assert from "node:assert/strict";
import { addDefine, addPort, boardOf, portNumberOf, secondsOf, seedOf, wifiDropOf } from "../../cli/options.js";

describe("cli options", () => {
  it("addPort collects HOST:APP_PORT as app port to host port", () => {
    assert.deepEqual([...addPort("8443:443", addPort("8000:80"))], [[80, 8000], [443, 8443]]);
    assert.deepEqual([...addPort("0:65535")], [[65535, 0]]);
  });

  it("addPort says which half is wrong", () => {
    for (const text of ["80", "", "1:2:3"]) assert.throws(() => addPort(text), /must be HOST:APP_PORT/, text);
    for (const text of [":80", "x:80", "65536:80", "-1:80", "1e3:80", " 80:80"]) {
      assert.throws(() => addPort(text), /HOST must be a port from 0 to 65535/, text);
    }
    for (const text of ["80:", "80:0", "80:65536", "80:x"]) {
      assert.throws(() => addPort(text), /APP_PORT must be a port from 1 to 65535/, text);
    }
  });

  it("addPort refuses one app port at two places", () => {
    assert.throws(() => addPort("8001:80", addPort("8000:80")), /Port 80 is published twice/);
  });

  it("addDefine collects values, which may be empty and contain an equals sign", () => {
    assert.deepEqual(addDefine("B=x=y", addDefine("A=")), { A: "", B: "x=y" });
    assert.deepEqual(addDefine("A=2", addDefine("A=1")), { A: "2" });
  });

  it("addDefine refuses what is no name", () => {
    for (const text of ["A", "=1", "1A=1", "A-B=1", "A B=1", ""]) {
      assert.throws(() => addDefine(text), /must be KEY=VALUE/, text);
    }
  });

  it("seedOf takes 32 bits", () => {
    assert.deepEqual([seedOf("0"), seedOf("4294967295")], [0, 4294967295]);
    for (const text of ["4294967296", "-1", "1.5", "x", ""]) {
      assert.throws(() => seedOf(text), /whole number from 0 to 4294967295/, text);
    }
  });

  it("wifiDropOf takes two numbers of seconds", () => {
    assert.deepEqual(wifiDropOf("60:5"), { everyMs: 60_000, forMs: 5000 });
    assert.deepEqual(wifiDropOf("0.5:1.25"), { everyMs: 500, forMs: 1250 });
    for (const text of ["60", "60:", ":5", "0:5", "5:0", "-1:5", "1:2:3", "1e3:1", "x:1", ""]) {
      assert.throws(() => wifiDropOf(text), /must be EVERY:FOR/, text);
    }
  });

  it("secondsOf takes 1 to 3600, portNumberOf 0 to 65535", () => {
    assert.deepEqual([secondsOf("1"), secondsOf("3600"), portNumberOf("0"), portNumberOf("65535")], [1, 3600, 0, 65535]);
    for (const text of ["0", "3601", "-1", "1.5", "x", ""]) assert.throws(() => secondsOf(text), /from 1 to 3600/, text);
    for (const text of ["65536", "-1", "1e3", "x", ""]) assert.throws(() => portNumberOf(text), /from 0 to 65535/, text);
  });

  it("boardOf lists the boards there are", () => {
    assert.equal(boardOf("ESP32").id, "esp32");
    assert.throws(() => boardOf("esp33"), /Unknown board "esp33": known are esp32, esp32c3, esp32s3, esp8266, linux/);
  });
});
