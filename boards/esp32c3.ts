import type { Board } from "./board.js";

/**
 * ESP32-C3, Espruino 2v29 (IDF 4 build, called beta by its board file).
 *
 * The small one of the family: 4095 variables of 13 bytes, and a stack of 15000 bytes (about 20 calls deep). Sockets:
 * targets/esp32/IDF4/sdkconfig_c3. Chunk: libs/network/esp32/network_esp32.c. Storage: 224 pages of 4096 bytes. Its
 * console is USB, where the baud rate does not matter.
 *
 * Pool: 8 pages of 512 bytes = 3 busy connections × (1 page of input + 1 page of output) + 2 pages that stay in reserve;
 * the other sockets (listener, idle keep-alive connections) hold none. A page in use is about 54 variables: 432 of 4095
 * when all are, next to some 2700 that the code of a small program takes.
 */
export const esp32c3: Board = {
  id: "esp32c3",
  title: "ESP32-C3",
  source: "boards/ESP32C3_IDF4.py",
  variables: 4095,
  variableBytes: 13,
  stackBytes: 15000,
  sockets: 10,
  chunkBytes: 536,
  storageBytes: 917504,
  serialBaud: 115200,
  abilities: { wifi: true, ble: true, udp: true, tlsClient: true, tlsServer: false, unicode: false },
  pool: { pages: 8, pageBytes: 512 },
};
