import assert from "node:assert/strict";
import { Err } from "../../src/core/port.js";
import { createRig, type Rig } from "./port-contract/rig.js";
import { simFixture, type SimFixture } from "./port-contract/sim-fixture.js";

type SimRig = Rig & { fx: SimFixture };

const benches: SimRig[] = [];

function bench(): SimRig {
  const rig = createRig(simFixture({})) as SimRig;
  benches.push(rig);
  return rig;
}

describe("sim network: TLS as a flag", () => {
  afterEach(() => {
    for (const rig of benches.splice(0)) assert.deepEqual(rig.rec.violations, []);
  });

  it("connects scripted peers that say TLS, both ways", async () => {
    const rig = bench();
    const { world } = rig.fx;
    const listener = await rig.listen({ tls: { cert: "c", key: "k" } });
    const client = world.connectPeer("10.0.0.9", "10.0.0.1", listener.port, { tls: true });
    world.listenPeer("10.0.0.2", 443, () => undefined, { tls: true });
    const conn = rig.connect({ host: "10.0.0.2", port: 443, tls: {} });
    await rig.fx.settle(() => conn.isUp && client.state === "open" && listener.accepted.length === 1, "both");
  });

  it("shows a plain listener the start of a TLS handshake", async () => {
    const rig = bench();
    const listener = await rig.listen();
    const client = rig.fx.world.connectPeer("10.0.0.9", "10.0.0.1", listener.port, { tls: true });
    await rig.fx.settle(() => listener.accepted[0]?.input !== undefined && listener.accepted[0].input !== "", "bytes");
    assert.equal(listener.accepted[0].input.slice(0, 3), "\x16\x03\x01");
    rig.end(listener.accepted[0]);
    await rig.fx.settle(() => client.state === "closed", "the client gave up");
    assert.equal(client.error, Err.Tls);
  });

  it("accepts any certificate when it was told not to verify", async () => {
    const rig = bench();
    const listener = await rig.listen({ tls: { cert: "c", key: "k" } });
    const conn = rig.connect({ host: "localhost", port: listener.port, tls: { ca: "another", verify: false } });
    await rig.fx.settle(() => conn.isUp, "connected");
  });
});
