// The port's rules once more, through every wrapper: a wrapped platform is a platform.

import { ESPRUINO_LIKE_CAPS } from "../../platform/sim/index.js";
import { fault, throttle, trace } from "../../platform/wrap/index.js";
import { describePort } from "./port-contract.js";
import { simFixture } from "./port-contract/sim-fixture.js";

const BENIGN = { recvPartial: 0.6, sendWouldBlock: 0.3, delay: 0.3, delayMaxMs: 4 };

describePort("trace(simulator)", () => simFixture({ wrap: (platform) => trace(platform, () => undefined) }));

describePort("trace(simulator) as a conversation", () =>
  simFixture({ wrap: (platform) => trace(platform, () => undefined, { conversation: true }) }));

describePort("fault(simulator) without faults", () => simFixture({ wrap: (platform) => fault(platform, { seed: 1 }) }));

describePort("fault(simulator) with pieces, blocked writes and late upcalls", () =>
  simFixture({ wrap: (platform) => fault(platform, { seed: 2, ...BENIGN }) }));

describePort("fault(simulator) one byte at a time", () =>
  simFixture({ wrap: (platform) => fault(platform, { seed: 3, byteAtATime: 1 }) }));

describePort("fault(simulator with the abilities of Espruino)", () =>
  simFixture({
    platform: { caps: ESPRUINO_LIKE_CAPS, form: "string" },
    wrap: (platform) => fault(platform, { seed: 4, ...BENIGN }),
  }));

describePort("throttle(simulator)", () =>
  simFixture({ wrap: (platform) => throttle(platform, { inBytesPerSecond: 30_000, outBytesPerSecond: 20_000 }) }));

describePort("trace(fault(throttle(simulator)))", () =>
  simFixture({
    wrap: (platform) => {
      const slow = throttle(platform, { inBytesPerSecond: 40_000, outBytesPerSecond: 40_000 });
      return trace(fault(slow, { seed: 5, ...BENIGN }), () => undefined);
    },
  }));
