/** What a claim does before it takes anything, bounded, so that no process of its own is needed for it. */
import type { EpochMs } from "../../core/clock.js";
import type { DeadLettered } from "../contracts/consumer.js";
import { endOf, PERISHABLE, type Perishable } from "./ends.js";
import { followUp } from "./follow-up.js";
import { deadLetter, dropRevoked, end, keepingOf, KNOWN, type Known, promote, putBack } from "./messages.js";
import { losePermit } from "./permits.js";
import { keepOwnResult } from "./results.js";
import { LEASED, SCHEDULED, WAITING } from "./schema.js";
import { LIMIT, type Step } from "./step.js";

/** When housekeeping next has something to do; null: never. Five index look-ups. */
export function nextHousekeeping(step: Step): EpochMs | null {
  const next = Math.min(
    step.get<At>(`SELECT min(eta) AS at FROM message WHERE place = ${SCHEDULED}`)?.at ?? Infinity,
    step.get<At>(`SELECT min(lease_until) AS at FROM message WHERE place = ${LEASED}`)?.at ?? Infinity,
    step.get<At>("SELECT min(wake_at) AS at FROM held_run WHERE wake_at IS NOT NULL")?.at ?? Infinity,
    step.get<At>("SELECT min(wake_at) AS at FROM lock WHERE wake_at IS NOT NULL")?.at ?? Infinity,
    step.get<At>(`SELECT min(give_up_at) AS at ${WITH_DEADLINE}`)?.at ?? Infinity,
  );
  return next === Infinity ? null : next;
}

const WITH_DEADLINE = `FROM contender WHERE standing = ${WAITING} AND give_up_at IS NOT NULL`;

interface At {
  readonly at: EpochMs | null;
}

export interface Housekeeping {
  /** Queues that got ready messages. */
  readonly refilled: ReadonlySet<string>;
  readonly deadLettered: readonly DeadLettered[];
}

/** Handles at most `bound` of each kind. */
export function keepHouse(step: Step, bound: number): Housekeeping {
  const refilled = new Set<string>();
  promoteDelayed(step, bound, refilled);
  const deadLettered = reapEndedLeases(step, bound, refilled);
  const waited = step.all<{ entry: string }>(
    `SELECT entry FROM held_run WHERE wake_at <= ? ORDER BY wake_at ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const { entry } of waited) step.ended.add(entry);
  const freed = step.all<{ name: string }>(
    `SELECT name FROM lock WHERE wake_at <= ? ORDER BY wake_at ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const { name } of freed) step.freed.add(name);
  endOverdue(step, bound);
  followUp(step);
  return { refilled, deadLettered };
}

function promoteDelayed(step: Step, bound: number, refilled: Set<string>): void {
  const due = step.all<Known>(
    `SELECT ${KNOWN} FROM message WHERE place = ${SCHEDULED} AND eta <= ? ORDER BY eta ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const message of due) {
    promote(step, message);
    refilled.add(message.queue);
  }
}

/** Blocked messages that may wait no longer. */
function endOverdue(step: Step, bound: number): void {
  const overdue = step.all<{ id: string }>(
    `SELECT id ${WITH_DEADLINE} AND give_up_at <= ? ORDER BY give_up_at ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const { id } of overdue) {
    const message = step.get<Known & Perishable>(
      `SELECT ${KNOWN}, ${PERISHABLE} FROM message WHERE id = ?`,
      id,
    );
    if (!message) continue;
    const reason = endOf(message, step.now);
    if (reason) {
      dropRevoked(step, message, reason);
    } else {
      const kept = keepingOf(step, message);
      end(step, message);
      keepOwnResult(step, kept, "FAILURE", "lock-timeout");
    }
  }
}

interface Leased extends Known {
  readonly task: string;
  readonly isSpent: number;
}

/** Gives the dead letters that it made. */
function reapEndedLeases(step: Step, bound: number, refilled: Set<string>): DeadLettered[] {
  const deadLettered: DeadLettered[] = [];
  const ended = step.all<Leased>(
    `SELECT ${KNOWN}, task, deliveries >= max_deliveries AS isSpent FROM message
       WHERE place = ${LEASED} AND lease_until <= ? ORDER BY lease_until ${LIMIT}`,
    ...[step.now, bound],
  );
  for (const message of ended) {
    if (message.isSpent) {
      deadLetter(step, message, "deliveries-exhausted");
      keepOwnResult(step, keepingOf(step, message), "FAILURE", "deliveries-exhausted");
      const { id, task, queue } = message;
      deadLettered.push({ id, task, queue, reason: "deliveries-exhausted" });
    } else {
      losePermit(step, message);
      putBack(step, message, 0);
      refilled.add(message.queue);
    }
  }
  return deadLettered;
}
