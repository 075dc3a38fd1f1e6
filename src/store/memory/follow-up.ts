import type { EpochMs } from "../../core/clock.js";
import { handOver } from "./waiters.js";
import { releaseHeldRuns } from "./runs.js";
import type { MemoryState } from "./state.js";

/**
 * What follows from ended runs and freed permits, until nothing follows any more: a released run may take a permit.
 * Every verb that may have ended or freed something calls it before it is over.
 */
export function followUp(state: MemoryState, now: EpochMs): void {
  while (state.releasable.length > 0 || state.freed.size > 0) {
    for (const lock of state.freed) handOver(state, lock, now);
    releaseHeldRuns(state, now);
  }
}
