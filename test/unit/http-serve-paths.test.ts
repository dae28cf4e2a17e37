import assert from "node:assert/strict";
import fc from "fast-check";
import { isHidden, isPath, joinPath, requestPath } from "../../src/http/serve-path.js";
import { once, testFiles } from "./http-serve-support.js";

/** Every way out that is known to have worked somewhere. */
const WAYS_OUT = [
  "/..", "/../", "/../secret.txt", "/../../secret.txt", "/a/../secret.txt", "/a/../../secret.txt", "/a/..", "/./secret.txt", "/a/.",
  "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/%2e./secret.txt", "/%2e/secret.txt", "/a/%2e%2e/%2e%2e/secret.txt",
  "/%2e%2e%2fsecret.txt", "/..%2fsecret.txt", "/..%2Fsecret.txt", "/a%2f..%2f..%2fsecret.txt", "/%2fsecret.txt", "/%2f%2fsecret.txt",
  "/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/..%252fsecret.txt", "/%25252e%25252e/secret.txt",
  "/%c0%ae%c0%ae/secret.txt", "/%c0%ae%c0%ae%c0%afsecret.txt", "/..%c0%afsecret.txt", "/%e0%80%ae%e0%80%ae/secret.txt", "/%f0%80%80%ae/secret.txt", "/..%c1%9csecret.txt",
  "/%u002e%u002e/secret.txt", "/..%u2215secret.txt", "/%ef%bc%8e%ef%bc%8e/secret.txt", "/..%ef%bc%8fsecret.txt",
  "/..\\secret.txt", "/..%5csecret.txt", "/%5c..%5csecret.txt", "/a\\..\\..\\secret.txt", "/%2e%2e%5csecret.txt", "/\\secret.txt", "/%5csecret.txt",
  "/index.txt%00", "/index.txt%00.html", "/%00/../secret.txt", "/..%00/secret.txt", "/a%00/b",
  "/index.txt.", "/index.txt..", "/index.txt%20", "/index.txt%20.", "/index.txt/.", "/...", "/.../secret.txt", "/..../secret.txt", "/.. /secret.txt", "/..%20/secret.txt", "/.%20./x",
  "/c:/secret.txt", "/c:secret.txt", "/c%3a/secret.txt", "/index.txt::$DATA", "/index.txt%3a%3a$DATA", "/C:\\secret.txt",
  "//secret.txt", "//etc/passwd", "///secret.txt", "/a//secret.txt", "//../secret.txt", "//evil.example/..", "/a//",
  "/..;/secret.txt", "/..;x=y/secret.txt", "/..%3b/secret.txt", "/..%0d/secret.txt", "/..%0asecret.txt", "/%09../secret.txt", "/%7f",
  "/%", "/%2", "/%zz", "/%2g", "/a%", "/%-1", "/%80", "/%ff%fe", "/%c3", "/%ed%a0%80", "/%f8%88%80%80%80",
];

describe("paths of requests", () => {
  it("no way leads out of the document root, and none looks at anything outside", () => {
    const files = testFiles({ "site/index.txt": "in", "site/a/b.txt": "in", "secret.txt": "OUT", "site/a.txt": "in" });
    for (const uri of WAYS_OUT) {
      if (/[^\x21-\x7e]/.test(uri)) continue; // refused with the request
      files.asked = [];
      const reply = once(files, { documentRoot: "site" }, uri);
      assert.ok(reply.status === 400 || reply.status === 404, `${uri}: ${reply.status} ${reply.body}`);
      for (const path of files.asked) assert.match(path, /^site\/[^/]/, `${uri} looks at ${path}`);
    }
  });

  it("are decoded once; malformed ones are 400, ambiguous ones 404", () => {
    const table: [uri: string, path: string | number][] = [
      ["/", ""], ["/a", "a"], ["/a/", "a/"], ["/a/b.txt", "a/b.txt"], ["/%41", "A"], ["/a%20b", "a b"], ["/%C3%BC", "\u00fc"], ["/%F0%9F%98%80", "\ud83d\ude00"],
      ["/a%2541", "a%41"], ["/..a", "..a"], ["/a..b", "a..b"], ["/.a", ".a"], ["/a;b=c", "a;b=c"], ["/a+b", "a+b"], ["/~a", "~a"],
      ["*", 400], ["", 400], ["a", 400], ["/%", 400], ["/%4", 400], ["/%c0%af", 400], ["/%00", 400], ["/%0a", 400], ["/a%7Fb", 400], ["/%5C", 400], ["/a:b", 400],
      ["//", 404], ["/a//b", 404], ["/%2F", 404], ["/a%2fb", 404], ["/.", 404], ["/..", 404], ["/a/..", 404], ["/a./", 404], ["/a.", 404], ["/%2e", 404], ["/a%20", 404],
    ];
    for (const [uri, path] of table) assert.equal(requestPath(uri), path, uri);
  });

  it("are plain segments, whatever comes", () => {
    const piece = fc.constantFrom("/", ".", "..", "%2e", "%2f", "%5c", "%00", "%25", "a", "b.txt", "\\", ":", "%c0%ae", " ", "%20", "%c3%a9", "%", "2e", "?");
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = requestPath("/" + pieces.join(""));
      if (typeof path === "number") return path === 400 || path === 404;
      const names = path.replace(/\/$/, "").split("/");
      return path === "" || names.every((name) => name !== "" && name !== "." && name !== ".." && !/[\\\0:]/.test(name) && !name.endsWith("."));
    }), { numRuns: 3000 });
  });

  it("join without slashes too many", () => {
    assert.deepEqual([joinPath("", ""), joinPath("a", ""), joinPath("", "b"), joinPath("a", "b")], ["", "a", "b", "a/b"]);
  });

  it("that a page names are checked likewise", () => {
    for (const path of ["a", "a/b", "a%20b"]) assert.equal(isPath(path), true, path);
    for (const path of ["..", "a/../b", "a//b", "/a", "a\\b", "a\0", "c:x", "./a"]) assert.equal(isPath(path), false, path);
  });

  it("are hidden by any of their names", () => {
    for (const path of [".a", "a/.b/c", ".well-known/.x", ".well-knownx", ".."]) assert.equal(isHidden(path, {}), true, path);
    for (const path of ["", "a", "a.b/c.d", "a/", ".well-known/x", "a/.well-known"]) assert.equal(isHidden(path, {}), false, path);
    assert.equal(isHidden("a/B.BAK", { hiddenFilePattern: "*.bak$" }), true);
    assert.equal(isHidden("a.bak/b", { hiddenFilePattern: "*.bak$" }), true);
    assert.equal(isHidden(".a", { dotFiles: true }), false);
  });
});
