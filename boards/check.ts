import type { Board } from "./board.js";

/*
 * The schema of a board definition: what a definition from outside (or a slip in one of ours) is checked against.
 */

/** Name of a field → smallest and largest number it may have. */
const NUMBERS: Record<string, [min: number, max: number]> = {
  variables: [500, 1000000],
  variableBytes: [12, 32],
  stackBytes: [1000, 10000000],
  sockets: [1, 1024],
  chunkBytes: [64, 65535],
  storageBytes: [4096, 64 * 1024 * 1024],
  serialBaud: [300, 4000000],
};

const ABILITIES = ["wifi", "ble", "udp", "tlsClient", "tlsServer", "unicode"];

const POOL: Record<string, [min: number, max: number]> = {
  pages: [4, 255],
  pageBytes: [64, 4096],
};

/** Most bytes a pool may have: byte offsets above this throw in Espruino's typed arrays. */
const POOL_MAX_BYTES = 65535;

/** Largest part of a board's memory that the pool may take. */
const POOL_MAX_PART = 0.25;

const FIELDS = ["id", "title", "source", ...Object.keys(NUMBERS), "abilities", "pool"];

/** What is wrong with a board definition: one sentence for each mistake, none when it is right. */
export function checkBoard(value: unknown): string[] {
  if (!isRecord(value)) return ["A board must be an object"];
  const name = typeof value.id === "string" && value.id ? `Board ${value.id}` : "Board";
  const mistakes = [
    ...unknownFields(value, FIELDS, ""),
    ...checkTexts(value),
    ...checkNumbers(value, NUMBERS, ""),
    ...checkAbilities(value.abilities),
    ...checkPool(value.pool),
  ];
  if (mistakes.length === 0) mistakes.push(...checkSum(value as unknown as Board));
  return mistakes.map((mistake) => `${name}: ${mistake}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownFields(value: Record<string, unknown>, known: string[], path: string): string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown field "${path}${key}"`);
}

function checkTexts(value: Record<string, unknown>): string[] {
  const mistakes: string[] = [];
  if (typeof value.id !== "string" || !/^[a-z][a-z0-9-]*$/.test(value.id)) {
    mistakes.push("id must be lower case letters, digits and hyphens, beginning with a letter");
  }
  for (const field of ["title", "source"]) {
    if (typeof value[field] !== "string" || value[field] === "")
      mistakes.push(`${field} must be a text that is not empty`);
  }
  return mistakes;
}

function checkNumbers(value: Record<string, unknown>, ranges: typeof NUMBERS, path: string): string[] {
  const mistakes: string[] = [];
  for (const [field, [min, max]] of Object.entries(ranges)) {
    const number = value[field];
    if (typeof number === "number" && Number.isInteger(number) && number >= min && number <= max) continue;
    mistakes.push(`${path}${field} must be a whole number from ${min} to ${max}, and is ${shown(number)}`);
  }
  return mistakes;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function checkAbilities(value: unknown): string[] {
  if (!isRecord(value)) return ["abilities must be an object"];
  const mistakes = unknownFields(value, ABILITIES, "abilities.");
  for (const ability of ABILITIES) {
    if (typeof value[ability] !== "boolean")
      mistakes.push(`abilities.${ability} must be true or false, and is ${shown(value[ability])}`);
  }
  return mistakes;
}

function checkPool(value: unknown): string[] {
  if (!isRecord(value)) return ["pool must be an object"];
  return [...unknownFields(value, Object.keys(POOL), "pool."), ...checkNumbers(value, POOL, "pool.")];
}

/** Fields that are right each for itself, but not together. */
function checkSum(board: Board): string[] {
  const bytes = board.pool.pages * board.pool.pageBytes;
  const memory = board.variables * board.variableBytes;
  const mistakes: string[] = [];
  if (bytes > POOL_MAX_BYTES) mistakes.push(`the pool has ${bytes} bytes, at most ${POOL_MAX_BYTES} are possible`);
  if (bytes > memory * POOL_MAX_PART)
    mistakes.push(`the pool has ${bytes} bytes, more than a quarter of the memory (${memory})`);
  return mistakes;
}
