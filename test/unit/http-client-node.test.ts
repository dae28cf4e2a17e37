import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcp, type AddressInfo, type Socket } from "node:net";
import { createNodePlatform } from "../../platform/node/index.js";
import type { Connection } from "../../src/core/connection.js";
import { MG_EV_CLOSE, MG_EV_CONNECT } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import { Manager } from "../../src/core/manager.js";
import type { ManagerOptions } from "../../src/core/options.js";
import { digestLogin } from "../../src/http/client-auth.js";
import { HttpClient } from "../../src/http/client-pool.js";
import { connectHttp, type ConnectHttpOptions } from "../../src/http/client.js";
import { MG_EV_HTTP_HDRS, MG_EV_HTTP_REPLY } from "../../src/http/events.js";
import { httpStreamBody } from "../../src/http/stream.js";
import { digits } from "./http-client-support.js";

/* The client on Node against servers that are none of ours: node:http, and sockets that misbehave. */

/** What came of one connection: `status body` of each reply, then `closed err`. */
type Story = string[];

const open: (() => void)[] = [];

async function listening(server: { listen(port: number, host: string): unknown; once(ev: "listening", then: () => void): unknown; address(): unknown }): Promise<number> {
  const up = new Promise<void>((resolve) => server.once("listening", resolve));
  server.listen(0, "127.0.0.1");
  await up;
  return (server.address() as AddressInfo).port;
}

/** A server of node:http; answers its port. */
async function http(listener: RequestListener, set?: (server: Server) => void): Promise<number> {
  const server = createServer(listener);
  set?.(server);
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return listening(server);
}

/** A server that does what it likes with each socket. */
async function tcp(serve: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createTcp((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  open.push(() => {
    for (const one of sockets) one.destroy();
    server.close();
  });
  return listening(server);
}

function manager(options?: ManagerOptions): Manager {
  const mgr = new Manager(createNodePlatform(), { limits: { pollMs: 20 }, ...options });
  mgr.run();
  open.push(() => mgr.free());
  return mgr;
}

/** One request; the connection is closed after the first reply. */
function once(port: number, options: ConnectHttpOptions = {}, path = "/", mgrOptions?: ManagerOptions): Promise<Story> {
  const mgr = manager(mgrOptions);
  return new Promise((resolve) => {
    const story: Story = [];
    connectHttp(mgr, (...args) => {
      const [nc, ev, data] = args;
      if (ev === MG_EV_CONNECT && data) story.push(`connect ${data}`);
      if (ev === MG_EV_HTTP_REPLY) {
        story.push(`${data.respCode} ${data.bodyLength > 60 ? data.bodyLength : data.body}`.trim());
        nc.flags |= MG_F_CLOSE_IMMEDIATELY;
      }
      if (ev !== MG_EV_CLOSE) return;
      story.push(`closed ${nc.err}`);
      setImmediate(() => {
        if (mgr.pool.free !== mgr.pool.pages) story.push("pages are missing");
        resolve(story);
      });
    }, `http://127.0.0.1:${port}${path}`, options);
  });
}

afterEach(() => {
  for (const close of open.splice(0)) close();
});

describe("the HTTP client against node:http", () => {
  it("reads a body by its length, in chunks with trailers, and until close", async () => {
    const port = await http((req, res) => {
      if (req.url === "/length") res.setHeader("Content-Length", 5).end("hello");
      else if (req.url === "/close") {
        res.shouldKeepAlive = false;
        res.useChunkedEncodingByDefault = false;
        res.removeHeader("transfer-encoding");
        res.end("until close");
      } else {
        res.writeHead(200, { Trailer: "X-T" });
        res.write("chunk ");
        setTimeout(() => {
          res.write("by ");
          res.addTrailers({ "X-T": "1" });
          res.end("chunk");
        }, 5);
      }
    });
    assert.deepEqual(await once(port, {}, "/length"), ["200 hello", "closed 0"]);
    assert.deepEqual(await once(port, {}, "/chunks"), ["200 chunk by chunk", "closed 0"]);
    assert.deepEqual(await once(port, {}, "/close"), ["200 until close", "closed 0"]);
  });

  it("sends bodies that node:http reads: text, bytes, a source in chunks, by length, after 100 Continue", async () => {
    let continues = 0;
    const listener: RequestListener = (req, res) => {
      const parts: Buffer[] = [];
      req.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
        res.end(`${req.method} ${req.headers["transfer-encoding"] ?? req.headers["content-length"]} ${Buffer.concat(parts).toString("latin1").length}`);
      });
    };
    const port = await http(listener, (server) => server.on("checkContinue", (req, res) => {
      continues++;
      res.writeContinue();
      listener(req, res);
    }));
    const source = (size: number): (() => { next(max: number): Uint8Array | null }) => () => {
      let left = size;
      return {
        next(max) {
          const n = Math.min(left, max);
          left -= n;
          return n ? new Uint8Array(n).fill(0xe9) : null;
        },
      };
    };
    assert.deepEqual(await once(port, { body: "\u20ac" }), ["200 POST 3 3", "closed 0"]);
    assert.deepEqual(await once(port, { body: new Uint8Array(50_000).fill(200), method: "PUT" }), ["200 PUT 50000 50000", "closed 0"]);
    assert.deepEqual(await once(port, { body: { source: source(3_000_000) } }), ["200 POST chunked 3000000", "closed 0"]);
    assert.deepEqual(await once(port, { body: { source: source(70_000), length: 70_000 }, expectContinue: true }), ["200 POST 70000 70000", "closed 0"]);
    assert.equal(continues, 1);
  });

  it("streams a body of any size through a small pool", async () => {
    const total = 3_000_000;
    const port = await http((_, res) => res.setHeader("Content-Length", total).end(digits(total)));
    const mgr = manager({ pages: 16, pageBytes: 512, limits: { pollMs: 20 } });
    const got = await new Promise<number>((resolve) => {
      let count = 0;
      connectHttp(mgr, (nc: Connection, ev: number) => {
        if (ev === MG_EV_HTTP_HDRS) {
          httpStreamBody(nc, {
            data(m) {
              assert.equal(m.text(0, 1), String(count % 10));
              count += m.len;
              m.clear();
            },
            end: (isWhole) => resolve(isWhole ? count : -1),
          });
        }
      }, `http://127.0.0.1:${port}/`);
    });
    assert.equal(got, total);
  });

  it("takes no body after HEAD, 204 and 304", async () => {
    const port = await http((req, res) => {
      const status = Number(req.url?.slice(1));
      res.writeHead(status, status === 200 ? { "Content-Length": 1000 } : {}).end();
    });
    assert.deepEqual(await once(port, { method: "HEAD" }, "/200"), ["200", "closed 0"]);
    assert.deepEqual(await once(port, {}, "/204"), ["204", "closed 0"]);
    assert.deepEqual(await once(port, {}, "/304"), ["304", "closed 0"]);
  });

  it("passes over interim replies", async () => {
    const port = await http((_, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: "</x.css>; rel=preload" });
      res.end("final");
    });
    assert.deepEqual(await once(port), ["200 final", "closed 0"]);
  });

  it("tells a premature end from a reply", async () => {
    const port = await http((req, res) => {
      if (req.url === "/length") res.setHeader("Content-Length", 50);
      res.write("part");
      setTimeout(() => res.destroy(), 20);
    });
    assert.deepEqual(await once(port, {}, "/length"), ["closed 21"]);
    assert.deepEqual(await once(port, {}, "/chunks"), ["closed 21"]);
  });

  it("gives up a server that never answers", async () => {
    const port = await http(() => undefined);
    assert.deepEqual(await once(port, { replyMs: 50 }), ["closed 14"]);
  });

  it("keeps its connection for call after call, and opens another when the server has closed it", async () => {
    let sockets = 0;
    const port = await http((req, res) => res.end(req.url), (server) => {
      server.keepAliveTimeout = 30;
      server.on("connection", () => void sockets++);
    });
    const client = new HttpClient(manager());
    const call = (path: string): Promise<string> =>
      new Promise((resolve) => client.request(`http://localhost:${port}${path}`, {}, (err, hm) => resolve(hm ? hm.body : "error " + err)));
    for (let i = 0; i < 20; i++) assert.equal(await call("/" + i), "/" + i);
    assert.equal(sockets, 1);
  });

  it("follows redirects and answers a Digest challenge", async () => {
    const port = await http((req, res) => {
      if (req.url === "/from") res.writeHead(302, { Location: "to" }).end("moved");
      else if (req.headers.authorization) res.end(req.headers.authorization.slice(0, 6));
      else res.writeHead(401, { "WWW-Authenticate": 'Digest realm="r", qop="auth", algorithm=MD5, nonce="n"' }).end();
    });
    const mgr = manager();
    const body = await new Promise((resolve) => {
      new HttpClient(mgr).request(`http://127.0.0.1:${port}/from`, { authorize: digestLogin(mgr, "u", "p") }, (err, hm) => resolve(hm ? hm.body : err));
    });
    assert.equal(body, "Digest");
  });
});

