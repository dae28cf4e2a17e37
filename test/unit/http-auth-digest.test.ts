import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { FileWriter } from "../../src/core/port.js";
import {
  digestAuth, type DigestUsers, htdigestLine, httpCheckDigestAuth, httpCreateDigestAuthHeader, httpDigestUser, type HttpGuard, httpIsAuthorized, HttpMessage, httpReply,
  httpSendDigestAuthRequest, MG_AUTH_FLAG_ALLOW_MISSING_FILE, MG_AUTH_FLAG_IS_DIRECTORY, MG_AUTH_FLAG_IS_GLOBAL_PASS_FILE,
} from "../../src/http/index.js";
import { digestResponse } from "../../src/http/digest-hash.js";
import { freshServer, get, readReplies, type RequestHandler, serve } from "./http-support.js";
import { type Stage, stage } from "./core-support.js";

const REALM = "caf\u00e9";
const USER = 'J\u00f6 "x\\';
const PASS = "p\u20ac:";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const MD5_LINE = `${USER}:${REALM}:${md5(`${USER}:${REALM}:${PASS}`)}`;
const SHA_LINE = `${USER}:${REALM}:${sha(`${USER}:${REALM}:${PASS}`)}`;
const BOTH = `# users\n${MD5_LINE}\r\n${SHA_LINE}\n`;

/** A server with one guard, and a client that says what it is told to. */
interface Door {
  s: Stage;
  /** Sends a GET with these header lines; answers the whole reply as text. */
  ask(uri?: string, lines?: string): string;
}

function door(guard: HttpGuard | RequestHandler, prepare?: (s: Stage) => void): Door {
  const s = stage();
  prepare?.(s);
  serve(s, (nc, hm) => {
    if (guard(nc, hm)) httpReply(nc, 200, "", "hello " + httpDigestUser(hm));
  });
  const ask = (uri = "/x?y=1", lines = ""): string => {
    const peer = s.peer(80);
    peer.send(Buffer.from(get(uri, lines)));
    s.run(5);
    const wire = Buffer.from(peer.take(), "latin1").toString();
    peer.close();
    return wire;
  };
  return { s, ask };
}

function challengesIn(wire: string): string[] {
  return [...wire.matchAll(/^WWW-Authenticate: (.*)\r$/gm)].map((match) => Buffer.from(match[1]).toString("latin1"));
}

function statusOf(wire: string): number {
  return Number(wire.slice(9, 12));
}

/** The header line that answers a challenge. */
function login(d: Door, challenges: string[], more: object = {}): string {
  const line = httpCreateDigestAuthHeader(d.s.mgr, challenges, { user: USER, pass: PASS, method: "GET", uri: "/x?y=1", ...more });
  assert.ok(line);
  return line;
}

