// The port's rules on Node, for both ways it reads.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodePlatform, type NodePlatformOptions } from "../../platform/node/index.js";
import { describePort } from "./port-contract.js";
import type { PortFixture } from "./port-contract/fixture.js";
import { realFixture } from "./port-contract/real-fixture.js";
import { certificate } from "./node-platform-support.js";

function nodeFixture(options: NodePlatformOptions): PortFixture {
  const made = certificate();
  const tls = made && { server: made, client: { ca: made.cert }, distrusting: {} };
  const filesRoot = mkdtempSync(join(tmpdir(), "meerkat-files-"));
  const platform = createNodePlatform({ filesRoot, ...options, lingerMs: 100, log: () => undefined });
  return realFixture(platform, { tls, close: async () => rmSync(filesRoot, { recursive: true }) });
}

describePort("Node", () => nodeFixture({}));

describePort("Node without the shared read buffer", () => nodeFixture({ sharedRead: false }));
