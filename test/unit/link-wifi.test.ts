import assert from "node:assert/strict";
import type { SimWifi } from "../../platform/sim/index.js";
import { joinWifi, type WifiOptions } from "../../src/link/wifi.js";
import { openSettings } from "../../src/link/settings.js";
import { HERE, stage, type Stage } from "./core-support.js";

const NET: SimWifi = { ssid: "home", password: "correct horse" };
const OPTIONS: WifiOptions = { ssid: "home", password: "correct horse" };

function host(wifi: SimWifi | undefined = NET): Stage {
  return stage({ platform: { wifi } });
}

/** Seconds that the log says it will wait, one for each attempt that failed. */
function pauses(s: Stage): number[] {
  return s.logs.flatMap((line) => /trying again in (\d+) s$/.exec(line)?.[1] ?? []).map(Number);
}

describe("joinWifi", () => {
  it("joins, says where it is, and is ready; listeners are bound by then", () => {
    const s = host();
    s.mgr.bind("tcp://:80", s.note("srv")).protoHandler = () => undefined;
    s.mgr.bind("udp://:53", s.note("udp"));
    const wifi = joinWifi(s.mgr, { ...OPTIONS, hostname: "lamp" });
    const told: string[] = [];
    wifi.ready(() => told.push(`${wifi.state} ${wifi.status().address}`));
    assert.equal(wifi.state, "joining");
    s.run(50);
    assert.equal(told.length, 0);
    s.run(100);
    assert.deepEqual(told, ["up 10.0.0.1"]);
    wifi.ready(() => told.push("at once"));
    assert.deepEqual(told, ["up 10.0.0.1", "at once"]);
    assert.deepEqual(s.logs, ['meerkat: Wi-Fi: up: "home", -61 dBm, 10.0.0.1  lamp.local  udp://10.0.0.1:53  http://10.0.0.1/']);
    assert.deepEqual(s.world.link(HERE).asked, { hostName: "lamp", powerSave: "none", accessPoint: undefined });
    s.run();
    assert.equal(s.mgr.list().filter((row) => row.kind === "listener" && row.phase === "open").length, 2);
  });

  it("tries for ever, with pauses that grow to the longest and are never all the same", () => {
    const s = host();
    s.world.link(HERE).drop();
    const wifi = joinWifi(s.mgr, { ...OPTIONS, retryMaxMs: 20_000 });
    s.run(600_000);
    const all = pauses(s);
    assert.ok(all.length > 25 && all.length < 70, `${all.length} attempts in ten minutes`);
    assert.ok(all[0] === 1 && all[1] <= 2 && all[2] <= 4 && Math.max(...all) <= 20 && Math.max(...all) > 14);
    assert.ok(new Set(all.slice(8)).size > 3);
    assert.equal(wifi.state, "waiting");
    assert.equal(wifi.reason, "NO_AP_FOUND");
    assert.equal(wifi.attempts, all.length);
    s.world.link(HERE).regain();
    s.run(21_000);
    assert.equal(wifi.state, "up");
    assert.equal(wifi.attempts, 0);
  });

  it("says that the password is wrong, and takes another", () => {
    const s = host();
    const wifi = joinWifi(s.mgr, { ssid: "home", password: "incorrect" });
    s.run(150);
    assert.match(s.logs[0], /^meerkat: Wi-Fi: cannot join "home": AUTH_FAIL; trying again in 1 s$/);
    wifi.join("home", "correct horse");
    s.run(150);
    assert.equal(wifi.state, "up");
  });

  it("gives up an attempt of which nothing is heard, and tries again", () => {
    const s = host();
    s.world.link(HERE).isDeaf = true;
    const wifi = joinWifi(s.mgr, { ...OPTIONS, joinMs: 5000 });
    s.run(5100);
    assert.match(s.logs[0], /no answer in time; trying again/);
    assert.equal(wifi.state, "waiting");
    s.world.link(HERE).isDeaf = false;
    s.run(1500);
    assert.equal(wifi.state, "up");
  });

  it("waits for a join that takes long", () => {
    const s = host();
    s.world.link(HERE).joinMs = 25_000;
    const wifi = joinWifi(s.mgr, OPTIONS);
    s.run(25_100);
    assert.equal(wifi.state, "up");
    assert.equal(pauses(s).length, 0);
  });

  it("comes back after a loss, sets name and power save again, and tells each change once", () => {
    const s = host();
    const wifi = joinWifi(s.mgr, { ...OPTIONS, powerSave: "min", hostname: "lamp" });
    const told: string[] = [];
    wifi.link.onChange((isUp) => told.push(`${isUp} ${wifi.state}`));
    s.run(200);
    s.world.link(HERE).asked.hostName = "forgotten";
    s.world.link(HERE).drop(3000);
    s.run(10_000);
    assert.deepEqual(told, ["true up", "false waiting", "true up"]);
    assert.equal(s.world.link(HERE).asked.hostName, "lamp");
    assert.equal(s.world.link(HERE).asked.powerSave, "min");
    assert.equal(s.logs.filter((line) => line.includes("down: BEACON_TIMEOUT")).length, 1);
  });

  it("does not join again the network that the firmware has joined already", () => {
    const s = host();
    s.platform.link!.join("home", "correct horse");
    s.run(200);
    const count = s.world.link(HERE).joinCount;
    const wifi = joinWifi(s.mgr, OPTIONS);
    assert.equal(wifi.state, "up");
    s.run(1000);
    assert.equal(s.world.link(HERE).joinCount, count);
    assert.equal(joinWifi(host().mgr, {}).state, "off");
  });

  it("leaves, and stays away until it is told to join", () => {
    const s = host();
    const wifi = joinWifi(s.mgr, OPTIONS);
    s.run(200);
    wifi.leave();
    s.run(100_000);
    assert.equal(wifi.state, "off");
    assert.equal(wifi.link.isUp, false);
    wifi.join("home", "correct horse");
    s.run(200);
    assert.equal(wifi.state, "up");
  });

  it("has credentials from the settings, and reports those that cannot be", () => {
    const s = host();
    const settings = openSettings(s.mgr);
    settings.set("wifi.ssid", "home");
    settings.set("wifi.password", "correct horse");
    const wifi = joinWifi(s.mgr, { settings });
    s.run(200);
    assert.equal(wifi.state, "up");
    const other = host();
    const bad = openSettings(other.mgr);
    bad.set("wifi.ssid", "home");
    bad.set("wifi.password", "short");
    assert.equal(joinWifi(other.mgr, { settings: bad }).state, "off");
    assert.match(other.logs[0], /settings: the password has 5 characters, must be 8 to 64/);
  });

  it("throws for what cannot be, before it does anything", () => {
    const s = host();
    const bad: WifiOptions[] = [
      { ssid: "" + "x".repeat(33) }, { ssid: "é".repeat(17) }, { ssid: "home", password: "short" }, { ssid: "home", password: "x".repeat(65) },
      { hostname: "my lamp" }, { hostname: "" }, { powerSave: "off" as "none" }, { joinMs: 0 }, { retryMs: -1 }, { retryMaxMs: NaN },
      { accessPoint: { ssid: "" } }, { accessPoint: { ssid: "x", password: "short" } }, { accessPoint: { ssid: "x", afterMs: -1 } },
    ];
    for (const options of bad) assert.throws(() => joinWifi(s.mgr, options), Error, JSON.stringify(options));
    assert.equal(s.mgr.next(), undefined);
    assert.throws(() => joinWifi(s.mgr, OPTIONS).join("", "x"), RangeError);
  });

  it("says so where there is no radio, and counts as up", () => {
    const s = stage();
    const wifi = joinWifi(s.mgr, OPTIONS);
    let isReady = false;
    wifi.ready(() => (isReady = true));
    assert.equal(isReady, true);
    assert.deepEqual(s.logs, ["meerkat: Wi-Fi: no Wi-Fi on sim: its network is its own affair"]);
    wifi.leave();
    wifi.join("other", "");
    s.finish();
  });

  it("ends with the manager", () => {
    const s = host();
    joinWifi(s.mgr, OPTIONS);
    s.run(200);
    s.finish();
    const lines = s.logs.length;
    s.world.link(HERE).drop(100);
    s.run(100_000);
    assert.equal(s.logs.length, lines);
  });
});