describe("Digest hashes", () => {
  it("are those of the examples in RFC 7616, 2617 and 2069", () => {
    const s = stage();
    const ha1 = (text: string, isSha: boolean): string => (isSha ? sha : md5)(text);
    const p = { nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", method: "GET", uri: "/dir/index.html", qop: "auth", nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" };
    const who = "Mufasa:http-auth@example.org:Circle of Life";
    assert.equal(digestResponse(s.mgr, false, { ...p, ha1: ha1(who, false) }), "8ca523f5e9506fed4657c9700eebdbec");
    assert.equal(digestResponse(s.mgr, true, { ...p, ha1: ha1(who, true) }), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    const old = { ...p, nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", cnonce: "0a4f113b", ha1: md5("Mufasa:testrealm@host.com:Circle Of Life") };
    assert.equal(digestResponse(s.mgr, false, old), "6629fae49393a05397450978507c4ef1");
    const oldest = { ...old, qop: "", ha1: md5("Mufasa:testrealm@host.com:CircleOfLife") };
    assert.equal(digestResponse(s.mgr, false, oldest), "1949323746fe6a43ef61f9606e7febea"); // as corrected by its errata
    s.finish();
  });

  it("of password files are those that the htdigest program writes", () => {
    const s = stage();
    assert.equal(htdigestLine(s.mgr, USER, REALM, PASS, "MD5"), MD5_LINE);
    assert.equal(htdigestLine(s.mgr, USER, REALM, PASS), SHA_LINE);
    assert.throws(() => htdigestLine(s.mgr, "a:b", "r", "p"), TypeError);
    assert.throws(() => htdigestLine(s.mgr, "a", "r\n", "p"), TypeError);
    s.finish();
  });
});

describe("digestAuth", () => {
  beforeEach(freshServer);

  it("asks for SHA-256 first, then for MD5, and lets in who answers either", () => {
    const d = door(digestAuth(REALM, BOTH));
    const refused = d.ask();
    const challenges = challengesIn(refused);
    assert.equal(statusOf(refused), 401);
    assert.equal(challenges.length, 2);
    for (const [i, algorithm] of ["SHA-256", "MD5"].entries()) {
      assert.match(challenges[i], new RegExp(`^Digest realm="caf\u00c3\u00a9", qop="auth", algorithm=${algorithm}, charset=UTF-8, nonce="[0-9a-f]{33,}"$`));
      const line = login(d, challenges.slice(i));
      assert.ok(line.includes(`algorithm=${algorithm},`));
      assert.match(d.ask("/x?y=1", line), new RegExp(`^HTTP/1.1 200 [^]*hello ${USER.replace(/\\/g, "\\\\")}$`));
    }
    d.s.finish();
  });

  it("offers only what every user of the realm has a hash for", () => {
    const offered = (users: string): string[] => {
      const d = door(digestAuth(REALM, users));
      const found = challengesIn(d.ask()).map((one) => one.replace(/.*algorithm=([^,]*),.*/, "$1"));
      d.s.finish();
      return found;
    };
    const other = `joe:other:${md5("joe:other:x")}\n`;
    assert.deepEqual(offered(MD5_LINE), ["MD5"]);
    assert.deepEqual(offered(other + SHA_LINE), ["SHA-256"]);
    assert.deepEqual(offered(BOTH + `joe:${REALM}:${md5("x")}`), ["MD5"]);
    assert.deepEqual(offered(SHA_LINE + `\njoe:${REALM}:${md5("x")}`), ["MD5"]);
    assert.deepEqual(offered(""), ["SHA-256", "MD5"]);
  });

  it("refuses wrong passwords, users, realms, methods and targets", () => {
    const d = door(digestAuth(REALM, BOTH));
    const challenges = challengesIn(d.ask());
    for (const wrong of [{ pass: "x" }, { user: "joe" }, { user: "" }, { method: "POST" }, { uri: "/x?y=2" }, { uri: "/x" }]) {
      const wire = d.ask("/x?y=1", login(d, challenges, wrong));
      assert.equal(statusOf(wire), 401, JSON.stringify(wrong));
      assert.ok(!wire.includes("stale"));
    }
    assert.equal(statusOf(d.ask("/x?y=1", login(d, challenges).replaceAll("/x?y=1", "http://x/x?y=1"))), 401, "the hash says another uri");
    assert.equal(statusOf(d.ask("/x?y=1", login(d, challenges, { uri: "http://x/x?y=1" }))), 200, "absolute form of the same");
    assert.equal(statusOf(d.ask("/x?y=1", login(d, challenges.map((one) => one.replace("realm=\"", "realm=\"x"))))), 401);
    d.s.finish();
  });

  it("refuses credentials with any parameter taken out, changed or repeated", () => {
    const d = door(digestAuth(REALM, BOTH));
    const line = login(d, challengesIn(d.ask()));
    const [start, ...params] = line.slice(0, -2).split(/, (?=\w+=)/);
    const first = start.slice("Authorization: Digest ".length);
    const all = [first, ...params];
    assert.equal(statusOf(d.ask("/x?y=1", `Authorization: Digest ${[...all].reverse().join(" ,  ")}\r\n`)), 200, "the order does not matter");
    for (const param of all) {
      const others = all.filter((other) => other !== param);
      const name = param.slice(0, param.indexOf("="));
      for (const list of [others, [...all, param], [...others, `${name}=""`], [...others, `${name}=x`], [...others, name]]) {
        assert.equal(statusOf(d.ask("/x?y=1", `Authorization: Digest ${list.join(", ")}\r\n`)), 401, list.join(", "));
      }
    }
    d.s.finish();
  });

  it("takes MD5 without qop, as RFC 2069 has it, but not SHA-256", () => {
    const d = door(digestAuth(REALM, BOTH));
    for (const [i, status] of [401, 200].entries()) {
      const bare = challengesIn(d.ask())[i].replace(' qop="auth",', "");
      const line = login(d, [bare]);
      assert.ok(!line.includes("cnonce"));
      assert.equal(statusOf(d.ask("/x?y=1", line)), status);
      if (i) assert.equal(statusOf(d.ask("/x?y=1", line.replace(", algorithm=MD5", ""))), 200, "MD5 is the default");
    }
    d.s.finish();
  });

  it("says stale when only the nonce is no good any more: after an hour, or from another run", () => {
    const d = door(digestAuth(REALM, BOTH));
    const challenges = challengesIn(d.ask());
    const line = login(d, challenges);
    d.s.run(3_599_000);
    assert.equal(statusOf(d.ask("/x?y=1", line)), 200);
    d.s.run(3_000);
    const late = d.ask("/x?y=1", line);
    assert.equal(statusOf(late), 401);
    assert.match(late, /, stale=true, /);
    assert.equal(statusOf(d.ask("/x?y=1", login(d, challengesIn(late)))), 200);
    assert.ok(!d.ask("/x?y=1", login(d, challenges, { pass: "x" })).includes("stale"), "whoever does not know the password learns nothing");
    const foreign = challenges.map((one) => one.replace(/nonce="(.)/, (_, digit) => `nonce="${digit === "0" ? 1 : 0}`));
    assert.match(d.ask("/x?y=1", login(d, foreign)), /401[^]*stale=true/);
    d.s.finish();
  });

  it("does not take a nonce of another realm, or from the future", () => {
    const d = door(digestAuth(REALM, BOTH + BOTH.replaceAll(REALM, "other")));
    const other = door(digestAuth("other", BOTH));
    const [, nonce] = /nonce="([^"]*)/.exec(challengesIn(other.ask())[0]) ?? [];
    for (const bad of [nonce, "x", `${nonce}ffff`, `${nonce.slice(0, 32)}ffffffffffffff`]) {
      const line = login(d, challengesIn(d.ask()).map((one) => one.replace(/nonce="[^"]*/, `nonce="${bad}`)));
      assert.equal(statusOf(d.ask("/x?y=1", line)), 401, bad);
    }
    for (const one of [d, other]) one.s.finish();
  });

  it("answers any Authorization line, and never throws", () => {
    const d = door(digestAuth(REALM, BOTH));
    const line = login(d, challengesIn(d.ask())).slice(15, -2);
    const guard = digestAuth(REALM, BOTH);
    const nc = d.s.mgr.pair(() => undefined, () => undefined)[0];
    const edit = fc.tuple(fc.nat(line.length), fc.nat(5), fc.string({ unit: fc.constantFrom(..."a=, \"\\\x80".split("")), maxLength: 4 }));
    fc.assert(fc.property(edit, ([at, drop, text]) => {
      const changed = line.slice(0, at) + text + line.slice(at + drop);
      const hm = new HttpMessage(`GET / HTTP/1.1\r\nAuthorization: ${Buffer.from(changed).toString("latin1")}`, "GET", "/x?y=2", "HTTP/1.1", 0, false);
      assert.equal(guard(nc, hm), false);
      httpDigestUser(hm);
      nc.sendMbuf.clear();
    }), { numRuns: 500 });
    d.s.finish();
  });
});

function write(s: Stage, path: string, text: string): void {
  const file = s.mgr.files!.create(path) as FileWriter;
  assert.equal(typeof file, "object");
  file.write(s.platform.bytes.text(text));
  file.commit();
}

describe("password files", () => {
  beforeEach(freshServer);

  it("are read when asked for, and again when they have changed", () => {
    const users: DigestUsers = { file: "etc/users" };
    const d = door(digestAuth(REALM, users));
    const [challenge] = challengesIn(d.ask());
    const enter = (): number => statusOf(d.ask("/x?y=1", login(d, [challenge])));
    assert.equal(enter(), 401, "there is no file");
    write(d.s, "etc/users", BOTH);
    assert.equal(enter(), 200);
    write(d.s, "etc/users", BOTH.replaceAll(USER, "joe"));
    assert.equal(enter(), 401);
    write(d.s, "etc/users", BOTH);
    assert.equal(enter(), 200);
    write(d.s, "etc/users", BOTH + "#".repeat(16384));
    assert.equal(enter(), 401, "longer than is taken");
    d.s.mgr.files!.remove("etc/users");
    assert.equal(enter(), 401);
    d.s.finish();
  });

  it("are not opened again as long as they are the same", () => {
    const d = door(digestAuth(REALM, { file: "users" }), (s) => write(s, "users", BOTH));
    const line = login(d, challengesIn(d.ask()));
    const files = d.s.mgr.files!;
    let opened = 0;
    const { open } = files;
    files.open = (path) => (opened++, open(path));
    assert.deepEqual([1, 2, 3].map(() => statusOf(d.ask("/x?y=1", line))), [200, 200, 200]);
    assert.equal(opened, 0);
    d.s.finish();
  });

  it("take the first line with a hash of the right length, and no other line for one", () => {
    const check = (text: string): boolean => {
      const d = door((nc, hm) => httpCheckDigestAuth(nc, hm, REALM, text) || httpSendDigestAuthRequest(nc, REALM));
      const is = statusOf(d.ask("/x?y=1", login(d, challengesIn(d.ask())))) === 200;
      d.s.finish();
      return is;
    };
    assert.equal(check(SHA_LINE), true);
    assert.equal(check(SHA_LINE.toUpperCase().replace(`${USER}:${REALM}`.toUpperCase(), `${USER}:${REALM}`)), true);
    assert.equal(check(`\n\n${MD5_LINE}\n${SHA_LINE}\r\n`), true);
    for (const bad of ["", MD5_LINE, "x" + SHA_LINE, SHA_LINE.slice(0, -1), SHA_LINE + "0", SHA_LINE + " ", SHA_LINE.slice(0, -1) + "g"]) assert.equal(check(bad), false, bad);
  });
});

describe("httpIsAuthorized", () => {
  beforeEach(freshServer);

  const places: [string, string, string, number][] = [
    ["a/b/page.html", ".htpasswd", "a/b/.htpasswd", 0],
    ["page.html", ".htpasswd", ".htpasswd", 0],
    ["a/b", ".htpasswd", "a/b/.htpasswd", MG_AUTH_FLAG_IS_DIRECTORY],
    ["", ".htpasswd", ".htpasswd", MG_AUTH_FLAG_IS_DIRECTORY],
    ["a/b/page.html", "etc/users", "etc/users", MG_AUTH_FLAG_IS_GLOBAL_PASS_FILE],
  ];
  for (const [path, file, place, flags] of places) {
    it(`looks for the passwords of "${path}" in ${place} (flags ${flags})`, () => {
      let more = 0;
      const d = door((nc, hm) => httpIsAuthorized(nc, hm, path, REALM, file, flags | more) || httpSendDigestAuthRequest(nc, REALM, BOTH));
      const line = login(d, challengesIn(d.ask()));
      assert.equal(statusOf(d.ask("/x?y=1", line)), 401, "no file");
      more = MG_AUTH_FLAG_ALLOW_MISSING_FILE;
      assert.equal(statusOf(d.ask()), 200, "no file is needed");
      write(d.s, place, BOTH);
      assert.equal(statusOf(d.ask()), 401, "no credentials");
      assert.equal(statusOf(d.ask("/x?y=1", line)), 200);
      write(d.s, place, BOTH + "#".repeat(16384));
      assert.equal(statusOf(d.ask()), 401, "a file that cannot be read is not a missing one");
      d.s.finish();
    });
  }
});

describe("httpCreateDigestAuthHeader", () => {
  const s = stage();
  const make = (challenge: string | string[], more: object = {}): string | undefined =>
    httpCreateDigestAuthHeader(s.mgr, challenge, { user: "Mufasa", pass: "Circle of Life", method: "GET", uri: "/dir/index.html", ...more });

  it("answers with what a server computes by itself", () => {
    const line = make('Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf", opaque="FQhe"', { count: 255 });
    const [, response, cnonce] = /^Authorization: Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf", uri="\/dir\/index.html", algorithm=SHA-256, response="([0-9a-f]{64})", qop=auth, nc=000000ff, cnonce="([0-9a-f]{16})", opaque="FQhe"\r\n$/.exec(line!)!;
    assert.equal(response, sha(`${sha("Mufasa:http-auth@example.org:Circle of Life")}:7ypf:000000ff:${cnonce}:auth:${sha("GET:/dir/index.html")}`));
  });

  it("picks the best challenge there is", () => {
    const md = 'Digest realm="a", nonce="1"';
    const sh = 'Digest realm="b", nonce="2", algorithm=sha-256';
    for (const list of [[md, sh], [sh, md], [`Basic realm="x", ${md}, Bearer, ${sh}`]]) assert.match(make(list)!, /realm="b".*algorithm=SHA-256/);
    assert.match(make(["Basic x", md])!, /realm="a".*algorithm=MD5/);
  });

  it("answers undefined when there is none it could answer", () => {
    const bad = ["", "Basic realm=x", "Digest", 'Digest realm="a"', 'Digest realm="a", nonce="1", algorithm=MD5-sess', 'Digest realm="a", nonce="1", algorithm=SHA-512-256',
      'Digest realm="a", nonce="1", qop="auth-int"', 'Digest realm="a", realm="b", nonce="1"', 'Digest realm="a", nonce="1\r\nX: y"', 'Digest realm="a", nonce="1', 'Digest realm="a", nonce="1\x01"'];
    for (const one of bad) assert.equal(make(one), undefined, one);
    assert.equal(make('Digest realm="a", nonce="1"', { user: "a\nb" }), undefined);
  });

  it("answers any challenge, and never throws", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."a=, \"\\\0".split("")), maxLength: 20 }));
    fc.assert(fc.property(text, (more) => {
      for (const challenge of [more, 'Digest realm="a", nonce="1", ' + more, `Digest realm="${more}", nonce="1"`]) {
        const line = make(challenge);
        if (line) assert.match(line, /^[^\0-\x08\n-\x1f\x7f]*\r\n$/);
      }
    }), { numRuns: 500 });
  });

  after(() => s.finish());
});

describe("a Digest guard under a server that gets its requests byte by byte", () => {
  it("lets in and refuses all the same", async () => {
    await freshServer();
    const d = door(digestAuth(REALM, BOTH));
    const line = login(d, challengesIn(d.ask()));
    const peer = d.s.peer(80);
    for (const byte of Buffer.from(get("/x?y=1", line) + get("/x?y=1"))) {
      peer.send(new Uint8Array([byte]));
      d.s.run(1);
    }
    d.s.run(10);
    const wire = peer.take();
    assert.equal(readReplies(wire.slice(0, wire.indexOf("HTTP/1.1 401")))[0].status, 200);
    assert.equal(wire.split("HTTP/1.1 401").length, 2);
    d.s.finish();
  });
});
