import { holdConversation } from "./conversation.js";
import { boot, FATAL, type Flashed } from "./interpreter.js";
import { numberRow, type Row } from "./row.js";
import type { Server, ServerSpec } from "./server.js";

/* The smallest stack with which a program on the interpreter holds the whole conversation. */

const STEP_BYTES = 250;
const MIN_BYTES = 7000;

/** What is measured: a row of the report, the stacks that must do (the last is where the search begins), and the board's environment. */
export interface StackSpec {
  group: string;
  name: string;
  stacks: number[];
  env?: ServerSpec["env"];
  /** The one exchange that the program is for; default: all. */
  only?: string;
}

/** The row. With a stack that must do and does not, it says what went wrong. */
export async function smallestStack(binary: string, flashed: Flashed, { group, name, stacks, env = {}, only }: StackSpec): Promise<Row> {
  const goal = { atMost: Math.min(...stacks) };
  const trouble = (stackBytes: number): Promise<string | undefined> => troubleWith(binary, flashed, { ...env, ESP_STACK: String(stackBytes) }, only);
  for (const stack of stacks) {
    const found = await trouble(stack);
    if (found !== undefined) return { ...numberRow(group, name, Infinity, "bytes", goal), note: `with ${stack}: ${found}` };
  }
  let [bad, good] = [MIN_BYTES, goal.atMost];
  let why = "";
  while (good - bad > STEP_BYTES) {
    const middle = Math.round((bad + good) / 2 / STEP_BYTES) * STEP_BYTES;
    const found = await trouble(middle);
    if (found === undefined) good = middle;
    else [bad, why] = [middle, found];
  }
  return numberRow(group, name, good, "bytes", goal, `with ${bad}: ${why}`);
}

/** What goes wrong in that environment; undefined when nothing does. */
async function troubleWith(binary: string, flashed: Flashed, env: ServerSpec["env"], only?: string): Promise<string | undefined> {
  let server: Server;
  try {
    server = await boot(binary, flashed, env);
  } catch {
    return "it does not start";
  }
  const failed = await holdConversation(flashed.port, only);
  await server.stop();
  const fatal = FATAL.exec(server.output())?.[0];
  if (failed === undefined && fatal === undefined) return undefined;
  return [failed && `${failed} fails`, fatal].filter((part) => part).join(", ");
}
