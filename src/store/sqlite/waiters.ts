/** The line of a lock: joining it, and being granted a permit when the turn comes. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock, PermitRef } from "../contracts/locks.js";
import { unblock } from "./messages.js";
import {
  LOCK_REQUEST,
  type LockRequest,
  drop,
  endPermit,
  type Lockable,
  nextFence,
  note,
} from "./permits.js";
import { HOLDING, WAITING } from "./schema.js";
import type { Step } from "./step.js";

interface LockRow {
  readonly capacity: number;
}

/** Whether a newcomer would have to wait. */
export function isBusy(step: Step, name: string, capacity: number): boolean {
  step.run("UPDATE lock SET capacity = ? WHERE name = ?", capacity, name);
  handOver(step, name);
  return heldCount(step, name) >= capacity;
}

function heldCount(step: Step, name: string): number {
  return step.get<{ count: number }>(
    `SELECT count(*) AS count FROM contender WHERE lock = ? AND standing = ${HOLDING}`,
    name,
  )!.count;
}

export interface ProcessApplicant {
  readonly lock: string;
  readonly capacity: number;
  readonly id: string;
  readonly label: string;
  readonly grantMs: number;
}

/** Puts a process at the end of the line, unless it has its permit at once. */
export function requestForProcess(
  step: Step,
  { lock, capacity, id, label, grantMs }: ProcessApplicant,
): void {
  openLock(step, lock, capacity);
  insert(step, { lock, id, isTask: 0, label, until: step.now + grantMs, grantMs, waitDeadline: null });
  handOver(step, lock);
  noteWaiting(step, id, 0, lock);
}

/** Puts a message in line, at its old ticket when it had one, unless it has its permit at once. */
export function requestForMessage(
  step: Step,
  message: Lockable & { readonly task: string },
  { name: lock, capacity, waitTimeoutMs, reserveMs: grantMs }: MessageLock,
): void {
  openLock(step, lock, capacity);
  const { id, task: label } = message;
  const again = step.run(
    `UPDATE contender SET standing = ${WAITING}, since = ?, until = NULL, grant_ms = ?
       WHERE id = ? AND is_task = 1 AND lock = ?`,
    ...[step.now, grantMs, id, lock],
  );
  if (again === 0) {
    const waitDeadline = waitTimeoutMs === null ? null : step.now + waitTimeoutMs;
    insert(step, { lock, id, isTask: 1, label, until: null, grantMs, waitDeadline });
  }
  handOver(step, lock);
  noteWaiting(step, id, 1, lock);
}

/** In the history, when it was not granted a permit at once. */
function noteWaiting(step: Step, id: string, isTask: number, lock: string): void {
  const lockRequest = step.get<LockRequest>(
    `${LOCK_REQUEST} WHERE id = ? AND is_task = ? AND lock = ? AND standing = ${WAITING}`,
    ...[id, isTask, lock],
  );
  if (!lockRequest) return;
  note(step, "waiting", lockRequest);
  step.wakeBy(lockRequest.waitDeadline ?? Infinity);
}

function openLock(step: Step, name: string, capacity: number): void {
  step.run(
    "INSERT INTO lock (name, capacity) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET capacity = excluded.capacity",
    ...[name, capacity],
  );
}

type Newcomer = Pick<LockRequest, "lock" | "id" | "isTask" | "label" | "until" | "grantMs" | "waitDeadline">;

function insert(step: Step, { lock, id, isTask, label, until, grantMs, waitDeadline }: Newcomer): void {
  step.run(
    `INSERT INTO contender (lock, id, is_task, label, standing, since, until, grant_ms, give_up_at)
       VALUES (?, ?, ?, ?, ${WAITING}, ?, ?, ?, ?)`,
    ...[lock, id, isTask, label, step.now, until, grantMs, waitDeadline],
  );
}

/** Gives what is free to those in line, so that no lock with a line has a permit to give. */
export function handOver(step: Step, name: string): void {
  step.freed.delete(name);
  const lock = step.get<LockRow>("SELECT capacity FROM lock WHERE name = ?", name);
  if (!lock) return;
  const ended = step.all<LockRequest>(
    `${LOCK_REQUEST} WHERE lock = ? AND standing = ${HOLDING} AND until <= ?`,
    ...[name, step.now],
  );
  for (const holder of ended) endPermit(step, holder, "lost");
  let free = lock.capacity - heldCount(step, name);
  let first = firstWaiting(step, name);
  while (first && free > 0) {
    // A process that has not been heard of is passed over; a blocked task cannot die.
    if (first.isTask === 0 && (first.until ?? 0) <= step.now) {
      note(step, "gave-up", first);
      drop(step, first.ticket);
    } else {
      grant(step, first);
      free--;
    }
    first = firstWaiting(step, name);
  }
  step.freed.delete(name);
  if (first) watch(step, name);
  else close(step, name);
}

function firstWaiting(step: Step, name: string): LockRequest | undefined {
  return step.get<LockRequest>(
    `${LOCK_REQUEST} WHERE lock = ? AND standing = ${WAITING} ORDER BY turn LIMIT 1`,
    name,
  );
}

function grant(step: Step, lockRequest: LockRequest): void {
  const { ticket, id, isTask, grantMs } = lockRequest;
  const number = nextFence(step);
  // A task gets its fence when a worker takes it: two runs of it must not share one.
  const fence = isTask === 1 ? null : number;
  step.run(
    `UPDATE contender SET standing = ${HOLDING}, since = ?, until = ?, token = ?, fence = ? WHERE turn = ?`,
    ...[step.now, step.now + grantMs, number.toString(36), fence, ticket],
  );
  note(step, "acquired", { ...lockRequest, fence });
  if (isTask === 1) unblock(step, id);
  else step.publish("lock", id);
}

/** When a claim is to look at the line again: what ends earlier by itself is extended, mostly. */
function watch(step: Step, name: string): void {
  const { at } = step.get<{ at: EpochMs | null }>(
    `UPDATE lock SET wake_at = (SELECT min(until) FROM contender WHERE lock = name AND standing = ${HOLDING})
       WHERE name = ? RETURNING wake_at AS at`,
    name,
  )!;
  step.wakeBy(at ?? Infinity);
}

/** A lock without a line; without holders, too, it leaves no trace. */
function close(step: Step, name: string): void {
  if (heldCount(step, name) === 0) step.run("DELETE FROM lock WHERE name = ?", name);
  else step.run("UPDATE lock SET wake_at = NULL WHERE name = ? AND wake_at IS NOT NULL", name);
}

/** The holder of a permit that is valid now. */
export function holderOf(step: Step, { lock, token }: PermitRef): LockRequest | undefined {
  handOver(step, lock);
  return step.get<LockRequest>(
    `${LOCK_REQUEST} WHERE lock = ? AND standing = ${HOLDING} AND token = ?`,
    ...[lock, token],
  );
}

/** Null: nobody holds it or waits for it. */
export function capacityOf(step: Step, lock: string): number | null {
  return step.get<{ capacity: number }>("SELECT capacity FROM lock WHERE name = ?", lock)?.capacity ?? null;
}
