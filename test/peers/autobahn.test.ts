import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodePlatform } from "../../platform/node/index.js";
import { Manager, MG_EV_CLOSE } from "../../src/index.js";
import { connectWs, MG_EV_WEBSOCKET_FRAME, sendWebsocketFrame, setProtocolWebsocket, websocketDeflate } from "../../src/websocket/index.js";
import { freePort, inEveryPlace } from "../examples/support.js";
import { run, withProgram } from "./programs.js";

/*
 * The public conformance suite, Autobahn, where its command `wstest` is installed: docs/websocket.md says how. Its report has
 * two verdicts a case, one on what was answered and one on the closing; INFORMATIONAL is for cases without a right answer.
 */

const RUN_MAX_MS = 30 * 60_000;
const START_MAX_S = 30;
const GOOD = ["OK", "INFORMATIONAL"];
const ALL = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"];
/** Messages that are larger than a board's memory: a board refuses them with 1009. */
const TOO_LARGE = ["1.1.6", "1.1.7", "1.1.8", "1.2.6", "1.2.7", "1.2.8", "7.1.6", "9.*", "10.*"];
/** A size of each kind of data, and of each set of parameters: each sends a thousand messages. */
const COMPRESSED = ["12.1.1", "12.1.4", "12.2.3", "12.3.3", "12.4.3", "12.5.3", "13.1.1", "13.2.1", "13.3.3", "13.4.1", "13.5.3", "13.6.1", "13.7.3"];

interface Verdict {
  behavior: string;
  behaviorClose: string;
  remoteCloseCode: number | null;
}

/** What is not good about a report; and that it has something to say at all. */
function faults(dir: string): string[] {
  const report = JSON.parse(readFileSync(join(dir, "index.json"), "utf8")) as Record<string, Record<string, Verdict>>;
  const cases = Object.entries(Object.values(report)[0] ?? {});
  assert.notEqual(cases.length, 0, "an empty report");
  return cases.filter(([, v]) => !GOOD.includes(v.behavior) || !GOOD.includes(v.behaviorClose)).map(([name, v]) => `${name}: ${v.behavior}, close ${v.behaviorClose} ${v.remoteCloseCode}`);
}

/** Writes a specification into a directory of its own, and removes that when `use` is done. */
async function withSpec(spec: object, use: (file: string, dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "meerkat-autobahn-"));
  const file = join(dir, "spec.json");
  writeFileSync(file, JSON.stringify({ outdir: dir, "exclude-cases": [], "exclude-agent-cases": {}, ...spec }));
  try {
    await use(file, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The suite as a client of the server at that port. */
async function fuzzServer(wstest: string, port: number, cases: string[], excluded: string[] = []): Promise<void> {
  const spec = { servers: [{ agent: "meerkat", url: `ws://127.0.0.1:${port}` }], cases, "exclude-cases": excluded };
  await withSpec(spec, async (file, dir) => {
    await run(wstest, ["-m", "fuzzingclient", "-s", file], "", RUN_MAX_MS);
    assert.deepEqual(faults(dir), []);
  });
}

inEveryPlace("ws-echo.ts", (app, place) => {
  describe("the conformance suite", function () {
    this.timeout(RUN_MAX_MS);
    withProgram("wstest", "finds nothing wrong with the server", async (wstest) => {
      await fuzzServer(wstest, app().port, ALL, place === "Node" ? [] : TOO_LARGE);
    });
  });
});

describe("the conformance suite", function () {
  this.timeout(RUN_MAX_MS);
  let mgr: Manager | undefined;
  afterEach(() => mgr?.free());

  function large(): Manager {
    mgr = new Manager(createNodePlatform(), { pages: 65535, pageBytes: 4096 });
    mgr.run();
    return mgr;
  }

  for (const takeover of [false, true]) {
    withProgram("wstest", `finds nothing wrong with compression ${takeover ? "with" : "without"} takeover`, async (wstest) => {
      const port = await freePort();
      const listener = large().bind("tcp://127.0.0.1:" + port, (nc, ev, data) => ev === MG_EV_WEBSOCKET_FRAME && void sendWebsocketFrame(nc, data.op, data));
      setProtocolWebsocket(listener, { extension: websocketDeflate({ takeover, fromBytes: 0 }) });
      await fuzzServer(wstest, port, COMPRESSED);
    });
  }

  withProgram("wstest", "finds nothing wrong with the client", async (wstest) => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    await withSpec({ url, cases: ALL }, async (file, dir) => {
      const child: ChildProcess = spawn(wstest, ["-m", "fuzzingserver", "-w", "0", "-s", file], { stdio: "ignore" });
      try {
        await echoAll(large(), url);
        assert.deepEqual(faults(dir), []);
      } finally {
        child.kill("SIGKILL");
      }
    });
  });
});

/** Takes part in all cases that the server has, one after the other. */
async function echoAll(mgr: Manager, url: string): Promise<void> {
  let count = NaN;
  for (let i = 0; Number.isNaN(count); i++) {
    assert.ok(i < START_MAX_S, "the suite's server did not start");
    count = Number(await visit(mgr, url + "/getCaseCount"));
    if (Number.isNaN(count)) await sleep(1000);
  }
  for (let i = 1; i <= count; i++) await visit(mgr, `${url}/runCase?case=${i}&agent=meerkat`);
  await visit(mgr, url + "/updateReports?agent=meerkat");
}

/** Echoes until the connection is closed. Answers the last message, NaN for none. */
function visit(mgr: Manager, url: string): Promise<string> {
  return new Promise((resolve) => {
    let last = "NaN";
    connectWs(mgr, (nc, ev, data) => {
      if (ev === MG_EV_WEBSOCKET_FRAME) {
        last = data.size < 10 ? data.text : "";
        sendWebsocketFrame(nc, data.op, data);
      } else if (ev === MG_EV_CLOSE) resolve(last);
    }, url, { messageMaxBytes: 16 * 1024 * 1024, fragmentsMax: 65537 });
  });
}
