import assert from "node:assert/strict";
import type { Connection } from "../../src/core/connection.js";
import { cors, corsGuard, type CorsOptions, type HttpMessage, httpReply, httpRoute, setProtocolHttpWebsocket } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { readReplies, type Reply } from "./http-support.js";

const APP = "https://app.example";

/** Asks a server with `GET, PUT /x$` behind these options. */
function ask(options: CorsOptions, method: string, headers: string[], handler?: (nc: Connection, hm: HttpMessage) => void, uri = "/x"): Reply {
  const s = stage();
  const listener = s.mgr.bind("tcp://:80", undefined);
  setProtocolHttpWebsocket(listener);
  cors(listener, options);
  httpRoute(listener, "GET, PUT /x$", handler ?? ((nc) => void httpReply(nc, 200, "X-Own: 1\r\n", "x")));
  const peer = s.peer(80);
  peer.send([`${method} ${uri} HTTP/1.1`, "Host: x", ...headers, "", ""].join("\r\n"));
  s.run(50);
  const [reply] = readReplies(peer.take(), [method]);
  s.finish();
  return reply;
}

/** The headers of a reply that are about origins. */
function about(reply: Reply): { [name: string]: string } {
  return Object.fromEntries(Object.entries(reply.headers).filter(([name]) => /^access-control|^vary/.test(name)));
}

const preflight = (more: string[] = [], origin = APP) => [`Origin: ${origin}`, "Access-Control-Request-Method: PUT", ...more];

