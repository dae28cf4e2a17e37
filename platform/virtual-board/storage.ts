/**
 * Owns: the files in a board's flash (src/jsflash.c) as a map in memory: names of 28 characters, no empty files, a byte
 * can be written once, a fixed number of bytes in all. Erased bytes read as 0xFF.
 * Does not own: the JavaScript functions (see storage-library.ts).
 */

/** JsfFileName: longer names are cut off silently. */
const NAME_MAX = 28;
/** sizeof(JsfFileHeader), which each file costs on top of its bytes, rounded up to words. */
const HEADER_BYTES = 32;

/** Why a write failed; the text is the firmware's. */
export class StorageError {
  constructor(readonly message: string) {}
}

/** The flash of one board. Contents are binary strings; they outlive `reset`. */
export class FlashStorage {
  private readonly files = new Map<string, string>();
  /** Changes of the flash that still happen before the power fails. */
  private changesLeft = Infinity;
  private changeCount = 0;

  constructor(
    private readonly totalBytes: number,
    initial: Readonly<Record<string, string>> = {},
  ) {
    for (const name of Object.keys(initial)) this.files.set(cutName(name), initial[name]);
  }

  /** Part of a file; undefined when there is none of that name. A length of 0 or less is "to the end". */
  read(name: string, offset: number, length: number): string | undefined {
    const file = this.files.get(cutName(name));
    if (file === undefined) return undefined;
    const from = Math.max(offset, 0);
    return length > 0 ? file.slice(from, from + length) : file.slice(from);
  }

  /** Writes a file, or bytes inside one that has room reserved (`size`). Throws {@link StorageError}. */
  write(name: string, data: string, offset: number, size: number): boolean {
    if (offset < 0 || size < 0) return false;
    const fileBytes = size === 0 ? data.length : size;
    if (fileBytes === 0) throw new StorageError("Can't create zero length file");
    const key = cutName(name);
    if (offset === 0 && !this.isReusable(key, fileBytes)) {
      if (this.files.get(key) === data && data.length === fileBytes) return true;
      this.create(key, fileBytes);
    }
    const file = this.files.get(key);
    if (file === undefined) throw new StorageError("Unable to find or create file");
    if (offset + data.length > file.length) throw new StorageError("Too much data for file size");
    if (!isErased(file.slice(offset, offset + data.length))) {
      throw new StorageError("File already written with different data");
    }
    const done = this.change();
    const bytes = done === "whole" ? data : done === "torn" ? data.slice(0, data.length >> 1) : "";
    this.files.set(key, file.slice(0, offset) + bytes + file.slice(offset + bytes.length));
    return true;
  }

  /** Lets the power fail at the `count`th change from now: of a write then half the bytes arrive, and after it nothing changes any more. */
  cutPowerAt(count: number): void {
    this.changesLeft = count - 1;
  }

  /** Changes made so far: names erased, files created, bytes written. */
  get changes(): number {
    return this.changeCount;
  }

  /** All files with their contents: what another board can be started with. */
  contents(): Record<string, string> {
    return Object.fromEntries(this.files);
  }

  /** Counts a change; "torn" for the one during which the power fails. */
  private change(): "whole" | "torn" | "none" {
    this.changeCount++;
    const left = this.changesLeft--;
    if (left > 0) return "whole";
    return left === 0 ? "torn" : "none";
  }

  private isReusable(key: string, size: number): boolean {
    const file = this.files.get(key);
    return file !== undefined && file.length === size && isErased(file);
  }

  private create(key: string, size: number): void {
    this.erase(key);
    if (this.freeBytes < cost(size)) throw new StorageError("Unable to find or create file");
    if (this.change() === "whole") this.files.set(key, "\xff".repeat(size));
  }

  /** Removes a file; false when there is none. */
  erase(name: string): boolean {
    const key = cutName(name);
    if (!this.files.has(key) || this.change() !== "whole") return false;
    return this.files.delete(key);
  }

  /** Removes everything. */
  eraseAll(): void {
    this.files.clear();
  }

  /** Names in the order of writing. */
  names(): string[] {
    return [...this.files.keys()];
  }

  /** Bytes left. There is no trash here: what was erased is free at once. */
  get freeBytes(): number {
    let used = 0;
    for (const file of this.files.values()) used += cost(file.length);
    return this.totalBytes - used;
  }

  /** Bytes in all. */
  get sizeBytes(): number {
    return this.totalBytes;
  }
}

function cutName(name: string): string {
  return name.slice(0, NAME_MAX);
}

function cost(size: number): number {
  return HEADER_BYTES + Math.ceil(size / 4) * 4;
}

function isErased(bytes: string): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes.charCodeAt(i) !== 255) return false;
  return true;
}
