// The format of the golden conversations: sections with blocks, and bytes as text. test/golden/README.md describes it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createPrng } from "../../platform/sim/index.js";

export const DIRECTORY = new URL("../../../test/golden/", import.meta.url);

/** One `##` section of a file. */
export interface Section {
  file: string;
  title: string;
  /** The text of a block; undefined when the section has none of that name. */
  block(name: string): string | undefined;
  /** The lines of a block that are not empty. */
  lines(name: string): string[];
}

/** The sections of a file; each must have these blocks. */
export function readSections(file: string, needed: string[]): Section[] {
  const text = readFileSync(new URL(file, DIRECTORY), "utf8");
  const found: Section[] = [];
  for (const part of text.split(/^## /m).slice(1)) {
    const title = part.slice(0, part.indexOf("\n")).trim();
    const block = (name: string): string | undefined => new RegExp("^```" + name + "\\n([^]*?)\\n?```$", "m").exec(part)?.[1];
    for (const name of needed) assert.ok(block(name) !== undefined, `${file}: "${title}" has no ${name}`);
    found.push({ file, title, block, lines: (name) => (block(name) ?? "").split("\n").filter((line) => line !== "") });
  }
  assert.ok(found.length > 0, `${file} holds no conversation`);
  return found;
}

/** The bytes that a block of lines stands for. */
export function wireOf(block: string): string {
  let out = "";
  for (const line of block.split("\n")) {
    const isOpen = /(^|[^\\])(\\\\)*\\$/.test(line);
    const text = isOpen ? line.slice(0, -1) : line;
    out += text.replace(/\\x([0-9a-f]{2})|\\\\|\\\*(\d+)\((.)\)/g, (all, hex: string | undefined, count: string | undefined, char: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      return count !== undefined ? char.repeat(Number(count)) : all.slice(1);
    });
    if (!isOpen) out += "\r\n";
  }
  return out;
}

/** Printable, with every other byte as \\xNN. */
export function visible(binary: string): string {
  return binary.replace(/[^ -~]/g, (char) => "\\x" + char.charCodeAt(0).toString(16).padStart(2, "0"));
}

/** The bytes in pieces, small and larger. */
export function cutAtRandom(wire: string, seed: number): string[] {
  const prng = createPrng(seed);
  const pieces: string[] = [];
  for (let at = 0; at < wire.length;) {
    const size = 1 + prng.below(prng.chance(0.5) ? 5 : 60);
    pieces.push(wire.slice(at, at + size));
    at += size;
  }
  return pieces;
}
