// Devices inside this process: the simulator, and the virtual board on real sockets and in a simulated world.

import { buildBundle } from "../../../cli/build/index.js";
import { esp32 } from "../../../boards/esp32.js";
import { createNodePlatform } from "../../../platform/node/index.js";
import { createSimWorld, type SimWorld } from "../../../platform/sim/index.js";
import { createVirtualBoard, type VirtualBoard, type VirtualBoardOptions } from "../../../platform/virtual-board/index.js";
import { Err, type Platform } from "../../../src/core/port.js";
import { startDevice } from "../device/control.js";
import { type Bench, type Column, DEVICE, freePorts, PORTS_EACH } from "./bench.js";
import { RealPeers } from "./real-peers.js";
import { SimPeers } from "./sim-peers.js";
import { Control } from "./stage.js";

const DEVICE_HOST = "10.0.0.1";
const PEER_HOST = "10.0.0.2";
const CONTROL_HOST = "10.0.0.3";
const SIM_PORT = 12000;
const SEED = 7;

/** The core on the simulator: virtual time, a virtual network. */
export const sim: Column = {
  name: "sim",
  async start() {
    const lines: string[] = [];
    const world = createSimWorld({ seed: SEED });
    const platform = world.platform({ host: DEVICE_HOST, log: (line) => lines.push(line) });
    startDevice(platform, SIM_PORT, (run, ms) => void world.after(ms, run));
    return {
      control: await Control.open(peersIn(world), SIM_PORT),
      port: SIM_PORT + PORTS_EACH,
      output: () => lines.join("\n"),
      trouble: () => undefined,
      stop: async () => undefined,
    };
  },
};

function peersIn(world: SimWorld): SimPeers {
  return new SimPeers(world, DEVICE_HOST, PEER_HOST, CONTROL_HOST);
}

/** A virtual board that runs the device's bundle on `host`. */
async function boardOn(host: Platform, port: number, options: VirtualBoardOptions): Promise<{ board: VirtualBoard; lines: string[]; crashes: string[] }> {
  const { code } = await buildBundle({ app: DEVICE, board: esp32, defines: { PORT: String(port) } });
  const lines: string[] = [];
  const crashes: string[] = [];
  const board = createVirtualBoard(host, esp32, {
    publish: (wanted) => wanted,
    log: (line) => lines.push(line),
    onCrash: (exception) => crashes.push(String(exception)),
    seed: SEED,
    ...options,
  });
  board.run(code);
  return { board, lines, crashes };
}

async function boardBench(control: Promise<Control>, port: number, made: Awaited<ReturnType<typeof boardOn>>): Promise<Bench> {
  const { board, lines, crashes } = made;
  try {
    return {
      control: await control,
      port: port + PORTS_EACH,
      output: () => lines.join("\n"),
      trouble: () => crashes[0],
      stop: async () => board.stop(),
    };
  } catch (error) {
    board.stop();
    throw new Error(`${(error as Error).message}; the board said: ${lines.join("\n")}`);
  }
}

/** The ESP32's bundle on the virtual board, its ports on the host's. */
export const virtualBoard: Column = {
  name: "virtual-board",
  async start() {
    const port = await freePorts();
    const made = await boardOn(createNodePlatform(), port, {});
    return boardBench(Control.open(new RealPeers(), port), port, made);
  },
};

/** The same in a simulated world. */
export const virtualBoardInSim: Column = {
  name: "virtual-board in sim",
  async start() {
    const world = createSimWorld({ seed: SEED });
    const peers = peersIn(world);
    const made = await boardOn(world.platform({ host: DEVICE_HOST }), SIM_PORT, {
      connectProbe: (host, port) => (host !== PEER_HOST ? Err.HostNotFound : peers.isListening(port) ? Err.None : Err.Refused),
    });
    return boardBench(Control.open(peers, SIM_PORT), SIM_PORT, made);
  },
};
