/** Waiting for a lock: asking for it, and being granted a permit when the ticket comes up. */
import { type MessageLock, OFFER_MS, type PermitRef, SKIPPED_MS, TOLD_OF_OFFER } from "../contracts/locks.js";
import { isOffered, note, releaseRequest } from "./permits.js";
import type { Known, LockRequest, Newcomer, Records } from "./records.js";

/** Whether a newcomer would have to wait. The newest caller's capacity counts. */
export function isBusy(records: Records, lock: string, capacity: number, asker?: string): boolean {
  if (records.locks.capacity(lock) === null) return false;
  records.locks.setCapacity(lock, capacity);
  handOver(records, lock, asker);
  return records.locks.heldCount(lock) >= capacity;
}

/** Puts a process behind all who wait, unless it has its permit at once. */
export function requestForProcess(
  records: Records,
  { lock, capacity, id, label }: Pick<Newcomer, "lock" | "capacity" | "id" | "label">,
): LockRequest | null {
  const [kind, until, grantMs] = ["process" as const, records.now + OFFER_MS, OFFER_MS];
  records.locks.enqueue({ lock, capacity, kind, id, label, until, grantMs, waitDeadline: null }, null);
  handOver(records, lock, id);
  return noteWaiting(records, records.locks.ofProcess(lock, id));
}

/** Has a message wait for its lock, at its old ticket when it had one, unless it has its permit at once. */
export function requestForMessage(
  records: Records,
  message: Known,
  task: string,
  lock: MessageLock,
): LockRequest | null {
  const { locks, now } = records;
  const { name, capacity, waitTimeoutMs, reserveMs: grantMs } = lock;
  if (!locks.enqueueAgain(message, lock)) {
    const waitDeadline = waitTimeoutMs === null ? null : now + waitTimeoutMs;
    locks.enqueue(
      { lock: name, capacity, kind: "task", id: message.id, label: task, until: null, grantMs, waitDeadline },
      message,
    );
  }
  handOver(records, name);
  return noteWaiting(records, locks.ofMessage(message));
}

/** In the history, when it was not granted a permit at once. */
function noteWaiting(records: Records, request: LockRequest | null): LockRequest | null {
  if (request?.status === "waiting") {
    note(records, "waiting", request);
    if (request.waitDeadline !== null) records.wakeBy(request.waitDeadline);
  }
  return request;
}

/**
 * Gives what is free to those who wait, so that no lock that somebody waits for has a permit to give. `asker`: a process that
 * asks in this step, and so fetches what it has been given.
 */
export function handOver(records: Records, lock: string, asker?: string): void {
  const { locks, freed, now } = records;
  freed.lock.delete(lock);
  const capacity = locks.capacity(lock);
  if (capacity === null) return;
  for (const holder of locks.endedHolders(lock)) {
    if (!isOffered(holder)) releaseRequest(records, holder, "lost");
    else if (holder.id !== asker) locks.passOver(holder, now + SKIPPED_MS);
  }
  for (const skipped of locks.endedTickets(lock)) releaseRequest(records, skipped, "lost");
  let free = capacity - locks.heldCount(lock);
  let first = locks.firstWaiting(lock);
  while (first && free > 0) {
    // A process that has not been heard of is passed over; a blocked task cannot die.
    if (first.kind === "process" && (first.until ?? 0) <= now) {
      releaseRequest(records, first, "lost");
    } else {
      grant(records, first, asker);
      free--;
    }
    first = locks.firstWaiting(lock);
  }
  freed.lock.delete(lock);
  if (first) records.wakeBy(locks.watch(lock));
  else locks.unwatch(lock);
}

function grant(records: Records, request: LockRequest, asker?: string): void {
  const { locks, messages, now } = records;
  // The number comes when a worker takes the task, or the process the permit: two runs of a task must not share one.
  if (request.kind === "task") note(records, "acquired", request);
  locks.grant(request, now + request.grantMs);
  if (request.kind === "task") {
    const queue = messages.unblock(request.id, "lock");
    if (queue !== null) records.notify(queue);
  } else if (request.id !== asker) {
    const told = [request.id, ...locks.nextProcesses(request.lock, TOLD_OF_OFFER)];
    records.publish("lock", JSON.stringify(told));
  }
}

/** The holder of a permit that is valid now. */
export function holderOf(records: Records, { lock, token }: PermitRef): LockRequest | null {
  handOver(records, lock);
  return records.locks.holder(lock, token);
}
