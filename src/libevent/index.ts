export * from "./constants.js";
export { EvBuffer, type EvBufferPtr } from "./ev-buffer.js";
export type { EvBufferCb, EvBufferCbEntry, EvBufferCbInfo } from "./ev-buffer-callbacks.js";
export type { EvIovec } from "./ev-buffer-peek.js";
export type { EvBufferRefCleanup } from "./ev-buffer-references.js";
export { Event, type EventCb, eventSelfCbarg } from "./event.js";
export { EventBase, type LoopDone } from "./event-base.js";
