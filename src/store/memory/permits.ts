/**
 * What happens to the permit and the place in line that somebody has. Whoever may have freed a permit notes the lock in
 * `state.freed`, and `followUp` hands it over before the step ends.
 */
import type { EpochMs } from "../../core/clock.js";
import { LOCK_HISTORY_ROWS, type LockEvent } from "../contracts/lock-inspection.js";
import type { LockRequest, MemoryState, Message } from "./state.js";

/** Microseconds of the clock, so that numbers also grow past those of an earlier process. */
export function nextFence(state: MemoryState, now: EpochMs): number {
  state.fence = Math.max(state.fence + 1, now * 1_000);
  return state.fence;
}

/** The number of the permit of a message that a worker has now, up to the end of its lease; null: it has none. */
export function usePermit(state: MemoryState, message: Message, now: EpochMs): number | null {
  const { lockRequest, until } = message;
  if (lockRequest?.status !== "holding") return null;
  lockRequest.until = until;
  lockRequest.fence ??= nextFence(state, now);
  return lockRequest.fence;
}

/** Sets when a permit ends that no lease of a delivery ends: where that is sooner than was thought, its line is watched anew. */
export function setEnd(state: MemoryState, holder: LockRequest, until: EpochMs): void {
  if (until < holder.until) state.freed.add(holder.lock);
  holder.until = until;
}

/** Keeps the permit for the message while nobody has it. The next worker gets a number of its own. */
export function reservePermit(state: MemoryState, { lockRequest }: Message, now: EpochMs): void {
  if (lockRequest?.status !== "holding") return;
  setEnd(state, lockRequest, now + lockRequest.grantMs);
  lockRequest.fence = null;
}

/** A row of the history. A permit counts from its grant, a wait from its beginning: `since`. */
export function note(state: MemoryState, event: LockEvent, lockRequest: LockRequest): void {
  const { lock, kind, id, label, fence, since } = lockRequest;
  const { lockHistory: rows, now } = state;
  const took = Math.max(0, now - since);
  const isWait = event === "acquired" || event === "gave-up";
  rows.push({
    ...{ row: String(++state.sequence), lock: lock.name, event, kind, id, label, fence, at: now },
    waitedMs: isWait ? took : null,
    heldMs: isWait || event === "waiting" ? null : took,
  });
  if (rows.length >= LOCK_HISTORY_ROWS * 1.1) rows.splice(0, rows.length - LOCK_HISTORY_ROWS);
}

/**
 * Takes a permit away, in the history as `event` unless it has ended by itself. A task keeps its ticket, in case it comes
 * back.
 */
export function endPermit(
  state: MemoryState,
  holder: LockRequest,
  event: "released" | "broken" | "lost",
): void {
  const { lock } = holder;
  note(state, holder.until <= state.now ? "lost" : event, holder);
  lock.holders.delete(holder);
  if (holder.kind === "process") lock.processes.delete(holder.id);
  holder.status = "away";
  holder.fence = null;
  state.freed.add(lock);
}

/** Out of the line, without a permit. */
export function leaveLine(state: MemoryState, waiter: LockRequest): void {
  const { lock } = waiter;
  note(state, "gave-up", waiter);
  lock.waiters.remove(waiter);
  if (waiter.kind === "process") lock.processes.delete(waiter.id);
  waiter.status = "away";
  state.freed.add(lock);
}

/** The permit of a message whose worker fell silent. */
export function losePermit(state: MemoryState, { lockRequest }: Message): void {
  if (lockRequest?.status === "holding") endPermit(state, lockRequest, "lost");
}

/** A message that ends, or starts anew, gives up permit and ticket. */
export function forsake(state: MemoryState, message: Message): void {
  const { lockRequest } = message;
  if (lockRequest === null) return;
  if (lockRequest.status === "holding") endPermit(state, lockRequest, "released");
  else if (lockRequest.status === "waiting") leaveLine(state, lockRequest);
  message.lockRequest = null;
}
