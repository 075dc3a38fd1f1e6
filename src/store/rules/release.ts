import type { Records } from "./records.js";
import { releaseBufferedRun } from "./runs.js";
import { handOver } from "./waiters.js";

/**
 * What follows from ended runs and freed permits, until nothing follows any more: a released run may take a permit.
 * Every verb that may have ended or freed something calls it before it is over.
 */
export function release(records: Records): void {
  const { entries, locks } = records.freed;
  while (entries.size > 0 || locks.size > 0) {
    for (const lock of locks) handOver(records, lock);
    for (const entry of entries) releaseBufferedRun(records, entry);
  }
}
