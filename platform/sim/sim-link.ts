// The link of a simulated host: up from the start, or a radio that has to join the one network there is.

import { Err, type AccessPointSpec, type Link, type LinkChange, type LinkStatus, type Owner, type PowerSave } from "../../src/core/port.js";
import { setSilent, type Host, type Network } from "./network.js";

/** The network around a simulated host with a radio. */
export interface SimWifi {
  ssid: string;
  /** `""`: an open network. */
  password: string;
}

/** What a test can do to the link of a host. */
export interface SimLink {
  /** The network goes away; after `ms`, where given, it is back. What is under way waits, unless the host breaks it off. */
  drop(ms?: number): void;
  /** The network is back. A host with a radio has to join again. */
  regain(): void;
  /** How long the network takes to let somebody in, in virtual milliseconds; default 100. */
  joinMs: number;
  /** With a text every join fails, for this reason. */
  refusal: string;
  /** The network says nothing to those who join: no word of success or failure. */
  isDeaf: boolean;
  /** Joins that were tried or given up. */
  readonly joinCount: number;
  readonly isUp: boolean;
  /** What the host asked for last. */
  readonly asked: { hostName: string; powerSave: string; accessPoint: AccessPointSpec | undefined };
}

const JOIN_MS = 100;
const ACCESS_POINT_ADDRESS = "192.168.4.1";
const RSSI_DBM = -61;

/** A host's link: what its programs see of it, and what a test does to it. */
export class HostLink implements Link, SimLink {
  joinMs = JOIN_MS;
  refusal = "";
  isDeaf = false;
  /** Joins begun; one that is not the last any more comes to nothing. */
  joinCount = 0;
  readonly asked: SimLink["asked"] = { hostName: "", powerSave: "", accessPoint: undefined };
  private readonly watchers = new Map<Owner, LinkChange>();
  private isThere = true;
  private isJoined: boolean;
  private reason = "";

  /** Without `wifi` it has no radio, and is up whenever the network is there. */
  constructor(
    private readonly net: Network,
    private readonly host: Host,
    private readonly wifi: SimWifi | undefined,
  ) {
    this.isJoined = wifi === undefined;
    if (wifi !== undefined) setSilent(net, host, true);
  }

  get canJoin(): boolean {
    return this.wifi !== undefined;
  }

  get isUp(): boolean {
    return this.isJoined || this.asked.accessPoint !== undefined;
  }

  private tell(isUp: boolean): void {
    this.net.log(`link ${this.host.address} ${isUp ? "up" : "down"} ${this.reason}`);
    this.net.events.after(0, () => this.watchers.forEach((changed, owner) => changed(owner, isUp)));
  }

  /** Our address is another one from now on. */
  private move(change: () => void): void {
    const wasUp = this.isUp;
    change();
    setSilent(this.net, this.host, !this.isUp);
    if (wasUp) this.tell(false);
    if (this.isUp) this.tell(true);
  }

  private lose(reason: string): void {
    this.reason = reason;
    if (this.isJoined) this.move(() => (this.isJoined = false));
  }

  private answer(ssid: string, password: string): void {
    const { wifi } = this;
    if (this.isDeaf) return;
    this.reason = this.refusal;
    if (this.reason === "" && (!this.isThere || ssid !== wifi?.ssid)) this.reason = "NO_AP_FOUND";
    if (this.reason === "" && password !== wifi?.password) this.reason = "AUTH_FAIL";
    if (this.reason === "") this.move(() => (this.isJoined = true));
    else this.tell(this.isUp);
  }

  drop(ms?: number): void {
    this.isThere = false;
    this.lose("BEACON_TIMEOUT");
    if (ms !== undefined) this.net.events.after(ms, () => this.regain());
  }

  regain(): void {
    this.isThere = true;
    if (!this.canJoin && !this.isJoined) this.move(() => (this.isJoined = true));
  }

  watch(owner: Owner, changed: LinkChange | undefined): void {
    if (changed === undefined) this.watchers.delete(owner);
    else this.watchers.set(owner, changed);
  }

  status(): LinkStatus {
    const { isJoined, isUp, reason, wifi } = this;
    const address = isJoined ? this.host.address : isUp ? ACCESS_POINT_ADDRESS : "";
    const isRadioOn = isJoined && wifi !== undefined;
    return { isUp, isJoined: isRadioOn, ssid: isRadioOn ? wifi.ssid : "", address, rssi: isRadioOn ? RSSI_DBM : 0, reason };
  }

  join(ssid: string, password: string): Err {
    if (!this.canJoin) return Err.NotSupported;
    this.lose("ASSOC_LEAVE");
    const no = ++this.joinCount;
    this.net.events.after(this.joinMs, () => {
      if (no === this.joinCount) this.answer(ssid, password);
    });
    return Err.None;
  }

  leave(): void {
    this.joinCount++;
    if (this.canJoin) this.lose("ASSOC_LEAVE");
  }

  hostName(name: string): void {
    this.asked.hostName = name;
  }

  powerSave(mode: PowerSave): void {
    this.asked.powerSave = mode;
  }

  accessPoint(spec: AccessPointSpec | undefined): Err {
    const { asked } = this;
    if (!this.canJoin) return Err.NotSupported;
    if (this.isJoined || (asked.accessPoint === undefined) === (spec === undefined)) asked.accessPoint = spec;
    else this.move(() => (asked.accessPoint = spec));
    return Err.None;
  }
}
