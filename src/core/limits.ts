import { rangeError } from "./errors.js";

/*
 * Every limit of the core in one place. docs/limits.md is the same table with what each one costs; a test compares
 * the two. All of them can be changed per manager: `new Manager(platform, { limits: { headMs: 3000 } })`.
 */

/** The limits of a manager. Times in milliseconds (0: no limit), sizes in bytes. */
export interface Limits {
  /** Connections at once, listeners not counted. 0: the platform's sockets less listeners and reserve. */
  connMax: number;
  /** Sockets kept free so that a refusal can be sent and a listener never goes deaf. */
  socketReserve: number;
  /** Pages only output may use. 0: a quarter of the pool, at least one. */
  pageReserve: number;
  /** Input one connection may hold. 0: half of the pages input may use, at least one page. */
  recvMaxBytes: number;
  /** From `connect` to CONNECT, name look-up included. */
  connectMs: number;
  /** From ACCEPT to the first byte, where a protocol is attached. */
  firstByteMs: number;
  /** From the first byte of a request head to its last. */
  headMs: number;
  /** Between requests on a kept connection. */
  idleMs: number;
  /** Without room at the platform for the next piece of waiting output (a piece is at most `caps.writeMaxBytes`). */
  writeMs: number;
  /** From the end of our output to the socket being gone. */
  lingerMs: number;
  /** Without input or output, after which a connection without a protocol may be closed to make room. */
  evictIdleMs: number;
  /** How long input may wait for a page before the longest-waiting holder of pages is closed. */
  starveMs: number;
  /** Between POLL events while `run` drives the manager. */
  pollMs: number;
  /** Bytes of a request head. */
  headMaxBytes: number;
  /** Header lines in a head. */
  headersMax: number;
  /** Bytes of a request target. */
  uriMaxBytes: number;
  /** Bytes of a body that is collected for HTTP_REQUEST. 0: what recvMaxBytes leaves. */
  bodyMaxBytes: number;
  /** Bytes of an unwanted body that are read and dropped so that the connection can be kept; more closes it. */
  drainMaxBytes: number;
  /** Bytes of a chunk's size line, extensions included. */
  chunkLineMaxBytes: number;
  /** Bytes a second, on average after the first `headMs`, that a body must bring. 0: no limit. */
  bodyRateMin: number;
  /** From a request being handed out to the first byte of its reply. */
  answerMs: number;
  /** Client: from the request being sent to the first byte of the reply. */
  replyMs: number;
  /** Client: from the request to the end of its reply. */
  totalMs: number;
  /** Client: how long `Expect: 100-continue` waits before the body goes all the same. */
  continueMs: number;
}

type Table = { [K in keyof Limits]: [normal: number, min: number, max: number] };

/** The table, made anew each time: kept, it would take some 250 variables of a board. */
function limitsTable(): Table {
  return {
    connMax: [0, 0, 65535],
    socketReserve: [1, 0, 16],
    pageReserve: [0, 0, 65535],
    recvMaxBytes: [0, 0, 1073741824],
    connectMs: [10000, 0, 3600000],
    firstByteMs: [10000, 0, 3600000],
    headMs: [10000, 0, 3600000],
    idleMs: [30000, 0, 86400000],
    writeMs: [20000, 0, 3600000],
    lingerMs: [5000, 0, 3600000],
    evictIdleMs: [60000, 0, 86400000],
    starveMs: [5000, 100, 3600000],
    pollMs: [1000, 10, 60000],
    headMaxBytes: [2048, 64, 65536],
    headersMax: [40, 1, 1000],
    uriMaxBytes: [1024, 1, 65536],
    bodyMaxBytes: [0, 0, 1073741824],
    drainMaxBytes: [65536, 0, 1073741824],
    chunkLineMaxBytes: [256, 16, 65536],
    bodyRateMin: [50, 0, 1073741824],
    answerMs: [300000, 0, 86400000],
    replyMs: [20000, 0, 3600000],
    totalMs: [0, 0, 86400000],
    continueMs: [1000, 0, 3600000],
  };
}

/** Name → default, smallest and largest value. */
export const LIMITS: Table = /*#__PURE__*/ limitsTable();

/** The defaults with `changes` on top. Throws RangeError for a value outside its range, TypeError for an unknown name. */
export function resolveLimits(changes: Partial<Limits> | undefined): Limits {
  const out = {} as Limits;
  let name: keyof Limits;
  const table = limitsTable();
  for (name in table) out[name] = table[name][0];
  if (changes) for (name in changes) out[name] = checkLimit(table, name, changes[name]);
  return out;
}

function checkLimit(table: Table, name: keyof Limits, value: number | undefined): number {
  if (!Object.prototype.hasOwnProperty.call(table, name)) throw new TypeError('Unknown limit "' + name + '"');
  const row = table[name];
  if (value === undefined) return row[0];
  if (typeof value !== "number" || !(value >= row[1] && value <= row[2]) || Math.floor(value) !== value) {
    const e = "Limit " + name + " is " + value + ": must be a whole number from " + row[1] + " to " + row[2];
    throw typeof value === "number" ? rangeError(e) : new TypeError(e);
  }
  return value;
}
