/* The other peer of examples/hello.ts: node:http. */

import { createServer } from "node:http";

const server = createServer((request, response) => {
  const isHello = request.method === "GET" && request.url === "/";
  response.writeHead(isHello ? 200 : 404, { "Content-Type": "text/plain" });
  response.end(isHello ? "Hello World" : "Not Found");
});
server.listen(Number(process.env.PORT), () => console.log("ready"));
