export type * from "./broker.js";
export type * from "./channel.js";
export { OVERLAP_POLICIES } from "./entries.js";
export type * from "./entries.js";
export type * from "./leases.js";
export type * from "./locks.js";
export type * from "./results.js";
export type * from "./store.js";
export type * from "./survey.js";
