/*
 * A peer of examples/hello.ts: bare node:net. Collects each connection's bytes to the blank line and answers from a
 * constant; no limits, no timeouts, no bodies. A constant Buffer and toString are the fastest of the forms we tried.
 */

import { createServer } from "node:net";

const HELLO = Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello World");
const NOT_FOUND = Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nNot Found");
const BLANK = "\r\n\r\n";

const server = createServer({ noDelay: true }, (conn) => {
  let input = "";
  conn.on("data", (bytes) => {
    input += bytes.toString("latin1");
    for (let at = input.indexOf(BLANK); at >= 0; at = input.indexOf(BLANK)) {
      conn.write(input.startsWith("GET / ") ? HELLO : NOT_FOUND);
      input = input.slice(at + BLANK.length);
    }
  });
  conn.on("error", () => conn.destroy());
});
server.listen(Number(process.env.PORT), () => console.log("ready"));
