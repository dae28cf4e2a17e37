// The port's rules on the simulator, as it is, as Espruino is, and on a bad day.

import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { describePort } from "./port-contract.js";
import { simFixture } from "./port-contract/sim-fixture.js";

describePort("the simulator", () => simFixture());

describePort("the simulator with the abilities of Espruino", () =>
  simFixture({ platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" } }));

describePort("the simulator with few sockets and small pieces", () =>
  simFixture({ platform: { caps: { sockets: 4, readMaxBytes: 7, writeMaxBytes: 50 } } }));

describePort("the simulator with pieces, stalls and blocked writes", () =>
  simFixture({
    world: { seed: 7, latencyMs: 3, faults: { recvPartial: 0.5, sendWouldBlock: 0.3, jitterMs: 4, stall: 0.02, stallMaxMs: 40 } },
  }));

describePort("the simulator one byte at a time", () => simFixture({ world: { faults: { byteAtATime: 1 } } }));
