import type { HttpMessage } from "./message.js";
import type { HttpPart } from "./part.js";

/** A whole request arrived. Data: the request. Answer with `httpReply`, now or later, or with bytes of your own. */
export const MG_EV_HTTP_REQUEST = 100;
/** Client: a whole reply arrived. Data: the reply. */
export const MG_EV_HTTP_REPLY = 101;
/** A piece of a body arrived, decoded. Data: the message, whose `body` is the piece. Set MG_F_DELETE_CHUNK to have it dropped. */
export const MG_EV_HTTP_CHUNK = 102;
/**
 * The head of a message that has a body is here, and nothing of the body was read yet (Mongoose 7's MG_EV_HTTP_HDRS).
 * Data: the message. Reply now to refuse the body; `httpStreamBody` to take it piece by piece; `httpCollectBody` for
 * another limit than the listener's.
 */
export const MG_EV_HTTP_HDRS = 103;
/** An SSI page contains `<!--#call arg -->`. Data: the argument. What the handler sends appears in its place. */
export const MG_EV_SSI_CALL = 105;
/** A multipart request begins. Data: the request, without its body. */
export const MG_EV_HTTP_MULTIPART_REQUEST = 121;
/** A part begins. Data: the part. */
export const MG_EV_HTTP_PART_BEGIN = 122;
/** Bytes of a part. Data: the part; set `numDataConsumed` to take less than all. */
export const MG_EV_HTTP_PART_DATA = 123;
/** A part is over. Data: the part; `status` is -1 when it was cut off, malformed or refused. */
export const MG_EV_HTTP_PART_END = 124;
/** The multipart request is over. Data: a part without a name; `status` is -1 when it was cut off, malformed or refused. */
export const MG_EV_HTTP_MULTIPART_REQUEST_END = 125;
/** The names that Mongoose's documentation has for the same event; cancelled is what its `status` says. */
export const MG_EV_HTTP_REQUEST_END = 125;
export const MG_EV_HTTP_REQUEST_CANCEL = 125;

declare module "../core/events.js" {
  interface EventMap {
    100: HttpMessage;
    101: HttpMessage;
    102: HttpMessage;
    103: HttpMessage;
    105: string;
    121: HttpMessage;
    122: HttpPart;
    123: HttpPart;
    124: HttpPart;
    125: HttpPart;
  }
}
