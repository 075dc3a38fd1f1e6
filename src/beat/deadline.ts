import { type Clock, within } from "../core/clock.js";
import { StoreError } from "../core/errors.js";

/**
 * Waits for one call of the store, but not for ever. `step` names the call in the error: SUNBEAT_STORE_TIMEOUT. Such a
 * call may or may not have been done; every one that is made here may be repeated.
 */
export type Deadline = <T>(step: string, work: Promise<T>) => Promise<T>;

export function deadline(clock: Clock, limitMs: number): Deadline {
  return (step, work) => within(clock, limitMs, work, () => timeout(step, limitMs));
}

function timeout(step: string, limitMs: number): StoreError {
  return new StoreError(
    "SUNBEAT_STORE_TIMEOUT",
    `the store did not answer "${step}" within ${Math.round(limitMs)} ms`,
    { retryable: true, details: { step, limitMs } },
  );
}
