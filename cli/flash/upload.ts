/**
 * Owns: getting bytes into a file of the board's Storage, piece by piece: each is checked where it lies in flash, and
 * repeated when it is not right; what is there already from an upload that broke off is not sent again.
 * Does not own: which file, and what becomes of it (install.ts).
 */

import { crc32 } from "../../platform/virtual-board/bytes.js";
import { Exit, deviceError } from "../device/problem.js";
import { isBoardException } from "../device/repl.js";
import type { Repl } from "../device/repl.js";
import type { Progress } from "./progress.js";

const PIECE_MIN_BYTES = 192;
const PIECE_MAX_BYTES = 1024;
/** Of a line of a piece, what is not data. */
const LINE_OVERHEAD = 120;
/** How much longer than others a question may take that goes through a file, or writes a piece of one... */
const WRITE_PATIENCE = 4;
/** ...or makes a file, which can mean compaction; or compaction of everything. */
const CREATE_PATIENCE = 20;
const COMPACT_PATIENCE = 90;
/** Pieces of which the board tells the CRCs in one answer. */
const SURVEY_PIECES = 16;

/** Adds a piece, unless it is there; answers the CRC of what is there then. `d` is Base64. */
const WRITER =
  '__mkw=function(n,o,t,d){var s=require("Storage");d=atob(d);' +
  "if(s.read(n,o,d.length)!==d)s.write(n,d,o,t);return E.CRC32(s.read(n,o,d.length))}";

/** The CRCs of `c` pieces of `p` bytes from `o`. */
const SURVEYOR =
  '__mks=function(n,o,p,c){var s=require("Storage"),r=[];' +
  "while(c--){r.push(E.CRC32(s.read(n,o,p)));o+=p}return r.join()}";

/** What went wrong when what was written is not there afterwards. */
export const WORN = "The board's flash does not keep what is written to it.";

/** A file that is being written. */
export interface Upload {
  name: string;
  code: string;
  crc: number;
  /** See {@link pieceBytesFor}. */
  pieceBytes: number;
  /** The first piece last: a file that broke off does not begin as a program, and is refused by the interpreter. */
  isFirstLast?: boolean;
}

/** How much a line may carry: the board's input must hold it whole, and a small board must have memory for it thrice. */
export function pieceBytesFor(facts: { inputBytes: number; variables: number }): number {
  const forInput = ((facts.inputBytes - LINE_OVERHEAD) * 3) / 4;
  const forMemory = facts.variables < 2500 ? 512 : PIECE_MAX_BYTES;
  const bytes = Math.max(PIECE_MIN_BYTES, Math.min(forInput, forMemory));
  return Math.floor(bytes / 64) * 64;
}

/** Writes the whole file and has the board confirm its length and CRC. Rejects with a DeviceError. */
export async function upload(repl: Repl, file: Upload, progress: Progress): Promise<void> {
  await repl.ask(`${WRITER},${SURVEYOR},1`);
  for (let attempt = 0; attempt < 2; attempt++) {
    const found = await lengthOf(repl, file.name);
    if (found !== undefined && (found !== file.code.length || attempt > 0)) await erase(repl, file.name);
    const missing = found === file.code.length && attempt === 0 ? await missingPieces(repl, file) : allPieces(file);
    if (await sendPieces(repl, file, missing, progress)) {
      if (await isWhole(repl, file)) return;
    }
    progress.restart();
  }
  throw deviceError(
    Exit.Broken,
    WORN,
    "Its storage may be damaged; require(\"Storage\").eraseAll() in a terminal makes it new, and empty.",
  );
}

/** The length of a file; undefined when there is none. */
export async function lengthOf(repl: Repl, name: string): Promise<number | undefined> {
  const text = await repl.ask(`(require("Storage").read(${JSON.stringify(name)})||"").length`, WRITE_PATIENCE);
  return text === "0" ? undefined : Number(text);
}

