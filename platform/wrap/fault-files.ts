// A file store in which reading, writing and committing fail by chance.

import { Err, type Files, type FileWriter, type OpenFile } from "../../src/core/port.js";
import { given, type Faulty } from "./fault-box.js";

/** The store of the platform below with its faults; undefined where that has none. */
export function faultyFiles(faulty: Faulty): Files | undefined {
  const { files } = faulty.platform;
  if (files === undefined) return undefined;
  return {
    stat: (path) => files.stat(path),
    list: (path) => files.list(path),
    open(path) {
      const file = files.open(path);
      return file && faultyReads(faulty, file);
    },
    create(path) {
      const writer = files.create(path);
      return typeof writer === "object" ? faultyWrites(faulty, writer) : writer;
    },
    remove: (path) => files.remove(path),
  };
}

function faultyReads(faulty: Faulty, file: OpenFile): OpenFile {
  return {
    size: file.size,
    read(at, maxBytes) {
      return faulty.prng.chance(given(faulty.options.fileReadError, 0)) ? undefined : file.read(at, maxBytes);
    },
    close: () => file.close(),
  };
}

/** What has failed once stays failed, and leaves nothing behind. */
function faultyWrites(faulty: Faulty, writer: FileWriter): FileWriter {
  const { prng, options } = faulty;
  let err: Err = Err.None;
  let isOver = false;
  return {
    write(bytes) {
      if (isOver) return Err.Failed;
      if (err === Err.None) err = prng.chance(given(options.fileWriteError, 0)) ? Err.StorageFull : writer.write(bytes);
      return err;
    },
    commit() {
      if (isOver) return Err.Failed;
      isOver = true;
      if (err === Err.None && prng.chance(given(options.fileCommitError, 0))) err = Err.Failed;
      if (err === Err.None) return writer.commit();
      writer.abort();
      return err;
    },
    abort() {
      isOver = true;
      writer.abort();
    },
  };
}
