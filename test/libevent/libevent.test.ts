// The same scenarios in C on libevent itself, and in TypeScript on ours: what the callbacks said is compared.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meerkatRoot } from "../../cli/build/layout.js";
import { deviations } from "./deviations.js";
import { runInSim, runOnNode, type Said, scenarios } from "./run.js";
import { formatTranscript, parseTranscript } from "./transcript.js";

const DIR = join(meerkatRoot, "test/libevent");

/** What libevent 2.1.12 said, merged. Written anew when MEERKAT_WRITE_TRANSCRIPT is set: the next run compares with it. */
const TRANSCRIPT = join(DIR, "transcript.txt");
const golden = parseTranscript(readFileSync(TRANSCRIPT, "utf8"));

/** Scenarios of Node that run at the same time. */
const AT_ONCE = 6;
/** Other programs use the processor too: what differs is tried again with more time between one thing and the next. */
const SCALES = [2, 8, 32];
const RUNS_MAX = 5;

function plain(said: Said): Record<string, string[]> {
  return Object.fromEntries([...said].sort());
}

/** What libevent said, with what is different here on purpose. */
function wanted(name: string): Record<string, string[]> {
  const said = new Map(golden.get(name));
  for (const { who, ours } of deviations.filter(({ scenario }) => scenario === name)) said.set(who, ours);
  return plain(said);
}

function isEqual(a: Record<string, string[]>, b: Record<string, string[]>): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether this computer has a C compiler and libevent's headers. */
function hasLibevent(): boolean {
  try {
    execFileSync("cc", ["-E", "-x", "c", "-include", "event2/listener.h", "/dev/null"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("libevent's transcript", () => {
  it("has every scenario, and no other", () => {
    assert.deepEqual([...golden.keys()], Object.keys(scenarios));
    assert.ok(golden.size > 60);
  });

  it("differs from ours where it says so, for a reason in the documentation", () => {
    const page = readFileSync(join(meerkatRoot, "docs/libevent.md"), "utf8").replace(/\s+/g, " ");
    for (const { scenario, who, theirs, ours, why } of deviations) {
      assert.deepEqual(golden.get(scenario)?.get(who) ?? [], theirs, scenario);
      assert.notDeepEqual(ours, theirs, scenario);
      assert.ok(page.includes(why), `docs/libevent.md does not say: ${why}`);
    }
  });

  (hasLibevent() ? it : it.skip)("is what libevent says (cc and libevent-dev)", function () {
    this.timeout(60_000);
    const dir = mkdtempSync(join(tmpdir(), "meerkat-libevent-"));
    try {
      const sources = readdirSync(DIR).filter((name) => name.endsWith(".c"));
      execFileSync("cc", ["-O1", "-Wall", "-Werror", "-o", join(dir, "scenarios"), ...sources.map((name) => join(DIR, name)), "-levent"]);
      // What depends on the processor being free in time gets another chance.
      let differ = [...golden.keys()];
      for (let run = 0; run < RUNS_MAX && differ.length > 0; run++) {
        const said = parseTranscript(execFileSync(join(dir, "scenarios"), { encoding: "utf8", maxBuffer: 1 << 26 }));
        if (process.env.MEERKAT_WRITE_TRANSCRIPT) writeFileSync(TRANSCRIPT, formatTranscript(said));
        assert.deepEqual([...said.keys()], [...golden.keys()]);
        differ = differ.filter((name) => !isEqual(plain(said.get(name)!), plain(golden.get(name)!)));
        if (run === RUNS_MAX - 1) for (const name of differ) assert.deepEqual(plain(said.get(name)!), plain(golden.get(name)!), name);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("what libevent says, in the simulator", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(name, () => {
      assert.deepEqual(plain(runInSim(scenario)), wanted(name));
    });
  }
});

describe("what libevent says, on Node", () => {
  const said = new Map<string, Said>();

  before(async function () {
    this.timeout(120_000);
    const todo = Object.entries(scenarios);
    const worker = async (): Promise<void> => {
      for (let next = todo.shift(); next; next = todo.shift()) {
        const [name, scenario] = next;
        for (const scale of SCALES) {
          said.set(name, await runOnNode(scenario, scale));
          if (isEqual(plain(said.get(name)!), wanted(name))) break;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  });

  for (const name of Object.keys(scenarios)) {
    it(name, () => {
      assert.deepEqual(plain(said.get(name)!), wanted(name));
    });
  }
});
