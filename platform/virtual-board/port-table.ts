/**
 * Owns: the TCP ports a program listens on: which listeners share one, what the host made of it, and the connections
 * that wait to be accepted or for the port to be bound.
 */

import { Err } from "../../src/core/port.js";
import type { Handle } from "../../src/core/port.js";
import { Progress, SocketKind, StackSocket } from "./stack-socket.js";
import type { StackOptions } from "./network-stack.js";

/** The backlog the firmware asks for; Linux holds further callers outside, which a longer queue comes closest to. */
const BACKLOG_LWIP = 10;
const BACKLOG_LINUX = 128;

/** The listeners on one port: more than one only where the stack has SO_REUSEPORT (Linux). The owner the host knows. */
export class PortGroup {
  handle: Handle = undefined;
  /** Connections go to them in turn. */
  members: ListenSocket[] = [];
  turn = 0;
  /** The port on the host; -1 until the host has bound it. */
  hostPort = -1;
  isFailed = false;
  /** Connections of the program to itself that wait for the port. */
  waiting: StackSocket[] = [];

  constructor(readonly port: number) {}
}

/** One listener of the program. */
export class ListenSocket {
  fd = -1;
  readonly backlog: StackSocket[] = [];

  constructor(readonly group: PortGroup) {}
}

/** What the table does to sockets of the stack. */
export interface SocketCare {
  /** Ends a socket for good, without an event. */
  drop(socket: StackSocket): void;
  /** Marks a connect as refused. */
  refuse(socket: StackSocket): void;
}

/** The table of one board. */
export class PortTable {
  private readonly groups = new Map<number, PortGroup>();
  private readonly isLinux: boolean;

  constructor(
    private readonly opts: StackOptions,
    private readonly care: SocketCare,
  ) {
    this.isLinux = opts.board.id === "linux";
  }

  /** The listeners on a port. */
  find(port: number): PortGroup | undefined {
    return this.groups.get(port);
  }

  /** A new listener, or undefined when the port is taken. */
  open(port: number): ListenSocket | undefined {
    const existing = this.groups.get(port);
    if (existing !== undefined && !this.isLinux) return undefined;
    const group = existing ?? new PortGroup(port);
    const member = new ListenSocket(group);
    group.members.push(member);
    if (existing === undefined) this.bind(group);
    return member;
  }

  private bind(group: PortGroup): void {
    const { host } = this.opts;
    this.groups.set(group.port, group);
    group.handle = host.listen(group, { host: "", port: this.opts.hostPortFor(group.port) });
  }

  /** Ends a listener; what waits in its backlog is dropped. */
  close(listener: ListenSocket): void {
    const { group } = listener;
    group.members.splice(group.members.indexOf(listener), 1);
    for (const socket of listener.backlog) this.care.drop(socket);
    if (group.members.length > 0) return;
    this.groups.delete(group.port);
    if (!group.isFailed) this.opts.host.destroy(group.handle);
    for (const socket of group.waiting) this.care.refuse(socket);
  }

  /** Connects a socket to a port of this same board, as soon as the host has bound it. */
  connectOwn(socket: StackSocket, group: PortGroup): void {
    if (group.hostPort < 0) group.waiting.push(socket);
    else this.dial(socket, group.hostPort);
  }

  private dial(socket: StackSocket, port: number): void {
    if (!socket.isClosed) socket.handle = this.opts.host.connect(socket, { host: "127.0.0.1", port });
  }

  /** The host has bound the port. */
  bound(group: PortGroup, address: string, hostPort: number): void {
    group.hostPort = hostPort;
    this.opts.onBound(group.port, hostPort, address);
    for (const socket of group.waiting) this.dial(socket, hostPort);
    group.waiting = [];
  }

  /** The host could not bind the port. The program is not told: on a board the port would have been free. */
  failed(group: PortGroup, err: Err): void {
    group.isFailed = true;
    for (const socket of group.waiting) this.care.refuse(socket);
    group.waiting = [];
    this.opts.onBindFailed(group.port, this.opts.hostPortFor(group.port), err);
  }

  /** A connection came in; undefined when there is no room to let it wait. */
  accepted(group: PortGroup, handle: Handle): StackSocket | undefined {
    const member = group.members[group.turn++ % group.members.length];
    const backlogMax = this.isLinux ? BACKLOG_LINUX : BACKLOG_LWIP;
    if (member === undefined || member.backlog.length >= backlogMax) return undefined;
    const socket = new StackSocket(SocketKind.Stream, Progress.Open);
    socket.handle = handle;
    member.backlog.push(socket);
    return socket;
  }
}
