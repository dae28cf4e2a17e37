import assert from "node:assert/strict";
import type { SimPlatformOptions } from "../../platform/sim/index.js";
import { MG_ERR_MESSAGE_TOO_LONG, MG_ERR_NOT_SUPPORTED, MG_ERR_STORAGE_FULL } from "../../src/core/errors.js";
import { Manager } from "../../src/core/manager.js";
import { openSettings, type SettingsOptions } from "../../src/link/settings.js";
import { stage } from "./core-support.js";

const ODD = "é€ \\ \\n \n = # \0 \u{1F600}\\";

for (const form of ["array", "string"] as const) {
  describe(`settings where bytes are ${form === "array" ? "arrays" : "strings"}`, () => {
    const on = (more: Partial<SimPlatformOptions> = {}) => stage({ platform: { form, ...more } });
    const reopen = (mgr: Manager, options?: SettingsOptions) => openSettings(mgr, options);

    it("outlive a restart, whatever text they are", () => {
      const { mgr } = on();
      const s = openSettings(mgr);
      s.set("wifi.ssid", ODD);
      s.set("wifi.password", "");
      assert.equal(s.get("wifi.ssid"), ODD);
      assert.equal(s.save(), 0);
      const again = reopen(mgr);
      assert.equal(again.get("wifi.ssid"), ODD);
      assert.equal(again.get("wifi.password"), "");
      assert.equal(again.get("wifi"), undefined);
      assert.equal(again.isCorrupt, false);
    });

    it("can be changed and removed, and are written only when they differ", () => {
      const { mgr, platform } = on();
      const s = openSettings(mgr, { file: "conf/a" });
      s.set("a", "1");
      s.set("b", "2");
      s.save();
      const mtime = platform.files!.stat("conf/a");
      s.set("a", "1");
      s.set("never", undefined);
      assert.equal(s.save(), 0);
      assert.deepEqual(platform.files!.stat("conf/a"), mtime);
      s.set("a", "one");
      s.set("b", undefined);
      s.save();
      const again = reopen(mgr, { file: "conf/a" });
      assert.deepEqual([again.get("a"), again.get("b")], ["one", undefined]);
    });

    it("are the old ones or the new ones when a file is damaged in any byte, and that is reported", () => {
      const { mgr, platform, logs } = on();
      const s = openSettings(mgr);
      s.set("k", "value");
      s.save();
      const file = platform.files!.open("settings")!;
      const good = Buffer.from(platform.bytes.latin1(file.read(0, file.size)!, 0, file.size), "latin1");
      for (let at = 0; at <= good.length; at++) {
        // One byte other than it was; at the end one byte too few.
        const bad = at < good.length ? Buffer.from(good) : good.subarray(0, good.length - 1);
        if (at < good.length - 1) bad[at] ^= 1;
        const writer = platform.files!.create("settings");
        assert.ok(typeof writer === "object");
        writer.write(platform.bytes.copy(bad));
        writer.commit();
        const again = reopen(mgr);
        const isGood = at === good.length - 1;
        assert.equal(again.isCorrupt, !isGood, `byte ${at}`);
        assert.equal(again.get("k"), isGood ? "value" : undefined, `byte ${at}`);
      }
      assert.equal(logs.length, good.length);
      assert.equal(logs[0], "meerkat: settings in settings cannot be read: damaged");
    });

    it("refuse to grow over their limit, and leave the file as it was", () => {
      const { mgr, logs } = on();
      const s = openSettings(mgr, { maxBytes: 64 });
      s.set("a", "small");
      assert.equal(s.save(), 0);
      s.set("a", "x".repeat(64));
      assert.equal(s.save(), MG_ERR_MESSAGE_TOO_LONG);
      assert.equal(reopen(mgr).get("a"), "small");
      const large = openSettings(mgr, { maxBytes: 200 });
      large.set("a", "x".repeat(100));
      large.save();
      assert.equal(openSettings(mgr, { maxBytes: 64 }).isCorrupt, true);
      assert.match(logs[0], /cannot be read: 121 bytes, at most 64$/);
    });

    it("say when the store is full", () => {
      const { mgr } = on({ storageBytes: 10 });
      const s = openSettings(mgr);
      s.set("a", "too much");
      assert.equal(s.save(), MG_ERR_STORAGE_FULL);
      assert.equal(s.save(), MG_ERR_STORAGE_FULL);
    });
  });
}

describe("settings", () => {
  it("are defaults where there is no store, which is said", () => {
    const s = stage({ wrap: (platform) => ({ ...platform, files: undefined }) });
    const settings = openSettings(s.mgr);
    settings.set("a", "1");
    assert.equal(settings.get("a"), "1");
    assert.equal(settings.save(), MG_ERR_NOT_SUPPORTED);
    assert.equal(settings.isCorrupt, false);
    assert.match(s.logs[0], /not supported on this platform/);
  });

  it("throw for keys and values that cannot be", () => {
    const settings = openSettings(stage().mgr);
    for (const key of ["", "a=b", "a b", "a\n", "é", "x".repeat(33), undefined as unknown as string]) {
      assert.throws(() => settings.set(key, "v"), TypeError, String(key));
    }
    assert.throws(() => settings.set("a", 5 as unknown as string), TypeError);
    assert.throws(() => openSettings(stage().mgr, { maxBytes: 63 }), RangeError);
    assert.throws(() => openSettings(stage().mgr, { file: 5 as unknown as string }), /^TypeError: Option file is a number/);
  });
});
