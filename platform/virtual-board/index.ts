/**
 * The virtual board: Espruino's own API on a host platform.
 *
 * Modelled after the C source and compared with the real interpreter line by line (test/unit/virtual-board-espruino):
 * sockets and datagrams pass by pass with the firmware's faults, event order, exceptions, timers, promises, Storage, what
 * is missing from the language's library.
 *
 * Not modelled, because V8 runs the program: declarations that are not hoisted, the firmware's syntax errors, its small
 * regular expressions, its stack and memory running out (`memory` is an estimate), strings that share memory with
 * arrays, numbers in `"" + n`, percent coding of bytes above 0x7F. The build's gate and the rehearsal build are for those.
 * Not modelled, because the host cannot: a loopback connection that both ends see in one and the same pass; datagrams
 * to a name that does not resolve are lost instead of sent to the board itself.
 */

export { createVirtualBoard, defaultHostPort } from "./virtual-board.js";
export type { VirtualBoard, VirtualBoardOptions } from "./virtual-board.js";
export type { ConnectProbe } from "./network-stack.js";
export type { WifiControl } from "./wifi-library.js";
