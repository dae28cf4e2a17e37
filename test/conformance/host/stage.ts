// The stage of one behaviour: its peers, its control connection to the device, and the words scripts are written in.

import assert from "node:assert/strict";
import type { Capabilities } from "../../../src/core/port.js";
import type { Behaviour, DeviceState } from "./behaviour.js";
import type { Peer, Peers, UdpPeer } from "./peers.js";

/** How long the device may take to free what a behaviour left: it waits for four seconds itself. */
const STOP_MAX_MS = 10_000;

/** Where a behaviour's peer listens, behind the behaviour's first port. */
const PEER_OFFSET = 5;

/** The line to the device, for all behaviours of one run. */
export class Control {
  /** What came behind the last line end. */
  private rest = "";
  /** The log of the behaviour that runs. */
  log: string[] = [];
  caps: Capabilities | undefined;
  isReady = false;
  /** Set when the device did not even stop: nothing can be played on it any more. */
  isLost = false;
  state: DeviceState | undefined;

  constructor(
    readonly peers: Peers,
    private readonly peer: Peer,
  ) {}

  /** Connects, and hears what the device can do. */
  static async open(peers: Peers, port: number): Promise<Control> {
    const control = new Control(peers, peers.control(port));
    await control.until(() => control.caps !== undefined, "hello from the device");
    return control;
  }

  /** Waits, while listening to the device. */
  async until(isReached: () => boolean, what: string, maxMs?: number): Promise<void> {
    const isThere = (): boolean => {
      this.read();
      return isReached();
    };
    await this.peers.until(isThere, what, maxMs);
  }

  say(line: string): void {
    this.peer.send(line + "\n");
  }

  private read(): void {
    const fresh = this.peer.received;
    if (fresh === "" && this.peer.state === "open") return;
    this.peer.drop(fresh.length);
    const lines = (this.rest + fresh).split("\n");
    this.rest = lines.pop() as string;
    for (const line of lines) this.take(line);
    if (this.peer.state === "ended" || this.peer.state === "closed") throw new Error("The device hung up");
  }

  private take(line: string): void {
    const space = `${line} `.indexOf(" ");
    const rest = line.slice(space + 1);
    const word = line.slice(0, space);
    if (word === "log") this.log.push(rest);
    else if (word === "ready") this.isReady = true;
    else if (word === "done") this.state = JSON.parse(rest) as DeviceState;
    else if (word === "hello") this.caps = JSON.parse(rest) as Capabilities;
  }

  /** Starts a behaviour, and answers when the device listens. */
  async start(name: string, port: number): Promise<void> {
    this.log = [];
    this.isReady = false;
    this.state = undefined;
    this.say(`start ${name} ${port} ${this.peers.host}`);
    await this.until(() => this.isReady, `the device is ready for ${name}`);
  }

  /** Ends it, and answers what the device has to say. */
  async stop(): Promise<DeviceState> {
    this.say("stop");
    await this.until(() => this.state !== undefined, "the device has stopped", STOP_MAX_MS);
    return this.state as unknown as DeviceState;
  }
}

/** A peer's end of a connection, with the words for what is awaited. */
export class Client {
  constructor(
    private readonly stage: Stage,
    readonly peer: Peer,
  ) {}

  send(bytes: string): this {
    this.peer.send(bytes);
    return this;
  }

  /** Waits for exactly these bytes, and forgets them. */
  async expect(bytes: string): Promise<void> {
    const isThere = (): boolean => this.peer.received.length >= bytes.length || this.isOver();
    await this.stage.until(isThere, `${bytes.length} bytes from the device`);
    assert.equal(this.peer.received.slice(0, bytes.length), bytes);
    this.peer.drop(bytes.length);
  }

  /** Waits for that many bytes, answers and forgets them. */
  async take(count: number): Promise<string> {
    await this.stage.until(() => this.peer.received.length >= count || this.isOver(), `${count} bytes from the device`);
    const bytes = this.peer.received.slice(0, count);
    this.peer.drop(count);
    assert.equal(bytes.length, count);
    return bytes;
  }

