import { type Files, type FileWriter, type Raw } from "../../../src/core/port.js";
import type { Lab, Table } from "./lab.js";

/* The file store: mgr.files. */

const NAME = "mk-test/all";

function bytesFor(lab: Lab, count: number): Raw {
  const u = new Uint8Array(count);
  for (let i = 0; i < count; i++) u[i] = i;
  return lab.platform.bytes.copy(u);
}

function begin(files: Files, name: string): FileWriter {
  return files.create(name) as FileWriter;
}

/** "size, sum" of a file read in pieces; "none" when there is none. */
function told(lab: Lab, files: Files, name: string, piece: number): string {
  const file = files.open(name);
  if (!file) return "none";
  let count = 0;
  let sum = 0;
  for (;;) {
    const part = file.read(count, piece);
    if (part === undefined) return "failed at " + count;
    if (!part.length) break;
    const bytes = lab.platform.bytes.bytes(part, 0, part.length);
    for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i] * (count + i)) % 65521;
    count += bytes.length;
  }
  const isAll = file.size === count;
  file.close();
  return count + " bytes" + (isAll ? "" : " of " + file.size) + ", sum " + sum;
}

function write(lab: Lab): void {
  const files = lab.mgr.files as Files;
  const writer = begin(files, NAME);
  for (let i = 0; i < 5; i++) if (writer.write(bytesFor(lab, 256))) lab.note("write fails");
  lab.note("before " + told(lab, files, NAME, 100));
  lab.note("commit " + writer.commit());
  lab.note("after " + told(lab, files, NAME, 300));
  lab.note("one " + told(lab, files, NAME, 1));
  lab.note("remove " + files.remove(NAME) + " " + told(lab, files, NAME, 1));
}

function replace(lab: Lab): void {
  const files = lab.mgr.files as Files;
  const sizes = [700, 3];
  for (let i = 0; i < sizes.length; i++) {
    const writer = begin(files, NAME);
    writer.write(bytesFor(lab, sizes[i]));
    lab.note("before " + told(lab, files, NAME, 512));
    lab.note("commit " + writer.commit() + ", again " + (writer.commit() ? "refused" : "done"));
  }
  const writer = begin(files, NAME);
  writer.write(bytesFor(lab, 256));
  writer.abort();
  lab.note("aborted " + told(lab, files, NAME, 512) + ", " + (files.list("mk-test") as string[]).join(" "));
  files.remove(NAME);
}

function names(lab: Lab): void {
  const files = lab.mgr.files as Files;
  const paths = ["mk-test/b", "mk-test/a/2", "mk-test/a/1"];
  for (let i = 0; i < paths.length; i++) {
    const writer = begin(files, paths[i]);
    writer.write(bytesFor(lab, 1 + i));
    writer.commit();
  }
  const at = files.stat("mk-test/b");
  const dir = files.stat("mk-test/a");
  lab.note((files.list("mk-test") as string[]).join(" ") + ", " + (files.list("mk-test/a") as string[]).join(" "));
  lab.note("file " + (at && at.size) + " " + (at && at.isDirectory) + ", directory " + (dir && dir.isDirectory));
  const bad = ["", "/x", "x/", "mk-test//b", "mk-test/../x", "./x", "..", "mk-test/a"];
  const out: string[] = [];
  for (let i = 0; i < bad.length; i++) out.push("" + files.create(bad[i]));
  lab.note(out.join(" ") + ", " + files.stat("mk-test/./b") + " " + files.open("mk-test//b") + " " + files.list("nowhere"));
  for (let i = 0; i < paths.length; i++) files.remove(paths[i]);
}

export const FILES: Table = {
  filesWrite: { start: write },
  filesReplace: { start: replace },
  filesNames: { start: names },
};
