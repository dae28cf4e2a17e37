import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import {
  MG_ERR_ADDRESS_IN_USE, MG_ERR_HOST_NOT_FOUND, MG_ERR_REFUSED, MG_ERR_RESET, MG_ERR_TIMED_OUT, MG_ERR_TOO_MANY_SOCKETS,
} from "../../src/core/errors.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_CONNECT, MG_EV_RECV } from "../../src/core/events.js";
import {
  MG_F_CLOSE_IMMEDIATELY, MG_F_CONNECTING, MG_F_LISTENING, MG_F_RESOLVING, MG_F_SEND_AND_CLOSE, MG_F_SSL, MG_F_SSL_HANDSHAKE_DONE,
} from "../../src/core/flags.js";
import { eventsOf, HERE, stage, THERE } from "./core-support.js";

/** Echoes what comes. */
function echo(nc: Connection, ev: number): void {
  if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
}

describe("a connection that is accepted", () => {
  it("begins with ACCEPT, brings RECV and SEND, and ends with CLOSE", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", echo));
    const peer = s.peer(80);
    s.run();
    peer.send("hello");
    s.run();
    assert.equal(peer.take(), "hello");
    peer.fin();
    s.run();
    assert.deepEqual(s.events, ["A ACCEPT " + THERE, "A RECV 5", "A SEND 5", "A CLOSE"]);
    assert.equal(peer.state, "closed");
    s.finish();
  });

  it("starts with its listener's handler, user data and limit, and knows its peer", () => {
    const s = stage();
    const userData = { any: "thing" };
    const listener = s.mgr.bind("tcp://:80", s.note("L"), { userData, recvMbufLimit: 777 });
    const peer = s.peer(80);
    s.run();
    const nc = s.mgr.next() as Connection;
    assert.equal(nc.listener, listener);
    assert.equal(nc.handler, listener.handler);
    assert.equal(nc.userData, userData);
    assert.equal(nc.recvMbufLimit, 777);
    assert.deepEqual([nc.peerAddress, nc.peerPort, nc.localPort], [THERE, peer.port, 80]);
    assert.notEqual(nc.id, listener.id);
    s.finish();
  });

  it("gets no RECV before ACCEPT, even if its first bytes came with the handshake", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A"));
    s.peer(80).send("early");
    s.run();
    assert.deepEqual(s.events, ["A ACCEPT " + THERE, "A RECV 5"]);
    s.finish();
  });

  it("may change its handler in ACCEPT", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_ACCEPT) nc.handler = s.note("B") as typeof nc.handler;
    }));
    s.peer(80).send("x");
    s.run();
    s.mgr.free();
    assert.deepEqual(s.events, ["A ACCEPT " + THERE, "B RECV 1", "B CLOSE", "A CLOSE"]);
  });

  it("closes with Reset when the peer resets it", () => {
    const s = stage();
    let err = -1;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev === MG_EV_CLOSE) err = nc.err;
    }));
    const peer = s.peer(80);
    s.run();
    peer.reset();
    s.run();
    assert.equal(err, MG_ERR_RESET);
    s.finish();
  });

  it("answers a peer that has ended its stream, then closes in good order", () => {
    const s = stage();
    let err = -1;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      echo(nc, ev);
      if (ev === MG_EV_CLOSE) err = nc.err;
    }));
    const peer = s.peer(80);
    peer.send("x".repeat(3000));
    peer.fin();
    s.run();
    assert.equal(peer.receivedCount, 3000);
    assert.equal(err, 0);
    s.finish();
  });

  it("keeps in CLOSE what was not used, readable and of no further use", () => {
    const s = stage();
    let text = "";
    let sent = -1;
    s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
      if (ev !== MG_EV_CLOSE) return;
      text = nc.recvMbuf.text();
      sent = nc.send("too late");
    }));
    const peer = s.peer(80);
    peer.send("left over");
    s.run();
    peer.fin();
    s.run();
    assert.equal(text, "left over");
    assert.equal(sent, 0);
    assert.equal(peer.received, "");
    s.finish();
  });
});

