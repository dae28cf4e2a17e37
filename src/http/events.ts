import type { HttpMessage } from "./message.js";

/** A whole request arrived. Data: the request. Answer with `httpReply`, now or later, or with bytes of your own. */
export const MG_EV_HTTP_REQUEST = 100;

declare module "../core/events.js" {
  interface EventMap {
    100: HttpMessage;
  }
}
