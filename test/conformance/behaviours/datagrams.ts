import type { Behaviour } from "../host/behaviour.js";

export const DATAGRAMS: Behaviour[] = [
  {
    title: "a datagram makes a connection of its own: ACCEPT, RECV, SEND, CLOSE, and one reply whatever was sent in how many pieces",
    on: "udpEcho",
    needs: ["udp"],
    async play(stage) {
      const peer = await stage.udp();
      peer.send("hello");
      await peer.expect("hello");
      await stage.logged("c1 CLOSE");
      peer.send("again");
      await peer.expect("again");
    },
    expect: { c1: "ACCEPT, RECV 5, SEND 5, CLOSE 0", c2: "ACCEPT, RECV 5, SEND 5, CLOSE 0" },
  },
  {
    title: "datagrams in a manager that is driven by hand",
    on: "udpEchoByHand",
    needs: ["udp"],
    async play(stage) {
      const peer = await stage.udp();
      peer.send("hello");
      await peer.expect("hello");
      await stage.logged("c1 CLOSE");
    },
    expect: { c1: "ACCEPT, RECV 5, SEND 5, CLOSE 0" },
  },
  {
    title: "without SEND_AND_CLOSE a datagram peer's connection stays until it is set again",
    on: "udpKept",
    needs: ["udp"],
    async play(stage) {
      const peer = await stage.udp();
      for (const word of ["one", "two", "bye"]) {
        peer.send(word);
        await peer.expect(word);
      }
      await stage.logged("c1 CLOSE");
    },
    expect: { c1: "ACCEPT, RECV 9, SEND 9, CLOSE 0" },
  },
  {
    title: "two datagram peers are two connections",
    on: "udpKept",
    needs: ["udp"],
    async play(stage) {
      const first = await stage.udp();
      first.send("first");
      await first.expect("first");
      const second = await stage.udp();
      second.send("second");
      await second.expect("second");
      first.send("bye");
      await first.expect("bye");
      second.send("bye");
      await second.expect("bye");
    },
    expect: { c1: "ACCEPT, RECV 8, SEND 8, CLOSE 0", c2: "ACCEPT, RECV 9, SEND 9, CLOSE 0" },
  },
  {
    title: "closing a datagram listener closes its peers' connections",
    on: "udpListenerCloses",
    needs: ["udp"],
    async play(stage) {
      const peer = await stage.udp();
      peer.send("one");
      await peer.expect("one");
      stage.poke();
      await stage.logged("c1 CLOSE");
    },
    expect: { c1: "ACCEPT, RECV 3, SEND 3, CLOSE 0", l1: "CLOSE 0" },
  },
  {
    title: "a datagram client: CONNECT, SEND, RECV, CLOSE",
    on: "udpClient",
    needs: ["udp"],
    peer: "udp",
    async play(stage) {
      await stage.mailbox.expect("ping");
      stage.mailbox.reply("pong");
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, SEND 4, RECV 4, CLOSE 0", note: "received pong" },
  },
  {
    title: "a datagram that is too long is lost whole, with SEND and the reason, and counted",
    on: "udpTooLong",
    needs: ["udp"],
    peer: "udp",
    async play(stage) {
      await stage.mailbox.expect("ok");
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 0, SEND -20, SEND 2, CLOSE 0", note: "taken" },
    stats: { datagramsLost: 1 },
  },
];
