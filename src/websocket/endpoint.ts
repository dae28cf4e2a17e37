import { asHandler, type Connection } from "../core/connection.js";
import type { AnyHandler, BriefHandler, EventHandler } from "../core/events.js";
import { type EndpointOptions, registerHttpEndpoint } from "../http/endpoints.js";
import { hooksOf } from "../http/state.js";
import type { ServerHooks } from "./server.js";

/**
 * Lets `handler` have the WebSockets whose path matches `pattern` (mg_register_http_endpoint does both): it becomes the
 * connection's handler. Other endpoints then take none, and a request to this one that asks for no WebSocket gets 426. Call
 * `setProtocolWebsocket` for the listener as well, and register before connections come in. Throws as `registerHttpEndpoint` does.
 */
export function registerWebsocketEndpoint(listener: Connection, pattern: string, handler: EventHandler, options?: EndpointOptions): void;
export function registerWebsocketEndpoint(listener: Connection, pattern: string, handler: BriefHandler, options?: EndpointOptions): void;
export function registerWebsocketEndpoint(listener: Connection, pattern: string, handler: EventHandler | BriefHandler, options?: EndpointOptions): void {
  registerHttpEndpoint(listener, pattern, handler as EventHandler, options);
  const hooks = hooksOf(listener) as ServerHooks;
  (hooks.wsOnly || (hooks.wsOnly = [])).push(asHandler(handler) as AnyHandler);
}
