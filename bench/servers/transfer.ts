/*
 * Bodies far larger than memory, through a pool of 32 pages of 512 bytes: PUT takes and counts, GET /N makes N bytes.
 * Built and started by bench/transfer.ts.
 */

import { Manager, type Mbuf } from "meerkat";
import { httpReply, httpReplyFrom, httpSendError, httpStreamBody, MG_EV_HTTP_HDRS, MG_EV_HTTP_REQUEST, setProtocolHttpWebsocket } from "meerkat/http";
import { platform } from "meerkat/platform";

const PIECE = new Uint8Array(4096).fill(120);
const PLAIN = "Content-Type: text/plain\r\n";

/** Gives so many bytes. */
class Letters {
  left: number;

  constructor(left: number) {
    this.left = left;
  }

  next(maxBytes: number): Uint8Array | null {
    const n = Math.min(maxBytes, this.left, PIECE.length);
    this.left -= n;
    return n ? PIECE.subarray(0, n) : null;
  }
}

const mgr = new Manager(platform(), { pages: 32, pageBytes: 512 });

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_HTTP_HDRS) {
    let count = 0;
    httpStreamBody(nc, {
      data(m: Mbuf) {
        count += m.len;
        m.clear();
      },
      end(isWhole: boolean) {
        if (isWhole) httpReply(nc, 200, PLAIN, String(count));
      },
    });
  } else if (ev === MG_EV_HTTP_REQUEST) {
    const bytes = Number(data.uri.slice(1));
    if (bytes > 0) httpReplyFrom(nc, 200, PLAIN, new Letters(bytes), data.queryString === "chunked" ? -1 : bytes);
    else httpSendError(nc, 404);
  }
});
setProtocolHttpWebsocket(listener, { rawEvents: false });

mgr.run();
console.log("ready: " + mgr.budget());
