import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import type { Connection } from "../../src/core/connection.js";
import { eventName, MG_EV_CLOSE, MG_EV_RECV } from "../../src/core/events.js";
import { MG_F_CLOSE_IMMEDIATELY } from "../../src/core/flags.js";
import {
  type EndpointOptions,
  httpGuard,
  type HttpMessage,
  httpReply,
  httpRoute,
  MG_EV_HTTP_REQUEST,
  registerHttpEndpoint,
  removeHttpEndpoint,
  setProtocolHttpWebsocket,
} from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { get, readReplies, type Reply } from "./http-support.js";

/** Answers with a name and what the wildcards stood for. */
function says(name: string) {
  return (nc: Connection, hm: HttpMessage) => void httpReply(nc, 200, "", [name, ...hm.captures, hm.body].filter(Boolean).join(" "));
}

/** A server without a handler of its own, and a way to ask it. */
function routed(setUp: (listener: Connection) => void, own?: (nc: Connection, ev: number, data: unknown) => void, form: RawForm = "array") {
  const s = stage({ platform: { form } });
  const listener = s.mgr.bind("tcp://:80", own ? s.note("own", own) : undefined);
  setProtocolHttpWebsocket(listener);
  setUp(listener);
  const peer = s.peer(80);
  return {
    s,
    peer,
    listener,
    ask(wire: string, method = wire.split(" ")[0]): Reply {
      peer.send(wire);
      s.run(20);
      const replies = readReplies(peer.take(), [method]);
      assert.equal(replies.length, 1);
      return replies[0];
    },
  };
}

/** The names of the endpoints that answer these paths; a status where none does. */
function whoAnswers(patterns: string[], paths: string[]): string[] {
  const { s, ask } = routed((listener) => {
    for (const pattern of patterns) httpRoute(listener, "GET " + pattern, says(pattern));
  });
  const out = paths.map((path) => {
    const reply = ask(get(path));
    return reply.status === 200 ? reply.body : String(reply.status);
  });
  s.finish();
  return out;
}

const request = (method: string, uri: string, body = "") =>
  `${method} ${uri} HTTP/1.1\r\nHost: x\r\n${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`;

