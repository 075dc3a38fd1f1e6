import { StoreError } from "../../core/errors.js";
import type { Locks } from "../locks.js";

/** Stands where the locks of a Redis store will be: every verb says that there are none, so nothing runs unlocked. */
export function noLocks(): Locks {
  const refuse = async (): Promise<never> => {
    throw new StoreError(
      "SUNBEAT_STORE_UNAVAILABLE",
      "locks are not in the Redis store yet; use a SQLite store for tasks and entries that have one",
      { retryable: false },
    );
  };
  return {
    acquire: refuse,
    cancel: refuse,
    extend: refuse,
    release: refuse,
    admit: refuse,
    list: refuse,
    inspect: refuse,
    break: refuse,
  };
}
