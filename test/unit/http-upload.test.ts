import assert from "node:assert/strict";
import type { AnyHandler } from "../../src/core/events.js";
import { Err, type Files, type FileWriter, type Platform } from "../../src/core/port.js";
import {
  baseName,
  FileUpload,
  fileUploadHandler,
  type HttpMessage,
  type HttpPart,
  httpReply,
  httpUpload,
  MG_EV_HTTP_HDRS,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_REQUEST,
  type UploadOptions,
} from "../../src/http/index.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";
import { freshServer, get } from "./http-support.js";
import { form, post, postChunks, talk, type TalkOptions } from "./http-multipart-support.js";

const FILES = [{ name: "note", data: "hello" }, { name: "f", fileName: "a.txt", data: "one\r\n--b?" }, { name: "g", fileName: "b.bin", data: "\x00\xff".repeat(100) }];

function store(s: Stage): Files {
  return s.platform.files as Files;
}

/** Name → contents of all files of a host. */
function contents(s: Stage): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const name of store(s).list("") ?? []) {
    const file = store(s).open(name);
    const raw = file?.read(0, file.size) ?? "";
    found[name] = typeof raw === "string" ? raw : Buffer.from(raw).toString("latin1");
  }
  return found;
}

function put(s: Stage, path: string, data: string): void {
  const writer = store(s).create(path) as FileWriter;
  writer.write(s.platform.bytes.text(data));
  assert.equal(writer.commit(), Err.None);
}

/** The platform with another file store. */
function withFiles(change: (files: Files) => Files | undefined): NonNullable<StageOptions["wrap"]> {
  return (platform: Platform) => {
    const files = change(platform.files as Files);
    return Object.create(platform, { files: { value: files, enumerable: true } }) as Platform;
  };
}

/** A store whose writers fail with `err` after `okWrites` pieces, or at the end. */
function failing(err: Err, okWrites: number, aborted: string[]): NonNullable<StageOptions["wrap"]> {
  return withFiles((files) => ({
    ...files,
    create(path) {
      let left = okWrites;
      return { write: () => (left-- > 0 ? Err.None : err), commit: () => err, abort: () => void aborted.push(path) };
    },
  }));
}

function statuses(t: { replies: { status: number }[] }): number[] {
  return t.replies.map((r) => r.status);
}

