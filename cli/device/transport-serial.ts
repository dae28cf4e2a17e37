import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { SerialPort } from "serialport";
import { listPorts } from "./list-ports.js";
import { Exit, deviceError } from "./problem.js";
import type { DeviceError } from "./problem.js";
import type { Transport, TransportEvents } from "./transport.js";

const PULLED = "the port is gone (was the cable pulled?)";
/** What systems say to whoever reads from or writes to a port that is no more. */
const GONE_CODES = ["EIO", "ENXIO", "ENODEV", "EPIPE", "EBADF"];

/** A serial port, which is locked against others as long as it is open. */
export async function openSerial(path: string, baud: number, events: TransportEvents): Promise<Transport> {
  const serial = new SerialPort({ path, baudRate: baud, autoOpen: false });
  const failure = await new Promise<Error | null | undefined>((resolve) => serial.open(resolve));
  if (failure) throw await openFailure(path, failure);
  let isClosed = false;
  const gone = (why: string): void => {
    if (!isClosed) events.closed(why);
    isClosed = true;
  };
  serial.on("data", (bytes: Buffer) => isClosed || events.data(bytes));
  serial.on("error", (error: Error) => gone(whyLost(error)));
  serial.on("close", () => gone(PULLED));
  return {
    write: async (bytes) => {
      await new Promise<void>((done, fail) => {
        serial.write(Buffer.from(bytes), (error) => (error ? fail(new Error(whyLost(error))) : done()));
      });
    },
    close: async () => {
      isClosed = true;
      if (serial.isOpen) await new Promise<void>((done) => serial.close(() => done()));
    },
  };
}

/** Why an open port cannot be used any more. Reading, writing and "close" each may be the first to find out: they say the same. */
export function whyLost(error: NodeJS.ErrnoException): string {
  return GONE_CODES.includes(error.code ?? "") || /port is not open/i.test(error.message) ? PULLED : `the port failed (${error.message})`;
}

/** What the system has against opening the port, and what to do about it. */
export async function openFailure(path: string, error: Error, mayOpen = isAllowed(path)): Promise<DeviceError> {
  if (process.platform !== "win32" && !existsSync(path)) return deviceError(Exit.Port, `There is no port ${path}.`, ...(await portHints()));
  if (/permission|access denied|EACCES/i.test(error.message) && !mayOpen) {
    return deviceError(Exit.Port, `You may not open ${path}.`, ...permissionHints(path));
  }
  if (/lock|busy|temporarily unavailable|access denied/i.test(error.message)) {
    const who = "Close what uses it: another meerkat, the Web IDE, a terminal, or ModemManager.";
    return deviceError(Exit.Port, `${path} is in use by another program.`, who);
  }
  const reason = error.message.replace(/^Error:? */, "").replace(/, cannot open .*$/, "");
  return deviceError(Exit.Port, `Cannot open ${path}: ${reason}.`, ...(await portHints()));
}

async function portHints(): Promise<string[]> {
  const { ports } = await listPorts();
  if (ports.length === 0) return ["No serial port is there. Is the board plugged in, with a cable that carries data?"];
  return [`There are: ${ports.map((port) => port.path).join(", ")}. "meerkat flash --list" tells more.`];
}

function isAllowed(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** On Linux ports belong to a group, mostly `dialout`, which the user has to join. */
function permissionHints(path: string): string[] {
  if (process.platform !== "linux") return ["Ask whoever administers this computer for the right to use it."];
  const group = groupName(statSync(path).gid) ?? "dialout";
  return [`Join the group that may: sudo usermod -a -G ${group} ${userInfo().username}`, "Then log out and in again."];
}

function groupName(gid: number): string | undefined {
  if (!existsSync("/etc/group")) return undefined;
  const line = readFileSync("/etc/group", "utf8").split("\n").find((one) => one.split(":")[2] === String(gid));
  const name = line?.split(":")[0];
  return name === "root" ? undefined : name;
}