/** Removes a file, if there is one. */
export async function erase(repl: Repl, name: string): Promise<void> {
  const quoted = JSON.stringify(name);
  await repl.ask(`(function(s){if(s.read(${quoted},0,1)!==undefined)s.erase(${quoted});return 1})(require("Storage"))`, WRITE_PATIENCE);
}

/** True when the file on the board is this one, in length and CRC. */
export async function isWhole(repl: Repl, file: { name: string; code: string; crc: number }): Promise<boolean> {
  const read = `(function(f){return f.length+":"+E.CRC32(f)})(require("Storage").read(${JSON.stringify(file.name)})||"")`;
  return (await repl.ask(read, WRITE_PATIENCE)) === `${file.code.length}:${file.crc}`;
}

/** Where pieces begin, in the order in which they are sent. */
function allPieces({ code, pieceBytes, isFirstLast }: Upload): number[] {
  const starts = Array.from({ length: Math.ceil(code.length / pieceBytes) }, (_, i) => i * pieceBytes);
  return isFirstLast && starts.length > 1 ? [...starts.slice(1), 0] : starts;
}

function pieceAt({ code, pieceBytes }: Upload, at: number): string {
  return code.slice(at, at + pieceBytes);
}

async function missingPieces(repl: Repl, file: Upload): Promise<number[]> {
  const { pieceBytes, code } = file;
  const wrong: number[] = [];
  const starts = Array.from({ length: Math.ceil(code.length / pieceBytes) }, (_, i) => i * pieceBytes);
  for (let i = 0; i < starts.length; i += SURVEY_PIECES) {
    const some = starts.slice(i, i + SURVEY_PIECES);
    const name = JSON.stringify(file.name);
    const crcs = (await repl.ask(`__mks(${name},${some[0]},${pieceBytes},${some.length})`, WRITE_PATIENCE)).split(",");
    wrong.push(...some.filter((at, k) => Number(crcs[k]) !== crc32(pieceAt(file, at))));
  }
  return allPieces(file).filter((at) => wrong.includes(at));
}

/** False when a piece is wrong in flash, so that the file has to be made anew. */
async function sendPieces(repl: Repl, file: Upload, starts: number[], progress: Progress): Promise<boolean> {
  const { code } = file;
  let doneBytes = code.length - starts.reduce((sum, at) => sum + pieceAt(file, at).length, 0);
  const isBegun = doneBytes > 0;
  // A file is made by its first write at 0: one byte of it is enough.
  if (file.isFirstLast && !isBegun) await writePiece(repl, file, 0, code.slice(0, 1));
  for (const at of starts) {
    progress.at(doneBytes, code.length);
    const piece = pieceAt(file, at);
    const isRest = file.isFirstLast === true && at === 0;
    const isRight = isRest ? await writePiece(repl, file, 1, piece.slice(1)) : await writePiece(repl, file, at, piece);
    if (!isRight) return false;
    doneBytes += piece.length;
  }
  progress.at(code.length, code.length);
  return true;
}

async function writePiece(repl: Repl, file: Upload, at: number, piece: string): Promise<boolean> {
  const data = Buffer.from(piece, "latin1").toString("base64");
  const call = `__mkw(${JSON.stringify(file.name)},${at},${file.code.length},"${data}")`;
  try {
    return Number(await repl.ask(call, at === 0 ? CREATE_PATIENCE : WRITE_PATIENCE)) === crc32(piece);
  } catch (error) {
    if (!isBoardException(error)) throw error;
    // Bytes that were written can be written again only after an erasure of the file.
    if (error.message.includes("already written")) return false;
    const what = `The board could not write its flash: ${error.message.replace(/^Error: /, "")}.`;
    throw deviceError(Exit.Broken, what, "Its storage may be full or damaged.");
  }
}

/** Moves files together so that what was erased is free again. Takes seconds on a full board. */
export async function compact(repl: Repl): Promise<number> {
  const text = await repl.ask('(function(s){s.compact();return s.getStats().freeBytes})(require("Storage"))', COMPACT_PATIENCE);
  return Number(text);
}
