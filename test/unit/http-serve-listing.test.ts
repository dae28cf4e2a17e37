import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { directoryListing } from "../../src/http/index.js";
import { fetchFrom, fileServer, once, testFiles } from "./http-serve-support.js";

/** The links of a page in order: [href, text]. */
function links(page: string): [string, string][] {
  return [...page.matchAll(/<a href="([^"]*)">(.*?)<\/a>/g)].map((m) => [m[1], m[2]]);
}

const NASTY = ['"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", "a&amp;b", "it's", "100%", "a#b?c=d", "gr\u00fc\u00df \u20ac.txt", "--><svg onload=x>", "'onmouseover='x"];

describe("a directory listing", () => {
  for (const form of ["array", "string"] as RawForm[]) {
    it(`shows directories first, then files, with size and time (${form}s)`, () => {
      const files = testFiles({ "d/b.txt": "12345", "d/a.bin": "", "d/z/x": "", "d/sub/deep/y": "" }, form);
      files.put("d/big", 12_345_678);
      files.put("d/old", "x".repeat(1500), 0);
      const s = fileServer({ files, directoryListing }, { platform: { form } });
      const reply = fetchFrom(s, "/d/");
      s.finish();
      assert.deepEqual([reply.status, reply.headers["content-type"]], [200, "text/html; charset=utf-8"]);
      assert.deepEqual(links(reply.body), [["../", "../"], ["sub/", "sub/"], ["z/", "z/"], ["a.bin", "a.bin"], ["b.txt", "b.txt"], ["big", "big"], ["old", "old"]]);
      assert.match(reply.body, />b\.txt<\/a><\/td><td>5 B<\/td><td>1994-11-06 08:49<\/td>/);
      assert.match(reply.body, />big<\/a><\/td><td>12\.3 MB<\/td>/);
      assert.match(reply.body, />old<\/a><\/td><td>1\.5 kB<\/td><td><\/td>/);
      assert.match(reply.body, /<h1>Index of \/d\/<\/h1>/);
      assert.match(reply.body, /<\/html>\n$/);
    });
  }

  it("lets no name become anything but text", () => {
    const files = testFiles({});
    for (const name of NASTY) files.put("d/" + name, "");
    const page = once(files, { directoryListing }, "/d/").body;
    const found = links(page).slice(1);
    const text = (html: string): string => html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
    const wanted = NASTY.filter((name) => !name.includes("/")).map((name) => Buffer.from(name).toString("latin1")).sort();
    assert.deepEqual(found.map(([, html]) => text(html)).sort(), [...wanted, '"><script>alert(1)<\x2f'].sort());
    for (const [href, html] of found) {
      assert.match(href, /^[\w.~%\x2f-]+$/, href);
      assert.doesNotMatch(html, /[<>"']/, html);
    }
  });

  it("leads to what it lists", () => {
    const files = testFiles({});
    for (const name of NASTY) files.put("d/" + name.replace("/", ""), name);
    const hrefs = links(once(files, { directoryListing }, "/d/").body).slice(1).map(([href]) => href);
    assert.equal(hrefs.length, NASTY.length);
    for (const href of hrefs) assert.equal(once(files, { directoryListing }, "/d/" + href).status, 200, href);
  });

  it("escapes the name of the directory itself", () => {
    const page = once(testFiles({ "<b>&\"'/x": "" }), { directoryListing }, "/%3Cb%3E&%22'/").body;
    assert.match(page, /<title>Index of \/&lt;b&gt;&amp;&quot;&#39;\/<\/title>/);
    assert.ok(!page.includes("<b>"));
  });

  it("leaves out what is hidden, and names that no request can have", () => {
    const files = testFiles({ "d/.git/x": "", "d/.htpasswd": "", "d/a.bak": "", "d/b\\c": "", "d/e:f": "", "d/g.": "", "d/h\n": "", "d/ok": "" });
    assert.deepEqual(links(once(files, { directoryListing, hiddenFilePattern: "**.bak$" }, "/d/").body).map(([href]) => href), ["../", "ok"]);
  });

  it("of the root has no way up, and none is given for what is no directory", () => {
    assert.deepEqual(links(once(testFiles({ "site/a": "" }), { directoryListing, documentRoot: "site" }, "/").body), [["a", "a"]]);
    assert.equal(once(testFiles({ "a.txt": "" }), { directoryListing }, "/a.txt/").status, 404);
    assert.equal(once(testFiles({ "a.txt": "" }), { directoryListing }, "/none/").status, 404);
  });

  it("gives way to an index file", () => {
    assert.equal(once(testFiles({ "d/index.html": "index", "d/a": "" }), { directoryListing }, "/d/").body, "index");
  });

  it("of a thousand names goes through four small pages", () => {
    const files = testFiles({});
    for (let i = 0; i < 1000; i++) files.put(`d/file-${i}`, "x");
    const s = fileServer({ files, directoryListing }, { mgr: { pages: 6, pageBytes: 256, limits: { pageReserve: 2 } } });
    const reply = fetchFrom(s, "/d/");
    s.finish();
    assert.equal(links(reply.body).length, 1001);
  });
});