describe("a listener", () => {
  it("is marked when it is bound, and knows its port", () => {
    const s = stage();
    const nc = s.mgr.bind("tcp://:0", s.note("L"));
    assert.equal(nc.flags & MG_F_LISTENING, 0);
    s.run();
    assert.equal(nc.flags & MG_F_LISTENING, MG_F_LISTENING);
    assert.ok(nc.localPort > 0);
    s.finish();
  });

  it("gets CLOSE with the reason when its port is in use, and one log line says so", () => {
    const s = stage();
    s.mgr.bind("tcp://:80", s.note("first"));
    const second = s.mgr.bind("tcp://:80", s.note("second"));
    s.run();
    assert.deepEqual(s.events, ["second CLOSE"]);
    assert.equal(second.err, MG_ERR_ADDRESS_IN_USE);
    assert.deepEqual(s.logs, ["meerkat: listener closed: address in use"]);
    s.finish();
  });

  it("can be closed and its port bound again, while its connections go on", () => {
    const s = stage();
    const first = s.mgr.bind("tcp://:80", s.note("A", echo));
    const peer = s.peer(80);
    s.run();
    first.flags |= MG_F_CLOSE_IMMEDIATELY;
    s.run();
    s.mgr.bind("tcp://:80", s.note("B", echo));
    s.run();
    peer.send("still here");
    const other = s.peer(80);
    other.send("new");
    s.run();
    assert.equal(peer.received, "still here");
    assert.equal(other.received, "new");
    assert.deepEqual(eventsOf(s, "A").slice(0, 2), ["ACCEPT " + THERE, "CLOSE"]);
    s.finish();
  });

  it("sends nothing, and takes no source", () => {
    const s = stage();
    const nc = s.mgr.bind("tcp://:80", s.note("L"));
    s.run();
    assert.equal(nc.send("x"), 0);
    assert.equal(nc.sendFrom({ next: () => null }), false);
    s.finish();
  });
});

describe("bind and connect", () => {
  it("throw for a malformed address, and have made nothing", () => {
    const s = stage();
    for (const address of ["", "tcp://", "80x", "http://:80", ":65536", 80 as unknown as string, undefined as unknown as string]) {
      assert.throws(() => s.mgr.bind(address, s.note("x")), { name: "TypeError", message: /^Malformed address / });
      assert.throws(() => s.mgr.connect(address, s.note("x")), TypeError);
    }
    assert.throws(() => s.mgr.connect(":80", s.note("x")), { name: "TypeError", message: /must name a host and a port/ });
    assert.throws(() => s.mgr.connect(HERE + ":0", s.note("x")), TypeError);
    assert.equal(s.mgr.next(), undefined);
    s.finish();
  });

  it("throw for a handler that is none, and for a malformed access list, and have made nothing", () => {
    const s = stage();
    for (const handler of [null, 7, "handler", {}]) {
      assert.throws(() => s.mgr.bind(":80", handler as unknown as undefined), { name: "TypeError", message: /^Handler must be a function/ });
    }
    assert.throws(() => s.mgr.bind(":80", undefined, { ipAcl: "1.2.3.4" }), { name: "TypeError", message: /^Malformed access list/ });
    assert.equal(s.mgr.next(), undefined);
    assert.doesNotThrow(() => s.mgr.bind(":80", undefined));
    s.finish();
  });

  it("throw for what the platform cannot do, naming it", () => {
    const s = stage({ platform: { caps: { udp: false, tlsServer: false, tlsClient: false, listenPort0: false } } });
    assert.throws(() => s.mgr.bind("udp://:53", undefined), /no UDP on sim/);
    assert.throws(() => s.mgr.bind("ssl://:443", undefined), /no TLS server on sim/);
    assert.throws(() => s.mgr.connect("udp://1.2.3.4:53", undefined), /no UDP on sim/);
    assert.throws(() => s.mgr.connect("ssl://1.2.3.4:443", undefined), /no TLS client on sim/);
    assert.throws(() => s.mgr.bind(":0", undefined), { name: "RangeError", message: /cannot pick a port/ });
    assert.equal(s.mgr.next(), undefined);
    s.finish();
  });

  it("throw once the manager was freed", () => {
    const s = stage();
    s.mgr.free();
    assert.throws(() => s.mgr.bind(":80", undefined), /the manager was freed/);
    assert.throws(() => s.mgr.connect("1.2.3.4:80", undefined), /the manager was freed/);
    assert.throws(() => s.mgr.add(undefined), /the manager was freed/);
    assert.equal(s.mgr.next(), undefined);
  });
});

