import { checkIpAcl } from "./acl.js";
import { parseIpv4 } from "./address.js";
import { call, closeLater, later, post } from "./call.js";
import type { Connection } from "./connection.js";
import { MG_EV_ACCEPT, MG_EV_SEND } from "./events.js";
import { MG_F_CLOSE_IMMEDIATELY, MG_F_SEND_AND_CLOSE, MG_F_UDP } from "./flags.js";
import { received } from "./input.js";
import { child } from "./lifecycle.js";
import { settle } from "./output.js";
import { Err, type Owner, type Raw, WriteResult } from "./port.js";
import { roomFor } from "./room.js";
import { Gate, State } from "./state.js";

/*
 * Datagrams (mg_net.c:651-725): a listener makes a pseudo-connection for each peer, which closes by itself when it has
 * nothing to send, unless the handler clears MG_F_SEND_AND_CLOSE. Each flush is one datagram.
 */

/** One datagram came in. */
export function onDatagram(owner: Owner, bytes: Raw, address: string, port: number): void {
  const nc = owner as Connection;
  if (nc.mgr._running) deliver(nc, bytes, address, port);
  else if (nc.mgr._inbox.length >= nc.mgr.pool.pages) nc.mgr.stats.datagramsLost++;
  else post(nc, deliverPosted, { bytes: bytes, address: address, port: port }, undefined);
}

function deliverPosted(nc: Connection, a: unknown): void {
  const d = a as { bytes: Raw; address: string; port: number };
  deliver(nc, d.bytes, d.address, d.port);
}

function deliver(owner: Connection, bytes: Raw, address: string, port: number): void {
  if (owner._state !== State.Open) return;
  if (owner._acl && checkIpAcl(owner._acl, address) !== 1) {
    owner.mgr.stats.denied++;
    return;
  }
  if (!owner._peers && !isFromPeer(owner, address, port)) return lost(owner);
  const nc = owner._peers ? peerOf(owner, owner._peers, address, port) : owner;
  if (!nc) return lost(owner);
  if (!bytes.length) return settle(nc);
  if (roomFor(nc) < bytes.length || !nc._in()._put(bytes)) return lost(nc);
  received(nc, bytes.length);
}

/** Whether a datagram for an outgoing connection came from where it goes to. By name only the port can be compared. */
function isFromPeer(nc: Connection, address: string, port: number): boolean {
  if (port !== nc.peerPort) return false;
  return parseIpv4(nc.peerAddress) < 0 || address === nc.peerAddress;
}

/** No room for it: a datagram is all or nothing, and nobody waits. */
function lost(nc: Connection): void {
  nc.mgr.stats.datagramsLost++;
  if (nc.listener) settle(nc);
}

/** The pseudo-connection for this peer; undefined when there are as many as the budget allows. */
function peerOf(lnc: Connection, peers: { [key: string]: Connection }, address: string, port: number): Connection | undefined {
  const key = address + ":" + port;
  const known = peers[key];
  if (known && known._state === State.Open && !(known._f & MG_F_CLOSE_IMMEDIATELY)) return known;
  if (countPeers(lnc) >= lnc.mgr._peersMax()) return undefined;
  const nc = child(lnc, address, port);
  nc._f |= MG_F_UDP | MG_F_SEND_AND_CLOSE;
  nc._gate |= Gate.Special;
  nc._out = sendDatagram;
  nc._detach = forgetPeer;
  peers[key] = nc;
  call(nc, MG_EV_ACCEPT, { address: address, port: port });
  return nc;
}

function countPeers(lnc: Connection): number {
  const conns = lnc.mgr._conns;
  let n = 0;
  for (let i = 0; i < conns.length; i++) if (conns[i].listener === lnc) n++;
  return n;
}

function forgetPeer(nc: Connection): void {
  const peers = nc.listener && nc.listener._peers;
  const key = nc.peerAddress + ":" + nc.peerPort;
  if (peers && peers[key] === nc) delete peers[key];
}

/** A datagram listener goes: so do its pseudo-connections. */
export function closePeers(lnc: Connection): void {
  const conns = lnc.mgr._conns;
  for (let i = 0; i < conns.length; i++) {
    if (conns[i].listener !== lnc) continue;
    conns[i]._f |= MG_F_CLOSE_IMMEDIATELY;
    closeLater(conns[i]);
  }
}

/** One datagram for the whole of sendMbuf (mg_net.c: UDP is written in one go). */
export function sendDatagram(nc: Connection): void {
  const m = nc._outq();
  const n = m.len;
  const via = nc.listener || nc;
  if (via._sock === undefined) return m.clear();
  const platform = nc.mgr._platform;
  // Not every platform notices by itself: Espruino cuts what is too long without a word.
  const isTooLong = n > platform.caps.datagramMaxBytes;
  const r = isTooLong ? WriteResult.Failed : platform.sendTo(via._sock, m._pullup(), nc.peerAddress, nc.peerPort);
  m.clear();
  nc._idle = 0;
  if (r < 0) nc.mgr.stats.datagramsLost++;
  call(nc, MG_EV_SEND, r < 0 ? -(isTooLong ? Err.MessageTooLong : Err.Failed) : n);
  if (m.len) later(nc);
}
