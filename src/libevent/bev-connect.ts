import { parseAddress } from "../core/address.js";
import { rangeError } from "../core/errors.js";
import type { TlsOptions } from "../core/port.js";
import { State } from "../core/state.js";
import { attach, count, detach, socketEnd } from "./bev-socket.js";
import { Bev, Suspend } from "./bev-state.js";
import type { BufferEvent } from "./bufferevent.js";
import type { EvSocket } from "./ev-socket.js";
import type { EventBase } from "./event-base.js";
import { activate, deactivate, hold } from "./event-queue.js";

/** Address families (sys/socket.h of Linux). */
const FAMILIES = [0, 2, 10];

/** See {@link BufferEvent.connect}. */
export function connect(bev: BufferEvent, address: string): number {
  const mgr = bev._base.manager;
  if (bev._ops !== socketEnd || bev._st & Bev.Freed || mgr._freeing || mgr._freed) return -1;
  const old = bev._nc;
  // Of a connect that failed, the connection is there until its event is over.
  if (old && old._state < State.Ending && !(bev._st & Bev.Unmade)) return -1;
  const a = parseAddress(address);
  if (a && a.scheme === "udp") throw new TypeError('Cannot connect to "' + address + '": a bufferevent is a stream');
  const tls = bev._tls as TlsOptions | undefined;
  const nc = mgr.connect(address, undefined, tls ? { tls: tls } : undefined);
  if (old) detach(bev, true);
  bev._dnsErr = 0;
  bev._st |= Bev.Connecting;
  attach(bev, nc);
  if (bev._t) bev._t.adjust(bev);
  return 0;
}

/** See {@link BufferEvent.connectHostname}. */
export function connectHostname(bev: BufferEvent, dnsBase: null | undefined, family: number, hostname: string, port: number): number {
  if (dnsBase) throw new TypeError("Names are looked up by the platform: dnsBase must be null");
  if (FAMILIES.indexOf(family) < 0) throw new TypeError("Family is " + family + ": must be AF_UNSPEC, AF_INET or AF_INET6");
  if (!(port >= 1 && port <= 65535)) throw rangeError("Port is " + port + ": must be 1 to 65535");
  const r = connect(bev, (hostname.indexOf(":") >= 0 ? "[" + hostname + "]" : hostname) + ":" + port);
  if (r) return r;
  bev._rs |= Suspend.Lookup;
  bev._ws |= Suspend.Lookup;
  if (bev._t) bev._t.adjust(bev);
  return 0;
}

/** See {@link BufferEvent.setFd}. */
export function setFd(bev: BufferEvent, fd: EvSocket | undefined): number {
  if (bev._ops !== socketEnd || bev._st & Bev.Freed) return -1;
  change(bev, fd, false);
  return 0;
}

/** See {@link BufferEvent.replaceFd}. */
export function replaceFd(bev: BufferEvent, fd: EvSocket | undefined): number {
  if (bev._ops !== socketEnd || bev._st & Bev.Freed) return -1;
  change(bev, fd, true);
  return 0;
}

function change(bev: BufferEvent, fd: EvSocket | undefined, isClosing: boolean): void {
  if (bev._nc) detach(bev, isClosing);
  if (bev._t) bev._t.stop(bev);
  if (!fd) return;
  attach(bev, fd);
  bev.enable(bev._on);
}

/** See {@link BufferEvent.baseSet}. */
export function setBase(bev: BufferEvent, base: EventBase): number {
  if (bev._ops !== socketEnd || base.manager !== bev._base.manager) return -1;
  const isDue = bev._queued;
  deactivate(bev._base, bev);
  if (bev._t) bev._t.stop(bev);
  if (bev._lim) bev._lim._rest();
  if (bev._counted) hold(bev._base, -1);
  bev._counted = 0;
  bev._base = base;
  count(bev);
  if (bev._t) bev._t.adjust(bev);
  if (bev._lim) bev._lim.moved();
  if (isDue) activate(base, bev);
  return 0;
}
