/*
 * Patterns of endpoints (mg_match_prefix): `?` is one character, `*` any number of them but no "/", `**` any number of any,
 * `$` at the end the end of the path, `|` or `,` between alternatives; letters match in either case. A pattern without `$`
 * matches the beginning of a path: "/foo" also matches "/foobaz". Wildcards take as much as they can, the first ones first.
 */

const enum Wild {
  One = 1,
  Segment = 2,
  Any = 3,
}

/** One alternative of a pattern, ready to be matched: literal, wildcard, literal, wildcard, …, literal. */
export interface Alternative {
  /** In lower case; one more than there are wildcards. */
  literals: string[];
  wilds: number[];
  /** Must reach the end of the path. */
  isWhole: boolean;
}

/** Where each wildcard of the alternative that is being matched begins and ends, and below which end it is still to try. */
const starts: number[] = [];
const ends: number[] = [];
const untried: number[] = [];
/** What {@link matchPattern} matched last. */
let matched: Alternative | undefined;

/** Takes a pattern apart: what `matchPattern` wants. Done once for each endpoint. */
export function compilePattern(pattern: string): Alternative[] {
  const texts = pattern.toLowerCase().split(",").join("|").split("|");
  const out: Alternative[] = [];
  for (let i = 0; i < texts.length; i++) out.push(compileOne(texts[i]));
  return out;
}

function compileOne(text: string): Alternative {
  const isWhole = text.charAt(text.length - 1) === "$";
  const size = isWhole ? text.length - 1 : text.length;
  const literals: string[] = [];
  const wilds: number[] = [];
  let from = 0;
  for (let i = 0; i < size; i++) {
    const c = text.charAt(i);
    if (c !== "*" && c !== "?") continue;
    literals.push(text.slice(from, i));
    const isAny = c === "*" && text.charAt(i + 1) === "*";
    if (isAny) i++;
    wilds.push(isAny ? Wild.Any : c === "*" ? Wild.Segment : Wild.One);
    from = i + 1;
  }
  literals.push(text.slice(from, size));
  return { literals: literals, wilds: wilds, isWhole: isWhole };
}

/**
 * How many characters of `path`, given in lower case, a pattern matches; 0: it does not match. Of alternatives the first
 * that matches counts (mg_match_prefix_n). The work is at most path length times wildcards, whatever the pattern.
 */
export function matchPattern(pattern: Alternative[], path: string): number {
  for (let i = 0; i < pattern.length; i++) {
    const n = matchOne(pattern[i], path);
    if (n > 0) {
      matched = pattern[i];
      return n;
    }
  }
  return 0;
}

function matchOne(a: Alternative, path: string): number {
  const literals = a.literals;
  const wilds = a.wilds;
  const head = literals[0].length;
  if (head && path.slice(0, head) !== literals[0]) return 0;
  const last = wilds.length - 1;
  if (last < 0) return !a.isWhole || path.length === head ? head : 0;
  for (let i = 0; i <= last; i++) untried[i] = path.length + 1;
  starts[0] = head;
  let k = 0;
  while (k >= 0) {
    // An end that failed once fails again, wherever the wildcard begins: each is tried at most once.
    const end = endOf(wilds[k], literals[k + 1], path, starts[k], untried[k] - 1);
    untried[k] = end < 0 ? starts[k] + (wilds[k] === Wild.One ? 1 : 0) : end;
    if (end < 0) {
      k--;
      continue;
    }
    ends[k] = end;
    const next = end + literals[k + 1].length;
    if (k < last) starts[++k] = next;
    else if (!a.isWhole || next === path.length) return next;
  }
  return 0;
}

/** The last place from `start` to `max` where this wildcard can end, with the literal behind it; -1 when there is none. */
function endOf(wild: number, literal: string, path: string, start: number, max: number): number {
  let most = path.length;
  if (wild === Wild.One) most = start < most ? start + 1 : -1;
  else if (wild === Wild.Segment) {
    const slash = path.indexOf("/", start);
    if (slash >= 0) most = slash;
  }
  if (most > max) most = max;
  const least = wild === Wild.One ? start + 1 : start;
  if (most < least) return -1;
  const at = literal ? path.lastIndexOf(literal, most) : most;
  return at < least ? -1 : at;
}

/** What the wildcards of the pattern stand for that `matchPattern` matched last, cut out of `path` as it was sent. */
export function captures(path: string): string[] {
  const out: string[] = [];
  const count = matched ? matched.wilds.length : 0;
  for (let i = 0; i < count; i++) out.push(path.slice(starts[i], ends[i]));
  return out;
}

/** How many characters of `text` a pattern matches; 0: it does not match (mg_match_prefix). */
export function matchPrefix(pattern: string, text: string): number {
  return matchPattern(compilePattern(pattern), text.toLowerCase());
}
