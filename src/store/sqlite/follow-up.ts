import { handOver } from "./waiters.js";
import { releaseHeldRuns } from "./runs.js";
import type { Step } from "./step.js";

/**
 * What follows from ended runs and freed permits, until nothing follows any more: a released run may take a permit.
 * Every verb that may have ended or freed something calls it before it is over.
 */
export function followUp(step: Step): void {
  while (step.ended.size > 0 || step.freed.size > 0) {
    for (const lock of step.freed) handOver(step, lock);
    releaseHeldRuns(step);
  }
}
