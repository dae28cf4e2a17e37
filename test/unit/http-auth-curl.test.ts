// curl, which was written by others, against our guards over real sockets.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createNodePlatform } from "../../platform/node/index.js";
import { Manager } from "../../src/core/manager.js";
import { basicAuth, bearerAuth, digestAuth, htdigestLine, type HttpGuard, httpReply, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "../../src/http/index.js";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** Runs curl; answers status and what the server saw last. */
function curl(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("curl", ["-s", "-S", "--max-time", "10", "-w", " %{http_code} %{num_connects}", ...args], (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

describe("curl at our guards", function () {
  this.timeout(20_000);

  const mgr = new Manager(createNodePlatform({ log: () => undefined }));
  let url = "";
  let guard: HttpGuard = () => true;

  before(function (done) {
    if (!hasCurl) return this.skip();
    const listener = mgr.bind("tcp://127.0.0.1:0", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      if (guard(nc, data)) httpReply(nc, 200, "Content-Type: text/plain\r\n", `${data.method} ${data.bodyLength}`);
    });
    setProtocolHttpWebsocket(listener);
    mgr.run();
    const wait = setInterval(() => {
      if (!listener.localPort) return;
      clearInterval(wait);
      url = `http://127.0.0.1:${listener.localPort}/a%20b?c=d&e`;
      done();
    }, 5);
  });

  after(() => mgr.free());

  const names = [["joe", "secret"], ['o"d\\d', 'q"uo\\te'], ["J\u00f6rg \u20ac", "p\u00e4ss w\u00f6rd"], ["a b,c=d", ": ,=;"]];

  for (const [user, pass] of names) {
    it(`passes with Basic as ${user}`, async () => {
      guard = basicAuth("our \"realm\"", { [user]: pass });
      assert.equal(await curl(["--basic", "-u", `${user}:${pass}`, url]), "GET 0 200 1");
      assert.match(await curl(["--basic", "-u", `${user}:${pass}x`, url]), /401 1$/);
    });

    for (const algorithms of [["SHA-256"], ["MD5"], ["SHA-256", "MD5"]] as const) {
      it(`passes with Digest ${algorithms.join(" and ")} as ${user}`, async () => {
        guard = digestAuth("r\u00e9alm", algorithms.map((name) => htdigestLine(mgr, user, "r\u00e9alm", pass, name)).join("\n"));
        assert.equal((await curl(["--digest", "-u", `${user}:${pass}`, url])).replace("Unauthorized\n", ""), "GET 0 200 1");
        assert.match(await curl(["--digest", "-u", `${user}:${pass}x`, url]), /401 \d$/);
      });
    }
  }

  it("sends a body again after it was refused, with any method, and uses the nonce for several requests", async () => {
    guard = digestAuth("r", htdigestLine(mgr, "joe", "r", "p"));
    const body = "x".repeat(5000);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const said = await curl(["--digest", "-u", "joe:p", "-X", method, "--data-binary", body, url]);
      assert.ok(said.endsWith(`${method} 5000 200 1`), said);
    }
    const said = await curl(["--digest", "-u", "joe:p", url, url, url]);
    assert.match(said, /GET 0 200 1.*GET 0 200 0.*GET 0 200 0/s);
    assert.match(await curl(["--anyauth", "-u", "joe:p", "-d", "abc", url]), /POST 3 200 1$/);
  });

  it("passes with a bearer token", async () => {
    guard = bearerAuth("r", "abc.def");
    assert.equal(await curl(["--oauth2-bearer", "abc.def", url]), "GET 0 200 1");
    assert.match(await curl(["--oauth2-bearer", "abc.de", url]), /401 1$/);
  });
});
