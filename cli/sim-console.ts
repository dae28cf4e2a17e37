import { createServer } from "node:net";
import type { Socket } from "node:net";

/** A virtual board's console as a TCP port of this computer. */
export interface SimConsole {
  /** What the board says: characters 0 to 255. */
  write(text: string): void;
  close(): void;
}

/**
 * Opens the port, on this computer only; 0 takes any free one. Whoever connects is at the console; `typed` gets what they
 * send. Rejects with what the system has against it.
 */
export async function openConsole(port: number, typed: (text: string) => void): Promise<SimConsole & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("data", (bytes) => typed(bytes.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    write(text) {
      for (const socket of sockets) socket.write(Buffer.from(text, "latin1"));
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