describe("endpoints", () => {
  it("give a request to the pattern that matches most of its path", () => {
    assert.deepEqual(whoAnswers(["/", "/api", "/api/v2"], ["/", "/x", "/api", "/apix", "/api/v1", "/api/v2/x?q=1"]), [
      "/",
      "/",
      "/api",
      "/api",
      "/api",
      "/api/v2",
    ]);
  });

  it("give it to the one registered last when two match as much", () => {
    assert.deepEqual(whoAnswers(["/a$", "/?$"], ["/a", "/b"]), ["/?$ a", "/?$ b"]);
    assert.deepEqual(whoAnswers(["/?$", "/a$"], ["/a", "/b"]), ["/a$", "/?$ b"]);
  });

  it("match the path without regard to case, and without the query", () => {
    assert.deepEqual(whoAnswers(["/Set$"], ["/sEt", "/set?a=b", "/set/"]), ["/Set$", "/Set$", "404"]);
  });

  it("hand out what the wildcards stand for, undecoded and in the letters that were sent", () => {
    assert.deepEqual(whoAnswers(["/files/**", "/item/*$", "/item/*/part/*$"], ["/files/A/b.c", "/item/A%20b", "/item/X/part/9"]), [
      "/files/** A/b.c",
      "/item/*$ A%20b",
      "/item/*/part/*$ X 9",
    ]);
  });

  it("see through escapes of plain characters, so that no guard is got around", () => {
    const paths = ["/%61dmin/x", "/adm%49n/%2E", "/admin%2fx", "/a%64min/a%25b", "/admin/%zz%", "/admin/%C3%A9%20"];
    assert.deepEqual(whoAnswers(["/", "/admin/**"], paths), ["/admin/** x", "/admin/** .", "/", "/admin/** a%25b", "/admin/** %zz%", "/admin/** %C3%A9%20"]);
    assert.deepEqual(whoAnswers(["/%C3%A9t%C3%A9$"], ["/%c3%a9t%C3%A9", "/%C3%A9%74%C3%A9", "/%C3%A9t%C3%89"]), ["/%C3%A9t%C3%A9$", "/%C3%A9t%C3%A9$", "404"]);
  });

  it("get the head of a body, its pieces and the whole request, and the connection's own handler gets the raw events", () => {
    const heard: string[] = [];
    const { s, peer } = routed(
      (listener) =>
        registerHttpEndpoint(listener, "/x", (nc, ev, data) => {
          heard.push("x " + eventName(ev));
          if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", data.body);
        }),
      (_nc, ev) => void heard.push("own " + eventName(ev)),
    );
    s.run(10);
    heard.length = 0;
    peer.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    s.run(10);
    peer.send("cd");
    s.run(10);
    assert.equal(readReplies(peer.take())[0].body, "abcd");
    const names = heard.map((name) => name.replace("EV_103", "HTTP_HDRS").replace("EV_102", "HTTP_CHUNK"));
    assert.deepEqual(names, ["own RECV", "x HTTP_HDRS", "x HTTP_CHUNK", "own RECV", "x HTTP_CHUNK", "x HTTP_REQUEST", "own SEND"]);
    s.finish();
  });

  it("answer 404 and keep the connection where nothing matches and the connection has no handler", () => {
    const { s, ask, peer } = routed((listener) => httpRoute(listener, "GET /a$", says("a")));
    assert.equal(ask(get("/b")).status, 404);
    assert.equal(ask(get("/a")).body, "a");
    assert.equal(peer.state, "open");
    s.finish();
  });

  it("leave what nothing matches to the connection's own handler, as Mongoose does", () => {
    const own = (nc: Connection, ev: number) => void (ev === MG_EV_HTTP_REQUEST && httpReply(nc, 200, "", "own"));
    const { s, ask } = routed((listener) => httpRoute(listener, "GET /a$", says("a")), own);
    assert.deepEqual([ask(get("/a")).body, ask(get("/b")).body], ["a", "own"]);
    s.finish();
  });

  it("answer 405 with every method that any of them takes", () => {
    const { s, ask } = routed((listener) => {
      httpRoute(listener, "GET /x$", says("read"));
      httpRoute(listener, "PUT, DELETE /?$", says("write"));
      httpRoute(listener, "PATCH /", says("other"));
    });
    const reply = ask(request("POST", "/x", "body"));
    assert.deepEqual([reply.status, reply.headers.allow], [405, "OPTIONS, GET, HEAD, PUT, DELETE"]);
    assert.deepEqual([ask(get("/x")).body, ask(request("DELETE", "/x")).body], ["read", "write x"]);
    s.finish();
  });

  it("answer OPTIONS with the methods, unless an endpoint wants OPTIONS itself", () => {
    const { s, ask } = routed((listener) => {
      httpRoute(listener, "GET, PUT /x$", says("x"));
      httpRoute(listener, "OPTIONS /y$", says("mine"));
    });
    const reply = ask(request("OPTIONS", "/x"));
    assert.deepEqual([reply.status, reply.headers.allow, reply.body], [204, "OPTIONS, GET, PUT, HEAD", ""]);
    assert.equal(ask(request("OPTIONS", "/y")).body, "mine");
    s.finish();
  });

  it("answer HEAD with the head of GET", () => {
    const { s, ask } = routed((listener) => httpRoute(listener, "GET /x$", says("twelve bytes")));
    const reply = ask(request("HEAD", "/x"));
    assert.deepEqual([reply.status, reply.headers["content-length"], reply.body], [200, "12", ""]);
    s.finish();
  });

  it("take every method when none is named", () => {
    const { s, ask } = routed((listener) =>
      registerHttpEndpoint(listener, "/x", (nc, ev, data) => {
        if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, "", data.method);
      }),
    );
    for (const method of ["GET", "OPTIONS", "BREW"]) assert.equal(ask(request(method, "/x")).body, method);
    s.finish();
  });

  it("find the next request after refusing one with a body", () => {
    const { s, peer } = routed((listener) => httpRoute(listener, "GET /x$", says("x")));
    peer.send(request("POST", "/x", "GET /evil HTTP/1.1\r\nHost: x\r\n\r\n") + get("/x"));
    s.run(50);
    assert.deepEqual(readReplies(peer.take()).map((r) => r.status), [405, 200]);
    s.finish();
  });

  it("see the same when a request comes byte by byte", () => {
    const { s, peer } = routed((listener) => httpRoute(listener, "PUT /item/*$", says("put")));
    for (const c of request("PUT", "/item/7", "hello")) {
      peer.send(c);
      s.run(2);
    }
    assert.equal(readReplies(peer.take())[0].body, "put 7 hello");
    s.finish();
  });

  it("are asked again for a request that was seen before, whoever may answer it now", () => {
    for (const form of ["array", "string"] as const) {
      let answer = "one";
      const { s, ask, listener } = routed((l) => httpRoute(l, "GET /x/*$", (nc, hm) => void httpReply(nc, 200, "", hm.captures + answer)), undefined, form);
      assert.equal(ask(get("/x/1")).body, "1one");
      answer = "two";
      assert.deepEqual([ask(get("/x/1")).body, ask(get("/x/1")).body, ask(get("/x/2")).body], ["1two", "1two", "2two"]);
      httpRoute(listener, "GET /x/2$", says("newer"));
      assert.deepEqual([ask(get("/x/2")).body, ask(get("/x/2")).body], ["newer", "newer"]);
      httpGuard(listener, (nc) => !httpReply(nc, 403, "", ""));
      assert.deepEqual([ask(get("/x/2")).status, ask(get("/x/2")).status], [403, 403]);
      s.finish();
    }
  });

  it("may reply later to a request that was seen before, and what comes behind it waits", () => {
    const waiting: Connection[] = [];
    const { s, ask, peer } = routed((listener) => {
      httpRoute(listener, "GET /later$", (nc) => void waiting.push(nc));
      httpRoute(listener, "GET /x$", says("x"));
    });
    for (let i = 1; i <= 3; i++) {
      peer.send(get("/later"));
      s.run(10);
      peer.send(get("/x"));
      s.run(10);
      assert.equal(peer.take(), "");
      assert.equal(waiting.length, i);
      httpReply(waiting[i - 1], 200, "", "later");
      s.run(10);
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["later", "x"]);
    }
    assert.equal(ask(get("/x")).body, "x");
    s.finish();
  });

  it("work when they are registered before the protocol is attached, with raw events and without", () => {
    for (const rawEvents of [true, false]) {
      const s = stage();
      let received = 0;
      const listener = s.mgr.bind("tcp://:80", s.note("own", (_nc, ev) => void (ev === MG_EV_RECV && received++)));
      httpRoute(listener, "GET /x$", says("x"));
      setProtocolHttpWebsocket(listener, { rawEvents });
      const peer = s.peer(80);
      for (let i = 0; i < 2; i++) {
        peer.send(get("/x"));
        s.run(10);
      }
      assert.deepEqual(readReplies(peer.take()).map((r) => r.body), ["x", "x"]);
      assert.equal(received, rawEvents ? 2 : 0);
      s.finish();
    }
  });

  it("hear CLOSE, before the connection's own handler does, when it ends before their reply", () => {
    const order: string[] = [];
    const { s, peer } = routed(
      (listener) => registerHttpEndpoint(listener, "/slow", (_nc, ev) => void order.push("endpoint " + ev)),
      (_nc, ev) => void (ev === MG_EV_CLOSE && order.push("own " + ev)),
    );
    peer.send(get("/slow"));
    s.run(10);
    peer.reset();
    s.run(10);
    assert.deepEqual(order, [`endpoint ${MG_EV_HTTP_REQUEST}`, `endpoint ${MG_EV_CLOSE}`, `own ${MG_EV_CLOSE}`]);
    s.finish();
  });

  it("hear nothing of a connection that ends after their reply", () => {
    const events: number[] = [];
    const { s, ask, peer } = routed((listener) =>
      registerHttpEndpoint(listener, "/x", (nc, ev) => {
        events.push(ev);
        httpReply(nc, 200, "", "");
      }),
    );
    ask(get("/x"));
    peer.reset();
    s.run(10);
    assert.deepEqual(events, [MG_EV_HTTP_REQUEST]);
    s.finish();
  });

  it("can be taken away by the text they were registered with", () => {
    const { s, ask, listener } = routed((l) => {
      httpRoute(l, "GET /x$", says("x"));
      registerHttpEndpoint(l, "/y$", (nc) => void httpReply(nc, 200, "", "y"));
    });
    assert.deepEqual([removeHttpEndpoint(listener, "GET /x$"), removeHttpEndpoint(listener, "/z$")], [1, 0]);
    assert.deepEqual([ask(get("/x")).status, ask(get("/y")).body], [404, "y"]);
    assert.equal(removeHttpEndpoint(listener, "/y$"), 1);
    assert.equal(ask(get("/y")).status, 404);
    s.finish();
  });

  it("refuse malformed registrations before any effect", () => {
    const s = stage();
    const listener = s.mgr.bind("tcp://:80", undefined);
    const handler = () => undefined;
    assert.throws(() => httpRoute(listener, "/x$", handler), TypeError);
    assert.throws(() => httpRoute(listener, "get /x$", handler), TypeError);
    assert.throws(() => httpRoute(listener, "GET,, PUT /x$", handler), TypeError);
    assert.throws(() => httpRoute(listener, "GET ", handler), TypeError);
    assert.throws(() => registerHttpEndpoint(listener, "", handler), TypeError);
    assert.throws(() => registerHttpEndpoint(listener, "/\u00e9", handler), TypeError);
    assert.throws(() => registerHttpEndpoint(listener, "/a b", handler), TypeError);
    assert.throws(() => registerHttpEndpoint(listener, "/x", undefined as never), TypeError);
    s.finish();
  });
});

