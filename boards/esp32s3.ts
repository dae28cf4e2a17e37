import type { Board } from "./board.js";

/**
 * ESP32-S3, Espruino 2v29 (IDF 4 build).
 *
 * As the ESP32, with the sizes of boards/ESP32S3_IDF4.py and targets/esp32/IDF4/sdkconfig_s3 (10 sockets). Its console is
 * USB, where the baud rate does not matter.
 *
 * Pool: 32 pages of 512 bytes = 10 sockets × (1 page of input + 2 pages of output, two chunks) + 2 pages that stay in
 * reserve. A page in use is about 54 variables: 1728 of 16383 when all are.
 */
export const esp32s3: Board = {
  id: "esp32s3",
  title: "ESP32-S3",
  source: "boards/ESP32S3_IDF4.py",
  variables: 16383,
  variableBytes: 14,
  stackBytes: 25000,
  sockets: 10,
  chunkBytes: 536,
  storageBytes: 917504,
  serialBaud: 115200,
  abilities: { wifi: true, ble: true, udp: true, tlsClient: true, tlsServer: false, unicode: false },
  pool: { pages: 32, pageBytes: 512 },
};
