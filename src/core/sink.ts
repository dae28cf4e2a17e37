import { onAccepted } from "./accept.js";
import { onDatagram } from "./datagram.js";
import { onData } from "./hot.js";
import "./input.js";
import { onClosed, onConnected, onDrained, onEnded, onListening } from "./lifecycle.js";
import { onWake } from "./pass.js";
import type { Sink } from "./port.js";

/** The core's side of the port. One for all managers: owners know theirs. */
export const sink: Sink = {
  data: onData,
  drained: onDrained,
  ended: onEnded,
  closed: onClosed,
  accepted: onAccepted,
  connected: onConnected,
  listening: onListening,
  datagram: onDatagram,
  wake: onWake,
};
