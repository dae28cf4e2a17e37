import type { Err, Owner } from "./port.js";

/*
 * The part of the port that is about the link. Platforms import it from port.ts.
 */

/** How much the radio sleeps: `none` answers soonest, `min` and `max` save current and answer up to a second later. */
export type PowerSave = "none" | "min" | "max";

/** What a link knows of itself. Texts are empty and numbers 0 where there is nothing to tell. */
export interface LinkStatus {
  /** Traffic can flow: a network was joined and gave an address, or the access point of our own is on. */
  isUp: boolean;
  /** A network was joined; false while only the access point of our own is on. */
  isJoined: boolean;
  /** The network that was joined. */
  ssid: string;
  /** Our address in the network that was joined, else the one of the access point of our own. */
  address: string;
  /** Strength of the signal in dBm. */
  rssi: number;
  /** Why the link is down or the last join failed, in the platform's own words. */
  reason: string;
}

/** An access point of our own. */
export interface AccessPointSpec {
  ssid: string;
  /** At least 8 characters; `""`: an open network. */
  password: string;
  /** 1 to 13; 0: the platform's choice. */
  channel: number;
}

/** Told after each change of the link, and after each join that failed with what is then; see {@link Link.watch}. */
export type LinkChange = (owner: Owner, isUp: boolean) => void;

/**
 * The way to the network where it can come and go (Wi-Fi). Calls answer at once, and nothing is told from inside them. A
 * change of our address is told as down, then up: no connection outlives it.
 */
export interface Link {
  /** There is a radio to join networks with. False: `join` and the rest do nothing, and the status is the system's affair. */
  readonly canJoin: boolean;
  /** Calls `changed(owner, isUp)` from the event loop from now on; without `changed` no more. What is now, `status` tells. */
  watch(owner: Owner, changed: LinkChange | undefined): void;
  status(): LinkStatus;
  /**
   * Joins a network, leaving the one before; one attempt, and no word where the platform cannot tell that it failed.
   * {@link Err} where it cannot even be tried: NotSupported, Failed.
   */
  join(ssid: string, password: string): Err;
  /** Leaves the network, or gives up joining. */
  leave(): void;
  /** The name in the network, also `NAME.local` where the platform announces it. Once before a join and again when up. */
  hostName(name: string): void;
  powerSave(mode: PowerSave): void;
  /** Turns the access point of our own on, without a spec off. */
  accessPoint(spec: AccessPointSpec | undefined): Err;
}
