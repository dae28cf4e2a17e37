import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";

/** A serial port of this computer. */
export interface PortInfo {
  path: string;
  /** What is at the other end, as far as its USB ids or the system say; "" when they do not. */
  name: string;
  /** `VENDOR:PRODUCT` of USB in hexadecimal, "" for others. */
  usbId: string;
}

/** USB ids of the chips that boards with Espruino have. */
const USB_NAMES: Readonly<Record<string, string>> = {
  "303a:1001": "Espressif USB (ESP32-C3, ESP32-S3)",
  "10c4:ea60": "Silicon Labs CP210x",
  "1a86:7523": "WCH CH340",
  "1a86:55d4": "WCH CH9102",
  "0403:6001": "FTDI FT232",
  "0403:6010": "FTDI FT2232",
  "0403:6015": "FTDI FT230X",
  "0483:5740": "Espruino (STM32)",
};

/** Names in /dev of ports that may be a board. */
const DEVICES = /^tty(USB|ACM|AMA)\d+$/;

/** The ports there are, those of USB first, and a note when they could only be guessed. */
export async function listPorts(): Promise<{ ports: PortInfo[]; note: string }> {
  try {
    const found = await SerialPort.list();
    return { ports: found.map(infoOf).filter(isLikely).sort(usbFirst), note: "" };
  } catch (error) {
    // Linux asks udevadm, which is not there in containers and small systems.
    const note = `Names and USB ids are missing: ${(error as Error).message}.`;
    const known = (error as NodeJS.ErrnoException).code === "ENOENT" || /udevadm/.test((error as Error).message);
    return { ports: fromDev(), note: known ? "Names and USB ids are missing: udevadm is not installed." : note };
  }
}

type Listed = Awaited<ReturnType<typeof SerialPort.list>>[number];

function infoOf({ path, vendorId, productId, manufacturer, ...rest }: Listed): PortInfo {
  const usbId = vendorId && productId ? `${vendorId}:${productId}`.toLowerCase() : "";
  const friendly = (rest as { friendlyName?: string }).friendlyName;
  return { path, name: USB_NAMES[usbId] ?? friendly ?? manufacturer ?? "", usbId };
}

/** Linux lists 32 ttyS* that mostly lead nowhere. */
function isLikely({ path, usbId }: PortInfo): boolean {
  return usbId !== "" || !/\/ttyS\d+$/.test(path);
}

function usbFirst(a: PortInfo, b: PortInfo): number {
  return Number(b.usbId !== "") - Number(a.usbId !== "") || a.path.localeCompare(b.path);
}

function fromDev(): PortInfo[] {
  if (process.platform === "win32") return [];
  const names = readdirSync("/dev").filter((name) => DEVICES.test(name) || /^cu\.usb/.test(name));
  return names.sort().map((name) => ({ path: join("/dev", name), name: "", usbId: "" }));
}

/** The ports as lines of text for a terminal of 80 columns. */
export function formatPorts(ports: readonly PortInfo[]): string[] {
  const width = Math.max(...ports.map((port) => port.path.length));
  return ports.map(({ path, name, usbId }) => `${path.padEnd(width)}  ${usbId.padEnd(9)}  ${name}`.trimEnd());
}
