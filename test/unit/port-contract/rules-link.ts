// The link: who is told, when, and what the status says then.

import assert from "node:assert/strict";
import type { Link, LinkChange } from "../../../src/core/port.js";
import type { Rig, Rules } from "./rig.js";

/** Everything a watcher was told, with what the status said at that moment. */
interface Watched {
  link: Link;
  told: string[];
  changed: LinkChange;
}

function watched(rig: Rig): Watched {
  rig.needs(rig.fx.link !== undefined && rig.platform.link !== undefined);
  const link = rig.platform.link as Link;
  const told: string[] = [];
  const owner = {};
  const changed: LinkChange = (of, isUp) => {
    assert.equal(of, owner, "the owner is handed back");
    told.push(`${isUp ? "up" : "down"}, ${link.status().isUp ? "up" : "down"}`);
  };
  link.watch(owner, changed);
  return { link, told, changed };
}

/** Rules for `Platform.link`. */
export function linkRules({ rule }: Rules): void {
  describe("link", () => {
    rule("a loss and a return are told once each, from the event loop, and the status says the same", async (rig) => {
      const { link, told } = watched(rig);
      assert.equal(link.status().isUp, true);
      await rig.fx.quiet();
      assert.deepEqual(told, []);
      rig.fx.link!.drop();
      await rig.fx.settle(() => told.length === 1, "the loss");
      assert.notEqual(link.status().reason, "");
      await rig.fx.quiet();
      rig.fx.link!.regain();
      await rig.fx.settle(() => told.length === 2, "the return");
      await rig.fx.quiet();
      assert.deepEqual(told, ["down, down", "up, up"]);
    });

    rule("nobody is told who watches no more, or never did", async (rig) => {
      const { link } = watched(rig);
      const other: string[] = [];
      const owner = {};
      link.watch(owner, () => other.push("told"));
      link.watch(owner, undefined);
      link.watch({}, undefined);
      rig.fx.link!.drop();
      rig.fx.link!.regain();
      await rig.fx.quiet();
      assert.deepEqual(other, []);
    });

    rule("sockets are told nothing of a short loss, and connections live through it", async (rig) => {
      watched(rig);
      const { conn, peer } = await rig.open("accepted");
      rig.fx.link!.drop();
      peer.send("waits");
      await rig.fx.quiet();
      rig.fx.link!.regain();
      await rig.fx.settle(() => conn.input === "waits", "the bytes that waited");
      assert.equal(conn.closedErr, undefined);
    });

    rule("without a radio nothing can be joined, and calls are harmless", async (rig) => {
      const { link, told } = watched(rig);
      rig.needs(!link.canJoin);
      assert.notEqual(link.join("network", "password"), 0);
      assert.notEqual(link.accessPoint({ ssid: "own", password: "", channel: 0 }), 0);
      link.leave();
      link.hostName("name");
      link.powerSave("none");
      await rig.fx.quiet();
      assert.deepEqual(told, []);
    });
  });
}
