import assert from "node:assert/strict";
import { once, testFiles } from "./http-serve-support.js";

const GZIP = "Accept-Encoding: gzip\r\n";
const TAG = '"2ebc98a1.fa.5"';
const TWIN_TAG = '"2ebc98a1.fa.3-gz"';

function both(): ReturnType<typeof testFiles> {
  return testFiles({ "a.js": "plain", "a.js.gz": "zip" });
}

describe("a gzip twin", () => {
  it("goes to those who like it, with the type of the file it stands for and a tag of its own", () => {
    const reply = once(both(), {}, "/a.js", "Accept-Encoding: deflate, gzip, br\r\n");
    assert.deepEqual([reply.status, reply.body], [200, "zip"]);
    const { headers } = reply;
    assert.deepEqual([headers["content-encoding"], headers["content-type"], headers["content-length"], headers.vary, headers.etag], ["gzip", "text/javascript; charset=utf-8", "3", "Accept-Encoding", TWIN_TAG]);
  });

  it("stays away from those who do not, and caches are told that it is there", () => {
    for (const more of ["", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: identity, gzip;q=0.5\r\n"]) {
      const { body, headers } = once(both(), {}, "/a.js", more);
      assert.deepEqual([body, headers["content-encoding"], headers.vary, headers.etag], ["plain", undefined, "Accept-Encoding", TAG], more);
    }
  });

  it("is not looked for in the headers of a file without one", () => {
    const { headers } = once(testFiles({ "a.js": "plain" }), {}, "/a.js", GZIP);
    assert.deepEqual([headers.vary, headers["content-encoding"]], [undefined, undefined]);
  });

  it("is compared by its own tag", () => {
    assert.equal(once(both(), {}, "/a.js", `${GZIP}If-None-Match: ${TWIN_TAG}\r\n`).status, 304);
    assert.equal(once(both(), {}, "/a.js", `${GZIP}If-None-Match: ${TAG}\r\n`).status, 200);
    assert.equal(once(both(), {}, "/a.js", `If-None-Match: ${TWIN_TAG}\r\n`).status, 200);
    const reply = once(both(), {}, "/a.js", `${GZIP}If-None-Match: ${TWIN_TAG}\r\n`);
    assert.deepEqual([reply.headers.etag, reply.headers.vary], [TWIN_TAG, "Accept-Encoding"]);
  });

  it("takes no part in ranges", () => {
    const reply = once(both(), {}, "/a.js", `${GZIP}Range: bytes=1-2\r\n`);
    assert.deepEqual([reply.status, reply.body, reply.headers["content-encoding"], reply.headers.etag], [206, "la", undefined, TAG]);
    const other = once(both(), {}, "/a.js", `${GZIP}Range: bytes=1-2\r\nIf-Range: ${TWIN_TAG}\r\n`);
    assert.deepEqual([other.status, other.body], [200, "plain"]);
  });

  it("alone stands for its file, ranges included; who takes no gzip gets 406", () => {
    const alone = (more: string): [number, string, string | undefined] => {
      const { status, body, headers } = once(testFiles({ "a.js.gz": "zip", "d/index.html.gz": "index" }), {}, "/a.js", more);
      return [status, body, headers["content-encoding"]];
    };
    assert.deepEqual(alone(GZIP), [200, "zip", "gzip"]);
    assert.deepEqual(alone(""), [200, "zip", "gzip"]);
    assert.deepEqual(alone("Accept-Encoding: identity, gzip;q=0.5\r\n"), [200, "zip", "gzip"]);
    assert.deepEqual(alone("Accept-Encoding: br\r\n"), [406, "Not Acceptable\n", undefined]);
    assert.deepEqual(alone(`${GZIP}Range: bytes=1-\r\n`), [206, "ip", "gzip"]);
    assert.equal(once(testFiles({ "d/index.html.gz": "index" }), {}, "/d/", GZIP).body, "index");
  });

  it("asked for by its own name is a file like others", () => {
    const { body, headers } = once(both(), {}, "/a.js.gz", GZIP);
    assert.deepEqual([body, headers["content-type"], headers["content-encoding"]], ["zip", "application/gzip", undefined]);
  });

  it("serves HEAD and the page for 404 too", () => {
    const head = once(both(), {}, "/a.js", GZIP, "HEAD");
    assert.deepEqual([head.headers["content-length"], head.headers["content-encoding"]], ["3", "gzip"]);
    const lost = once(both(), { page404: "a.js" }, "/nothing", GZIP);
    assert.deepEqual([lost.status, lost.body, lost.headers["content-encoding"]], [404, "zip", "gzip"]);
  });
});
