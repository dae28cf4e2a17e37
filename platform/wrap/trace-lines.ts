// The lines of a trace: what is said about which owner, in full or as a conversation.

import { WriteResult, type Err, type Handle, type Owner, type Platform, type Raw } from "../../src/core/port.js";
import { createPreview, type Preview, type PreviewKind } from "./preview.js";

/** How much a trace says. */
export interface TraceOptions {
  /** Begins each line with the platform's `now()`, in whole milliseconds. Default false. */
  clock?: boolean;
  /** `wakeAfter`, `wake` and `tidy` too. Default false: their number depends on the speed of the machine. */
  timers?: boolean;
  /** Addresses and ports that the platform reports. Default false: they differ from run to run. */
  addresses?: boolean;
  /** How bytes are shown, and how many of them. Default "text" and 64. */
  preview?: PreviewKind;
  previewMaxBytes?: number;
  /**
   * Only what both ends of a connection would agree on: what was opened, which bytes came and went (in one line as long
   * as they go one way), and that it is over. Pieces, pauses, blocked writes and the manner of closing are left out.
   */
  conversation?: boolean;
}

/** Stands for an owner towards the wrapped platform, and for a handle towards the core. */
export interface TraceBox {
  id: number;
  owner: Owner | undefined;
  handle: Handle;
  isUp: boolean;
  isOver: boolean;
  /** Bytes offered to the core and not taken: they will be offered again. */
  restBytes: number;
  /** The way of the bytes that are not said yet: "" for none. */
  flow: "" | "in" | "out";
  preview: Preview;
}

/** One trace. */
export interface Tracer {
  platform: Platform;
  options: TraceOptions;
  isConversation: boolean;
  boxCount: number;
  timerOwners: Owner[];
  say(line: string): void;
}

const ERR_NAMES = [
  "", "AddressInUse", "Refused", "TimedOut", "HostNotFound", "Unreachable", "Reset", "UnsentData", "PoolEmpty",
  "TooManySockets", "NotSupported", "Tls", "Permission", "AddressNotAvailable", "Deadline", "HandlerThrew", "Evicted",
  "AclDenied", "RecvOverflow", "ManagerFreed", "MessageTooLong", "Protocol", "Failed",
];
const PREVIEW_MAX_BYTES = 64;

/** A trace of `platform` whose lines go to `sink`. */
export function createTracer(platform: Platform, sink: (line: string) => void, options: TraceOptions): Tracer {
  return {
    platform, options, isConversation: options.conversation === true, boxCount: 0, timerOwners: [],
    say: options.clock === true ? (line) => sink(Math.round(platform.now()) + " " + line) : sink,
  };
}

/** The next owner that appears. */
export function createTraceBox(tracer: Tracer, owner: Owner | undefined, handle: Handle): TraceBox {
  const { preview, previewMaxBytes } = tracer.options;
  return {
    id: ++tracer.boxCount, owner, handle, isUp: false, isOver: false, restBytes: 0, flow: "",
    preview: createPreview(
      preview === undefined ? "text" : preview, previewMaxBytes === undefined ? PREVIEW_MAX_BYTES : previewMaxBytes,
    ),
  };
}

/** A line that belongs to a conversation too. */
export function tell(tracer: Tracer, box: TraceBox, line: string): void {
  if (box.flow !== "") tracer.say(`${box.flow} #${box.id} ${box.preview.take()}`);
  box.flow = "";
  tracer.say(line);
}

/** A line about the manner, left out of a conversation. */
export function detail(tracer: Tracer, line: string): void {
  if (!tracer.isConversation) tracer.say(line);
}

/** Bytes `from` to the end of `bytes`, on their way in or out; `line` is what precedes them in a full trace. */
export function tellBytes(tracer: Tracer, box: TraceBox, way: "in" | "out", line: string, bytes: Raw, from: number): void {
  const { preview } = box;
  if (tracer.isConversation && from >= bytes.length) return;
  if (tracer.isConversation && box.flow !== "" && box.flow !== way) {
    tracer.say(`${box.flow} #${box.id} ${preview.take()}`);
  }
  preview.add(tracer.platform.bytes.latin1(bytes, from, bytes.length));
  if (tracer.isConversation) box.flow = way;
  else tracer.say(`${line} #${box.id} ${preview.take()}`);
}

/** In a conversation: nothing more comes of this owner. `reason` is said only when it never came up. */
export function tellOver(tracer: Tracer, box: TraceBox, reason: string): void {
  if (!tracer.isConversation || box.isOver) return;
  box.isOver = true;
  tell(tracer, box, `over #${box.id}${box.isUp ? "" : reason}`);
}

/** An address the platform reported, where the trace says those. */
export function placeOf(tracer: Tracer, address: string, port: number): string {
  if (tracer.isConversation || tracer.options.addresses !== true) return "";
  return ` ${address}:${port}`;
}

/** The number of a timer's owner: those are few and live as long as the program. */
export function timerId(tracer: Tracer, owner: Owner): number {
  let at = tracer.timerOwners.indexOf(owner);
  if (at < 0) at = tracer.timerOwners.push(owner) - 1;
  return at + 1;
}

/** " Refused" and so on; "" for None. */
export function reasonOf(err: Err): string {
  if (err === 0) return "";
  return " " + (err < ERR_NAMES.length ? ERR_NAMES[err] : err);
}

/** How a `write` or `sendTo` that took nothing answered. */
export function resultName(result: number): string {
  if (result === WriteResult.WouldBlock) return "would block";
  return result === WriteResult.Closed ? "closed" : "failed";
}
