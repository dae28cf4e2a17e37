import assert from "node:assert/strict";
import { eachPart, type HttpMessage, httpReply, type HttpPart, MG_EV_HTTP_REQUEST } from "../../src/http/index.js";
import { stage } from "./core-support.js";
import { freshServer, readReplies, setProtocolHttpWebsocket } from "./http-support.js";
import { form as formOf, post, postChunks, TYPE } from "./http-multipart-support.js";

/** What eachPart says of the body of a request that is collected, in both forms of bytes. */
function parts(wire: string): [isGood: boolean, ...parts: string[]] {
  const seen = (["array", "string"] as const).map((form) => {
    const s = stage({ platform: { form } });
    const out: [boolean, ...string[]] = [false];
    const kept: HttpPart[] = [];
    setProtocolHttpWebsocket(s.mgr.bind("tcp://:80", (nc, ev, data) => {
      if (ev !== MG_EV_HTTP_REQUEST) return;
      out[0] = eachPart(data as HttpMessage, (part) => {
        kept.push(part);
        const raw = part.raw();
        assert.equal(part.dataLength, raw.length);
        assert.equal(Buffer.from(part.bytes()).toString("utf8"), part.text());
        out.push(`${part.varName}|${part.fileName ?? "-"}|${part.contentType}|${part.text()}`);
      });
      httpReply(nc, 204, "", "");
    }));
    const peer = s.peer(80);
    peer.send(wire);
    s.run();
    assert.equal(readReplies(peer.take())[0].status, 204);
    assert.deepEqual(kept.map((part) => part.text()), kept.map(() => ""), "nothing is left to be seen behind the call");
    s.finish();
    return out;
  });
  assert.deepEqual(seen[0], seen[1]);
  return seen[0];
}

describe("eachPart", () => {
  beforeEach(freshServer);

  it("hands out the parts of a collected body, by length and in chunks", () => {
    const body = formOf({ name: "a", data: "one\r\n--bb\r\n" }, { name: "f", fileName: "\xc3\xa9.txt", data: "" }, { name: "c", data: "\xe2\x82\xac" });
    for (const wire of [post(body), postChunks(body, 5)]) assert.deepEqual(parts(wire), [true, "a|-||one\r\n--bb\r\n", "f|é.txt||", "c|-||€"]);
  });

  it("takes preamble, epilogue, an empty part that its boundary follows at once, and no parts", () => {
    assert.deepEqual(parts(post("pre\r\n--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: x/y\r\n\r\n--b--\r\nepilogue")), [true, "a|-|x/y|"]);
    assert.deepEqual(parts(post("--b--")), [true]);
  });

  it("answers false for what is no form, is cut off, or is malformed", () => {
    const body = formOf({ name: "a", data: "one" });
    assert.deepEqual(parts(post(body, "Content-Type: text/plain\r\n")), [false]);
    assert.deepEqual(parts(post(body, "Content-Type: multipart/form-data\r\n")), [false]);
    assert.deepEqual(parts(post("", TYPE)), [false]);
    for (let end = 0; end < body.length - 2; end++) assert.deepEqual(parts(post(body.slice(0, end))), [false], `${end} bytes`);
    assert.deepEqual(parts(post(body.slice(0, -4) + "\r\n\r\nx\r\n--b--")), [false, "a|-||one"]);
  });
});
