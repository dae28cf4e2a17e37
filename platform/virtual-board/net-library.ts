/**
 * Owns: `require("net")`, `require("tls")` and `require("dgram")` with the methods of Socket, Server and dgramSocket
 * (libs/network/jswrap_net.c). Mistakes that the firmware only prints are only printed here.
 */

import { available, readBuffered } from "./emitter.js";
import type { Interpreter } from "./interpreter.js";
import { datagramHeader } from "./datagrams.js";
import type { NetworkStack } from "./network-stack.js";
import { pipe } from "./pipe.js";
import type { Pipes } from "./pipe.js";
import { asString } from "./print.js";
import type { JsObject, Realm } from "./realm.js";
import { defineNatives, isFunction, isPlainObject } from "./realm.js";
import { SocketType } from "./socket-loop.js";
import type { SocketLoop, SocketObject } from "./socket-loop.js";
import { parseUrl } from "./url.js";

/** What the libraries are built from. */
export interface NetParts {
  interp: Interpreter;
  stack: NetworkStack;
  loop: SocketLoop;
  pipes: Pipes;
  classes: NetClasses;
}

/** The classes of one world; programs cannot name them, as on the board. */
export interface NetClasses {
  Socket: new () => JsObject;
  Server: new () => JsObject;
  Datagram: new () => JsObject;
}

/** The empty classes, before their methods: the loop makes sockets with them. */
export function createNetClasses(realm: Realm): NetClasses {
  const { makeClass } = realm.ctors;
  return { Socket: makeClass("Socket"), Server: makeClass("Server"), Datagram: makeClass("dgramSocket") };
}

/** A socket, server or datagram socket object with its type. */
export function makeTyped(ctor: new () => JsObject, type: SocketType): SocketObject {
  const made = new ctor() as SocketObject;
  made.type = type;
  return made;
}

/** The libraries by the name `require` knows them by. */
export function createNetLibraries(parts: NetParts): Record<string, JsObject> {
  installSocketMethods(parts);
  installServerMethods(parts);
  installDatagramMethods(parts);
  const { realm } = parts.interp;
  const net = realm.object();
  const tls = realm.object();
  const dgram = realm.object();
  defineNatives(net, {
    createServer: (callback: unknown) => createServer(parts, callback),
    connect: (options: unknown, callback: unknown) => connect(parts, options, callback, SocketType.Normal),
  });
  defineNatives(tls, {
    connect: (options: unknown, callback: unknown) => connect(parts, options, callback, SocketType.Tls),
  });
  defineNatives(dgram, {
    createSocket: (type: unknown, callback: unknown) =>
      connect(parts, isPlainObject(type) ? type : realm.object(), callback, SocketType.Datagram),
  });
  return { net, tls, dgram };
}

function createServer(parts: NetParts, callback: unknown): SocketObject | undefined {
  if (!isFunction(callback)) return complain(parts, `Expecting Callback Function but got ${typeName(callback)}`);
  const server = makeTyped(parts.classes.Server, SocketType.Normal);
  server["#onconnect"] = callback;
  return server;
}

/** jswrap_net_connect. */
function connect(parts: NetParts, given: unknown, callback: unknown, type: SocketType): SocketObject | undefined {
  const options = typeof given === "string" ? parseUrl(parts.interp.realm, given, false) : given;
  if (!isPlainObject(options)) {
    return complain(parts, `Expecting Options to be an Object but it was ${typeName(options)}`);
  }
  if (callback !== undefined && !isFunction(callback)) {
    return complain(parts, `Expecting Callback Function but got ${typeName(callback)}`);
  }
  const isDatagram = type === SocketType.Datagram;
  const { loop, classes } = parts;
  if (isDatagram) loop.chunkBytes = Math.max(loop.chunkBytes, Number(options.recvBufferSize ?? 0));
  const conn = makeTyped(isDatagram ? classes.Datagram : classes.Socket, type);
  loop.addClient(conn, options, callback);
  if (!isDatagram) loop.connect(conn);
  return conn;
}

function complain(parts: NetParts, message: string): undefined {
  parts.interp.printLine(`ERROR: ${message}`);
  return undefined;
}

function typeName(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "Array";
  const name = typeof value;
  return name[0].toUpperCase() + name.slice(1);
}

function installSocketMethods({ loop, pipes, classes, interp }: NetParts): void {
  defineNatives(classes.Socket.prototype as object, {
    write(this: SocketObject, data: unknown): boolean {
      loop.write(this, data);
      return false;
    },
    end(this: SocketObject, data: unknown): void {
      try {
        if (data !== undefined) loop.write(this, data);
      } finally {
        // The firmware's exceptions do not stop its own functions: a socket that is closed is closed again.
        loop.end(this);
      }
    },
    available(this: SocketObject): number {
      return available(this);
    },
    read(this: SocketObject, count: unknown): string {
      return readBuffered(this, Number(count) || 0);
    },
    pipe(this: SocketObject, destination: unknown, options: unknown): void {
      pipe(pipes, interp, this, destination, options);
    },
  });
}

function installServerMethods({ loop, classes }: NetParts): void {
  defineNatives(classes.Server.prototype as object, {
    listen(this: SocketObject, port: unknown): SocketObject {
      loop.listen(this, Number(port) | 0);
      return this;
    },
    close(this: SocketObject): void {
      loop.closeServer(this);
    },
  });
}

function installDatagramMethods({ loop, classes, interp, stack }: NetParts): void {
  defineNatives(classes.Datagram.prototype as object, {
    send(this: SocketObject, data: unknown, ...args: unknown[]): void {
      const target = readTarget(data, args);
      const address = stack.addressBytes(target.host);
      loop.write(this, target.data, (size) => datagramHeader(address, target.port, size));
    },
    bind(this: SocketObject, port: unknown, callback: unknown): SocketObject {
      this["#onbind"] = callback;
      try {
        loop.listen(this, Number(port) | 0);
      } finally {
        // The firmware calls the callback of a failed bind too.
        interp.queueListeners(this, "bind", [this]);
      }
      return this;
    },
    close(this: SocketObject): void {
      loop.end(this);
    },
    addMembership(this: SocketObject, group: unknown, ip: unknown): void {
      if (this.opt === undefined) return;
      this.opt.multicastGroup = group;
      this.opt.multicastIp = ip;
    },
  });
}

/** `send(data, port, host)` or `send(data, offset, length, port, host)`, told apart by the fourth argument. */
function readTarget(data: unknown, args: unknown[]): { data: unknown; port: number; host: string } {
  const isLong = typeof args[2] === "number";
  const port = Number(args[isLong ? 2 : 0]) & 0xffff;
  const host = asString(args[isLong ? 3 : 1]);
  if (!isLong) return { data, port, host };
  const from = Number(args[0]);
  return { data: asString(data).slice(from, from + Number(args[1])), port, host };
}
