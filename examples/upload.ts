import { type Connection, Manager } from "meerkat";
import {
  hexOf,
  httpEnableMultipart,
  type HttpMessage,
  type HttpPart,
  httpReply,
  MG_EV_HTTP_HDRS,
  MG_EV_HTTP_MULTIPART_REQUEST,
  MG_EV_HTTP_MULTIPART_REQUEST_END,
  MG_EV_HTTP_PART_BEGIN,
  MG_EV_HTTP_PART_DATA,
  MG_EV_HTTP_PART_END,
  MG_EV_HTTP_REQUEST,
  setProtocolHttpWebsocket,
  sha1Hasher,
} from "meerkat/http";
import { platform } from "meerkat/platform";

/*
 * Takes forms and files of any size, a piece at a time, and says what came. Nothing is kept.
 *
 *   POST /upload   multipart/form-data; answers a JSON array: name, filename (null for a plain field), size and sha1 of
 *                  each part, in order
 *   GET  /         a page to send files from
 */

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>meerkat: upload</title><style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}
progress,pre{width:100%}pre{white-space:pre-wrap;word-break:break-all}</style>
<h1>Upload</h1><form><p><label>Files <input type="file" name="file" multiple required></label></p>
<p><label>Note <input name="note"></label></p><button>Send</button></form>
<p><progress value="0" max="1" aria-label="Sent"></progress></p><pre role="status"></pre>
<script>document.forms[0].onsubmit=function(e){e.preventDefault();
var x=new XMLHttpRequest,bar=document.querySelector("progress"),out=document.querySelector("pre");
x.upload.onprogress=function(p){bar.value=p.loaded/p.total};out.textContent="";
x.onload=function(){try{out.textContent=JSON.stringify(JSON.parse(x.responseText),null,2)}catch(e){out.textContent=x.status+" "+x.responseText}};
x.onerror=function(){out.textContent="The connection broke."};x.open("POST","/upload");x.send(new FormData(this))}</script></html>`;

const TEXT = "Content-Type: text/plain\r\n";

/** What is known of a request's parts so far. */
interface Tally {
  /** Those that are whole, as JSON. */
  parts: string[];
  size: number;
  sha1: ReturnType<typeof sha1Hasher>;
}

const mgr = new Manager(platform());

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  switch (ev) {
    case MG_EV_HTTP_REQUEST:
      return answer(nc, data);
    case MG_EV_HTTP_HDRS: // a body that is no form: not worth reading
    case MG_EV_HTTP_MULTIPART_REQUEST:
      if (data.uri !== "/upload" || data.method !== "POST") answer(nc, data);
      else if (ev === MG_EV_HTTP_HDRS) httpReply(nc, 415, TEXT, "Send multipart/form-data\n");
      return;
    case MG_EV_HTTP_PART_BEGIN:
      data.userData = { parts: data.userData ? tallyOf(data).parts : [], size: 0, sha1: sha1Hasher(mgr) };
      return;
    case MG_EV_HTTP_PART_DATA:
      tallyOf(data).size += data.dataLength;
      tallyOf(data).sha1.update(data.raw());
      return;
    case MG_EV_HTTP_PART_END:
      if (data.status === 0) note(data, tallyOf(data));
      return;
    case MG_EV_HTTP_MULTIPART_REQUEST_END:
      if (data.status === 0) httpReply(nc, 200, "Content-Type: application/json\r\n", "[" + (data.userData ? tallyOf(data).parts : []).join(",") + "]");
  }
});
setProtocolHttpWebsocket(listener);
httpEnableMultipart(listener, { partsMax: 1000 });

function tallyOf(part: HttpPart): Tally {
  return part.userData as Tally;
}

function note(part: HttpPart, tally: Tally): void {
  const filename = part.fileName === undefined ? null : part.fileName;
  tally.parts.push(JSON.stringify({ name: part.varName, filename: filename, size: tally.size, sha1: hexOf(mgr, tally.sha1.digest()) }));
}

/** Everything but a form sent to /upload. */
function answer(nc: Connection, request: HttpMessage): void {
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (request.uri === "/upload") {
    if (request.method === "POST") httpReply(nc, 400, TEXT, "No form in the request\n");
    else httpReply(nc, 405, TEXT + "Allow: POST\r\n", "Method Not Allowed\n");
  } else if (request.uri !== "/") httpReply(nc, 404, TEXT, "Not Found\n");
  else if (isRead) httpReply(nc, 200, "Content-Type: text/html; charset=utf-8\r\n", PAGE);
  else httpReply(nc, 405, TEXT + "Allow: GET, HEAD\r\n", "Method Not Allowed\n");
}

mgr.run();
console.log("ready: " + mgr.budget());
