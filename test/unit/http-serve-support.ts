// A store of files that a test can change, watch and break, and a server over it.

import assert from "node:assert/strict";
import type { RawForm } from "../../platform/sim/index.js";
import { arrayCopyOf, bytesOfBinary } from "../../platform/sim/byte-ops.js";
import { Err, type Files, type OpenFile } from "../../src/core/port.js";
import { type HttpMessage, serveHttp, type ServeOptions } from "../../src/http/index.js";
import type { Connection } from "../../src/core/connection.js";
import { type Stage, stage, type StageOptions } from "./core-support.js";
import { get, type Reply, readReplies, serve } from "./http-support.js";

/** One file of the test. */
export interface TestFile {
  /** A binary string; or its size, and then byte `i` is `i % 251`. */
  contents: string | number;
  mtimeMs: number;
  hash?: string;
}

/** The store, and what it has to say. */
export interface TestFiles extends Files {
  files: { [path: string]: TestFile };
  /** Every path that was looked at in any way. */
  asked: string[];
  /** Files open now. */
  openCount: number;
  /** From this byte on reading fails. */
  failAt: number;
  put(path: string, contents: string | number, mtimeMs?: number, hash?: string): void;
}

/** When files were written, unless a test says otherwise: Sun, 06 Nov 1994 08:49:37.250 GMT. */
export const WRITTEN_MS = 784111777250;
export const WRITTEN = "Sun, 06 Nov 1994 08:49:37 GMT";

/** A store with these files. Directories are where names with a slash are. */
export function testFiles(contents: { [path: string]: string }, form: RawForm = "string"): TestFiles {
  const store: TestFiles = {
    files: {},
    asked: [],
    openCount: 0,
    failAt: Infinity,
    put: (path, bytes, mtimeMs = WRITTEN_MS, hash) => void (store.files[path] = { contents: bytes, mtimeMs, hash }),
    stat(path) {
      store.asked.push(path);
      const file = store.files[path];
      if (file) return { size: sizeOf(file), mtimeMs: file.mtimeMs, isDirectory: false, hash: file.hash };
      return isDirectory(store, path) ? { size: 0, mtimeMs: 0, isDirectory: true } : undefined;
    },
    list(path) {
      store.asked.push(path);
      if (!isDirectory(store, path)) return undefined;
      const prefix = path && path + "/";
      const inside = Object.keys(store.files).filter((name) => name.startsWith(prefix));
      return [...new Set(inside.map((name) => /^[^/]*\/?/.exec(name.slice(prefix.length))![0]))].sort();
    },
    open(path) {
      store.asked.push(path);
      return store.files[path] && openFile(store, path, form);
    },
    create: () => Err.Permission,
    remove: () => Err.Permission,
  };
  for (const path of Object.keys(contents)) store.put(path, contents[path]);
  return store;
}

function sizeOf(file: TestFile): number {
  return typeof file.contents === "number" ? file.contents : file.contents.length;
}

function isDirectory(store: TestFiles, path: string): boolean {
  return path === "" || Object.keys(store.files).some((name) => name.startsWith(path + "/"));
}

/** Bytes `from` to `to` of a file that is only a size. */
export function pattern(from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(i % 251);
  return text;
}

function openFile(store: TestFiles, path: string, form: RawForm): OpenFile {
  store.openCount++;
  let isOpen = true;
  return {
    size: sizeOf(store.files[path]),
    read(at, maxBytes) {
      assert.ok(isOpen, "read of a closed file");
      assert.ok(at >= 0 && maxBytes > 0, `read(${at}, ${maxBytes})`);
      const file = store.files[path];
      if (!file || at >= store.failAt) return undefined;
      const end = Math.min(at + maxBytes, sizeOf(file), store.failAt);
      const bytes = typeof file.contents === "number" ? pattern(at, end) : file.contents.slice(at, end);
      return form === "array" ? arrayCopyOf(bytesOfBinary(bytes)) : bytes;
    },
    close() {
      assert.ok(isOpen, "a file was closed twice");
      isOpen = false;
      store.openCount--;
    },
  };
}

/** A server of files on port 80; the store comes in `options`. */
export function fileServer(options: ServeOptions, how: StageOptions = {}): Stage {
  const s = stage(how);
  serve(s, (nc: Connection, hm: HttpMessage) => serveHttp(nc, hm, options));
  return s;
}

/** One request on a connection of its own; `more` are header lines. */
export function fetchFrom(s: Stage, uri: string, more = "", method = "GET"): Reply {
  return requestFrom(s, get(uri, more).replace("GET", method), method);
}

/** The one reply to these bytes. */
export function requestFrom(s: Stage, wire: string, method = "GET"): Reply {
  const peer = s.peer(80);
  peer.send(wire);
  s.run(200);
  const replies = readReplies(peer.take(), [method]);
  assert.equal(replies.length, 1, JSON.stringify(replies));
  assert.equal(peer.state, "open");
  peer.fin();
  s.run(20);
  return replies[0];
}

/** Serves one request, and checks that everything was given back. */
export function once(files: TestFiles, options: ServeOptions, uri: string, more = "", method = "GET"): Reply {
  const s = fileServer({ files, ...options });
  const reply = fetchFrom(s, uri, more, method);
  s.finish();
  assert.equal(files.openCount, 0, "a file is open still");
  assert.deepEqual(s.logs, []);
  return reply;
}
