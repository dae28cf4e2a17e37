import { Manager } from "meerkat";
import { directoryListing, MG_EV_HTTP_REQUEST, MG_EV_SSI_CALL, packedFiles, serveHttp, type ServeOptions, setProtocolHttpWebsocket, ssi } from "meerkat/http";
import { packed } from "meerkat/packed";
import { platform } from "meerkat/platform";

/*
 * A site of files: pages, a picture, a directory listing, a page with server-side includes.
 *
 *   meerkat sim examples/files.ts --board esp32 --pack examples/files    the files are in the program
 *   meerkat run examples/files.ts                                       the files are read from examples/files
 *   meerkat run examples/files.ts --define DIR=www                       … or from another directory
 */

const mgr = new Manager(platform());
const startS = mgr.time();
const pack = packedFiles(packed);
const isPacked = pack.stat("index.html") !== undefined;

const options: ServeOptions = {
  files: isPacked ? pack : undefined,
  documentRoot: isPacked ? "" : process.env.DIR || "examples/files",
  page404: isPacked ? "404.html" : (process.env.DIR || "examples/files") + "/404.html",
  extraHeaders: "X-Content-Type-Options: nosniff\r\n",
  hiddenFilePattern: "parts$",
  directoryListing: directoryListing,
  ssi: ssi,
};

const listener = mgr.bind("tcp://:" + (process.env.PORT || "80"), (nc, ev, data) => {
  if (ev === MG_EV_HTTP_REQUEST) serveHttp(nc, data, options);
  // What is sent here stands in the page in the place of <!--#call uptime -->.
  if (ev === MG_EV_SSI_CALL && data === "uptime") nc.printf("%d", Math.floor(mgr.time() - startS));
  if (ev === MG_EV_SSI_CALL && data === "pool") nc.printf("%d of %d", mgr.pool.free, mgr.pool.pages);
});
setProtocolHttpWebsocket(listener);

mgr.run();
console.log("ready: " + mgr.budget());
