/**
 * The platform an app gets on Node from `import { platform } from "meerkat/platform"`.
 *
 * The environment of the process says what the command line of `meerkat run` said:
 * `MEERKAT_PUBLISH="8000:80,8443:443"` publishes app ports on the host (HOST:APP), `MEERKAT_LOW_PORTS=1` moves other
 * ports below 1024 up by 8000. What became of the ports can be heard on two diagnostics channels: "meerkat.bound" gets
 * each PublishedPort, "meerkat.bindFailed" gets `{ port, err }`.
 */

import { channel } from "node:diagnostics_channel";
import { parsePublish } from "./addresses.js";
import { createNodePlatform } from "./node-platform.js";
import type { NodePlatform } from "./node-platform.js";

export { createNodePlatform } from "./node-platform.js";
export type { PublishedPort } from "./addresses.js";
export type { NodePlatform, NodePlatformOptions } from "./node-platform.js";

let shared: NodePlatform | undefined;

/** The one platform of this process, made at the first call. Throws a TypeError when MEERKAT_PUBLISH is malformed. */
export function platform(): NodePlatform {
  if (shared === undefined) {
    const bound = channel("meerkat.bound");
    const bindFailed = channel("meerkat.bindFailed");
    shared = createNodePlatform({
      publish: parsePublish(process.env.MEERKAT_PUBLISH ?? ""),
      lowPortsUp: process.env.MEERKAT_LOW_PORTS === "1",
      onBound: (port) => bound.publish(port),
      onBindFailed: (port, err) => bindFailed.publish({ port, err }),
    });
  }
  return shared;
}
