// What an app imports as "meerkat", "meerkat/http", "meerkat/websocket" and "meerkat/libevent"; by path, so that the simulator can also load the device as it is
// compiled, without a build of its own.

export * from "../../../src/index.js";
export * from "../../../src/http/index.js";
export * from "../../../src/websocket/index.js";
export * from "../../../src/libevent/index.js";
