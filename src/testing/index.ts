export { storeConformance } from "./conformance.js";
export type { ConformanceCase, Harness } from "./conformance.js";
export { ManualClock } from "./manual-clock.js";
export { virtualTime } from "./virtual-time.js";
export type { VirtualTime, VirtualTimeOptions } from "./virtual-time.js";
