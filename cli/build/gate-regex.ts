/*
 * Which regular expressions Espruino matches as JavaScript does. It knows literals, classes, ranges, `* +`, `^ $`, `|`
 * at the top level, up to nine groups that are neither repeated nor nested, `\\d \\w \\s` and `\\xNN`, and the flags g and i.
 * Everything else never matches, or matches something else, without an error (src/jswrap_regexp.c).
 */

/** Why the expression would go wrong, in a few words, or undefined when it is safe. */
export function regexTrouble(source: string, flags: string): string | undefined {
  const flag = /[^gi]/.exec(flags);
  if (flag) return `flag ${flag[0]} is not supported`;
  if (/[^\x00-\x7f]/.test(source)) return "only ASCII can be matched";
  const state: RegexState = { depth: 0, groups: 0, inClass: false };
  for (let at = 0; at < source.length;) {
    const next = step(source, at, state);
    if (typeof next === "string") return next;
    at = next;
  }
  return undefined;
}

interface RegexState {
  depth: number;
  groups: number;
  inClass: boolean;
}

/** Looks at the item at `at`: where the next one begins, or what is wrong with this one. */
function step(source: string, at: number, state: RegexState): number | string {
  const c = source[at];
  if (c === "\\") return escapeAt(source, at);
  if (state.inClass) return inClass(c, at, state);
  if (c === "[") {
    state.inClass = true;
    return source[at + 1] === "]" || source.startsWith("^]", at + 1) ? "the empty class is not supported" : at + 1;
  }
  if (c === "(") return open(source, at, state);
  if (c === ")") {
    state.depth--;
    return "*+?{".includes(source[at + 1] ?? " ") ? "a group cannot be repeated" : at + 1;
  }
  if (c === "?") return "the quantifier ? is not supported";
  if (c === "{") return "the quantifier {n} is not supported";
  if (c === "|" && state.depth) return "| inside a group splits the whole expression";
  if (c === "|" && source[0] === "^") return "after ^ at the start the other branches of | are not tried further on";
  return at + 1;
}

function escapeAt(source: string, at: number): number | string {
  const c = source[at + 1];
  if (/[bB]/.test(c)) return `\\${c} is not supported`;
  if (/[1-9]/.test(c)) return "references to groups are not supported";
  if (/[ukpPcv]/.test(c)) return `\\${c} is not supported`;
  return at + 2;
}

function inClass(c: string, at: number, state: RegexState): number | string {
  if (c === "]") state.inClass = false;
  if (c === "[") return "[ inside a class must be written \\[";
  return c === "/" ? "/ inside a class ends the expression: write \\/" : at + 1;
}

function open(source: string, at: number, state: RegexState): number | string {
  if (source[at + 1] === "?") return "(?…) is not supported";
  if (++state.depth > 1) return "groups inside groups capture wrongly";
  return ++state.groups > 9 ? "at most 9 groups are supported" : at + 1;
}