describe("joinWifi with an access point of its own", () => {
  const accessPoint = { ssid: "lamp-setup", afterMs: 20_000 };

  it("turns it on at once when there is nothing to join; what comes that way is served", () => {
    const s = host();
    const wifi = joinWifi(s.mgr, { accessPoint });
    s.mgr.bind("tcp://:80", s.note("srv"));
    assert.equal(wifi.state, "off");
    s.run();
    assert.equal(wifi.link.isUp, true);
    assert.equal(wifi.status().address, "192.168.4.1");
    assert.match(s.logs[0], /access point "lamp-setup" is on/);
    s.peer(80);
    s.run();
    assert.deepEqual(s.events, ["srv ACCEPT 10.0.0.9"]);
  });

  it("turns it on when no network could be joined for long, tries now and then, and off when one is", () => {
    const s = host();
    s.world.link(HERE).drop();
    const wifi = joinWifi(s.mgr, { ...OPTIONS, accessPoint, retryMaxMs: 5000 });
    s.run(15_000);
    assert.equal(wifi.link.isUp, false);
    s.run(15_000);
    assert.equal(wifi.link.isUp, true);
    assert.equal(wifi.state, "waiting");
    const tried = pauses(s).length;
    s.run(290_000);
    assert.equal(pauses(s).length, tried);
    s.world.link(HERE).regain();
    s.run(30_000);
    assert.equal(wifi.state, "up");
    assert.equal(wifi.status().address, HERE);
    assert.equal(s.world.link(HERE).asked.accessPoint, undefined);
    assert.equal(s.logs.filter((line) => line.includes("is on")).length, 1);
  });
});