describe("the HTTP client against servers that misbehave", () => {
  const FLOODS: [what: string, head: string, piece: string, story: string][] = [
    ["header lines without end", "HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(30), "closed 18"],
    ["one header line without end", "HTTP/1.1 200 OK\r\nX: ", "y".repeat(100), "closed 18"],
    ["interim replies without end", "", "HTTP/1.1 100 Continue\r\n\r\n".repeat(30), "closed 21"],
    ["chunks without end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", `64\r\n${"y".repeat(100)}\r\n`, "closed 18"],
    ["a chunk extension without end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "y".repeat(100), "closed 21"],
    ["trailers without end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n".repeat(100), "closed 18"],
    ["a body until close without end", "HTTP/1.1 200 OK\r\n\r\n", "y".repeat(1000), "closed 18"],
    ["line noise", "", "\0\xff\x80".repeat(1000), "closed 21"],
  ];
  for (const [what, head, piece, story] of FLOODS) {
    it(`ends at a limit of ours: ${what}`, async () => {
      const port = await tcp((socket) => {
        socket.write(head, "latin1");
        const more = (): void => {
          while (!socket.destroyed && socket.write(piece, "latin1"));
        };
        socket.on("drain", more);
        more();
      });
      assert.deepEqual(await once(port, {}, "/", { pages: 16, pageBytes: 512, limits: { pollMs: 20 } }), [story]);
    });
  }

  it("reads a reply that comes one byte at a time", async () => {
    const port = await tcp((socket) => {
      socket.setNoDelay(true);
      const bytes = [..."HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, () => setImmediate(next));
      };
      next();
    });
    assert.deepEqual(await once(port), ["200 abc", "closed 0"]);
  });

  it("tells a reset from the end of a body until close", async () => {
    const port = await tcp((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\npart");
      setTimeout(() => socket.resetAndDestroy(), 30);
    });
    assert.deepEqual(await once(port), ["closed 6"]);
  });

  it("tells a refused connection", async () => {
    const port = await tcp(() => undefined);
    for (const close of open.splice(0)) close();
    assert.deepEqual(await once(port), ["connect 2", "closed 2"]);
  });
});
