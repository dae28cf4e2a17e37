// How a fuzzer's input chooses the splits.

/** The text cut where `cuts` say, each a share of what is left. */
export function cut(text: string, cuts: number[]): string[] {
  const pieces: string[] = [];
  let rest = text;
  for (const share of cuts) {
    const at = 1 + Math.floor(share * rest.length);
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
    if (rest === "") return pieces;
  }
  pieces.push(rest);
  return pieces;
}
