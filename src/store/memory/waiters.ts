/** The line of a lock: joining it, and being granted a permit when the turn comes. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock, PermitRef } from "../contracts/locks.js";
import { publish } from "./channel.js";
import { Heap } from "./heap.js";
import { notify, wakeBy, unblock } from "./messages.js";
import { endPermit, nextFence, note } from "./permits.js";
import type { LockRequest, Lock, MemoryState, Message } from "./state.js";

/** The lock, made when it is not there; the newest caller's capacity counts. */
function lockOf(state: MemoryState, name: string, capacity: number): Lock {
  let lock = state.locks.get(name);
  if (!lock) {
    const waiters = new Heap<LockRequest>();
    lock = { slot: -1, name, capacity, holders: new Set(), waiters, wakeAt: Infinity, processes: new Map() };
    state.locks.set(name, lock);
  }
  lock.capacity = capacity;
  return lock;
}

/** The lock with its books in order; null: nobody holds it or waits for it. */
export function currentLock(state: MemoryState, name: string, now: EpochMs): Lock | null {
  const lock = state.locks.get(name);
  if (lock) handOver(state, lock, now);
  return state.locks.get(name) ?? null;
}

/** Whether a newcomer would have to wait. */
export function isBusy(state: MemoryState, name: string, capacity: number, now: EpochMs): boolean {
  const lock = state.locks.get(name);
  if (!lock) return false;
  lock.capacity = capacity;
  handOver(state, lock, now);
  return lock.holders.size >= capacity;
}

export interface ProcessApplicant {
  readonly lock: string;
  readonly capacity: number;
  readonly id: string;
  readonly label: string;
  readonly grantMs: number;
}

/** Puts a process at the end of the line; it holds a permit already when one was free. */
export function requestForProcess(
  state: MemoryState,
  applicant: ProcessApplicant,
  now: EpochMs,
): LockRequest {
  const { id, label, grantMs } = applicant;
  const lock = lockOf(state, applicant.lock, applicant.capacity);
  const lockRequest = newcomer(state, {
    lock,
    kind: "process",
    id,
    label,
    message: null,
    grantMs,
    waitDeadline: null,
  });
  lockRequest.until = now + grantMs;
  lock.processes.set(id, lockRequest);
  enqueueRequest(state, lockRequest, now);
  return lockRequest;
}

/** Puts a message in line, at its old ticket when it had one; it holds a permit already when one was free. */
export function requestForMessage(
  state: MemoryState,
  message: Message,
  spec: MessageLock,
  now: EpochMs,
): LockRequest {
  const { name, capacity, waitTimeoutMs, reserveMs: grantMs } = spec;
  const lock = lockOf(state, name, capacity);
  const waitDeadline = waitTimeoutMs === null ? null : { slot: -1, message, at: now + waitTimeoutMs };
  const { id, task: label } = message;
  message.lockRequest ??= newcomer(state, { lock, kind: "task", id, label, message, grantMs, waitDeadline });
  message.lockRequest.lock = lock;
  message.lockRequest.grantMs = grantMs;
  enqueueRequest(state, message.lockRequest, now);
  return message.lockRequest;
}

type Newcomer = Pick<LockRequest, "lock" | "kind" | "id" | "label" | "message" | "grantMs" | "waitDeadline">;

function newcomer(state: MemoryState, who: Newcomer): LockRequest {
  const ticket = ++state.sequence;
  return { slot: -1, ...who, ticket, status: "away", since: 0, until: 0, token: "", fence: null };
}

function enqueueRequest(state: MemoryState, lockRequest: LockRequest, now: EpochMs): void {
  lockRequest.status = "waiting";
  lockRequest.since = now;
  lockRequest.lock.waiters.push(lockRequest, lockRequest.ticket, 0);
  handOver(state, lockRequest.lock, now);
  if (isWaiting(lockRequest)) note(state, "waiting", lockRequest);
}

/** Asked anew: a hand-over changes it. */
function isWaiting({ status }: LockRequest): boolean {
  return status === "waiting";
}

/** Gives what is free to those in line, so that no lock with a line has a permit to give. */
export function handOver(state: MemoryState, lock: Lock, now: EpochMs): void {
  for (const holder of lock.holders) if (holder.until <= now) endPermit(state, holder, "lost");
  while (lock.holders.size < lock.capacity) {
    const first = lock.waiters.peek();
    if (!first) break;
    lock.waiters.remove(first);
    // A process that has not been heard of is passed over; a blocked task cannot die.
    if (first.kind === "process" && first.until <= now) {
      note(state, "gave-up", first);
      lock.processes.delete(first.id);
    } else grant(state, first, now);
  }
  state.freed.delete(lock);
  state.lockWakes.remove(lock);
  lock.wakeAt = Infinity;
  if (lock.waiters.size > 0) {
    for (const holder of lock.holders) lock.wakeAt = Math.min(lock.wakeAt, holder.until);
    state.lockWakes.push(lock, lock.wakeAt, 0);
    wakeBy(state, lock.wakeAt);
  } else if (lock.holders.size === 0) state.locks.delete(lock.name);
}

function grant(state: MemoryState, lockRequest: LockRequest, now: EpochMs): void {
  const { lock, message } = lockRequest;
  lockRequest.status = "holding";
  lockRequest.until = now + lockRequest.grantMs;
  lockRequest.token = (++state.sequence).toString(36);
  // A task gets its number when a worker takes it: two runs of it must not share one.
  lockRequest.fence = message === null ? nextFence(state, now) : null;
  note(state, "acquired", lockRequest);
  lockRequest.since = now;
  lock.holders.add(lockRequest);
  if (message === null) publish(state, "lock", lockRequest.id);
  else if (message.state === "blocked") notify(unblock(state, message, now));
}

/** The holder of a permit that is valid now. */
export function holderOf(state: MemoryState, { lock, token }: PermitRef, now: EpochMs): LockRequest | null {
  for (const holder of currentLock(state, lock, now)?.holders ?? []) {
    if (holder.token === token) return holder;
  }
  return null;
}
