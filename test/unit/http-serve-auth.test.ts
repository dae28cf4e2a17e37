import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileAuth, type FileAuthOptions, serveHttp } from "../../src/http/index.js";
import { type Stage, stage } from "./core-support.js";
import { get, serve } from "./http-support.js";
import { requestFrom } from "./http-serve-support.js";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const line = (user: string, pass: string): string => `${user}:board:${md5(`${user}:board:${pass}`)}\n`;

/** A server over the host's own store with these files in it. */
function guarded(files: { [path: string]: string }, options: Partial<FileAuthOptions>): Stage {
  const s = stage();
  for (const path of Object.keys(files)) {
    const writer = s.platform.files!.create(path);
    if (typeof writer === "number") throw new Error(path);
    writer.write(files[path]);
    writer.commit();
  }
  const auth = fileAuth({ authDomain: "board", ...options });
  serve(s, (nc, hm) => serveHttp(nc, hm, { auth }));
  return s;
}

/** Status of a request without credentials; several challenges are fine. */
function statusOf(s: Stage, uri: string): number {
  const peer = s.peer(80);
  peer.send(get(uri));
  s.run(100);
  return Number(peer.take().slice(9, 12));
}

/** Status of a request as `user`, who answers the challenge. */
function statusAs(s: Stage, uri: string, user: string, pass: string): number {
  if (!user) return statusOf(s, uri);
  const first = requestFrom(s, get(uri));
  assert.match(first.headers["www-authenticate"], /algorithm=MD5/); // the only one that these files are for
  const nonce = /nonce="([^"]+)"/.exec(first.headers["www-authenticate"])![1];
  const response = md5(`${md5(`${user}:board:${pass}`)}:${nonce}:00000001:c:auth:${md5(`GET:${uri}`)}`);
  const credentials = `Digest username="${user}", realm="board", nonce="${nonce}", uri="${uri}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="${response}"`;
  return requestFrom(s, get(uri, `Authorization: ${credentials}\r\n`)).status;
}

describe("fileAuth", () => {
  const FILES = { "open.txt": "o", "a/.htpasswd": line("anna", "pw") + line("all", "x"), "a/x.txt": "x", "a/b/y.txt": "y", "a/b/c/.htpasswd": line("caro", "pw") + line("all", "x"), "a/b/c/z.txt": "z" };

  it("guards a directory that has a password file, and all below it", () => {
    const s = guarded(FILES, {});
    assert.equal(statusAs(s, "/open.txt", "", ""), 200);
    for (const uri of ["/a/x.txt", "/a/b/y.txt", "/a/nothing", "/a/", "/a", "/a/.htpasswd"]) assert.equal(statusAs(s, uri, "", ""), 401, uri);
    assert.equal(statusAs(s, "/a/x.txt", "anna", "pw"), 200);
    assert.equal(statusAs(s, "/a/b/y.txt", "anna", "pw"), 200);
    assert.equal(statusAs(s, "/a/b/y.txt", "anna", "wrong"), 401);
    assert.equal(statusAs(s, "/a/b/y.txt", "caro", "pw"), 401);
    assert.equal(statusAs(s, "/a/.htpasswd", "anna", "pw"), 404);
    s.finish();
  });

  it("wants to be let pass by every directory on the way", () => {
    const s = guarded(FILES, {});
    for (const [user, pass, status] of [["anna", "pw", 401], ["caro", "pw", 401], ["all", "x", 200]] as [string, string, number][]) assert.equal(statusAs(s, "/a/b/c/z.txt", user, pass), status, user);
    s.finish();
  });

  it("guards everything with one file, and lets nobody in when that is missing", () => {
    const s = guarded({ ...FILES, "etc/users": line("root", "pw") }, { globalAuthFile: "etc/users", perDirectoryAuthFile: "none" });
    assert.equal(statusAs(s, "/open.txt", "", ""), 401);
    assert.equal(statusAs(s, "/open.txt", "root", "pw"), 200);
    assert.equal(statusAs(s, "/a/x.txt", "root", "pw"), 200);
    s.finish();
    const missing = guarded(FILES, { globalAuthFile: "etc/users" });
    assert.equal(statusAs(missing, "/open.txt", "", ""), 401);
    missing.finish();
  });

  it("gives nobody a password file, whatever it is called: who has a hash needs no password", () => {
    const s = guarded({ "all.txt": line("anna", "pw"), "small.txt": "s", "d/passwords": line("anna", "pw"), "d/x.txt": "x" }, { globalAuthFile: "all.txt", perDirectoryAuthFile: "passwords" });
    for (const uri of ["/small.txt", "/d/x.txt"]) assert.equal(statusAs(s, uri, "anna", "pw"), 200, uri);
    for (const uri of ["/all.txt", "/d/passwords", "/%61ll.txt", "/d/PASSWORDS"]) assert.equal(statusAs(s, uri, "anna", "pw"), 404, uri);
    s.finish();
  });

  it("reads the password files of the store that is served, whichever that is", () => {
    const other = stage();
    for (const path of ["d/.htpasswd", "d/a.txt"] as const) {
      const writer = other.platform.files!.create(path);
      if (typeof writer === "number") throw new Error(path);
      writer.write(path === "d/a.txt" ? "secret" : line("anna", "pw"));
      writer.commit();
    }
    const s = stage();
    const auth = fileAuth({ authDomain: "board" });
    serve(s, (nc, hm) => serveHttp(nc, hm, { auth, files: other.platform.files }));
    assert.equal(statusAs(s, "/d/a.txt", "", ""), 401);
    assert.equal(statusAs(s, "/d/a.txt", "anna", "pw"), 200);
  });
});
