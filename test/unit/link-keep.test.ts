import assert from "node:assert/strict";
import { ESPRUINO_LIKE_CAPS, type SimPeer, type SimPlatformOptions } from "../../platform/sim/index.js";
import { MG_ERR_DEADLINE, MG_ERR_FAILED, MG_ERR_LINK_DOWN, MG_ERR_REFUSED, MG_ERR_TIMED_OUT } from "../../src/core/errors.js";
import { MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV } from "../../src/core/events.js";
import { keep, type Keeper, type KeepOptions } from "../../src/link/keep.js";
import { watchLink } from "../../src/link/watch-link.js";
import { connectHttp, MG_EV_HTTP_REPLY } from "../../src/http/index.js";
import { connectWs, MG_EV_WEBSOCKET_FRAME, MG_EV_WEBSOCKET_HANDSHAKE_DONE, sendWebsocketFrame, setProtocolWebsocket, WEBSOCKET_OP_TEXT } from "../../src/websocket/index.js";
import { httpReply, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { Manager } from "../../src/core/manager.js";
import { HERE, stage, type Stage, THERE } from "./core-support.js";

const ADDRESS = `tcp://${THERE}:99`;

interface Kept {
  s: Stage;
  k: Keeper;
  /** The server's side of each connection, the newest last. */
  peers: SimPeer[];
  told: string[];
  last(): SimPeer;
}

function kept(options: KeepOptions = {}, platform: Partial<SimPlatformOptions> = {}, act?: (nc: never, ev: number) => void): Kept {
  const s = stage({ platform });
  const peers: SimPeer[] = [];
  const told: string[] = [];
  s.world.listenPeer(THERE, 99, (peer) => peers.push(peer));
  const k = keep(s.mgr, ADDRESS, s.note("cli", act as never), {
    onLost: (of) => told.push(`lost ${of.err}`),
    onBack: (of) => told.push(`back ${of.outageMs}`),
    ...options,
  });
  return { s, k, peers, told, last: () => peers[peers.length - 1] };
}

describe("keep: connections", () => {
  it("connects, and again after each end, a fresh connection each time", () => {
    const { s, k, peers, told, last } = kept();
    assert.equal(k.isUp, false);
    s.run();
    assert.equal(k.isUp, true);
    const first = k.nc;
    s.run(20_000);
    last().reset();
    s.run(10);
    assert.equal(k.isUp, false);
    s.run(1000);
    assert.equal(peers.length, 2);
    assert.notEqual(k.nc, first);
    assert.deepEqual(s.events, ["cli CONNECT 0", "cli CLOSE", "cli CONNECT 0"]);
    assert.equal(told.length, 3);
    assert.match(told[2], /^back (5|6|7|8|9)\d\d$/);
    s.finish();
  });

  it("pauses longer after each failure, at random, up to the longest; Lost is told once", () => {
    const s = stage();
    s.world.platform({ host: THERE });
    const times: number[] = [];
    let lost = 0;
    const k = keep(s.mgr, ADDRESS, s.note("cli", (_nc, ev) => {
      if (ev === MG_EV_CONNECT) times.push(s.world.now);
    }), { retryMs: 100, retryMaxMs: 3000, onLost: () => lost++ });
    s.run(60_000);
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    assert.ok(gaps[0] < 200 && gaps[1] <= 210 && gaps[2] <= 410, String(gaps));
    assert.ok(Math.max(...gaps) <= 3010 && new Set(gaps.slice(6)).size > 3, String(gaps));
    assert.equal(k.err, MG_ERR_REFUSED);
    assert.equal(lost, 0);
    assert.equal(k.attempts, times.length);
    s.world.listenPeer(THERE, 99, () => undefined);
    s.run(3100);
    assert.equal(k.isUp, true);
    assert.ok(k.outageMs >= 60_000 && k.outageMs < 64_000);
  });

  it("keeps growing its pauses when connections do not last", () => {
    const s = stage();
    let count = 0;
    s.world.listenPeer(THERE, 99, (peer) => {
      count++;
      peer.send("go away");
      s.world.after(50, () => peer.fin());
    });
    keep(s.mgr, ADDRESS, s.note("cli"));
    s.run(600_000);
    assert.ok(count > 10 && count < 30, `${count} connections in ten minutes`);
  });

  it("gives up what does not come to stand in time", () => {
    const s = stage();
    s.world.blackhole(THERE);
    const k = keep(s.mgr, ADDRESS, s.note("cli"), { upMs: 2000 });
    s.run(1900);
    assert.deepEqual(s.events, []);
    s.run(200);
    assert.deepEqual(s.events, [`cli CONNECT ${MG_ERR_TIMED_OUT}`, "cli CLOSE"]);
    assert.equal(k.err, MG_ERR_TIMED_OUT);
  });

  it("gives up a peer from which nothing comes at first, and one that falls silent", () => {
    const { s, told, last } = kept({ firstMs: 1000, idleMs: 5000 });
    s.run(1100);
    assert.deepEqual(told, ["back 2", `lost ${MG_ERR_DEADLINE}`]);
    s.run(1000);
    for (let i = 0; i < 10; i++) {
      last().send("x");
      s.run(4000);
    }
    assert.equal(told.length, 3);
    s.run(1500);
    assert.equal(told.length, 4);
  });

  it("asks a silent peer for a sign of life, and keeps it when there is one", () => {
    const asked: number[] = [];
    const { s, told, last } = kept({ idleMs: 5000, pongMs: 1000, ping: (nc) => asked.push(nc.send("ping")) });
    for (let i = 0; i < 5; i++) {
      s.run(5100);
      last().send("pong");
    }
    assert.deepEqual(asked, [4, 4, 4, 4, 4]);
    assert.equal(told.length, 1);
    s.run(6200);
    assert.deepEqual(told.slice(1), [`lost ${MG_ERR_DEADLINE}`]);
    s.finish();
  });

  it("survives handlers that throw, in every event", () => {
    for (const bad of [MG_EV_CONNECT, MG_EV_RECV, MG_EV_CLOSE]) {
      const { s, peers, last } = kept({ onLost: () => { throw new Error("lost"); } }, {}, (_nc, ev) => {
        if (ev === bad) throw new Error("oops");
      });
      s.run();
      last().send("x");
      s.run();
      last().fin();
      s.run(5000);
      assert.ok(peers.length >= 2, `throwing in ${bad}: ${peers.length} connections`);
      s.finish();
    }
  });

  it("goes on when a connector throws later, and says so", () => {
    let isBad = false;
    const s = stage();
    const peers: SimPeer[] = [];
    s.world.listenPeer(THERE, 99, (peer) => peers.push(peer));
    const k = keep(s.mgr, "the broker", s.note("cli"), {
      connect(handler) {
        if (isBad) throw new Error("no name");
        return s.mgr.connect(ADDRESS, handler);
      },
    });
    s.run();
    isBad = true;
    peers[0].fin();
    s.run(4000);
    assert.equal(k.err, MG_ERR_FAILED);
    assert.match(s.logs[0], /cannot connect to the broker: Error: no name/);
    isBad = false;
    s.run(20_000);
    assert.equal(k.isUp, true);
  });

  it("ends when it is told to, with what was sent, and with the manager", () => {
    const { s, k, told, last } = kept();
    s.run();
    k.send("bye");
    k.close();
    k.close();
    assert.equal(k.send("late"), 0);
    s.run();
    assert.equal(last().received, "bye");
    last().fin();
    s.run(100_000);
    assert.deepEqual(s.events, ["cli CONNECT 0", "cli SEND 3", "cli CLOSE"]);
    assert.deepEqual(s.mgr.list(), []);
    assert.equal(told.length, 2);
    assert.equal(s.mgr._onLink!.length, 0);
    const other = kept();
    other.s.run();
    other.s.finish();
    other.s.run(100_000);
  });

  it("may be closed by the program's own way of sending", () => {
    const sent: string[] = [];
    const made = kept({ send: (_nc, message) => {
      sent.push(String(message));
      made.k.close();
      return 1;
    } });
    made.k.send("a");
    made.k.send("b");
    made.s.run();
    assert.deepEqual([sent, made.k.waiting, made.s.logs], [["a"], 0, []]);
    made.s.finish();
  });

  it("throws for what cannot be, and leaves nothing behind", () => {
    const s = stage();
    const bad: [string, unknown, KeepOptions?][] = [
      ["nonsense://", () => undefined], [ADDRESS, undefined], [ADDRESS, () => undefined, { policy: "drop" as "close" }],
      [ADDRESS, () => undefined, { shareBytes: -1 }], [ADDRESS, () => undefined, { pongMs: 0 }], [ADDRESS, () => undefined, { idleMs: -1 }],
      ["tcp://host", () => undefined], ["x", () => undefined, { connect: () => { throw new Error("at once"); } }],
    ];
    for (const [address, handler, options] of bad) assert.throws(() => keep(s.mgr, address, handler as never, options), Error, address);
    s.run(10_000);
    assert.deepEqual(s.mgr.list(), []);
    for (const options of [{}, { send: () => 1 }]) {
      const k = keep(s.mgr, ADDRESS, () => undefined, options);
      for (const message of [5, undefined, {}]) assert.throws(() => k.send(message as never), /^TypeError: Cannot send /);
      assert.equal(k.waiting, 0);
      k.close();
    }
    s.run();
  });

  it("rests where connecting stops the program, four times as long as it did", () => {
    let isSlow = true;
    const times: number[] = [];
    const s = stage({
      platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" },
      wrap: (platform, world) => ({
        ...platform,
        connect(owner, spec) {
          times.push(world.now);
          if (isSlow) world.runFor(2000);
          return platform.connect(owner, spec);
        },
      }),
    });
    keep(s.mgr, ADDRESS, s.note("cli"), { retryMs: 10, retryMaxMs: 100 });
    s.run(30_000);
    isSlow = false;
    const gaps = times.slice(1).map((time, i) => time - times[i]);
    assert.ok(gaps.length >= 2 && gaps.every((gap) => gap >= 10_000), String(gaps));
  });
});

describe("keep: the link", () => {
  it("pauses while the link is down, tries at once when it is up, and tells why", () => {
    const { s, k, peers, told } = kept();
    watchLink(s.mgr);
    s.run();
    s.world.link(HERE).drop(100_000);
    s.run(99_000);
    assert.deepEqual(s.events, ["cli CONNECT 0", "cli CLOSE"]);
    assert.equal(k.err, MG_ERR_LINK_DOWN);
    s.run(1010);
    assert.equal(peers.length, 2);
    assert.deepEqual(told.slice(1), [`lost ${MG_ERR_LINK_DOWN}`, "back 100002"]);
  });

  it("waits for the link when it is made while that is down", () => {
    const s = stage({ platform: { wifi: { ssid: "x", password: "" } } });
    s.world.listenPeer(THERE, 99, () => undefined);
    watchLink(s.mgr);
    const k = keep(s.mgr, ADDRESS, s.note("cli"));
    s.run(10_000);
    assert.deepEqual(s.events, []);
    s.platform.link!.join("x", "");
    s.run(110);
    assert.equal(k.isUp, true);
  });
});

describe("keep: messages", () => {
  for (const form of ["array", "string"] as const) {
    it(`keeps them in order while there is no connection, whole and as they were (${form})`, () => {
      const { s, k, last } = kept({}, { form });
      const bytes = new Uint8Array([0, 128, 255]);
      k.send("é ");
      k.send(bytes);
      bytes[0] = 7;
      assert.equal(k.waiting, 2);
      s.run();
      assert.equal(last().received, "\xc3\xa9 \0\x80\xff");
      assert.equal(k.waiting, 0);
      k.send("now");
      s.run();
      assert.ok(last().received.endsWith("now"));
      s.finish();
    });
  }

  it("drops by the policy's word, and counts", () => {
    const rest = (options: KeepOptions, messages: [string, string][]): string => {
      const { s, k, last } = kept({ shareBytes: 10, ...options });
      const taken = messages.map(([text, topic]) => k.send(text, topic)).join("");
      s.run(200);
      const dropped = k.dropped;
      s.finish();
      return `${taken} ${last()?.received ?? ""} ${dropped}`;
    };
    const four: [string, string][] = [["aaaa", "t"], ["bbbb", "u"], ["cccc", "t"], ["dddd", "v"]];
    assert.equal(rest({ policy: "dropOld" }, four), "1111 ccccdddd 2");
    assert.equal(rest({}, four), "1111 ccccdddd 2");
    assert.equal(rest({ policy: "dropNew" }, four), "1100 aaaabbbb 2");
    assert.equal(rest({ policy: "latest" }, four), "1111 bbbbdddd 2");
    assert.equal(rest({ policy: "close" }, four), "1100  1");
  });

  it("sends what waits as the pool has room, more than it holds", () => {
    const s = stage({ mgr: { pages: 4, pageBytes: 256 } });
    const peers: SimPeer[] = [];
    s.world.listenPeer(THERE, 99, (peer) => peers.push(peer));
    const k = keep(s.mgr, ADDRESS, s.note("cli"), { shareBytes: 10_000 });
    let all = "";
    for (let i = 0; i < 40; i++) {
      const text = `${i}:`.padEnd(200, ".");
      all += text;
      assert.equal(k.send(text), 1);
    }
    s.run(5000);
    assert.equal(peers[0].received, all);
    s.finish();
  });
});

describe("keep: protocols", () => {
  function server(s: Stage): Manager {
    const mgr = new Manager(s.world.platform({ host: THERE }));
    const listener = mgr.bind("tcp://:99", (nc, ev, data) => {
      if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "hello");
      if (ev === MG_EV_WEBSOCKET_FRAME) sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT, data);
    });
    setProtocolWebsocket(listener);
    mgr.run();
    return mgr;
  }

  it("keeps a WebSocket: up with the handshake, messages as frames", () => {
    const s = stage();
    let mgr = server(s);
    const frames: string[] = [];
    const told: string[] = [];
    const k = keep(s.mgr, "ws", s.note("cli", (_nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_FRAME) frames.push((data as { text: string }).text);
    }), {
      connect: (handler) => connectWs(s.mgr, handler, `ws://${THERE}:99/`),
      upEvent: MG_EV_WEBSOCKET_HANDSHAKE_DONE,
      send: (nc, message) => sendWebsocketFrame(nc, WEBSOCKET_OP_TEXT, message),
      onLost: () => told.push("lost"),
      onBack: () => told.push("back"),
    });
    k.send("one");
    s.run();
    assert.deepEqual(frames, ["one"]);
    mgr.free();
    s.run();
    k.send("two");
    mgr = server(s);
    s.run(5000);
    assert.deepEqual(frames, ["one", "two"]);
    assert.deepEqual(told, ["back", "lost", "back"]);
    mgr.free();
    s.finish();
  });

  it("keeps asking an HTTP server, one connection after the other", () => {
    const s = stage();
    const mgr = server(s);
    const replies: string[] = [];
    keep(s.mgr, "http", s.note("cli", (_nc, ev, data) => {
      if (ev === MG_EV_HTTP_REPLY) replies.push((data as { body: string }).body);
    }), { connect: (handler) => connectHttp(s.mgr, handler, `http://${THERE}:99/`, "Connection: close\r\n"), retryMs: 500, retryMaxMs: 500 });
    s.run(3000);
    assert.ok(replies.length >= 5 && replies.every((body) => body === "hello"), String(replies));
    mgr.free();
    s.finish();
  });
});