  /** Waits for the end of the device's stream: nothing but `rest` comes before it. */
  async ended(rest = ""): Promise<void> {
    await this.stage.until(() => this.isOver(), "the end of the device's stream");
    assert.equal(this.peer.received, rest);
  }

  /** Waits for the end, however it comes, and answers what came before. */
  async over(): Promise<string> {
    await this.stage.until(() => this.isOver(), "the end of the connection");
    return this.peer.received;
  }

  isOver(): boolean {
    return this.peer.state === "ended" || this.peer.state === "closed";
  }
}

/** What a behaviour's script is played on. */
export class Stage {
  private readonly callers: Peer[] = [];
  private inbox: UdpClient | undefined;

  constructor(
    readonly control: Control,
    /** The first of the behaviour's ten ports. */
    readonly port: number,
  ) {}

  private get peers(): Peers {
    return this.control.peers;
  }

  until(isReached: () => boolean, what: string, maxMs?: number): Promise<void> {
    return this.control.until(isReached, what, maxMs);
  }

  async sleep(ms: number): Promise<void> {
    await this.peers.sleep(ms);
  }

  /** Connects to the behaviour's port, `offset` behind the first, and waits until the connection stands. */
  async connect(offset = 0): Promise<Client> {
    const peer = this.peers.connect(this.port + offset);
    await this.until(() => peer.state !== "connecting", "a connection to the device");
    return new Client(this, peer);
  }

  /** A peer that reads nothing until it is told to. */
  async connectDeaf(): Promise<Client> {
    const peer = this.peers.connect(this.port);
    peer.pause();
    await this.until(() => peer.state !== "connecting", "a connection to the device");
    return new Client(this, peer);
  }

  /** Connects, and waits for the device's ACCEPT, so that the names of connections are in the order of the script. */
  async accepted(offset = 0): Promise<Client> {
    const before = this.count(/ACCEPT$/);
    const client = await this.connect(offset);
    await this.until(() => this.count(/ACCEPT$/) > before, "ACCEPT");
    return client;
  }

  private count(pattern: RegExp): number {
    return this.control.log.filter((line) => pattern.test(line)).length;
  }

  /** Waits for a line of the device's log that begins with this. */
  async logged(start: string, maxMs?: number): Promise<void> {
    await this.until(() => this.control.log.some((line) => line.startsWith(start)), `the device logs "${start}"`, maxMs);
  }

  /** Has the device call the behaviour's `onPoke`. */
  poke(word = ""): void {
    this.control.say(`poke ${word}`);
  }

  /** Sets up what must be there before the device starts. */
  async prepare(peer: Behaviour["peer"]): Promise<void> {
    const port = this.port + PEER_OFFSET;
    if (peer === "tcp") await this.peers.listen(port, (one) => this.callers.push(one));
    else if (peer === "silent") await this.peers.listenSilently(port);
    else if (peer === "udp") this.inbox = new UdpClient(this, await this.peers.udp(port));
  }

  /** Waits for the next connection of the device to the peer's port. */
  async caller(): Promise<Client> {
    await this.until(() => this.callers.length > 0, "a connection from the device");
    return new Client(this, this.callers.shift() as Peer);
  }

  /** The datagram socket at the peer's port. */
  get mailbox(): UdpClient {
    return this.inbox as UdpClient;
  }

  /** A datagram socket with a port of its own. */
  async udp(): Promise<UdpClient> {
    return new UdpClient(this, await this.peers.udp(0));
  }
}

/** A datagram socket of a peer. */
export class UdpClient {
  constructor(
    private readonly stage: Stage,
    private readonly peer: UdpPeer,
  ) {}

  send(bytes: string, toPort = this.stage.port): void {
    this.peer.send(bytes, toPort);
  }

  /** To whoever sent the last datagram. */
  reply(bytes: string): void {
    this.peer.reply(bytes);
  }

  /** Waits for the next datagram: it must be this. */
  async expect(bytes: string): Promise<void> {
    await this.stage.until(() => this.peer.received.length > 0, "a datagram from the device");
    assert.equal(this.peer.received.shift(), bytes);
  }
}
