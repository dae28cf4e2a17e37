import type { Board } from "./board.js";

/**
 * ESP32 (WROOM, WROVER; also ESP32_CYD), Espruino 2v29.
 *
 * Variables: min(16383, (free heap at boot - 40000) / 14), `ESP_HEAP_SIZE` in targets/esp32/main.c; a board without PSRAM
 * gets fewer than the maximum. Sockets: CONFIG_LWIP_MAX_SOCKETS in targets/esp32/Changes_V3.1/sdkconfig.
 * Chunk: libs/network/esp32/network_esp32.c. Storage: 224 pages of 4096 bytes at 0x320000.
 *
 * Pool: 32 pages of 512 bytes = 10 sockets × (1 page of input + 2 pages of output, two chunks) + 2 pages that stay in
 * reserve. A page in use is about 54 variables: 1728 of 16383 when all are.
 */
export const esp32: Board = {
  id: "esp32",
  title: "ESP32",
  source: "boards/ESP32.py",
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
