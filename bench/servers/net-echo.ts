/* The peer of examples/echo.ts: bare node:net. */

import { createServer } from "node:net";

const server = createServer({ noDelay: true }, (conn) => {
  conn.on("data", (bytes) => void conn.write(bytes));
  conn.on("error", () => conn.destroy());
});
server.listen(Number(process.env.PORT), () => console.log("ready"));
