import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_POLL, MG_EV_RECV, MG_EV_SEND, MG_EV_TIMER } from "../../src/core/events.js";
import type { Mbuf } from "../../src/core/mbuf.js";
import { httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";
import { accepted, stage, type Stage } from "./core-support.js";

/*
 * recvMbuf and sendMbuf as programs use them inside and outside of events: the core makes them only when somebody looks,
 * and nobody may notice.
 */

/** Asks "question" of a server whose RECV does `act`, three times on one connection; what came back each time. */
function ask(form: RawForm, act: (nc: Connection, count: number) => void, question = "question"): { answers: string[]; s: Stage } {
  const s = stage({ platform: { form } });
  s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
    if (ev === MG_EV_RECV) act(nc, data as number);
  }));
  const peer = s.peer(80);
  const answers: string[] = [];
  for (let i = 0; i < 3; i++) {
    peer.send(question);
    s.run(20);
    answers.push(peer.take());
  }
  return { answers, s };
}

for (const form of ["array", "string"] as RawForm[]) {
  describe(`the queues of a connection (${form}s)`, () => {
    const echoes: { [how: string]: (nc: Connection, count: number) => void } = {
      "send and remove": (nc, count) => {
        nc.send(nc.recvMbuf);
        nc.recvMbuf.remove(count);
      },
      "send and clear": (nc) => {
        nc.send(nc.recvMbuf);
        nc.recvMbuf.clear();
      },
      "moveTo": (nc) => void nc.recvMbuf.moveTo(nc.sendMbuf),
      "append to sendMbuf": (nc) => {
        nc.sendMbuf.append(nc.recvMbuf);
        nc.recvMbuf.clear();
      },
      "append a slice": (nc) => {
        nc.sendMbuf.append(nc.recvMbuf.slice());
        nc.recvMbuf.clear();
      },
      "text": (nc) => {
        nc.send(nc.recvMbuf.text());
        nc.recvMbuf.clear();
      },
      "byte by byte": (nc) => {
        while (nc.recvMbuf.len > 0) {
          nc.send(nc.recvMbuf.slice(0, 1));
          nc.recvMbuf.remove(1);
        }
      },
      "halves in the wrong order, put right": (nc) => {
        const { recvMbuf, sendMbuf } = nc;
        sendMbuf.append(recvMbuf.slice(4));
        sendMbuf.insert(0, recvMbuf.slice(0, 4));
        recvMbuf.clear();
      },
      "from a queue of its own": (nc) => {
        const m = nc.mgr.mbuf();
        nc.recvMbuf.moveTo(m);
        m.moveTo(nc.sendMbuf);
      },
      "too much, cut": (nc) => {
        nc.send("questionable");
        nc.sendMbuf.resize(8);
        nc.recvMbuf.clear();
      },
      "something else, thrown away": (nc) => {
        nc.send("nonsense");
        nc.sendMbuf.clear();
        nc.send(nc.recvMbuf);
        nc.recvMbuf.clear();
      },
    };
    for (const how of Object.keys(echoes)) {
      it(`echo by ${how}, in the event in which the bytes came`, () => {
        const { answers, s } = ask(form, echoes[how]);
        assert.deepEqual(answers, ["question", "question", "question"]);
        assert.equal(s.mgr.pool.free, s.mgr.pool.pages);
        s.finish();
      });
    }

    it("show what was sent and not yet written, and what came and was not yet used", () => {
      const seen: number[] = [];
      const { s } = ask(form, (nc) => {
        seen.push(nc.sendMbuf.len, nc.recvMbuf.len);
        nc.send("abc");
        seen.push(nc.sendMbuf.len);
        nc.send("defg");
        seen.push(nc.sendMbuf.len);
        nc.recvMbuf.remove(8);
        seen.push(nc.recvMbuf.len);
      });
      assert.deepEqual(seen, [0, 8, 3, 7, 0, 0, 8, 3, 7, 0, 0, 8, 3, 7, 0]);
      s.finish();
    });

    it("are the same objects for as long as the connection lives", () => {
      const seen = new Set<Mbuf>();
      const s = stage({ platform: { form } });
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (nc.listener === undefined) return;
        seen.add(nc.recvMbuf);
        seen.add(nc.sendMbuf);
        if (ev === MG_EV_RECV) nc.recvMbuf.remove(nc.send(nc.recvMbuf));
      }));
      const peer = s.peer(80);
      for (let i = 0; i < 5; i++) {
        peer.send("x".repeat(i * 300 + 1));
        s.run(400);
      }
      peer.fin();
      s.run(50);
      assert.equal(seen.size, 2);
      s.finish();
    });

    it("keep what is left in recvMbuf in front of what comes", () => {
      const texts: string[] = [];
      const { s } = ask(form, (nc) => {
        texts.push(nc.recvMbuf.text());
        nc.recvMbuf.remove(5);
      }, "12345-");
      assert.deepEqual(texts, ["12345-", "-12345-", "5-12345-"]);
      s.finish();
    });

    it("let a handler put back what it has taken", () => {
      const texts: string[] = [];
      const { s } = ask(form, (nc) => {
        const text = nc.recvMbuf.text();
        texts.push(text);
        nc.recvMbuf.clear();
        nc.recvMbuf.append("[" + text.length + "]");
        nc.recvMbuf.insert(0, ">");
      }, "abc");
      assert.deepEqual(texts, ["abc", ">[3]abc", ">[7]abc"]);
      s.finish();
    });

    it("send what was appended to sendMbuf from outside an event, or in another's, without waiting for a tick", () => {
      const s = stage({ platform: { form } });
      const relay: { to?: Connection } = {};
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (ev === MG_EV_RECV && relay.to) nc.recvMbuf.moveTo(relay.to.sendMbuf);
      }));
      const peers = [s.peer(80), s.peer(80)];
      s.run(20);
      const [one, two] = accepted(s.mgr).reverse();
      one.sendMbuf.append("from outside");
      s.run(20);
      assert.equal(peers[0].take(), "from outside");
      relay.to = two;
      peers[0].send("through");
      s.run(20);
      assert.equal(peers[1].take(), "through");
      s.finish();
    });

    it("work in every event", () => {
      const s = stage({ platform: { form } });
      let sends = 0;
      s.mgr.bind("tcp://:80", s.note("A", (nc, ev) => {
        if (nc.listener === undefined) return;
        if (ev === MG_EV_ACCEPT) nc.setTimer(s.mgr.time() + 0.1);
        if (ev === MG_EV_SEND && ++sends > 5) return;
        nc.sendMbuf.append("abcdefgh".charAt(ev));
        if (ev === MG_EV_RECV) nc.recvMbuf.clear();
        if (ev === MG_EV_CLOSE) assert.equal(nc.send("never"), 0);
      }));
      const peer = s.peer(80);
      peer.send("x");
      s.run(1200);
      for (const ev of [MG_EV_ACCEPT, MG_EV_RECV, MG_EV_TIMER, MG_EV_POLL, MG_EV_SEND]) {
        assert.ok(peer.received.includes("abcdefgh".charAt(ev)), `event ${ev}: ${peer.received}`);
      }
      s.finish();
    });

    it("can be used by an HTTP handler as well, raw bytes and all", () => {
      const s = stage({ platform: { form } });
      setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", (nc, ev) => {
        if (ev === MG_EV_RECV) assert.ok(nc.recvMbuf.len > 0);
        if (ev !== MG_EV_HTTP_REQUEST) return;
        const text = nc.recvMbuf.text(0, 5);
        if (nc.id % 2) nc.sendMbuf.append(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${text}`);
        else httpReply(nc, 200, "", text);
      })));
      const peers = [s.peer(80), s.peer(80)];
      for (let i = 0; i < 4; i++) {
        for (const peer of peers) peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        s.run(10);
      }
      for (const peer of peers) assert.equal(peer.received.split("\r\n\r\nGET /").length - 1, 4);
      s.finish();
    });

    it("lose nothing to the end of a peer that comes behind more than the limit, however the manager is driven", () => {
      for (const manual of [false, true]) {
        for (const limit of [7, 60, 1000]) {
          const s = stage({ manual, platform: { form } });
          let got = 0;
          s.mgr.bind("tcp://:80", s.note("A", (nc, ev, data) => {
            if (ev !== MG_EV_RECV) return;
            got += data as number;
            nc.recvMbuf.clear();
          }), { recvMbufLimit: limit });
          s.run(5);
          const peer = s.peer(80);
          peer.send("x".repeat(2500));
          peer.fin();
          for (let i = 0; i < 1000; i++) {
            s.run(5);
            if (manual) s.mgr.poll();
          }
          assert.equal(got, 2500, `limit ${limit}, ${manual ? "polled" : "running"}`);
          assert.equal(s.events.filter((e) => e === "A CLOSE").length, 1);
          s.finish();
        }
      }
    });

    it("send POLL once a tick to each, whoever is evicted meanwhile", () => {
      const s = stage({ platform: { form }, mgr: { limits: { connMax: 4 } } });
      s.world.listenPeer("10.0.0.9", 7, () => undefined);
      let polls = new Map<number, number>();
      const handler = (nc: Connection, ev: number): void => {
        if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", "ok");
        if (ev !== MG_EV_POLL) return;
        polls.set(nc.id, (polls.get(nc.id) ?? 0) + 1);
        if (nc.listener && polls.size === 1) s.mgr.connect("10.0.0.9:7", s.note("C"));
      };
      setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", s.note("H", handler)));
      for (let i = 0; i < 4; i++) s.peer(80).send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      s.run(900);
      for (let tick = 0; tick < 4; tick++) {
        polls = new Map();
        s.run(1000);
        assert.ok([...polls.values()].every((n) => n === 1), JSON.stringify([...polls]));
      }
      s.finish();
    });
  });
}
