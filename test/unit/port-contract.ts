// The port's rules as tests: one description, run against every platform and every wrapper of one.

import { bytesRules } from "./port-contract/rules-bytes.js";
import { closeRules } from "./port-contract/rules-close.js";
import { connectRules } from "./port-contract/rules-connect.js";
import { dataRules } from "./port-contract/rules-data.js";
import { datagramRules } from "./port-contract/rules-datagram.js";
import { fileRules } from "./port-contract/rules-files.js";
import { limitRules } from "./port-contract/rules-limits.js";
import { linkRules } from "./port-contract/rules-link.js";
import { listenRules } from "./port-contract/rules-listen.js";
import { timerRules } from "./port-contract/rules-timer.js";
import { writeRules } from "./port-contract/rules-write.js";
import type { MakeFixture } from "./port-contract/fixture.js";
import { rulesFor } from "./port-contract/rig.js";

export type { MakeFixture, PeerState, PortFixture, PortPeer, PortServer, PortUdpPeer } from "./port-contract/fixture.js";

/**
 * Defines a `describe` with every rule of the port. `makeFixture` is called once for each rule. Rules about what the
 * platform says it cannot do (its `caps`), or for which the fixture brings nothing along, are skipped.
 */
export function describePort(name: string, makeFixture: MakeFixture): void {
  describe(`port rules on ${name}`, () => {
    const rules = rulesFor(makeFixture);
    listenRules(rules);
    connectRules(rules);
    dataRules(rules);
    writeRules(rules);
    closeRules(rules);
    datagramRules(rules);
    timerRules(rules);
    limitRules(rules);
    bytesRules(rules);
    fileRules(rules);
    linkRules(rules);
  });
}
