/**
 * Owns: names of files that are being written, beside the file they will be, and what a crash leaves of them.
 */

import { createHash } from "node:crypto";
import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** Short whatever the file is called, so that a name of the greatest length can be written: hash, process, count. */
const PARTIAL = /^\.meerkat-([0-9a-f]{16})-(\d+)-\d+\.part$/;
/** A number of a process may be in use again; nobody writes one file for longer than this. */
const STALE_MS = 24 * 3600 * 1000;

/** Full names of those that this process is writing. */
export const partialsOpen = new Set<string>();

let count = 0;

/** Whether a name in a directory is that of a file being written: nobody may see or use it. */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name);
}

/** A fresh name for writing the file `name` under. */
export function partialFor(name: string): string {
  return `.meerkat-${hashOf(name)}-${process.pid}-${++count}.part`;
}

/** Removes what crashes have left of writing the file `name` in `dir`. */
export function cleanPartials(dir: string, name: string): void {
  const hash = hashOf(name);
  for (const entry of readdirSync(dir)) {
    const match = PARTIAL.exec(entry);
    if (match?.[1] !== hash) continue;
    const full = join(dir, entry);
    if (isLeftOver(full, Number(match[2]))) unlinkQuietly(full);
  }
}

function isLeftOver(full: string, pid: number): boolean {
  if (pid === process.pid) return !partialsOpen.has(full);
  const found = statSync(full, { throwIfNoEntry: false });
  return found === undefined || Date.now() - found.mtimeMs > STALE_MS || !isAlive(pid);
}

/** Signal 0 only asks; EPERM is an answer: there is one, of somebody else. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function unlinkQuietly(full: string): void {
  try {
    unlinkSync(full);
  } catch {
    // Somebody else was quicker.
  }
}

function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 16);
}