describe("fileUploadHandler", () => {
  beforeEach(freshServer);

  const upload = (pieces: string | string[], nameFn?: (fileName: string) => string, options: TalkOptions = {}): ReturnType<typeof talk> => {
    const handler: AnyHandler = (nc, ev, data) => fileUploadHandler(nc, ev, data, nameFn && ((_nc, name) => nameFn(name)));
    return talk(pieces, { ...options, handler });
  };

  it("stores each file under the name that it is given, and says so", () => {
    for (const pieces of [[post(form(...FILES))], [...postChunks(form(...FILES), 9)]]) {
      const t = upload(pieces, (name) => "in-" + name, { gapMs: 1 });
      assert.deepEqual(contents(t.s), { "in-a.txt": FILES[1].data, "in-b.bin": FILES[2].data });
      assert.deepEqual([statuses(t), t.replies[0].body, t.isClosed], [[200], "Ok, a.txt - 9 bytes.\r\nOk, b.bin - 200 bytes.\r\n", false]);
      t.s.finish();
    }
  });

  it("takes the last part of the client's name where no other is given", () => {
    const t = upload(post(form({ name: "f", fileName: "C:\\x\\..\\a.txt", data: "a" }, { name: "f", fileName: "../../b.txt", data: "b" })));
    assert.deepEqual(contents(t.s), { "a.txt": "a", "b.txt": "b" });
    for (const name of ["..", "a/.", "x\\", "a\nb"]) assert.equal(baseName(name), "", name);
  });

  it("refuses with 403 what gets no name, and leaves alone what was there", () => {
    const t = upload(post(form(...FILES)), (name) => (name === "a.txt" ? name : ""));
    assert.deepEqual([statuses(t), t.replies[0].body], [[403], "Not allowed to upload b.bin\n"]);
    assert.deepEqual(contents(t.s), { "a.txt": FILES[1].data }, "the file before it was whole");
    t.s.finish();
  });

  it("answers 400 when there is no file, or none was chosen", () => {
    assert.deepEqual(statuses(upload(post(form(FILES[0])))), [400]);
    assert.deepEqual(statuses(upload(post(form({ name: "f", fileName: "", data: "" })))), [400]);
  });

  it("never leaves half a file: whatever was there stays until the new one is whole", () => {
    const wire = post(form(FILES[1]));
    for (const leave of ["fin", "reset"] as const) {
      for (let cut = wire.indexOf("one"); cut < wire.indexOf("--b--"); cut++) {
        const on = stage();
        put(on, "a.txt", "old");
        upload(wire.slice(0, cut), undefined, { on, leave });
        assert.deepEqual(contents(on), { "a.txt": "old" }, `cut at ${cut}`);
        on.finish();
      }
    }
    const on = stage();
    put(on, "a.txt", "old");
    assert.deepEqual(statuses(upload(post(form(FILES[1]).slice(0, -8)), undefined, { on })), [400]);
    assert.deepEqual(contents(on), { "a.txt": "old" }, "a body that is malformed at its end");
  });

  it("answers 507 when the store is full, 500 or 403 when it fails otherwise, and leaves nothing behind", () => {
    for (const [err, status] of [[Err.StorageFull, 507], [Err.Failed, 500], [Err.Permission, 403], [Err.BadName, 400]]) {
      for (const okWrites of [0, 2]) {
        const aborted: string[] = [];
        const t = upload([...post(form(FILES[1]))], undefined, { gapMs: 1, wrap: failing(err, okWrites, aborted) });
        assert.deepEqual([statuses(t), aborted], [[status], ["a.txt"]]);
        assert.match(t.replies[0].body, new RegExp(`Failed to write to a.txt, wrote ${okWrites}: `));
        t.s.finish();
      }
      const t = upload(post(form(FILES[1])), undefined, { wrap: failing(err, 99, []) });
      assert.deepEqual(statuses(t), [status], "commit fails");
      assert.match(t.replies[0].body, /Failed to store a.txt: /);
      const u = upload(post(form(FILES[1])), undefined, { wrap: withFiles((files) => ({ ...files, create: () => err })) });
      assert.deepEqual(statuses(u), [status], "create fails");
    }
    const none = upload(post(form(FILES[1])), undefined, { wrap: withFiles(() => undefined) });
    assert.deepEqual([statuses(none), none.replies[0].body], [[500], "Failed to open a.txt: not supported on this platform\n"]);
  });

  it("tells how far it is, and leaves the reply to a program that wants to make it", () => {
    const seen: [string, number][] = [];
    const t = talk([...post(form(...FILES))], { gapMs: 1, handler: (nc, ev, data) => {
      const part = data as HttpPart;
      if (ev === MG_EV_HTTP_MULTIPART_REQUEST_END && part.status === 0) return void httpReply(nc, 201, "", "mine");
      fileUploadHandler(nc, ev, data);
      if (ev === MG_EV_HTTP_PART_DATA && part.userData instanceof FileUpload && part.userData.path === "a.txt") seen.push([part.userData.path, part.userData.bytes]);
    } });
    assert.deepEqual(statuses(t), [201]);
    assert.ok(seen.length > 3 && seen[seen.length - 1][1] === 9 && seen.every(([, bytes], i) => i === 0 || bytes >= seen[i - 1][1]), JSON.stringify(seen));
  });
});

