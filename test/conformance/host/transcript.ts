// From the lines of the device's log to one transcript for each connection.

import type { Transcripts } from "./behaviour.js";

const COUNTED = /^(RECV|SEND|CHUNK) (\d+)$/;

/** Adds up neighbouring RECVs, SENDs and CHUNKs; each stays where the first of its kind was. */
function fold(events: string[]): string[] {
  const out: string[] = [];
  let runFrom = 0;
  for (const event of events) {
    const counted = COUNTED.exec(event);
    if (counted === null) {
      out.push(event);
      runFrom = out.length;
      continue;
    }
    const at = out.findIndex((line, i) => i >= runFrom && line.startsWith(counted[1]));
    if (at < 0) out.push(event);
    else out[at] = `${counted[1]} ${Number(out[at].split(" ")[1]) + Number(counted[2])}`;
  }
  return out;
}

/** The transcripts of everyone named in the lines `WHO WHAT…`. */
export function transcriptsOf(lines: readonly string[]): Transcripts {
  const events = new Map<string, string[]>();
  for (const line of lines) {
    const space = line.indexOf(" ");
    const who = line.slice(0, space);
    events.set(who, [...(events.get(who) ?? []), line.slice(space + 1)]);
  }
  return Object.fromEntries([...events].map(([who, list]) => [who, fold(list).join(", ")]));
}

/** What is wrong with a transcript whatever the behaviour: CLOSE comes once, and nothing comes after it. */
export function brokenRules(lines: readonly string[]): string[] {
  const closed = new Set<string>();
  const seen = new Set<string>();
  const broken: string[] = [];
  for (const line of lines) {
    const [who, event] = line.split(" ");
    if (who === "note") continue;
    seen.add(who);
    if (closed.has(who)) broken.push(`after CLOSE: ${line}`);
    if (event === "CLOSE") closed.add(who);
  }
  for (const who of seen) if (!closed.has(who)) broken.push(`no CLOSE for ${who}`);
  return broken;
}
