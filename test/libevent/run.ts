// Runs scenarios: in a simulated world, and on Node.

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createNodePlatform } from "../../platform/node/index.js";
import { createSimWorld, type SimPeer, type SimWorld } from "../../platform/sim/index.js";
import { bufferScenarios } from "./buffers.js";
import { flowScenarios } from "./flow.js";
import { freeScenarios } from "./frees.js";
import { listenerScenarios } from "./listeners.js";
import { pairScenarios } from "./pairs.js";
import { socketScenarios } from "./sockets.js";
import { type Dial, dialNode, type Place, type Scenario, Stage } from "./stage.js";
import { timerScenarios } from "./timers.js";
import { byWho } from "./transcript.js";

/** All scenarios, in the order of main.c. */
export const scenarios: Record<string, Scenario> = {
  ...listenerScenarios, ...socketScenarios, ...flowScenarios, ...freeScenarios, ...pairScenarios, ...bufferScenarios, ...timerScenarios,
};

const HERE = "10.0.0.1";
const PORT = 9876;
/** A simulated peer is looked at so often, in virtual milliseconds. */
const LOOK_MS = 1;
const SIM_MAX_MS = 20_000;

/** Who said what until the loop was over. */
export type Said = Map<string, string[]>;

function begin(place: Place, scenario: Scenario, done: () => void): Stage {
  const stage = new Stage(place);
  scenario(stage);
  stage.base.dispatch((result) => {
    stage.say("loop", `returned ${result}`);
    done();
  });
  return stage;
}

/** Bare sockets of a simulated world. */
function dialSim(world: SimWorld): Dial {
  return (port, events) => {
    const peer: SimPeer = world.connectPeer("10.0.0.9", HERE, port);
    let isMuted = false;
    const look = (): void => {
      if (isMuted) return;
      if (peer.receivedCount > 0) events.bytes(peer.take());
      if (isMuted) return;
      if (peer.state !== "ended" && peer.state !== "closed") return void world.after(LOOK_MS, look);
      isMuted = true;
      peer.close();
      events.end();
    };
    look();
    const mute = (act: () => void) => () => {
      isMuted = true;
      act();
    };
    const stopReading = (): void => {
      isMuted = true;
      peer.pauseReading();
    };
    return { send: (text) => peer.send(text), end: () => peer.fin(), close: mute(() => peer.close()), reset: mute(() => peer.reset()), stopReading };
  };
}

/** Runs one in a world of its own, in virtual time. */
export function runInSim(scenario: Scenario): Said {
  const world = createSimWorld({ seed: 1 });
  const place = { platform: world.platform({ host: HERE }), host: HERE, port: PORT, dial: dialSim(world), scale: 1 };
  let isDone = false;
  const stage = begin(place, scenario, () => (isDone = true));
  world.runUntil(() => isDone, SIM_MAX_MS, "the end of the loop");
  world.runFor(100);
  stage.base.free();
  world.runFor(100);
  return byWho(stage.lines);
}

/** A port of this computer that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** How long a peer may take to hear of the end. */
const PEER_MAX_MS = 3000;

/** Runs one on Node's own sockets. `scale`: see {@link Place}. */
export async function runOnNode(scenario: Scenario, scale: number): Promise<Said> {
  const place = { platform: createNodePlatform(), host: "127.0.0.1", port: await freePort(), dial: dialNode, scale };
  let stage: Stage | undefined;
  await new Promise<void>((resolve) => (stage = begin(place, scenario, resolve)));
  for (let ms = 0; ms < PEER_MAX_MS && stage!.openPeers > 0; ms += 10) await sleep(10);
  stage!.base.free();
  return byWho(stage!.lines);
}
