/**
 * What happens to the permit, and to the ticket, that somebody has. Whoever may have freed a permit notes its lock in
 * `freed`, and `release` hands it over before the step is over.
 */
import type { EpochMs } from "../../core/clock.js";
import type { LockEvent } from "../contracts/lock-inspection.js";
import type { Known, LockRequest, Records } from "./records.js";

/** A row of the history. A permit counts from its grant, a wait from its beginning: `since`. */
export function note(
  { locks, now }: Records,
  event: LockEvent,
  request: LockRequest,
  fence: number | null = request.fence,
): void {
  locks.addHistory(event, request, fence, event === "waiting" ? null : Math.max(0, now - request.since));
}

/** The number of the permit of a message that a worker has, up to the end of its lease; null: it has none. */
export function usePermit({ locks }: Records, message: Known, until: EpochMs): number | null {
  const request = locks.ofMessage(message);
  if (request?.status !== "holding") return null;
  locks.setUntil(request, until);
  if (request.fence !== null) return request.fence;
  const fence = locks.nextFence();
  locks.setFence(request, fence);
  return fence;
}

/** Whether a process has been given a permit and has not fetched it. */
export function isOffered({ kind, status, fence }: LockRequest): boolean {
  return kind === "process" && status === "holding" && fence === null;
}

/** A process fetches the permit that it was given: its number from now on. */
export function fetchPermit(records: Records, holder: LockRequest): number {
  if (holder.fence !== null) return holder.fence;
  const fence = records.locks.nextFence();
  note(records, "acquired", holder, fence);
  records.locks.fetch(holder, fence);
  return fence;
}

/** Sets when a permit ends that no lease of a delivery ends: where that is sooner than was thought, its waiters are told. */
export function setEnd({ locks, freed }: Records, holder: LockRequest, until: EpochMs): void {
  if (until < (holder.until ?? Infinity)) freed.lock.add(holder.lock);
  locks.setUntil(holder, until);
}

/** Keeps the permit for the message while nobody has it. The next worker gets a number of its own. */
export function reservePermit(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (request?.status !== "holding") return;
  setEnd(records, request, records.now + request.grantMs);
  records.locks.setFence(request, null);
}

/**
 * Ends a permit, as `event` in the history unless it has ended by itself, or a wait. A process is done with the lock then; a
 * task keeps its ticket, in case it comes back.
 */
export function releaseRequest(
  records: Records,
  request: LockRequest,
  event: "released" | "broken" | "lost",
): void {
  const { locks, freed, now } = records;
  if (request.status === "absent" && request.kind === "task") return;
  if (request.status === "holding" && !isOffered(request))
    note(records, (request.until ?? 0) <= now ? "lost" : event, request);
  else note(records, "gave-up", request);
  freed.lock.add(request.lock);
  if (request.kind === "task") locks.setAbsent(request);
  else locks.remove(request);
}

/** The permit of a message whose worker fell silent. */
export function losePermit(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (request?.status === "holding") releaseRequest(records, request, "lost");
}

/** A message that ends, or starts anew, gives up its ticket, too. */
export function releaseTicket(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (!request) return;
  releaseRequest(records, request, "released");
  records.locks.remove(request);
}
