/*
 * UTF-8 of binary strings, checked with native searches: a loop over bytes takes Espruino a hundred times as long.
 */

const NOT_ASCII = /[^\x00-\x7f]/;
const TWO = /[\xc2-\xdf][\x80-\xbf]/g;
const THREE = /\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]/g;
const FOUR = /\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf]/g;

/**
 * Checks bytes that begin with a whole character (RFC 3629 §4). Answers how many bytes at the end belong to a character
 * that goes on behind them (0 to 3: look at them again with what follows), or -1 when the bytes are no UTF-8 whatever follows.
 */
export function utf8Tail(b: string): number {
  if (!NOT_ASCII.test(b)) return 0;
  const tail = cutTail(b);
  let rest = (tail ? b.slice(0, b.length - tail) : b).replace(TWO, "-");
  if (NOT_ASCII.test(rest)) rest = rest.replace(THREE, "-").replace(FOUR, "-");
  if (NOT_ASCII.test(rest)) return -1;
  return tail && !isBeginning(b.slice(b.length - tail)) ? -1 : tail;
}

/** How many bytes at the end are a first byte that wants more than are here. */
function cutTail(b: string): number {
  const n = b.length;
  for (let i = 1; i < 4 && i <= n; i++) {
    const c = b.charCodeAt(n - i);
    if (c < 0x80) return 0;
    if (c >= 0xc0) return i < (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2) ? i : 0;
  }
  return 0;
}

/** Whether a character can begin like this: refused at the first byte that cannot be. */
function isBeginning(b: string): boolean {
  const first = b.charCodeAt(0);
  if (first < 0xc2 || first > 0xf4) return false;
  if (b.length < 2) return true;
  const second = b.charCodeAt(1);
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  return first !== 0xf4 || second < 0x90;
}
