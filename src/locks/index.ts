export { HeldLock } from "./held-lock.js";
export type { LockDeps } from "./lock-keeper.js";
export { assertMethodContext, decoratorError, guarded, legacyError, locked } from "./locked.js";
export type { Locked } from "./locked.js";
export { Locks } from "./locks.js";
export type { LockView } from "./locks.js";
export { Semaphore } from "./semaphore.js";
export type { AcquireOptions, Use, UsingOptions } from "./semaphore.js";
