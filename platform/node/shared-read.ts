/**
 * Owns: reading of all TCP sockets of a platform into one buffer, from where the bytes are taken at once.
 *
 * Left alone, Node allocates 64 KiB for each read and shrinks it to what came. With one buffer for all, an echo of
 * small messages needs a fifth less processor time, one of 16 KiB a third. `onread` is Node's documented way to do this
 * for sockets a program connects; for accepted ones there is no documented way, so the connection is moved to a socket
 * made with `onread`. Where Node does not look as expected, sockets read by 'data' events as usual.
 */

import { Socket } from "node:net";
import type { OnReadOpts, SocketConstructorOpts } from "node:net";
import { feed } from "./stream-handle.js";
import type { StreamHandle } from "./stream-handle.js";

/** As much as libuv reads at once. */
const READ_MAX_BYTES = 65536;
/** A read that brings so much is likely to be followed by another such. */
const OWN_FROM_BYTES = READ_MAX_BYTES / 2;
/** More sockets than this have no buffer of their own at a time: one that falls silent after much keeps it until it speaks or closes. */
const OWN_MAX = 64;

/** Node's own object for a connection, as far as it matters here. Not documented, the same since Node 12. */
interface Inner {
  _handle: { useUserBuffer?: unknown } | null;
}

/** The buffer for {@link sharedRead}: one for a platform, since each read is taken out of it before the next. */
export function createReadBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(READ_MAX_BYTES);
}

/** The `onread` option for a socket that is to be attached to `handle`; undefined when the platform shares no buffer. */
export function sharedRead(handle: StreamHandle): OnReadOpts | undefined {
  if (handle.up.readBuffer === undefined) return undefined;
  return {
    // Node asks before the first read and after each; undefined means the same again, which its types do not know.
    buffer: () => nextBuffer(handle) as Buffer,
    callback: (count, from) => {
      handle.lastRead = count;
      feed(handle, from, count);
      // False would make Node stop reading; that is `pause`'s business.
      return true;
    },
  };
}

/**
 * Where to read into next. Where much comes at a time, each read has a buffer of its own, which goes up without copying;
 * at least half of it is used, as long as it goes on like that. Only so many sockets may have one at a time.
 */
function nextBuffer(handle: StreamHandle): Buffer | undefined {
  const up = handle.up;
  const wasOwn = handle.hasOwnBuffer;
  const isOwn = handle.lastRead >= OWN_FROM_BYTES && (wasOwn || up.ownBuffers < OWN_MAX);
  if (isOwn !== wasOwn) up.ownBuffers += isOwn ? 1 : -1;
  handle.hasOwnBuffer = isOwn;
  if (isOwn) return Buffer.allocUnsafeSlow(READ_MAX_BYTES);
  return wasOwn || handle.lastRead < 0 ? up.readBuffer : undefined;
}

/** Attaches an accepted socket, not reading yet (`pauseOnConnect`), to `handle`, and starts reading. */
export function attachShared(handle: StreamHandle, socket: Socket): void {
  const inner = socket as unknown as Inner;
  const onread = sharedRead(handle);
  const connection = inner._handle;
  if (onread === undefined || connection == null || typeof connection.useUserBuffer !== "function") {
    handle.attach(socket, false);
    socket.resume();
    return;
  }
  // The socket that was accepted is left behind without its connection: nothing of it keeps anything alive.
  inner._handle = null;
  const options = { handle: connection, allowHalfOpen: true, onread };
  handle.attach(new Socket(options as unknown as SocketConstructorOpts), true);
}