describe("CORS", () => {
  it("lets every page read what is open to all", () => {
    const reply = ask({ origin: "*" }, "GET", [`Origin: ${APP}`]);
    assert.deepEqual([reply.status, reply.body, reply.headers["x-own"]], [200, "x", "1"]);
    assert.deepEqual(about(reply), { "access-control-allow-origin": "*" });
  });

  it("adds nothing to replies for requests of no other origin", () => {
    assert.deepEqual(about(ask({ origin: "*" }, "GET", [])), {});
  });

  it("names the origin, and tells caches that the reply depends on it, where not all are allowed", () => {
    for (const origin of [APP, ["https://b.example", APP], (o: string) => o === APP]) {
      assert.deepEqual(about(ask({ origin }, "GET", [`Origin: ${APP}`])), { "access-control-allow-origin": APP, vary: "Origin" });
      assert.deepEqual(about(ask({ origin }, "GET", ["Origin: https://evil.example"])), { vary: "Origin" });
      assert.deepEqual(about(ask({ origin }, "GET", [])), { vary: "Origin" });
    }
  });

  it("does not take a part of an origin for the whole", () => {
    for (const origin of ["https://app.example.evil", "https://app.exampl", "http://app.example", "null", "*", "HTTPS://APP.EXAMPLE"]) {
      assert.equal(ask({ origin: APP }, "GET", [`Origin: ${origin}`]).headers["access-control-allow-origin"], undefined, origin);
    }
  });

  it("answers preflights without the handler", () => {
    const handler = () => assert.fail("the handler was called");
    const reply = ask({ origin: "*" }, "OPTIONS", preflight(["Access-Control-Request-Headers: content-type, x-token"]), handler);
    assert.equal(reply.status, 204);
    assert.deepEqual(about(reply), {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "content-type, x-token",
    });
  });

  it("answers preflights with what the options allow", () => {
    const options: CorsOptions = { origin: APP, methods: "GET, PUT", headers: "X-Token", maxAgeS: 600, credentials: true, exposeHeaders: "X-Own" };
    assert.deepEqual(about(ask(options, "OPTIONS", preflight())), {
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-headers": "X-Token",
      "access-control-max-age": "600",
      vary: "Origin",
    });
    assert.deepEqual(about(ask(options, "GET", [`Origin: ${APP}`])), {
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "X-Own",
      vary: "Origin",
    });
  });

  it("refuses the preflight of a page that is not allowed", () => {
    const reply = ask({ origin: APP }, "OPTIONS", preflight([], "https://evil.example"));
    assert.equal(reply.status, 403);
    assert.deepEqual(about(reply), { vary: "Origin" });
  });

  it("leaves an OPTIONS request that is no preflight to the endpoints", () => {
    const reply = ask({ origin: "*" }, "OPTIONS", [`Origin: ${APP}`]);
    assert.deepEqual([reply.status, reply.headers.allow], [204, "OPTIONS, GET, PUT, HEAD"]);
    assert.deepEqual(about(reply), { "access-control-allow-origin": "*" });
  });

  it("lets the page read errors too: 404, 405, and what a handler refuses", () => {
    const refuse = (nc: Connection) => void httpReply(nc, 401, "", "");
    const origin = [`Origin: ${APP}`];
    const replies = [ask({ origin: "*" }, "GET", origin, undefined, "/y"), ask({ origin: "*" }, "DELETE", origin), ask({ origin: "*" }, "GET", origin, refuse)];
    assert.deepEqual(replies.map((r) => [r.status, r.headers["access-control-allow-origin"]]), [[404, "*"], [405, "*"], [401, "*"]]);
  });

  it("does not repeat words of a request that do not belong into a list", () => {
    const reply = ask({ origin: "*" }, "OPTIONS", [`Origin: ${APP}`, "Access-Control-Request-Method: P\u00dcT", 'Access-Control-Request-Headers: "a"']);
    assert.deepEqual(about(reply), { "access-control-allow-origin": "*" });
  });

  it("gives its headers to one reply only, also when the program sent bytes of its own", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", undefined);
    setProtocolHttpWebsocket(listener);
    cors(listener, { origin: "*" });
    const own = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    httpRoute(listener, "GET /raw$", (nc) => void nc.send(own));
    httpRoute(listener, "GET /x$", (nc) => void httpReply(nc, 200, "", "x"));
    const peer = s.peer(80);
    for (const uri of ["/raw", "/x", "/x"]) {
      const isOther = s.events.push(uri) === 1;
      peer.send(`GET ${uri} HTTP/1.1\r\nHost: x\r\n${isOther ? `Origin: ${APP}\r\n` : ""}\r\n`);
      s.run(20);
    }
    const [raw, first, second] = readReplies(peer.take());
    assert.deepEqual([about(raw), about(first), about(second)], [{}, {}, {}]);
    s.finish();
  });

  it("stays with its endpoint when it is an endpoint's option, whatever the method", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", undefined);
    setProtocolHttpWebsocket(listener);
    const options = { cors: corsGuard({ origin: "*" }), guard: (nc: Connection) => !httpReply(nc, 401, "", "") };
    httpRoute(listener, "PUT /open$", () => assert.fail("called"), options);
    httpRoute(listener, "PUT /closed$", () => assert.fail("called"), { guard: options.guard });
    const peer = s.peer(80);
    const answers = [];
    for (const [method, uri] of [["OPTIONS", "/open"], ["PUT", "/open"], ["POST", "/open"], ["OPTIONS", "/closed"], ["PUT", "/closed"]]) {
      peer.send(`${method} ${uri} HTTP/1.1\r\nHost: x\r\n${preflight().join("\r\n")}\r\n\r\n`);
      s.run(20);
      const [reply] = readReplies(peer.take());
      answers.push([reply.status, reply.headers["access-control-allow-origin"]]);
    }
    assert.deepEqual(answers, [[204, "*"], [401, "*"], [405, "*"], [204, undefined], [401, undefined]]);
    s.finish();
  });

  it("refuses options that cannot be meant", () => {
    assert.throws(() => corsGuard({ origin: "*", credentials: true }), TypeError);
    assert.throws(() => corsGuard({ origin: "*", methods: "GET\r\nX: y" }), TypeError);
    assert.throws(() => corsGuard({ origin: "*", headers: "" }), TypeError);
    assert.throws(() => corsGuard({ origin: "*", exposeHeaders: "a:b" }), TypeError);
    assert.throws(() => corsGuard({ origin: "*", maxAgeS: -1 }), /maxAgeS/);
  });
});
