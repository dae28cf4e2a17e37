import type { Board } from "./board.js";

/**
 * ESP8266 with 4 MB of flash, Espruino 2v29 (boards/ESP8266_4MB.py; the 512 kB boards have no room for meerkat).
 *
 * Variables: 1600 of 12 bytes (JSVARREF_BITS 11, src/jsutils.h). Sockets: the firmware has 10 (MAX_SOCKETS in
 * libs/network/esp8266/network_esp8266.h); the variables carry six: a listener, four connections, the reserve. Chunk: 536 / 2, and longer datagrams are dropped (network_esp8266.c).
 * Storage: 48 pages of 4096 bytes. TLS: not among the libraries of the build. Stack: this firmware does not check it
 * (jsuGetFreeStack in src/jsutils.c answers 1000000); 4096 is what we dare to use of it.
 *
 * Pool: 5 pages of 256 bytes = 1 busy connection × 2 pages of input + 2 for others + 1 page that stays in reserve. A page in
 * use is about 32 variables: 160 of 1600 when all are.
 */
export const esp8266: Board = {
  id: "esp8266",
  title: "ESP8266 (4 MB)",
  source: "boards/ESP8266_4MB.py",
  variables: 1600,
  variableBytes: 12,
  stackBytes: 4096,
  sockets: 6,
  chunkBytes: 268,
  storageBytes: 196608,
  serialBaud: 115200,
  abilities: { wifi: true, ble: false, udp: true, tlsClient: false, tlsServer: false, unicode: false },
  pool: { pages: 5, pageBytes: 256 },
};
