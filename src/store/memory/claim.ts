import type { EpochMs } from "../../core/clock.js";
import type { ClaimReply, ClaimRequest, DeadLettered } from "../contracts/consumer.js";
import type { Delivery } from "../contracts/delivery.js";
import { endOf } from "./ends.js";
import { followUp } from "./follow-up.js";
import { deadLetter, dropRevoked, end, hold, promote, putBack, notify } from "./messages.js";
import { losePermit, usePermit } from "./permits.js";
import { keepOwnResult } from "./results.js";
import type { MemoryState, Message, Queue } from "./state.js";

/** Housekeeping of one claim moves, drops or releases at most so many of each kind, or `max` if that is more. */
const HOUSEKEEPING_BOUND = 1_000;

/** Housekeeping, then the foremost messages, then what the caller needs to sleep: one step. */
export function claim(state: MemoryState, request: ClaimRequest, now: EpochMs): ClaimReply {
  const bound = Math.max(HOUSEKEEPING_BOUND, request.max);
  const { refilled, deadLettered } = keepHouse(state, bound, now);
  const deliveries: Delivery[] = [];
  let drops = 0;
  while (deliveries.length < request.max && drops < bound) {
    const message = foremost(state, request.queues);
    if (!message) break;
    const reason = reasonToDrop(state, message, now);
    if (reason) {
      drops++;
      dropRevoked(state, message, reason, now);
      followUp(state, now);
    } else {
      deliveries.push(deliver(state, message, now + request.leaseMs, now));
    }
  }
  // Other consumers may have been waiting for what housekeeping made ready and this claim left.
  for (const queue of refilled) if (queue.ready.size > 0) notify(queue);
  const nextWakeAt = drops >= bound ? now : nextWake(state);
  state.nextClaimBy = Math.max(state.nextClaimBy, nextWakeAt ?? Infinity);
  return { deliveries, ...(deadLettered.length > 0 && { deadLettered }), now, nextWakeAt };
}

interface Housekeeping {
  /** Queues that got ready messages. */
  readonly refilled: Set<Queue>;
  readonly deadLettered: DeadLettered[];
}

function keepHouse(state: MemoryState, bound: number, now: EpochMs): Housekeeping {
  const refilled = new Set<Queue>();
  const deadLettered: DeadLettered[] = [];
  for (let count = 0; count < bound; count++) {
    const message = state.scheduled.peek();
    if (!message || (message.eta ?? 0) > now) break;
    refilled.add(promote(state, message, now));
  }
  for (let count = 0; count < bound; count++) {
    const message = state.leased.peek();
    if (!message || message.until > now) break;
    if (message.deliveries < message.maxDeliveries) {
      losePermit(state, message);
      refilled.add(putBack(state, message, now));
    } else {
      deadLetter(state, message, "deliveries-exhausted", now);
      keepOwnResult(state, message, "FAILURE", "deliveries-exhausted", now);
      const { id, task, queue } = message;
      deadLettered.push({ id, task, queue, reason: "deliveries-exhausted" });
    }
  }
  for (const held of state.bufferedWakes.first(bound, now)) {
    if (held.wakeAt > now) break;
    state.releasable.push(held);
  }
  for (const lock of state.lockWakes.first(bound)) {
    if (lock.wakeAt > now) break;
    state.freed.add(lock);
  }
  for (let count = 0; count < bound; count++) {
    const overdue = state.waitDeadlines.peek();
    if (!overdue || overdue.at > now) break;
    const reason = endOf(overdue.message, now);
    if (reason) {
      dropRevoked(state, overdue.message, reason, now);
    } else {
      end(state, overdue.message);
      keepOwnResult(state, overdue.message, "FAILURE", "lock-timeout", now);
    }
  }
  followUp(state, now);
  return { refilled, deadLettered };
}

/** The message to take next: the highest priority, and of several queues the one that waited longest. */
function foremost(state: MemoryState, names: readonly string[]): Message | null {
  let best: { message: Message; queue: Queue } | null = null;
  for (const name of names) {
    const queue = state.queues.get(name);
    const message = queue?.ready.peek();
    if (!queue || !message) continue;
    const isBetter =
      !best ||
      message.priority > best.message.priority ||
      (message.priority === best.message.priority && queue.turn < best.queue.turn);
    if (isBetter) best = { message, queue };
  }
  if (!best) return null;
  best.queue.turn = ++state.sequence;
  return best.message;
}

function reasonToDrop(state: MemoryState, message: Message, now: EpochMs): "expired" | "revoked" | null {
  const reason = endOf(message, now);
  if (reason) return reason;
  return (state.revocations.get(message.id)?.until ?? 0) > now ? "revoked" : null;
}

function deliver(state: MemoryState, message: Message, until: EpochMs, now: EpochMs): Delivery {
  const token = hold(state, message, until);
  const { lock } = message;
  return {
    id: message.id,
    token,
    task: message.task,
    queue: message.queue,
    priority: message.priority,
    eta: message.eta,
    expires: message.expires,
    maxDeliveries: message.maxDeliveries,
    resultTtlMs: message.resultTtlMs,
    idTtlMs: message.idTtlMs,
    entry: message.entry,
    body: message.body,
    retries: message.retries,
    deliveries: message.deliveries,
    enqueuedAt: message.enqueuedAt,
    ...(lock !== null && { lock: { ...lock, fence: usePermit(state, message, now) } }),
  };
}

function nextWake(state: MemoryState): EpochMs | null {
  const next = Math.min(
    state.scheduled.peek()?.eta ?? Infinity,
    state.leased.peek()?.until ?? Infinity,
    state.bufferedWakes.peek()?.wakeAt ?? Infinity,
    state.lockWakes.peek()?.wakeAt ?? Infinity,
    state.waitDeadlines.peek()?.at ?? Infinity,
  );
  return next === Infinity ? null : next;
}
