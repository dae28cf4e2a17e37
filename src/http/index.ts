export { MG_EV_HTTP_REQUEST } from "./events.js";
export { findHeader, HttpMessage } from "./message.js";
export { httpReply, httpSendError, httpSendRedirect } from "./reply.js";
export { type HttpOptions, setProtocolHttpWebsocket } from "./server.js";
export { statusMessage } from "./status.js";