describe("httpUpload", () => {
  beforeEach(freshServer);

  const raw = (pieces: string | string[], options?: UploadOptions, more: TalkOptions = {}): ReturnType<typeof talk> => {
    const handler: AnyHandler = (nc, ev, data) => {
      if (ev === MG_EV_HTTP_HDRS || ev === MG_EV_HTTP_REQUEST) httpUpload(nc, data as HttpMessage, (data as HttpMessage).uri.slice(1), options);
    };
    return talk(pieces, { ...more, handler });
  };
  const request = (data: string, type = ""): string => post(data, type, "/file.bin").replace("POST", "PUT");
  const DATA = "\x00\xff\r\n".repeat(300);
  const chunked = postChunks(DATA, 100).replace("POST /up", "PUT /file.bin").replace(/Content-Type.*\r\n/, "");

  it("stores a body as it is, by length and in chunks: 201 for a new file, 200 for another", () => {
    for (const wire of [request(DATA), chunked]) {
      const on = stage();
      const t = raw(wire, {}, { on });
      assert.deepEqual([statuses(t), t.replies[0].body, t.isClosed], [[201], "Ok, file.bin - 1200 bytes.\r\n", false]);
      assert.deepEqual(contents(on), { "file.bin": DATA });
      on.finish();
    }
    const on = stage();
    put(on, "file.bin", "old");
    assert.deepEqual(statuses(raw(request(DATA), {}, { on })), [200]);
    assert.deepEqual(contents(on), { "file.bin": DATA });
  });

  it("stores an empty body as an empty file", () => {
    const t = raw(request(""));
    assert.deepEqual([statuses(t), contents(t.s)], [[201], { "file.bin": "" }]);
  });

  it("keeps what was there when the body is cut off", () => {
    const wire = request(DATA);
    for (const leave of ["fin", "reset"] as const) {
      const on = stage();
      put(on, "file.bin", "old");
      raw(wire.slice(0, -1), {}, { on, leave });
      assert.deepEqual(contents(on), { "file.bin": "old" });
      on.finish();
    }
  });

  it("refuses a body over maxBytes: before it comes where its length is declared", () => {
    assert.deepEqual(statuses(raw(request(DATA), { maxBytes: 1200 })), [201]);
    const t = raw(request(DATA), { maxBytes: 1199 });
    assert.deepEqual([statuses(t), t.replies[0].body, contents(t.s)], [[413], "Body is over 1199 bytes\n", {}]);
    const u = raw(chunked, { maxBytes: 1199 });
    assert.deepEqual([statuses(u), contents(u.s)], [[413], {}]);
    assert.throws(() => httpUpload(undefined as never, undefined as never, "", { maxBytes: -1 }), RangeError);
  });

  it("writes nothing for another method", () => {
    const on = stage();
    put(on, "file.bin", "old");
    const t = raw([get("/file.bin"), request("x").replace("PUT", "PATCH")], {}, { on });
    assert.deepEqual([statuses(t), t.replies[0].headers.allow, contents(on)], [[405, 405], "PUT, POST", { "file.bin": "old" }]);
  });

  it("refuses a part of a file, and a name that cannot be", () => {
    assert.deepEqual(statuses(raw(request(DATA, "Content-Range: bytes 0-1199/2000\r\n"))), [400]);
    assert.deepEqual(statuses(raw(request(DATA).replace("/file.bin", "/../x"))), [400]);
  });

  it("answers the errors of the store, and leaves nothing behind", () => {
    const aborted: string[] = [];
    assert.deepEqual(statuses(raw(request(DATA), {}, { wrap: failing(Err.StorageFull, 0, aborted) })), [507]);
    assert.deepEqual(aborted, ["file.bin"]);
    assert.deepEqual(statuses(raw(request(DATA), {}, { wrap: failing(Err.Failed, 99, aborted) })), [500]);
    const full = raw(request("x".repeat(3000)), {}, { platform: { storageBytes: 2000 } });
    assert.deepEqual([statuses(full), contents(full.s)], [[507], {}]);
  });

  it("tells how far it is, and lets the program reply", () => {
    const seen: number[] = [];
    const wire = request(DATA);
    const t = raw([wire.slice(0, 500), wire.slice(500)], {
      onProgress: (_nc, u) => void seen.push(u.bytes, u.totalBytes),
      onDone: (nc, u) => void httpReply(nc, 204, "X-Stored: " + u.path + "\r\n", ""),
    });
    assert.deepEqual([statuses(t), t.replies[0].headers["x-stored"]], [[204], "file.bin"]);
    assert.equal(seen.length, 4);
    assert.deepEqual(seen.slice(1), [1200, 1200, 1200]);
  });
});
