/**
 * What happens to the permit and the place in line that somebody has. Whoever may have freed a permit notes the lock in
 * `step.freed`, and `followUp` hands it over before the step ends.
 */
import type { EpochMs } from "../../core/clock.js";
import { LOCK_HISTORY_ROWS, type LockEvent } from "../contracts/lock-inspection.js";
import type { MessageLock } from "../contracts/locks.js";
import { AWAY, HOLDING, WAITING } from "./schema.js";
import type { Step } from "./step.js";

/** A row of contender. */
export interface LockRequest {
  readonly ticket: number;
  readonly lock: string;
  readonly id: string;
  readonly isTask: number;
  readonly label: string;
  readonly status: number;
  readonly since: EpochMs;
  readonly until: EpochMs | null;
  readonly grantMs: number;
  readonly token: string | null;
  readonly fence: number | null;
  /** Of a task that waits only so long. */
  readonly waitDeadline: EpochMs | null;
}

export const LOCK_REQUEST = `SELECT turn AS ticket, lock, id, is_task AS isTask, label, standing AS status, since, until, grant_ms AS grantMs,
  token, fence, give_up_at AS waitDeadline FROM contender`;

/** A message that may have a lock. */
export interface Lockable {
  readonly id: string;
  readonly lock: string | null;
}

export function lockOfMessage({ lock }: Pick<Lockable, "lock">): MessageLock | null {
  return lock === null ? null : (JSON.parse(lock) as MessageLock);
}

/** The standing of a message with its lock, from the first time it stood in line. */
export function lockRequestOf(step: Step, { id, lock }: Lockable): LockRequest | undefined {
  return lock === null
    ? undefined
    : step.get<LockRequest>(`${LOCK_REQUEST} WHERE id = ? AND is_task = 1`, id);
}

/** Microseconds of the clock: the number also grows when an older copy of the file was restored. */
export function nextFence(step: Step): number {
  return step.get<{ value: number }>(
    "UPDATE counter SET value = max(value + 1, ?) WHERE name = 'fence' RETURNING value",
    step.now * 1_000,
  )!.value;
}

/** The number of the permit of a message that a worker has, up to the end of its lease; null: it has none. */
export function usePermit(step: Step, message: Lockable, until: EpochMs): number | null {
  const lockRequest = lockRequestOf(step, message);
  if (lockRequest?.status !== HOLDING) return null;
  const fence = lockRequest.fence ?? nextFence(step);
  step.run("UPDATE contender SET until = ?, fence = ? WHERE turn = ?", until, fence, lockRequest.ticket);
  return fence;
}

/** With the lease of its delivery. False when there is a lock and no permit. */
export function extendPermit(step: Step, message: Lockable, until: EpochMs): boolean {
  if (message.lock === null) return true;
  const extended = step.run(
    `UPDATE contender SET until = ? WHERE id = ? AND is_task = 1 AND standing = ${HOLDING}`,
    ...[until, message.id],
  );
  return extended > 0;
}

/** Sets when a permit ends that no lease of a delivery ends: where that is sooner than was thought, its line is watched anew. */
export function setEnd(step: Step, { ticket, lock, until: before }: LockRequest, until: EpochMs): void {
  if (until < (before ?? Infinity)) step.freed.add(lock);
  step.run("UPDATE contender SET until = ? WHERE turn = ?", until, ticket);
}

/** Keeps the permit for the message while nobody has it. The next worker gets a number of its own. */
export function reservePermit(step: Step, message: Lockable): void {
  const lockRequest = lockRequestOf(step, message);
  if (lockRequest?.status !== HOLDING) return;
  setEnd(step, lockRequest, step.now + lockRequest.grantMs);
  step.run("UPDATE contender SET fence = NULL WHERE turn = ?", lockRequest.ticket);
}

/** Rows go in parts of so many. */
const TRIM_EVERY = 250;

/** A row of the history. A permit counts from its grant, a wait from its beginning: `since`. */
export function note(
  step: Step,
  event: LockEvent,
  { lock, isTask, id, label, fence, since }: LockRequest,
): void {
  const took = event === "waiting" ? null : Math.max(0, step.now - since);
  const { seq } = step.get<{ seq: number }>(
    `INSERT INTO lock_history (lock, event, is_task, id, label, fence, at, took_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    ...[lock, event, isTask, id, label, fence, step.now, took],
  )!;
  if (seq % TRIM_EVERY === 0) step.run("DELETE FROM lock_history WHERE seq <= ?", seq - LOCK_HISTORY_ROWS);
}

/**
 * Takes a permit away, in the history as `event` unless it has ended by itself. A task keeps its ticket, in case it comes
 * back.
 */
export function endPermit(step: Step, holder: LockRequest, event: "released" | "broken" | "lost"): void {
  const { ticket, lock, isTask, until } = holder;
  note(step, (until ?? 0) <= step.now ? "lost" : event, holder);
  if (isTask === 1) {
    step.run(`UPDATE contender SET standing = ${AWAY}, fence = NULL, token = NULL WHERE turn = ?`, ticket);
  } else drop(step, ticket);
  step.freed.add(lock);
}

/** Without a trace in the history. */
export function drop(step: Step, ticket: number): void {
  step.run("DELETE FROM contender WHERE turn = ?", ticket);
}

/** The permit of a message whose worker fell silent. */
export function losePermit(step: Step, message: Lockable): void {
  const lockRequest = lockRequestOf(step, message);
  if (lockRequest?.status === HOLDING) endPermit(step, lockRequest, "lost");
}

/** A message that ends, or starts anew, gives up permit and ticket. */
export function forsake(step: Step, message: Lockable): void {
  const lockRequest = lockRequestOf(step, message);
  if (lockRequest) leave(step, lockRequest);
}

/** Out of the line, or without its permit, for good. */
export function leave(step: Step, lockRequest: LockRequest): void {
  if (lockRequest.status === HOLDING) endPermit(step, lockRequest, "released");
  else if (lockRequest.status === WAITING) note(step, "gave-up", lockRequest);
  drop(step, lockRequest.ticket);
  step.freed.add(lockRequest.lock);
}
