// Errors of Node and what the platform makes of them; its timers.

import assert from "node:assert/strict";
import * as net from "node:net";
import { Err } from "../../src/core/port.js";
import { errOf } from "../../platform/node/errors.js";
import type { ListenHandle } from "../../platform/node/listen.js";
import { createBench, dial, inChild, reached, type Bench, type Seen } from "./node-platform-support.js";

describe("Node platform", () => {
  let bench: Bench;
  let open: net.Socket[];

  beforeEach(() => {
    bench = createBench({ lingerMs: 100 });
    open = [];
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
    bench.close();
  });

  function call(port: number, host?: string): ReturnType<typeof dial> {
    const caller = dial(port, host);
    open.push(caller.socket);
    return caller;
  }

  async function up(seen: Seen): Promise<Seen> {
    await reached(() => seen.events.length > 0, "listening or closed");
    assert.deepEqual(seen.events, ["listening"]);
    return seen;
  }

  describe("errors", () => {
    it("of Node have codes of the port", () => {
      const table: [string, Err][] = [
        ["EADDRINUSE", Err.AddressInUse],
        ["ECONNREFUSED", Err.Refused],
        ["ETIMEDOUT", Err.TimedOut],
        ["ENOTFOUND", Err.HostNotFound],
        ["EAI_AGAIN", Err.HostNotFound],
        ["ENETUNREACH", Err.Unreachable],
        ["EHOSTUNREACH", Err.Unreachable],
        ["ECONNRESET", Err.Reset],
        ["EPIPE", Err.Reset],
        ["EMFILE", Err.TooManySockets],
        ["EACCES", Err.Permission],
        ["EADDRNOTAVAIL", Err.AddressNotAvailable],
        ["EMSGSIZE", Err.MessageTooLong],
        ["ERR_SSL_WRONG_VERSION_NUMBER", Err.Tls],
        ["ERR_TLS_CERT_ALTNAME_INVALID", Err.Tls],
        ["ESOMETHING", Err.Failed],
        ["toString", Err.Failed],
      ];
      for (const [code, err] of table) assert.equal(errOf(Object.assign(new Error(), { code })), err, code);
      assert.equal(errOf(new Error()), Err.Failed);
    });

    it("of accepting rest the listener and do not close it", async () => {
      const listener = await up(bench.listen({}));
      const { server } = listener.handle as ListenHandle;
      server.emit("error", Object.assign(new Error("accept"), { code: "EMFILE" }));
      assert.equal(server.listening, false);
      await reached(() => server.listening, "listening again");
      call(listener.port);
      await reached(() => listener.accepted.length === 1, "a connection");
      assert.deepEqual(listener.events, ["listening"]);
    });

    it("a resting listener can be destroyed", async () => {
      const listener = await up(bench.listen({}));
      const { server, restTimer } = listener.handle as ListenHandle;
      assert.equal(restTimer, undefined);
      server.emit("error", Object.assign(new Error("accept"), { code: "EMFILE" }));
      bench.platform.destroy(listener.handle);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.equal(server.listening, false);
      assert.deepEqual(listener.events, ["listening"]);
    });

    it("a process without descriptors turns connections away, keeps its listener, and goes on when some are free", async function () {
      if (process.platform === "win32") this.skip();
      const code = `const p = m.createNodePlatform(), out = [], fds = []; let port, accepted = 0;
        const turn = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        p.open({ listening: (o, a, n) => { port = n; }, accepted: () => { accepted++; return {}; }, data: () => 0,
          closed: (o, err) => out.push(o.name + " " + err), connected: (o) => out.push(o.name + " connected"), ended() {}, drained() {} });
        p.listen({ name: "listener" }, { host: "127.0.0.1", port: 0 });
        while (!port) await turn(1);
        try { for (;;) fds.push(fs.openSync("/dev/null")); } catch {}
        p.connect({ name: "client" }, { host: "127.0.0.1", port });
        while (out.length < 1) await turn(1);
        fs.closeSync(fds.pop());
        const peer = net.connect(port, "127.0.0.1"); peer.on("error", () => {});
        await new Promise((resolve) => peer.on("close", resolve));
        out.push("accepted " + accepted); fds.forEach((fd) => fs.closeSync(fd));
        p.connect({ name: "later" }, { host: "127.0.0.1", port });
        while (out.length < 3 || accepted < 1) await turn(1);
        console.log(out.join(", ")); process.exit();`;
      assert.equal(await inChild(code, {}, 64), `client ${Err.TooManySockets}, accepted 0, later connected\n`);
    });
  });

  describe("timers", () => {
    it("moved later do not ring at the earlier time", async () => {
      const seen: Seen = { ...bench.listen({}), events: [] };
      const startMs = bench.platform.now();
      bench.platform.wakeAfter(seen, 5);
      bench.platform.wakeAfter(seen, 40);
      await reached(() => seen.events.length === 1, "wake");
      assert.ok(bench.platform.now() - startMs >= 40, "never early");
    });

    it("that are due now give way to a later time", async () => {
      const seen: Seen = { ...bench.listen({}), events: [] };
      const startMs = bench.platform.now();
      bench.platform.wakeAfter(seen, 0);
      bench.platform.wakeAfter(seen, 20);
      await reached(() => seen.events.length === 1, "wake");
      assert.ok(bench.platform.now() - startMs >= 20, "never early");
    });

    it("keep the process alive while pending, and no longer", async () => {
      const code = `const p = m.createNodePlatform(), a = {}, b = {};
        p.open({ wake: (owner) => console.log(owner === a ? "a" : "b") }); p.wakeAfter(a, 20); p.wakeAfter(b, 600000); p.wakeAfter(b, -1);`;
      assert.equal(await inChild(code, {}), "a\n");
    });
  });
});
