import {
  type Connection, type HttpMessage, httpReply, httpSendError, httpSendRedirect, MG_EV_HTTP_REQUEST, MG_EV_TIMER,
  MG_F_SEND_AND_CLOSE, setProtocolHttpWebsocket,
} from "./meerkat.js";
import { digits } from "./closing.js";
import { type Lab, type Table } from "./lab.js";

/* HTTP/1.1 as the core serves it. */

const PLAIN = "Content-Type: text/plain\r\n";

function serve(lab: Lab, onRequest: (nc: Connection, hm: HttpMessage) => void, options?: { rawEvents?: boolean }): void {
  const listener = lab.listen((nc, ev, data) => {
    if (ev === MG_EV_HTTP_REQUEST) onRequest(nc, data as HttpMessage);
    else if (ev === MG_EV_TIMER) httpReply(nc, 200, PLAIN, "later");
  });
  setProtocolHttpWebsocket(listener, options);
}

function hello(nc: Connection, hm: HttpMessage): void {
  if (hm.uri === "/") httpReply(nc, 200, PLAIN, "Hello World");
  else httpReply(nc, 404, PLAIN, "Not Found");
}

function about(nc: Connection, hm: HttpMessage): void {
  httpReply(nc, 200, PLAIN, [hm.method, hm.uri, hm.queryString, hm.header("x-test"), hm.bodyLength, hm.body].join("|"));
}

/** `/later` is answered from a timer, everything else at once. */
function deferred(lab: Lab): void {
  serve(lab, (nc, hm) => {
    if (hm.uri === "/later") nc.setTimer(lab.mgr.time() + 0.1);
    else httpReply(nc, 200, PLAIN, "now");
  });
}

function never(lab: Lab): void {
  serve(lab, (nc, hm) => {
    if (hm.uri === "/never") lab.onPoke = () => (nc.flags |= MG_F_SEND_AND_CLOSE);
    else hello(nc, hm);
  });
}

function others(lab: Lab): void {
  serve(lab, (nc, hm) => {
    if (hm.uri === "/moved") httpSendRedirect(nc, 302, "/here");
    else if (hm.uri === "/error") httpSendError(nc, 503, "closed today");
    else if (hm.uri === "/nothing") httpReply(nc, 204, "", "");
    else if (hm.uri === "/split") lab.note(lab.thrown(() => void httpReply(nc, 200, "X: a\r\n\r\nb", "")));
    else throw new Error("thrown on purpose");
    if (hm.uri === "/split") httpReply(nc, 200, "", new Uint8Array([0, 128, 255]));
  });
}

const FAST = { pollMs: 20 };

export const HTTP: Table = {
  http: { start: (lab) => serve(lab, hello) },
  httpByHand: { byHand: true, start: (lab) => serve(lab, hello) },
  httpQuiet: { start: (lab) => serve(lab, hello, { rawEvents: false }) },
  httpAbout: { options: { pages: 32, pageBytes: 256, limits: { pollMs: 20, headMaxBytes: 256, bodyMaxBytes: 300, uriMaxBytes: 100 } }, start: (lab) => serve(lab, about) },
  httpDeferred: { start: deferred },
  httpBig: { options: { pages: 16, pageBytes: 256, limits: FAST }, start: (lab) => serve(lab, (nc) => void httpReply(nc, 200, PLAIN, digits(20000))) },
  httpDeadlines: { options: { limits: { pollMs: 20, firstByteMs: 250, headMs: 250, idleMs: 250 } }, start: (lab) => serve(lab, hello) },
  httpFull: { options: { limits: { pollMs: 20, connMax: 1 } }, start: never },
  httpEvict: { options: { limits: { pollMs: 20, connMax: 2 } }, start: (lab) => serve(lab, hello) },
  httpOthers: { start: others },
};
