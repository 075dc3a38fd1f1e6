/** What follows when something ends or comes free. */
import type { Found, Records } from "./records.js";
import { dropBlockedRun, releaseBufferedRun } from "./runs.js";
import { dropUnrun } from "./messages.js";
import { type Blocker, BLOCKERS } from "./states.js";
import { handOver } from "./waiters.js";

interface BlockerRule {
  /** Looks again at what waits for `key`, and takes the key out of `freed`. */
  release(records: Records, key: string): void;
  /** Ends a message that waits, which must not run. */
  drop(records: Records, message: Found, reason: "expired" | "revoked"): void;
}

const RULES: Readonly<Record<Blocker, BlockerRule>> = {
  entry: { release: releaseBufferedRun, drop: dropBlockedRun },
  lock: { release: handOver, drop: dropUnrun },
};

/**
 * What follows from ended runs and freed permits, until nothing follows any more: a released run may take a permit.
 * Every verb that may have ended or freed something calls it before it is over. It does as much as the step has freed, and a
 * step is bounded.
 */
export function release(records: Records): void {
  const { freed } = records;
  let isDone = false;
  while (!isDone) {
    isDone = true;
    for (const blocker of BLOCKERS) {
      for (const key of freed[blocker]) {
        RULES[blocker].release(records, key);
        isDone = false;
      }
    }
  }
}

/** Ends a message that waits, for whatever, and must not run. */
export function drop(records: Records, message: Found, reason: "expired" | "revoked"): void {
  if (message.blocker === null) dropUnrun(records, message, reason);
  else RULES[message.blocker].drop(records, message, reason);
}
