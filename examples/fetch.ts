import { errorText, Manager, type Mbuf } from "meerkat";
import { HttpClient, httpStreamBody } from "meerkat/http";
import { platform } from "meerkat/platform";

/*
 * Fetches a page and prints status, headers, the size of the body and its first bytes. The body is never held: it may be
 * larger than the memory. Redirects are followed.
 *
 *   URL=https://example.org/ npx meerkat run examples/fetch.ts
 */

const FIRST_BYTES = 200;

const mgr = new Manager(platform(), { limits: { headMaxBytes: 4096 } });
const client = new HttpClient(mgr);

let size = 0;
let first = "";

/** Takes the body piece by piece. */
const counter = {
  data(m: Mbuf) {
    if (first.length < FIRST_BYTES) first += m.text(0, FIRST_BYTES - first.length);
    size += m.len;
    m.clear();
  },
  end(isWhole: boolean) {
    if (!isWhole) console.log("cut off after " + size + " bytes");
  },
};

const url = process.env.URL || "http://www.espruino.com/";
console.log("fetching " + url);

client.request(url, { headers: "User-Agent: meerkat\r\n", totalMs: 30000, onHead: (nc) => httpStreamBody(nc, counter) }, (err, hm) => {
  if (hm) {
    console.log(hm.respCode + " " + hm.respStatusMsg);
    const list = hm.headers();
    for (let i = 0; i < list.length; i++) console.log(list[i].name + ": " + list[i].value);
    console.log(size + " bytes" + (first && ": " + first));
  } else console.log("no reply: " + errorText(err));
  mgr.free(); // nothing is left to do: on Node the program ends
});

mgr.run();