describe("guards", () => {
  const closed: EndpointOptions = { guard: (nc) => !httpReply(nc, 401, "", "who are you?") };

  it("of an endpoint are asked when path and method match, and keep its handler from the request", () => {
    const { s, ask } = routed((listener) => {
      httpRoute(listener, "GET /x$", says("x"));
      httpRoute(listener, "PUT /x$", says("never"), closed);
    });
    assert.deepEqual([ask(get("/x")).body, ask(request("PUT", "/x")).status, ask(request("POST", "/x")).status], ["x", 401, 405]);
    s.finish();
  });

  it("refuse a request before its body was read, and let the next one through", () => {
    const { s, peer } = routed((listener) => {
      httpRoute(listener, "GET /x$", says("x"));
      httpRoute(listener, "PUT /x$", says("never"), closed);
    });
    peer.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12");
    s.run(10);
    assert.equal(readReplies(peer.take())[0].status, 401);
    peer.send("345" + get("/x"));
    s.run(10);
    assert.equal(readReplies(peer.take())[0].body, "x");
    s.finish();
  });

  it("of a listener are asked for every request, in order, until one says no", () => {
    const asked: string[] = [];
    const guard = (name: string, ok: boolean) => (nc: Connection) => {
      asked.push(name);
      return ok || !httpReply(nc, 403, "", "");
    };
    const { s, ask } = routed((listener) => {
      httpRoute(listener, "GET /x$", says("x"));
      httpGuard(listener, guard("first", true));
      httpGuard(listener, guard("second", false));
      httpGuard(listener, guard("third", true));
    });
    assert.deepEqual([ask(get("/x")).status, ask(get("/nowhere")).status], [403, 403]);
    assert.deepEqual(asked, ["first", "second", "first", "second"]);
    s.finish();
  });

  it("of a listener without endpoints stand before its own handler", () => {
    const { s, ask } = routed(
      (listener) => httpGuard(listener, (nc, hm) => hm.uri !== "/no" || !httpReply(nc, 403, "", "")),
      (nc, ev) => void (ev === MG_EV_HTTP_REQUEST && httpReply(nc, 200, "", "own")),
    );
    assert.deepEqual([ask(get("/yes")).body, ask(get("/no")).status, ask(get("/yes")).body], ["own", 403, "own"]);
    s.finish();
  });

  it("let OPTIONS * pass, which is about the server and has nothing to allow", () => {
    const { s, ask } = routed((listener) => httpRoute(listener, "GET /x$", says("x")));
    const reply = ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.deepEqual([reply.status, reply.headers.allow], [204, undefined]);
    s.finish();
  });

  it("may close the connection instead of answering", () => {
    const { s, peer } = routed((listener) => httpGuard(listener, (nc) => ((nc.flags |= MG_F_CLOSE_IMMEDIATELY), false)));
    peer.send(get("/"));
    s.run(20);
    assert.notEqual(peer.state, "open");
    assert.equal(peer.take(), "");
    s.finish();
  });
});

