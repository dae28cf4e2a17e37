// The only source of chance in the simulator: sfc32, seeded by one number that replays a whole run.

/** A seeded stream of random numbers. */
export interface Prng {
  /** The next 32 bits, 0 to 2^32 - 1. */
  next(): number;
  /** A whole number from 0 to `count` - 1; 0 when `count` is below 2. */
  below(count: number): number;
  /** True with this probability; draws nothing for 0 and 1, so that an unused fault does not disturb the others. */
  chance(probability: number): boolean;
  /** `count` bytes as a binary string. */
  binary(count: number): string;
  /** A stream of its own, different for each label, that leaves this one where it is. */
  fork(label: string): Prng;
  /** Where the stream stands, as four hexadecimal words. */
  state(): string;
}

const WARM_UP_ROUNDS = 15;

function hashOf(label: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function start(seed: number, label: string): Prng {
  let a = 0x9e3779b9 | 0;
  let b = hashOf(label) | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) next();
  const below = (count: number): number => (count < 2 ? 0 : Math.floor((next() / 0x100000000) * count));
  return {
    next,
    below,
    chance: (probability) => probability >= 1 || (probability > 0 && next() / 0x100000000 < probability),
    binary(count) {
      let bytes = "";
      for (let i = 0; i < count; i++) bytes += String.fromCharCode(next() >>> 24);
      return bytes;
    },
    fork: (child) => start(seed, `${label}/${child}`),
    state: () => [a, b, c, counter].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(" "),
  };
}

/** A stream for `seed` (a whole number, 32 bits of it are used). */
export function createPrng(seed: number): Prng {
  return start(seed, "");
}
