import { type Connection, MG_EV_RECV } from "./meerkat.js";
import { echo, type Lab, printable, type Table } from "./lab.js";

/* Bytes in, bytes out. */

const TEXT = "é € 漢 ü";

function bytesOf(nc: Connection): string {
  return printable(nc.recvMbuf.latin1(0, nc.recvMbuf.len));
}

function text(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    lab.note(nc.recvMbuf.text() === TEXT ? "the same text" : "other text: " + bytesOf(nc));
    lab.note("found at " + nc.recvMbuf.indexOf("漢"));
    nc.recvMbuf.clear();
    nc.send(TEXT);
  });
}

function nul(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    lab.note(nc.recvMbuf.len + " bytes: " + bytesOf(nc) + ", NUL at " + nc.recvMbuf.indexOf("\0"));
    nc.recvMbuf.clear();
    nc.send("a\0b\0");
  });
}

function uint8(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    nc.recvMbuf.clear();
    const bytes = new Uint8Array([0, 127, 128, 255]);
    lab.note("taken " + nc.send(bytes) + " and " + nc.send(bytes.subarray(1, 3)));
    bytes[0] = 9;
  });
}

function mbuf(lab: Lab): void {
  lab.listen((nc, ev) => {
    const m = nc.recvMbuf;
    if (ev !== MG_EV_RECV || m.len < 6) return;
    lab.note("len " + m.len + ", byteAt " + m.byteAt(0) + " " + m.byteAt(6) + ", indexOf " + m.indexOf("cd") + " " + m.indexOf("cd", 3) + " " + m.indexOf("efg"));
    lab.note("text " + m.text(1, 3) + ", slice " + m.slice(4).length + " " + m.slice(4)[0]);
    lab.note("insert " + m.insert(3, "-é-") + ": " + bytesOf(nc));
    lab.note(lab.thrown(() => m.insert(99, "x")));
    m.remove(99);
    m.remove(3);
    lab.note("removed 3: " + bytesOf(nc));
    m.resize(4);
    lab.note("resized to 4: " + bytesOf(nc) + ", appended " + m.append("!") + ": " + bytesOf(nc));
    const other = lab.mgr.mbuf();
    other.append("<");
    lab.note("moved " + m.moveTo(other) + ", left " + m.len + ", there " + printable(other.latin1(0, other.len)));
    nc.send(other);
    other.clear();
  });
}

/** A reply for every whole line. */
function lines(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    const end = nc.recvMbuf.indexOf("\n");
    if (end < 0) return;
    nc.send("[" + nc.recvMbuf.text(0, end) + "]");
    nc.recvMbuf.remove(end + 1);
  });
}

function wrongData(lab: Lab): void {
  lab.listen((nc, ev) => {
    if (ev !== MG_EV_RECV) return;
    nc.recvMbuf.clear();
    lab.note(lab.thrown(() => nc.send(5 as unknown as string)));
    lab.note(lab.thrown(() => nc.send(null as unknown as string)));
    lab.note("empty " + nc.send(""));
    nc.printf("%d|%5.1f|%x|%s|%c|%%", -7, 2.25, 255, "text", 65);
  });
}

export const BYTES: Table = {
  echo: { start: (lab) => void lab.listen(echo) },
  echoSmall: { options: { pages: 32, pageBytes: 256, limits: { pollMs: 20 } }, start: (lab) => void lab.listen(echo) },
  echoByHand: { byHand: true, start: (lab) => void lab.listen(echo) },
  text: { start: text },
  nul: { start: nul },
  uint8: { start: uint8 },
  mbuf: { start: mbuf },
  lines: { start: lines },
  wrongData: { start: wrongData },
};
