import type { BufferEvent } from "./bufferevent.js";

/** Called when there is something to read, or when output has drained (bufferevent_data_cb). */
export type BevDataCb = (bev: BufferEvent, arg: never) => void;

/** Called when something happened: `what` is made of BEV_EVENT_ bits (bufferevent_event_cb). */
export type BevEventCb = (bev: BufferEvent, what: number, arg: never) => void;

/** The same as they are called here. */
export type AnyDataCb = (bev: BufferEvent, arg: unknown) => void;
export type AnyEventCb = (bev: BufferEvent, what: number, arg: unknown) => void;

/** What one kind of bufferevent does its own way (struct bufferevent_ops). */
export interface BackEnd {
  /** What follows from directions being enabled or no longer suspended. */
  start(bev: BufferEvent, events: number): void;
  /** What follows from directions being disabled or suspended. */
  stop(bev: BufferEvent, events: number): void;
  /** The loop's turn for input that waits. */
  pump(bev: BufferEvent): void;
  flush(bev: BufferEvent, iotype: number, mode: number): number;
  /** It is freed: lets go of whatever it stands on. */
  unlink(bev: BufferEvent): void;
  /** A callback threw, and there is no connection to close for it. */
  broken(bev: BufferEvent): void;
}
