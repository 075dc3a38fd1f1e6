import type { EnqueueOutcome } from "../contracts/sender.js";
import { requestForMessage } from "./waiters.js";
import { insert, isKnown, block, stateFor, type Sent } from "./messages.js";
import { lockRequestOf } from "./permits.js";
import { keepOwnResult } from "./results.js";
import { HOLDING, READY } from "./schema.js";
import type { Step } from "./step.js";

/** Puts a message into its queue or, when it needs a permit that is not free, into the line of its lock. */
export function send(step: Step, sent: Sent): EnqueueOutcome {
  if (sent.expires !== null && sent.expires <= step.now) {
    if (isKnown(step, sent.id)) return "duplicate";
    keepOwnResult(
      step,
      { id: sent.id, resultTtl: sent.resultTtlMs, idTtl: sent.idTtlMs },
      "REVOKED",
      "expired",
    );
    return "expired";
  }
  const state = stateFor(sent.eta, step.now);
  if (!insert(step, sent, state)) return "duplicate";
  if (sent.lock === null || state !== READY || requestLock(step, sent)) step.queues.add(sent.queue);
  return "queued";
}

/** Has a message that was just put into its queue ask for its lock. Whether it has the permit; else it is blocked. */
export function requestLock(step: Step, { id, task, lock }: Pick<Sent, "id" | "task" | "lock">): boolean {
  if (lock === null) return true;
  const message = { id, task, lock: lock.name };
  requestForMessage(step, message, lock);
  if (lockRequestOf(step, message)?.status === HOLDING) return true;
  block(step, id, 0);
  return false;
}
