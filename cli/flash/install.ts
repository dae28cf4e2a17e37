/**
 * Owns: replacing the program that the board starts, so that at every moment, whatever breaks off, the board starts the
 * old program or the new one:
 *
 *   1. the new one is written as {@link NEW_FILE}, and checked there; the old one is untouched
 *   2. {@link FINISH_FILE} is written: code that the firmware runs before the program at each start, and that does step 3
 *   3. the board copies the new one over the old one by itself, and erases NEW_FILE
 *   4. FINISH_FILE is erased, and the program is read back and compared
 *
 * When the power goes in step 3, FINISH_FILE does it again at the next start, before the program is run. It does nothing
 * once NEW_FILE is gone.
 */

import { crc32 } from "../../platform/virtual-board/bytes.js";
import { Exit, deviceError } from "../device/problem.js";
import { isBoardException } from "../device/repl.js";
import type { Repl } from "../device/repl.js";
import type { BoardFacts } from "./identify.js";
import { BOOT_FILE } from "./image.js";
import type { Image } from "./image.js";
import type { Progress } from "./progress.js";
import { compact, erase, isWhole, lengthOf, pieceBytesFor, upload, WORN } from "./upload.js";

/** The new program until it is the program. Programs do not see names that begin with a dot. */
export const NEW_FILE = ".mknew";
/** Runs before the program: .boot0 to .boot3 do. */
export const FINISH_FILE = ".boot3";

/** A header, and a file of a few hundred bytes with its own. */
const FILE_OVERHEAD = 64;
const FINISH_BYTES = 600;
/** How much longer than others it may take: some 60 kB are copied in a second or two, with compaction it takes long. */
const FINISH_PATIENCE = 90;

/**
 * Step 3 as code for the board. Kept in a string that is evaluated, so that it runs from memory: writing can move files
 * in flash, this one among them. A piece read is copied (`+""`) for the same reason.
 */
export function finishCode(image: Image): string {
  const [from, to] = [NEW_FILE, BOOT_FILE].map((name) => JSON.stringify(name));
  const work =
    `(function(s,t,c,o){if(s.read(${from},0,1)===undefined)return 0;` +
    `if(E.CRC32(s.read(${to})||"")!=c){if(s.read(${to},0,1)!==undefined)s.erase(${to});` +
    `for(o=0;o<t;o+=1024)s.write(${to},s.read(${from},o,1024)+"",o,t)}` +
    `if(E.CRC32(s.read(${to})||"")==c)s.erase(${from});return 1})(require("Storage"),${image.code.length},${image.crc})`;
  return `eval(${JSON.stringify(work)})`;
}

/** What the board starts: its old program, the new one or the old one as the board gets on, or nothing. */
export type InstallState = "old" | "replacing" | "empty";

/** Told when that changes. */
export type InstallNote = (state: InstallState) => void;

/** How every {@link finishCode} begins. */
const FINISH_HEAD = 'eval("(function(s,t,c,o){if(s.read(';

/** Makes `image` the board's program. Rejects with a DeviceError. */
export async function install(repl: Repl, image: Image, facts: BoardFacts, progress: Progress, note: InstallNote): Promise<void> {
  if (facts.bootFiles.includes(FINISH_FILE)) await clearFinish(repl);
  await makeRoom(repl, image, facts);
  await upload(repl, { name: NEW_FILE, code: image.code, crc: image.crc, pieceBytes: pieceBytesFor(facts) }, progress);
  progress.step("replacing the old program");
  const code = finishCode(image);
  await repl.ask(`require("Storage").write(${JSON.stringify(FINISH_FILE)},${JSON.stringify(code)})`, FINISH_PATIENCE / 4);
  if (!(await isWhole(repl, { name: FINISH_FILE, code, crc: crc32(code) }))) throw deviceError(Exit.Broken, WORN);
  note("replacing");
  await finish(repl, code);
  await erase(repl, FINISH_FILE);
  if (await isWhole(repl, { name: BOOT_FILE, ...image })) return;
  throw deviceError(Exit.Broken, "The program on the board is not what was sent.", "Flash it again.");
}

async function finish(repl: Repl, code: string): Promise<void> {
  try {
    await repl.ask(code, FINISH_PATIENCE);
  } catch (error) {
    if (!isBoardException(error)) throw error;
    const what = `The board could not put the new program in place: ${error.message.replace(/^Error: /, "")}.`;
    throw deviceError(Exit.Broken, what, "It holds both; it tries again at its next start.");
  }
}

/** A `.boot3` of an earlier run that broke off is ours to remove; what somebody else put there is not. */
async function clearFinish(repl: Repl): Promise<void> {
  const text = await repl.ask(`require("Storage").read(${JSON.stringify(FINISH_FILE)})`);
  // Of a write that broke off the rest is erased flash.
  const begun = text.replace(/\xff+$/, "").slice(0, FINISH_HEAD.length);
  if (!FINISH_HEAD.startsWith(begun)) {
    const what = `The board has a ${FINISH_FILE} of somebody else's, and meerkat needs that name while it replaces a program.`;
    throw deviceError(Exit.Unfit, what, `Save it under another name (.boot0 to .boot2), or erase it.`);
  }
  await erase(repl, FINISH_FILE);
}

/** Sees to it that the new program fits beside the old one. What an upload that broke off left counts as room. */
async function makeRoom(repl: Repl, image: Image, facts: BoardFacts): Promise<void> {
  const size = image.code.length;
  const begun = (await lengthOf(repl, NEW_FILE)) ?? 0;
  if (begun !== 0 && begun !== size) await erase(repl, NEW_FILE);
  const old = (await lengthOf(repl, BOOT_FILE)) ?? 0;
  const needed = (begun === size ? 0 : size + FILE_OVERHEAD) + Math.max(0, size - old) + FINISH_BYTES;
  if (facts.freeBytes >= needed + size) return;
  const free = await compact(repl);
  if (free >= needed) return;
  throw deviceError(
    Exit.Unfit,
    `The board's storage has ${free} bytes free, and ${needed} are needed to write the new program beside the old one.`,
    "Erase files there, or give --in-place: it erases the old program first, so until the new one is whole the board has none.",
  );
}

/**
 * Makes `image` the board's program without room for two: the old one is erased first. When it breaks off the board has no
 * program, and starts with an empty interpreter.
 */
export async function installInPlace(repl: Repl, image: Image, facts: BoardFacts, progress: Progress, note: InstallNote): Promise<void> {
  if (facts.bootFiles.includes(FINISH_FILE)) await clearFinish(repl);
  note("empty");
  await erase(repl, NEW_FILE);
  const begun = await lengthOf(repl, BOOT_FILE);
  if (begun !== image.code.length) await erase(repl, BOOT_FILE);
  const needed = image.code.length + FILE_OVERHEAD;
  const free = begun === image.code.length ? needed : await compact(repl);
  if (free < needed) {
    const what = `The board's storage has ${free} bytes free, and the program takes ${needed}.`;
    throw deviceError(Exit.Unfit, what, "The old program is gone. Erase files in storage, and flash again.");
  }
  const file = { name: BOOT_FILE, code: image.code, crc: image.crc, pieceBytes: pieceBytesFor(facts), isFirstLast: true };
  await upload(repl, file, progress);
}