describe("an outgoing connection", () => {
  it("answers CONNECT 0 when it stands, and sends then what was sent before", () => {
    const s = stage();
    let got = "";
    s.world.listenPeer(THERE, 7, (peer) => s.world.after(5, () => (got = peer.received)));
    const nc = s.mgr.connect("tcp://" + THERE + ":7", s.note("C"));
    assert.equal(nc.flags & (MG_F_CONNECTING | MG_F_RESOLVING), MG_F_CONNECTING | MG_F_RESOLVING);
    assert.equal(nc.send("early"), 5);
    assert.deepEqual(s.events, []);
    s.run();
    assert.deepEqual(s.events, ["C CONNECT 0", "C SEND 5"]);
    assert.equal(got, "early");
    assert.equal(nc.flags & (MG_F_CONNECTING | MG_F_RESOLVING), 0);
    assert.deepEqual([nc.peerAddress, nc.peerPort], [THERE, 7]);
    s.finish();
  });

  const failures: [why: string, address: string, err: number][] = [
    ["is refused", THERE + ":9", MG_ERR_REFUSED],
    ["names an unknown host", "nobody.example:9", MG_ERR_HOST_NOT_FOUND],
    ["is not answered in time", "10.0.0.66:9", MG_ERR_TIMED_OUT],
  ];
  for (const [why, address, err] of failures) {
    it(`answers CONNECT with the error, then CLOSE in a later pass, when it ${why}`, () => {
      const s = stage({ mgr: { limits: { connectMs: 3000 } } });
      s.world.platform({ host: THERE });
      s.world.blackhole("10.0.0.66");
      let closedInConnect = false;
      const nc = s.mgr.connect(address, s.note("C", (c, ev) => {
        if (ev === MG_EV_CONNECT) closedInConnect = s.events.includes("C CLOSE") || c.err !== err;
      }));
      assert.equal(nc.send("x"), 1);
      s.run(10_000);
      assert.deepEqual(s.events, ["C CONNECT " + err, "C CLOSE"]);
      assert.equal(closedInConnect, false);
      assert.equal(nc.err, err);
      assert.equal(s.mgr.stats.connectFailed, 1);
      s.finish();
    });
  }

  it("answers CONNECT with no socket left when the budget is full of connections that stay", () => {
    const s = stage({ platform: { caps: { sockets: 3 } } });
    s.world.listenPeer(THERE, 7, () => undefined);
    for (const name of ["A", "B", "C"]) s.mgr.connect(THERE + ":7", s.note(name));
    s.run();
    assert.deepEqual(s.events, [`C CONNECT ${MG_ERR_TOO_MANY_SOCKETS}`, "C CLOSE", "A CONNECT 0", "B CONNECT 0"]);
    s.finish();
  });

  it("that is closed before it stands gets CONNECT with an error and CLOSE, and no more", () => {
    for (const flag of [MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE]) {
      const s = stage();
      s.world.listenPeer(THERE, 7, () => undefined);
      const nc = s.mgr.connect(THERE + ":7", s.note("C"));
      nc.flags |= flag;
      s.run(2000);
      const events = eventsOf(s, "C");
      assert.match(events[0], /^CONNECT \d+$/);
      assert.equal(events[events.length - 1], "CLOSE");
      assert.equal(events.length, 2);
      s.finish();
    }
  });

  it("can be made again in the CLOSE of the one before", () => {
    const s = stage();
    s.world.platform({ host: THERE });
    let tries = 0;
    const again = (): void => void s.mgr.connect(THERE + ":9", s.note("C", (_nc, ev) => {
      if (ev === MG_EV_CLOSE && ++tries < 5) again();
    }));
    again();
    s.run();
    assert.equal(s.events.filter((e) => e === "C CLOSE").length, 5);
    s.finish();
  });

  it("over TLS has its flags when it stands", () => {
    const s = stage();
    s.mgr.bind("ssl://:443", s.note("S"), { tls: { cert: "c", key: "k" } });
    s.run();
    const nc = s.mgr.connect("ssl://" + HERE + ":443", s.note("C"), { tls: { ca: "c" } });
    assert.equal(nc.flags & (MG_F_SSL | MG_F_SSL_HANDSHAKE_DONE), MG_F_SSL);
    s.run();
    assert.equal(nc.flags & (MG_F_SSL | MG_F_SSL_HANDSHAKE_DONE), MG_F_SSL | MG_F_SSL_HANDSHAKE_DONE);
    assert.equal(s.mgr.next()?.flags ?? 0, MG_F_SSL | MG_F_SSL_HANDSHAKE_DONE);
    s.finish();
  });
});
