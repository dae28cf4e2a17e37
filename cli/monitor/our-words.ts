import * as core from "../../src/core/errors.js";
import * as events from "../../src/core/events.js";
import * as http from "../../src/http/events.js";
import * as websocket from "../../src/websocket/events.js";

/*
 * The names of our events and errors, put beside their numbers in a program's own lines.
 */

/** Number → names of the constants with a prefix, the first that has it. */
function namesOf(prefix: string, modules: object[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const module of modules) {
    for (const [name, value] of Object.entries(module)) {
      if (name.startsWith(prefix) && typeof value === "number" && !names.has(value)) names.set(value, name);
    }
  }
  return names;
}

const EVENTS = namesOf("MG_EV_", [events, http, websocket]);
const ERRORS = namesOf("MG_ERR_", [core]);

/** `err 7`, `nc.err=7`, `err: 7`; not `(err 111)`, which is the firmware's and a number of the system. */
const ERROR = /(?<!\()\b((?:nc\.)?err(?:\s*[=:]\s*|\s+))(-?)(\d{1,2})\b(?!\s*\(MG_|[.\d])/g;
/** `ev 3`, `ev=3`, `event: 3`. */
const EVENT = /\b(ev(?:ent)?(?:\s*[=:]\s*|\s+))(\d{1,3})\b(?!\s*\(MG_|[.\d])/g;
/** What src/core/call.ts writes. */
const THREW = /^(meerkat: handler of connection \d+ threw in )([A-Z_]+):/;

/** The line with the names of events and errors behind their numbers. Lines without any come back as they are. */
export function nameNumbers(line: string): string {
  return line
    .replace(THREW, (all, before: string, name: string) => (isEvent(name) ? `${before}MG_EV_${name}:` : all))
    .replace(ERROR, (all, _before, _sign, number: string) => withError(all, Number(number)))
    .replace(EVENT, (all, _before, number: string) => withName(all, EVENTS.get(Number(number))));
}

function isEvent(name: string): boolean {
  return [...EVENTS.values()].includes(`MG_EV_${name}`);
}

function withName(text: string, name: string | undefined): string {
  return name === undefined ? text : `${text} (${name})`;
}

function withError(text: string, number: number): string {
  const name = ERRORS.get(number);
  return name === undefined ? text : `${text} (${name}: ${core.errorText(number)})`;
}
