import { type Connection, Manager, type Mbuf } from "meerkat";
import { type HttpMessage, httpReply, httpReplyFrom, httpStreamBody, httpWakeBody, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";

/*
 * Sends back what it gets: any method, any path. A large body of known length may be larger than the memory: it goes out
 * again while it comes in, and a client that does not read is made to wait. A small one is collected first, because some
 * clients (nginx as a proxy) send no more once the reply has begun; and one in chunks, because the reply says its length.
 */

/** One body on its way: takes pieces of it as a sink, gives them as the source of the reply. */
class Echo {
  nc: Connection;
  hm: HttpMessage;
  left: number;
  piece: Uint8Array | undefined;

  constructor(nc: Connection, hm: HttpMessage) {
    this.nc = nc;
    this.hm = hm;
    this.left = hm.contentLength;
    this.piece = undefined;
  }

  /** The sink: one piece at a time; what stays is offered again. */
  data(m: Mbuf): void {
    if (this.piece) return;
    this.piece = m.slice();
    m.clear();
    if (this.nc.hasSource) this.nc.wakeSource();
    else httpReplyFrom(this.nc, 200, seen(this.hm), this, this.left);
  }

  end(): void {
    // The reply ends with the last piece, or with the connection.
  }

  /** The source: undefined while there is nothing to send, null at the end. */
  next(maxBytes: number): Uint8Array | null | undefined {
    const piece = this.piece;
    if (!piece) return this.left ? undefined : null;
    const isAll = piece.length <= maxBytes;
    const part = isAll ? piece : piece.subarray(0, maxBytes);
    this.piece = isAll ? undefined : piece.subarray(maxBytes);
    this.left -= part.length;
    if (isAll) httpWakeBody(this.nc);
    return part;
  }
}

function seen(hm: HttpMessage): string {
  const type = hm.header("Content-Type");
  const url = hm.uri + (hm.queryString ? "?" + hm.queryString : "");
  return (type ? "Content-Type: " + type + "\r\n" : "") + "X-Seen-Method: " + hm.method + "\r\nX-Seen-Url: " + url + "\r\n";
}

const mgr = new Manager(platform());

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_HTTP_HDRS) {
    if (data.contentLength > nc.recvMbufLimit / 4) httpStreamBody(nc, new Echo(nc, data));
  } else if (ev === MG_EV_HTTP_REQUEST) httpReply(nc, 200, seen(data), data.bodyBytes());
});
setProtocolHttpWebsocket(listener, { rawEvents: false });

mgr.run();
console.log("ready: " + mgr.budget());
