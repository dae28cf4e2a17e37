import assert from "node:assert/strict";
import { urlRewrites } from "../../src/http/index.js";
import { get } from "./http-support.js";
import { fetchFrom, fileServer, once, requestFrom, testFiles } from "./http-serve-support.js";

const FILES = { "site/a.txt": "site", "lib/a.txt": "lib", "lib/sub/b.txt": "sub", "one/a.txt": "one", "secret.txt": "no" };

function fetched(rules: string, uri: string, host = "x"): [number, string] {
  const s = fileServer({ files: testFiles(FILES), documentRoot: "site", urlRewrites: urlRewrites(rules) });
  const reply = requestFrom(s, get(uri).replace("Host: x", "Host: " + host));
  s.finish();
  return [reply.status, reply.headers.location ?? reply.body];
}

describe("urlRewrites", () => {
  it("serves what is below a path from another directory", () => {
    assert.deepEqual(fetched("/files=lib", "/files/a.txt"), [200, "lib"]);
    assert.deepEqual(fetched("/files/=lib/", "/files/sub/b.txt"), [200, "sub"]);
    assert.deepEqual(fetched("/files=lib", "/a.txt"), [200, "site"]);
    assert.deepEqual(fetched("/=lib", "/a.txt"), [200, "lib"]);
  });

  it("ends a path at the end of a name", () => {
    assert.deepEqual(fetched("/files=lib", "/filesa.txt"), [404, "Not Found\n"]);
    assert.deepEqual(fetched("/files=lib", "/files?q"), [301, "/files/?q"]);
    assert.deepEqual(fetched("/files=lib", "/files/sub"), [301, "/files/sub/"]);
  });

  it("serves a host from its own directory, whatever its case and port", () => {
    for (const host of ["one.example", "ONE.example:8080"]) assert.deepEqual(fetched("@One.Example=one", "/a.txt", host), [200, "one"]);
    for (const host of ["two.example", "one.example.evil", "xone.example"]) assert.deepEqual(fetched("@one.example=one", "/a.txt", host), [200, "site"]);
    assert.deepEqual(fetched("@[::1]=one", "/a.txt", "[::1]:80"), [200, "one"]);
  });

  it("takes the first rule that fits", () => {
    assert.deepEqual(fetched("/f=one,/f=lib", "/f/a.txt"), [200, "one"]);
    assert.deepEqual(fetched("@h=one,/f=lib", "/f/a.txt", "h"), [404, "Not Found\n"]);
  });

  it("leads away from a port, path and query included", () => {
    assert.deepEqual(fetched("%80=https://new.example", "/a/b?c=d"), [301, "https://new.example/a/b?c=d"]);
    assert.deepEqual(fetched("%80=https://new.example/", "//evil"), [301, "https://new.example//evil"]);
    assert.deepEqual(fetched("%81=https://new.example", "/a.txt"), [200, "site"]);
  });

  it("opens no way out, and none to another host", () => {
    for (const uri of ["/files/../secret.txt", "/files/%2e%2e/secret.txt", "/files//a.txt", "/files/..%2fsecret.txt", "/files//evil.example/"]) assert.ok(fetched("/files=lib", uri)[0] >= 400, uri);
    assert.ok(fetched("/=lib", "//evil.example/sub")[0] >= 400);
  });

  it("refuses rules that are none", () => {
    for (const rules of ["", "x", "a=b", "/a", "/a=", "=b", "%=u", "%x=u", "@=d", "/a=/etc", "/a=..", "/a=b,,", "/a=http://upstream"]) assert.throws(() => urlRewrites(rules), TypeError, rules);
  });
});

describe("redirects of serveHttp", () => {
  it("never begin with two slashes or a backslash", () => {
    const files = testFiles({ "evil.example/x": "", "a/evil.example/x": "", "\\evil.example/x": "" });
    for (const uri of ["//evil.example", "///evil.example", "/\\evil.example", "/%5cevil.example", "/%2fevil.example", "/%2f%2fevil.example", "/.//evil.example", "/a/..//evil.example", "//evil.example/%2e%2e", "/%09/evil.example", "http://x//evil.example"]) {
      const s = fileServer({ files });
      const reply = fetchFrom(s, uri);
      s.finish();
      assert.ok(reply.status >= 400, `${uri}: ${reply.status} ${reply.headers.location}`);
    }
    assert.equal(once(files, {}, "http://x/evil.example").headers.location, "/evil.example/");
  });
});
