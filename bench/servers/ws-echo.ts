/* The peer of examples/ws-echo.ts: the WebSocket library `ws`, without compression as ours. */

import { createRequire } from "node:module";

interface Socket {
  on(event: "message", handler: (bytes: Buffer, isBinary: boolean) => void): void;
  on(event: "error", handler: () => void): void;
  send(bytes: Buffer, options: { binary: boolean }): void;
}

interface Library {
  Server: new (options: object, onListening: () => void) => { on(event: "connection", handler: (socket: Socket) => void): void };
}

const library = createRequire(import.meta.url)("ws") as Library;
const server = new library.Server({ port: Number(process.env.PORT), perMessageDeflate: false }, () => console.log("ready"));
server.on("connection", (socket) => {
  socket.on("message", (bytes, isBinary) => socket.send(bytes, { binary: isBinary }));
  socket.on("error", () => undefined);
});
