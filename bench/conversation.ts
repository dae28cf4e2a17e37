import { connect } from "node:net";

/* One conversation with a server that takes each way through the HTTP code once: what the smallest stack is tried with. */

interface Exchange {
  name: string;
  /** Sent one after the other, each in a packet of its own. */
  pieces: string[];
  /** What must be in the answer. */
  answer: RegExp;
}

const HOST = "Host: localhost\r\n";

const OFF = '{"isOn": false}';
const SWITCH = `POST /api/switch HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${OFF.length}\r\n\r\n`;

/** Asks for a WebSocket: RFC 6455 §1.2. */
export const UPGRADE =
  `GET / HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** A frame of a client, with a key of zeros. `first`: its first byte; default: a whole text message. */
function masked(payload: string, first = 0x81): string {
  return String.fromCharCode(first, 128 | payload.length) + "\0\0\0\0" + payload;
}

/** Text in UTF-8; two fragments with a Ping between them; and a message right behind. */
const FRAMES = [masked("\xc3\xa9\xe2\x82\xac"), masked("{", 0x01) + masked("", 0x89), masked("}", 0x80) + masked('{"isOn": true}')];

const EXCHANGES: Exchange[] = [
  { name: "GET", pieces: [`GET / HTTP/1.1\r\n${HOST}\r\n`], answer: /^HTTP\/1\.1 200 / },
  { name: "the same GET again", pieces: [`GET / HTTP/1.1\r\n${HOST}\r\n`], answer: /^HTTP\/1\.1 200 / },
  { name: "GET with many headers", pieces: [`GET /?a=1 HTTP/1.1\r\n${HOST}${headers(12)}\r\n`], answer: /^HTTP\/1\.1 200 / },
  { name: "GET in two pieces", pieces: ["GET / HTTP/1.1\r\nHo", "st: localhost\r\n\r\n"], answer: /^HTTP\/1\.1 200 / },
  { name: "two GETs in one piece", pieces: [`GET / HTTP/1.1\r\n${HOST}\r\nGET /x HTTP/1.1\r\n${HOST}\r\n`], answer: /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 404 / },
  { name: "POST", pieces: [`POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`], answer: /^HTTP\/1\.1 [2-4]\d\d / },
  { name: "POST, the body later", pieces: [`POST /y HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\n`, "hello"], answer: /^HTTP\/1\.1 404 / },
  { name: "404", pieces: [`GET /nothing HTTP/1.1\r\n${HOST}\r\n`], answer: /^HTTP\/1\.1 404 / },
  { name: "malformed", pieces: ["GET  / HTTP/1.1\r\n\r\n"], answer: /^HTTP\/1\.1 400 / },
  { name: "chunked", pieces: [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, "5\r\nhello\r\n0\r\n\r\n"], answer: /^HTTP\/1\.1 [2-4]\d\d / },
  { name: "chunks in many pieces", pieces: [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;a`, "\r\nhel", "lo\r\n1\r\n!\r", "\n0\r\nX: y\r\n", "\r\n"], answer: /^HTTP\/1\.1 [2-4]\d\d / },
  { name: "malformed chunks", pieces: [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`, "x\r\n"], answer: /^HTTP\/1\.1 [24]0[04] / },
  { name: "a body it asks for", pieces: [`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`, "hello"], answer: /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 [2-4]\d\d / },
  { name: "state", pieces: [`GET /api/state HTTP/1.1\r\n${HOST}\r\n`], answer: /^HTTP\/1\.1 [24]0[04] / },
  { name: "a switch", pieces: [SWITCH + OFF], answer: /^HTTP\/1\.1 [24]0[04] / },
  { name: "a switch, the body later", pieces: [SWITCH, OFF], answer: /^HTTP\/1\.1 [24]0[04] / },
  { name: "a WebSocket", pieces: [UPGRADE, ...FRAMES], answer: /^HTTP\/1\.1 (101 [^]*\x8a\0[^]*"isOn": ?true|[24]0[04] )/ },
  { name: "a large body", pieces: [`POST / HTTP/1.1\r\n${HOST}Content-Length: 9000\r\n\r\n${"x".repeat(9000)}`], answer: /^HTTP\/1\.1 (413|200 [^]*x{9000}$)/ },
];

const ANSWER_MS = 1500;
const PIECE_MS = 20;

function headers(count: number): string {
  return Array.from({ length: count }, (_, i) => `X-Header-${i}: value ${i}\r\n`).join("");
}

/** Holds the conversation, or that exchange of it. Answers the name of the first that failed; undefined when all went well. */
export async function holdConversation(port: number, only?: string): Promise<string | undefined> {
  for (const exchange of EXCHANGES) if ((!only || exchange.name === only) && !(await isAnswered(port, exchange))) return exchange.name;
  return undefined;
}

function isAnswered(port: number, { pieces, answer }: Exchange): Promise<boolean> {
  return new Promise((resolve) => {
    let text = "";
    const conn = connect(port, "127.0.0.1");
    const finish = (): void => {
      clearTimeout(timer);
      conn.destroy();
      resolve(answer.test(text));
    };
    const timer = setTimeout(finish, ANSWER_MS);
    conn.setEncoding("latin1");
    conn.on("connect", () => pieces.forEach((piece, i) => setTimeout(() => conn.write(piece, "latin1"), i * PIECE_MS)));
    conn.on("data", (part: string) => {
      text += part;
      if (answer.test(text)) finish();
    });
    conn.on("error", finish);
    conn.on("close", finish);
  });
}
