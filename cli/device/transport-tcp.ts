import { connect } from "node:net";
import { Exit, deviceError } from "./problem.js";
import type { DeviceError } from "./problem.js";
import type { Transport, TransportEvents } from "./transport.js";

/** How long a connect may take. */
const CONNECT_MS = 10_000;

/** A board behind a TCP port: Espruino's own telnet server, or a bridge to a serial port. */
export function openTcp(host: string, port: number, events: TransportEvents): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })), CONNECT_MS);
    let isOpen = false;
    let isClosed = false;
    let why = "the connection was closed by the other end";
    socket.setNoDelay(true);
    socket.on("connect", () => {
      clearTimeout(timer);
      isOpen = true;
      resolve({
        write: (bytes) => new Promise((done, fail) => socket.write(bytes, (error) => (error ? fail(new Error(whyBroken(error))) : done()))),
        close: async () => {
          isClosed = true;
          socket.destroySoon();
        },
      });
    });
    socket.on("data", (bytes: Buffer) => isClosed || events.data(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      why = whyBroken(error);
      if (!isOpen) reject(connectFailure(host, port, error));
    });
    socket.on("close", () => {
      if (isOpen && !isClosed) events.closed(why);
      isClosed = true;
    });
  });
}

function whyBroken(error: NodeJS.ErrnoException): string {
  return `the connection broke (${error.code ?? error.message})`;
}

function connectFailure(host: string, port: number, error: NodeJS.ErrnoException): DeviceError {
  const where = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch (error.code) {
    case "ECONNREFUSED":
      return deviceError(Exit.Port, `Nobody listens at ${where}.`, "Start the board's telnet server or the bridge to its serial port.");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return deviceError(Exit.Port, `There is no host "${host}".`, "Check the name, or give its address.");
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return deviceError(Exit.Port, `${where} does not answer.`, "Is the board powered, and in the same network?");
    default:
      return deviceError(Exit.Port, `Cannot connect to ${where}: ${error.message}.`);
  }
}
