import { type Connection, Manager, MG_EV_ACCEPT, MG_EV_CLOSE, MG_EV_RECV } from "meerkat";
import { MG_F_SEND_AND_CLOSE, MG_F_USER_1 } from "meerkat";
import { platform } from "meerkat/platform";

/*
 * A chat over plain TCP: `nc localhost 2323`, from several terminals. One line is one message; the first is your name.
 */

/** Longest line with its end, in bytes. What is longer is dropped. */
const LINE_MAX_BYTES = 256;
const NAME_MAX_BYTES = 20;
/** So many names are told at once. */
const NAMES_MAX = 16;
/** Set while the rest of a line that is too long is still coming. */
const MG_F_IN_LONG_LINE = MG_F_USER_1;

/** What `userData` of a connection is. */
interface Member {
  /** "" until it was given. */
  name: string;
  /** Messages that were left out because this member was slow to read. */
  missed: number;
}

const mgr = new Manager(platform());

const listener = mgr.bind("tcp://:" + (process.env.PORT || "2323"), (nc, ev) => {
  if (nc === listener) return;
  if (ev === MG_EV_ACCEPT) greet(nc);
  else if (ev === MG_EV_RECV) readLines(nc);
  else if (ev === MG_EV_CLOSE && isMember(nc)) tellOthers(nc, "* " + member(nc).name + " has left");
});

function member(nc: Connection): Member {
  return nc.userData as Member;
}

/** Has said a name. */
function isMember(nc: Connection): boolean {
  return nc !== listener && !!member(nc).name;
}

function greet(nc: Connection): void {
  nc.userData = { name: "", missed: 0 };
  nc.recvMbufLimit = LINE_MAX_BYTES;
  tell(nc, "* Welcome! What is your name?");
}

function readLines(nc: Connection): void {
  const input = nc.recvMbuf;
  for (let end = input.indexOf("\n"); end >= 0; end = input.indexOf("\n")) {
    const line = input.text(0, end);
    input.remove(end + 1);
    if (nc.flags & MG_F_IN_LONG_LINE) nc.flags &= ~MG_F_IN_LONG_LINE;
    else onLine(nc, clean(line));
  }
  if (input.len < LINE_MAX_BYTES) return;
  if (!(nc.flags & MG_F_IN_LONG_LINE)) tell(nc, "* That line was dropped: it is over " + LINE_MAX_BYTES + " bytes");
  nc.flags |= MG_F_IN_LONG_LINE;
  input.clear();
}

/** Without what could move the cursor in the others' terminals, the CR of Windows and telnet included. */
function clean(line: string): string {
  return line.replace(/[\x00-\x1f\x7f]/g, "").trim();
}

function onLine(nc: Connection, line: string): void {
  if (!member(nc).name) return join(nc, line);
  if (line === "/quit") nc.flags |= MG_F_SEND_AND_CLOSE;
  else if (line === "/who") tell(nc, "* " + names().length + " here: " + names().slice(0, NAMES_MAX).join(", "));
  else if (line) tellOthers(nc, member(nc).name + ": " + line);
}

function join(nc: Connection, name: string): void {
  if (!name || name.length > NAME_MAX_BYTES) return tell(nc, "* A name has 1 to " + NAME_MAX_BYTES + " letters. Yours?");
  if (names().indexOf(name) >= 0) return tell(nc, "* The name " + name + " is taken. Another one?");
  member(nc).name = name;
  tell(nc, "* Hello " + name + "! /who tells who is here, /quit leaves");
  tellOthers(nc, "* " + name + " has joined");
}

function names(): string[] {
  const all: string[] = [];
  for (let nc = mgr.next(); nc; nc = mgr.next(nc)) {
    if (isMember(nc)) all.push(member(nc).name);
  }
  return all;
}

function tellOthers(from: Connection, text: string): void {
  for (let nc = mgr.next(); nc; nc = mgr.next(nc)) {
    if (nc !== from && isMember(nc)) tell(nc, text);
  }
}

/**
 * Sends one line, or counts it as missed. Memory is for all: who does not read gets one page of it, and `send` answers 0
 * when there is none at all now. (Who takes nothing for 20 seconds is closed by the manager.)
 */
function tell(nc: Connection, text: string): void {
  const m = member(nc);
  const line = (m.missed ? "* You missed " + m.missed + " messages\r\n" : "") + text + "\r\n";
  if (nc.sendMbuf.len + line.length > mgr.pool.pageBytes || !nc.send(line)) m.missed++;
  else m.missed = 0;
}

mgr.run();
console.log("ready: " + mgr.budget());
