/* The other peer of examples/hello.ts: node:http. */

import { createServer } from "node:http";

const server = createServer((request, response) => {
  const isHello = request.method === "GET" && request.url === "/";
  const body = isHello ? "Hello World" : "Not Found";
  // With the length it need not send in chunks, which takes it longer.
  response.writeHead(isHello ? 200 : 404, { "Content-Type": "text/plain", "Content-Length": body.length });
  response.end(body);
});
server.listen(Number(process.env.PORT), () => console.log("ready"));
