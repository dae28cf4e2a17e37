// Plays one behaviour on one platform, and judges what came of it.

import assert from "node:assert/strict";
import type { Capabilities } from "../../../src/core/port.js";
import type { Bench } from "./bench.js";
import type { Behaviour, DeviceState, Transcripts } from "./behaviour.js";
import { type Control, Stage } from "./stage.js";
import { brokenRules, transcriptsOf } from "./transcript.js";

/** Counters that say nothing about whether something went wrong. */
const PLAIN_COUNTERS = new Set(["accepted", "connected", "closed"]);

/** What the log must say, with what goes without saying: a listener lives until its manager is freed (19). */
function expected(behaviour: Behaviour, caps: Capabilities, actual: Transcripts): Transcripts {
  const given = typeof behaviour.expect === "function" ? behaviour.expect(caps) : behaviour.expect;
  const listeners = Object.keys(actual).filter((who) => /^l\d$/.test(who) && !(who in given));
  return { ...given, ...Object.fromEntries(listeners.map((who) => [who, "CLOSE 19"])) };
}

/** Of what the device printed, the last lines that go with a failure. */
const OUTPUT_LINES = 15;

function judge(behaviour: Behaviour, control: Control, state: DeviceState): void {
  const actual = transcriptsOf(control.log);
  assert.deepEqual(actual, expected(behaviour, control.caps as Capabilities, actual));
  assert.deepEqual(brokenRules(control.log), []);
  const counters = Object.entries(state.stats).filter(([name, value]) => value !== 0 && !PLAIN_COUNTERS.has(name));
  const { left, pages, free, atEnd, conns } = state;
  assert.deepEqual(
    { left, free, atEnd, conns, counters: Object.fromEntries(counters) },
    { left: 0, free: pages, atEnd: pages, conns: 0, counters: behaviour.stats ?? {} },
  );
}

/** Ends a behaviour that failed, so that the next one finds the device as it should be. */
async function giveUp(control: Control): Promise<void> {
  control.peers.clear();
  await control.stop().catch(() => (control.isLost = true));
}

/** What the device had to say, for the message of a failure. */
function report({ control, output, trouble }: Bench): string {
  const printed = output().trim().split("\n").slice(-OUTPUT_LINES);
  const parts = [["the device's log", ...control.log], ["it printed", ...printed], ["trouble", trouble() ?? "none"]];
  return parts.map(([title, ...lines]) => `\n  ${title}:\n    ${lines.join("\n    ")}`).join("");
}

async function perform(behaviour: Behaviour, stage: Stage, control: Control, port: number): Promise<void> {
  try {
    await control.start(behaviour.on, port);
    await behaviour.play(stage);
    control.peers.endAll();
  } catch (error) {
    await giveUp(control);
    throw error;
  }
}

/** Plays it. Throws an error that has the device's log with it when anything is not as expected. */
export async function play(behaviour: Behaviour, bench: Bench, port: number): Promise<void> {
  const { control } = bench;
  const stage = new Stage(control, port);
  try {
    if (control.isLost) throw new Error("The device has answered no more since an earlier failure");
    await stage.prepare(behaviour.peer);
    await perform(behaviour, stage, control, port);
    judge(behaviour, control, await control.stop());
    assert.equal(bench.trouble(), undefined);
  } catch (error) {
    (error as Error).message += report(bench);
    throw error;
  } finally {
    control.peers.clear();
  }
}
