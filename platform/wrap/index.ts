// Wrappers: any platform in, the same platform out.

export { fault, type FaultOptions } from "./fault.js";
export type { PreviewKind } from "./preview.js";
export { throttle, type ThrottleOptions } from "./throttle.js";
export { trace, type TraceOptions } from "./trace.js";
