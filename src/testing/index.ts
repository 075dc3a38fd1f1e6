export { ManualClock } from "./manual-clock.js";
export { virtualTime } from "./virtual-time.js";
export type { VirtualTime, VirtualTimeOptions } from "./virtual-time.js";
