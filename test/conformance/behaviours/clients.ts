import type { Behaviour } from "../host/behaviour.js";
import { digits } from "./bytes.js";

export const CLIENTS: Behaviour[] = [
  {
    title: "a client connects, sends, receives and closes",
    on: "client",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("ping");
      peer.send("pong");
      await peer.ended();
    },
    expect: { out: "CONNECT 0, SEND 4, RECV 4, CLOSE 0", note: "received pong" },
  },
  {
    title: "a client in a manager that is driven by hand",
    on: "clientByHand",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("ping");
      peer.send("pong");
      await peer.ended();
    },
    expect: { out: "CONNECT 0, SEND 4, RECV 4, CLOSE 0", note: "received pong" },
  },
  {
    title: "what is sent before CONNECT goes out after it",
    on: "early",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.expect("early bird");
      await peer.ended();
    },
    expect: { out: "CONNECT 0, SEND 10, CLOSE 0", note: "taken 6 and 4" },
  },
  {
    title: "a client takes 30,000 bytes with a pool of 2,048, and the server's end closes it",
    on: "download",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      peer.send(digits(30000));
      peer.peer.end();
      await peer.ended();
    },
    expect: { out: "CONNECT 0, CLOSE 0", note: "all there" },
  },
  {
    title: "a server that speaks first is heard after CONNECT",
    on: "listens",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.send("hi").over();
    },
    expect: { out: "CONNECT 0, RECV 2, CLOSE 0", note: "received hi" },
  },
  {
    title: "a refused connection: CONNECT with the reason, then CLOSE",
    on: "refused",
    async play(stage) {
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 2, CLOSE 2" },
    stats: { connectFailed: 1 },
  },
  {
    title: "a name that does not resolve: CONNECT with the reason, then CLOSE",
    on: "unknownHost",
    async play(stage) {
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 4, CLOSE 4" },
    stats: { connectFailed: 1 },
  },
  {
    title: "a connect that nobody answers ends at our deadline",
    on: "connectDeadline",
    needs: ["!connectBlocks"],
    peer: "silent",
    async play(stage) {
      await stage.logged("out CLOSE");
    },
    expect: { out: "CONNECT 3, CLOSE 3" },
    stats: { connectFailed: 1, deadlines: 1 },
  },
  {
    title: "closing inside CONNECT",
    on: "closeInConnect",
    peer: "tcp",
    async play(stage) {
      const peer = await stage.caller();
      await peer.over();
    },
    expect: { out: "CONNECT 0, CLOSE 0" },
  },
  {
    title: "a malformed address throws, names itself, and leaves no connection behind",
    on: "malformed",
    async play() {},
    expect: {
      note: [
        "32 of 32 refused, connections 0",
        'Cannot connect to "80": must name a host and a port from 1 to 65535',
        'Cannot connect to "tcp://there:0": must name a host and a port from 1 to 65535',
        "Handler must be a function, is number",
        "connections 0",
      ].join(", "),
    },
  },
  {
    title: "a port in use: the second listener gets CLOSE with the reason, the first goes on",
    on: "portInUse",
    async play(stage) {
      await stage.logged("second CLOSE");
      const client = await stage.connect();
      await client.send("x").expect("x");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0", second: "CLOSE 1" },
  },
  {
    title: "a port is free again when its listener is closed",
    on: "portAgain",
    async play(stage) {
      await stage.logged("first CLOSE");
      stage.poke();
      const client = await stage.connect();
      await client.send("x").expect("x");
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0", first: "CLOSE 0" },
  },
  {
    title: "port 0 is a port of the platform's choice",
    on: "anyPort",
    needs: ["listenPort0"],
    async play(stage) {
      await stage.logged("note listens");
    },
    expect: { any: "CLOSE 19", note: "nothing, listens on some port" },
  },
  {
    title: "port 0 is refused where the platform cannot choose",
    on: "anyPort",
    needs: ["!listenPort0"],
    async play() {},
    expect: { note: "Cannot bind tcp://:0: this platform cannot pick a port, name one from 1 to 65535" },
  },
  {
    title: "an access list admits and denies by the peer's address",
    on: "accessLists",
    needs: ["peerAddress"],
    async play(stage) {
      const allowed = await stage.accepted(0);
      await allowed.send("x").expect("x");
      const denied = await stage.connect(1);
      await denied.over();
    },
    expect: { c1: "ACCEPT, RECV 1, SEND 1, CLOSE 0", note: 'Malformed access list "127.0.0.1"' },
    stats: { denied: 1 },
  },
  {
    title: "where the peer's address is unknown, a list of addresses admits nobody",
    on: "accessLists",
    needs: ["!peerAddress"],
    async play(stage) {
      const denied = await stage.connect(0);
      await denied.over();
    },
    expect: { note: 'Malformed access list "127.0.0.1"' },
    stats: { denied: 1 },
  },
  {
    title: "IPv6 literals work for listening and for connecting",
    on: "loopback6",
    needs: ["ipv6"],
    async play(stage) {
      await stage.logged("out CLOSE");
    },
    expect: {
      c1: "ACCEPT, RECV 3, SEND 3, CLOSE 0",
      l6: "CLOSE 19",
      out: "CONNECT 0, SEND 3, RECV 3, CLOSE 0",
      note: "received six",
    },
  },
];
