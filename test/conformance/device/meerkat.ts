// What an app imports as "meerkat", "meerkat/http" and "meerkat/websocket"; by path, so that the simulator can also load the device as it is
// compiled, without a build of its own.

export * from "../../../src/index.js";
export * from "../../../src/http/index.js";
export * from "../../../src/websocket/index.js";
