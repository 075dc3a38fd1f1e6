/** What a claim does before it takes anything, bounded, so that no process of its own is needed for it. */
import type { EpochMs } from "../../core/clock.js";
import { bury, KNOWN, type Known, promote, putBack } from "./messages.js";
import { keepOwnResult } from "./results.js";
import { releaseHeldRuns } from "./runs.js";
import { DELAYED, HELD } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

/** When housekeeping next has something to do; null: never. Three index look-ups. */
export function nextHousekeeping(step: Step): EpochMs | null {
  const next = Math.min(
    step.get<At>(`SELECT min(eta) AS at FROM message WHERE place = ${DELAYED}`)?.at ?? Infinity,
    step.get<At>(`SELECT min(lease_until) AS at FROM message WHERE place = ${HELD}`)?.at ?? Infinity,
    step.get<At>("SELECT min(wake_at) AS at FROM held_run WHERE wake_at IS NOT NULL")?.at ?? Infinity,
  );
  return next === Infinity ? null : next;
}

interface At {
  readonly at: EpochMs | null;
}

/** Handles at most `bound` of each kind; gives the queues that got ready messages. */
export function keepHouse(step: Step, bound: number): ReadonlySet<string> {
  const refilled = new Set<string>();
  promoteDelayed(step, bound, refilled);
  reapEndedLeases(step, bound, refilled);
  const waited = step.all<{ entry: string }>(
    `SELECT entry FROM held_run WHERE wake_at <= ? ORDER BY wake_at ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const { entry } of waited) step.ended.add(entry);
  releaseHeldRuns(step);
  return refilled;
}

function promoteDelayed(step: Step, bound: number, refilled: Set<string>): void {
  const due = step.all<Known>(
    `SELECT ${KNOWN} FROM message WHERE place = ${DELAYED} AND eta <= ? ORDER BY eta ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const message of due) {
    promote(step, message);
    refilled.add(message.queue);
  }
}

interface Leased extends Known {
  readonly isSpent: number;
}

function reapEndedLeases(step: Step, bound: number, refilled: Set<string>): void {
  const ended = step.all<Leased>(
    `SELECT ${KNOWN}, deliveries >= max_deliveries AS isSpent FROM message
       WHERE place = ${HELD} AND lease_until <= ? ORDER BY lease_until ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const message of ended) {
    if (message.isSpent) {
      bury(step, message, "deliveries-exhausted");
      keepOwnResult(step, message.id, message.resultTtl, "FAILURE", "deliveries-exhausted");
    } else {
      putBack(step, message, 0);
      refilled.add(message.queue);
    }
  }
}
