/*
 * What the fast peers on node:net have in common: all sockets read into one buffer (`onread`). Node gives that only to sockets
 * that a program makes itself: the accepted one hands over its handle.
 */

import { createServer, Socket } from "node:net";

/** Where every read is; it is to be used before the next. */
export const buffer = Buffer.allocUnsafe(65536);

/** Listens on $PORT. `opened` is told of each connection and answers what takes its reads: so many bytes in the buffer. */
export function serve(opened: (conn: Socket) => (count: number) => void): void {
  const takeOver = (accepted: Socket): void => {
    const holder = accepted as unknown as { _handle: unknown };
    const handle = holder._handle;
    holder._handle = null;
    const callback = (count: number): boolean => {
      read(count);
      return true;
    };
    const conn: Socket = new Socket({ handle, onread: { buffer, callback } } as ConstructorParameters<typeof Socket>[0]);
    const read = opened(conn);
    conn.on("error", () => conn.destroy());
    conn.resume();
  };
  const server = createServer({ noDelay: true, pauseOnConnect: true }, takeOver);
  server.listen(Number(process.env.PORT), () => console.log("ready"));
}
