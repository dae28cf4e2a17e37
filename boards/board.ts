/** What one board has, as far as a program or the build can notice. Sizes in bytes unless the name says otherwise. */
export interface Board {
  /** As given to `--board`: lower case, no spaces. */
  id: string;
  /** The name people know it by. */
  title: string;
  /** The firmware's board file these facts were read from, in the Espruino repository. */
  source: string;
  /** Variables of the interpreter (at most; a board with little heap left at boot gets fewer). */
  variables: number;
  /** Bytes one variable takes. */
  variableBytes: number;
  /** Bytes of stack that JavaScript calls can use. */
  stackBytes: number;
  /** Sockets the network stack has, listeners, clients and datagram sockets included. */
  sockets: number;
  /** Most bytes one socket receives, and sends, in one pass of the idle loop. */
  chunkBytes: number;
  /** Bytes of flash for saved files (Storage). */
  storageBytes: number;
  /** Baud rate of the console. */
  serialBaud: number;
  abilities: {
    wifi: boolean;
    ble: boolean;
    udp: boolean;
    tlsClient: boolean;
    tlsServer: boolean;
    /** Strings hold Unicode (false: bytes only). */
    unicode: boolean;
  };
  /** What meerkat takes on this board by default: pages of the pool, and their size. */
  pool: { pages: number; pageBytes: number };
}
