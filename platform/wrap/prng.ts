// Chance for the wrappers: sfc32. Only additions, shifts and xor, so that it draws the same numbers on Espruino,
// whose integers leave 32 bits in a multiplication.

/** A seeded stream of random numbers. */
export interface Prng {
  /** A whole number from 0 to `count` - 1; 0 when `count` is below 2. */
  below(count: number): number;
  /** True with this probability; draws nothing for 0 and 1. */
  chance(probability: number): boolean;
}

const WARM_UP_ROUNDS = 15;
const TWO_TO_32 = 4294967296;

/** A stream for `seed`; 32 bits of it are used. */
export function createPrng(seed: number): Prng {
  let a = -1640531527;
  let b = 608135816;
  let c = seed | 0;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / TWO_TO_32;
  }
  for (let i = 0; i < WARM_UP_ROUNDS; i++) next();
  return {
    below: (count) => (count < 2 ? 0 : Math.floor(next() * count)),
    chance: (probability) => probability >= 1 || (probability > 0 && next() < probability),
  };
}
