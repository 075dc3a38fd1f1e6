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
export function setUntil({ locks, freed }: Records, holder: LockRequest, until: EpochMs): void {
  if (until < (holder.until ?? Infinity)) freed.locks.add(holder.lock);
  locks.setUntil(holder, until);
}

/** Keeps the permit for the message while nobody has it. The next worker gets a number of its own. */
export function reservePermit(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (request?.status !== "holding") return;
  setUntil(records, request, records.now + request.grantMs);
  records.locks.setFence(request, null);
}

/**
 * Takes a permit away, in the history as `event` unless it has ended by itself. A task keeps its ticket, in case it comes
 * back.
 */
export function endPermit(
  records: Records,
  holder: LockRequest,
  event: "released" | "broken" | "lost",
): void {
  const { locks, freed, now } = records;
  if (isOffered(holder)) note(records, "gave-up", holder);
  else note(records, (holder.until ?? 0) <= now ? "lost" : event, holder);
  freed.locks.add(holder.lock);
  if (holder.kind === "task") locks.sendAway(holder);
  else locks.remove(holder);
}

/** The permit of a message whose worker fell silent. */
export function losePermit(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (request?.status === "holding") endPermit(records, request, "lost");
}

/** Ends a request for good: its permit, its place among the waiters, its ticket. */
export function releaseRequest(records: Records, request: LockRequest): void {
  if (request.status === "holding" && !isOffered(request))
    note(records, (request.until ?? 0) <= records.now ? "lost" : "released", request);
  else if (request.status !== "away" || request.kind === "process") note(records, "gave-up", request);
  records.freed.locks.add(request.lock);
  records.locks.remove(request);
}

/** A message that ends, or starts anew, gives up permit and ticket. */
export function releaseRequestOf(records: Records, message: Known): void {
  const request = records.locks.ofMessage(message);
  if (request) releaseRequest(records, request);
}
