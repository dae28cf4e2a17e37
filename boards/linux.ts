import type { Board } from "./board.js";

/**
 * Espruino's own Linux build, 64 bit: for trying a bundle on the real interpreter without a board.
 *
 * Variables: `'variables': 0` in boards/LINUX.py means that it takes more memory when it needs; 1000000 is only where
 * our own counting stops. Stack: 1000000 bytes (jsuGetFreeStack in src/jsutils.c). Sockets: select() and its 1024 file
 * descriptors. Chunk: libs/network/linux/network_linux.c. Storage: the file espruino.flash, 256 kB. The console is a
 * terminal, its baud rate means nothing.
 *
 * Pool: 64 pages of 512 bytes = 20 busy connections × (1 page of input + 2 pages of output, two chunks) + 4 pages that
 * stay in reserve. A page in use is about 30 variables (a variable of 27 bytes holds more of a string).
 */
export const linux: Board = {
  id: "linux",
  title: "Espruino on Linux",
  source: "boards/LINUX.py",
  variables: 1000000,
  variableBytes: 27,
  stackBytes: 1000000,
  sockets: 1024,
  chunkBytes: 536,
  storageBytes: 262144,
  serialBaud: 115200,
  abilities: { wifi: false, ble: false, udp: true, tlsClient: true, tlsServer: false, unicode: true },
  pool: { pages: 64, pageBytes: 512 },
};
