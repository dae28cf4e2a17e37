// Transcripts of scenarios: "# name", then a line for each callback, which begins with who says it.

/** Scenario → who → what, in order. */
export type Transcript = Map<string, Map<string, string[]>>;

/**
 * Adds a line to what one has said. Timing does not matter: pieces that were read one after the other are one, and so is
 * what is said again and again.
 */
function addMerged(said: string[], line: string): void {
  const last = said[said.length - 1];
  if (line === "read") line = "read "; // nothing: the space is no part of the file
  if (line === last && /^(wrote|full \d+)$/.test(line)) return;
  if (line.startsWith("read ") && last?.startsWith("read ")) said[said.length - 1] = last + line.slice("read ".length);
  else said.push(line);
}

/** Who said what, of the lines of one scenario. The order between two of them is not kept: it is a matter of timing. */
export function byWho(lines: string[]): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const line of lines) {
    const [who] = line.split(" ", 1);
    if (!out.has(who)) out.set(who, []);
    addMerged(out.get(who)!, line.slice(who.length + 1));
  }
  return out;
}

/** A whole transcript from its text. */
export function parseTranscript(text: string): Transcript {
  const out: Transcript = new Map();
  for (const part of text.split(/^# /m).slice(1)) {
    const [name, ...lines] = part.trimEnd().split("\n");
    out.set(name, byWho(lines));
  }
  return out;
}

/** The text again, merged. */
export function formatTranscript(transcript: Transcript): string {
  const scenarios = [...transcript].map(([name, said]) => {
    const lines = [...said].flatMap(([who, all]) => all.map((line) => `${who} ${line}`.trimEnd()));
    return [`# ${name}`, ...lines].join("\n");
  });
  return scenarios.join("\n\n") + "\n";
}
