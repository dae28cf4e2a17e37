import {
  type Connection, connectHttp, type ConnectHttpOptions, HttpClient, type HttpMessage, httpRequest, httpStreamBody, type Mbuf, MG_EV_CONNECT, MG_EV_HTTP_HDRS,
  MG_EV_HTTP_REPLY, MG_F_CLOSE_IMMEDIATELY,
} from "./meerkat.js";
import { digits } from "./closing.js";
import { type Lab, printable, type Table } from "./lab.js";

/* The HTTP client, and a peer that plays the server. */

/** Where the peer listens, counted from the first port of a behaviour. */
const PEER = 5;
/** So that a request is the same bytes everywhere. */
const HOST = "Host: peer\r\n";

function urlOf(lab: Lab, path: string): string {
  return "http://" + lab.host + ":" + (lab.port + PEER) + path;
}

/** Connects, and notes heads and replies besides the events. */
function fetch(lab: Lab, options: ConnectHttpOptions, onReply?: (nc: Connection, hm: HttpMessage) => void): Connection {
  lab.isQuiet = 1;
  options.headers = HOST + (options.headers || "");
  const handler = lab.watch((nc, ev, data) => {
    const hm = data as HttpMessage;
    if (ev === MG_EV_HTTP_HDRS) lab.note("head " + hm.respCode);
    if (ev !== MG_EV_HTTP_REPLY) return;
    lab.note(hm.respCode + " " + hm.respStatusMsg + (hm.bodyLength > 60 ? " " + hm.bodyLength : hm.bodyLength ? " " + printable(hm.body) : ""));
    if (onReply) onReply(nc, hm);
  });
  const nc = connectHttp(lab.mgr, handler, urlOf(lab, "/path"), options);
  nc.userData = "out";
  return nc;
}

function hangUp(nc: Connection): void {
  nc.flags |= MG_F_CLOSE_IMMEDIATELY;
}

function once(lab: Lab): void {
  fetch(lab, {}, hangUp);
}

function kept(lab: Lab): void {
  let count = 0;
  fetch(lab, { body: "one" }, (nc) => {
    if (++count === 1) lab.note("sent " + httpRequest(nc, "/next", { headers: HOST }) + ", and " + httpRequest(nc, "/more"));
    else if (count === 3) hangUp(nc);
  });
  lab.onPoke = () => {
    lab.note("sent " + httpRequest(lab.mgr.next() as Connection, "/later", { method: "HEAD", headers: HOST }));
  };
}

/** Every byte value goes out and comes back. */
function bytes(lab: Lab): void {
  const all = new Uint8Array(256);
  for (let i = 0; i < 256; i++) all[i] = i;
  fetch(lab, { body: all }, (nc, hm) => {
    const got = hm.bodyBytes();
    let wrong = 0;
    for (let i = 0; i < 256; i++) if (got[i] !== i) wrong++;
    lab.note(got.length + " bytes, " + wrong + " wrong");
    hangUp(nc);
  });
}

function upload(lab: Lab): void {
  let at = 0;
  const next = (max: number): string | null => {
    const n = max < 20000 - at ? max : 20000 - at;
    const text = digits(at + n).slice(at);
    at += n;
    return n ? text : null;
  };
  fetch(lab, { body: { source: { next: next } } }, hangUp);
}

function download(lab: Lab): void {
  let count = 0;
  lab.isQuiet = 1;
  const sink = {
    data: (m: Mbuf) => {
      const n = m.len;
      if (m.text(0, n) !== digits(n + 10).slice(count % 10, (count % 10) + n)) lab.note("wrong at " + count);
      count += n;
      m.clear();
    },
    end: (isWhole: boolean) => lab.note(count + (isWhole ? " all there" : " cut off")),
  };
  const handler = lab.watch((nc, ev) => {
    if (ev === MG_EV_HTTP_HDRS) httpStreamBody(nc, sink);
  });
  connectHttp(lab.mgr, handler, urlOf(lab, "/"), HOST).userData = "out";
}

function malformed(lab: Lab): void {
  lab.isQuiet = 1;
  const urls = ["", "x", "http://", "ftp://a/", "http://a:0/", "http://a b/"];
  let count = 0;
  for (let i = 0; i < urls.length; i++) if (lab.thrown(() => void connectHttp(lab.mgr, undefined, urls[i])).indexOf("URL ") === 0) count++;
  lab.note(count + " of " + urls.length);
  lab.note(lab.thrown(() => void connectHttp(lab.mgr, undefined, "http://a/", "X: y\r\n\r\nGET / HTTP/1.1\r\n")));
  lab.note("connections " + lab.mgr.list().length);
}

/** Calls one after another: a redirect first, then on the kept connection. */
function calls(lab: Lab): void {
  const client = new HttpClient(lab.mgr);
  const call = (path: string, then: () => void): void => {
    client.request(urlOf(lab, path), { headers: "X-Own: y\r\n" }, (err, hm) => {
      lab.note(hm ? path + " " + hm.respCode + " " + hm.body : path + " error " + err);
      then();
    });
  };
  call("/from", () => call("/again", () => client.close()));
}

const FAST = { pollMs: 20 };

export const HTTP_CLIENT: Table = {
  httpFetch: { start: once },
  httpFetchByHand: { byHand: true, start: once },
  httpKept: { start: kept },
  httpBytes: { start: bytes },
  httpUpload: { options: { pages: 16, pageBytes: 256, limits: FAST }, start: upload },
  httpDownload: { options: { pages: 16, pageBytes: 256, limits: FAST }, start: download },
  httpMalformed: { start: malformed },
  httpReplyMs: { options: { limits: FAST }, start: (lab) => void fetch(lab, { replyMs: 200 }) },
  httpRefused: { start: (lab) => void fetch(lab, {}).flags },
  httpNoTls: {
    start: (lab) => {
      lab.isQuiet = 1;
      lab.note(lab.thrown(() => void connectHttp(lab.mgr, undefined, "https://" + lab.host + ":" + (lab.port + PEER) + "/")).indexOf("cannot verify") > 0 ? "refused" : "no");
    },
  },
  httpCalls: { start: calls },
  httpInConnect: {
    start: (lab) => {
      const nc = fetch(lab, {});
      const handler = nc.handler;
      nc.handler = (c, ev, data) => {
        if (handler) handler(c, ev, data);
        if (ev === MG_EV_CONNECT) hangUp(c);
      };
    },
  },
};
