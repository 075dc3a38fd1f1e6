import type { EnqueueOutcome } from "../contracts/sender.js";
import { lineUpMessage } from "./line.js";
import { insert, isKnown, park, placeFor, type Sent } from "./messages.js";
import { contenderOf } from "./permits.js";
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
  const place = placeFor(sent.eta, step.now);
  if (!insert(step, sent, place)) return "duplicate";
  if (sent.lock === null || place !== READY || standInLine(step, sent)) step.queues.add(sent.queue);
  return "queued";
}

/** Has a message that was just put into its queue ask for its lock. Whether it has the permit; else it is blocked. */
export function standInLine(step: Step, { id, task, lock }: Pick<Sent, "id" | "task" | "lock">): boolean {
  if (lock === null) return true;
  const message = { id, task, lock: lock.name };
  lineUpMessage(step, message, lock);
  if (contenderOf(step, message)?.standing === HOLDING) return true;
  park(step, id, 0);
  return false;
}
