/** Sending. */
import type { MessageLock } from "../../tasks/message.js";
import type { EnqueueOutcome } from "../contracts/sender.js";
import { isExpired } from "./ends.js";
import { isKnown } from "./messages.js";
import type { Known, Records, Sent } from "./records.js";
import { keepOwnResult } from "./results.js";
import { queuedState } from "./states.js";
import { requestForMessage } from "./waiters.js";

/** Puts a message into its queue or, when it needs a permit that is not free, has it wait for its lock. */
export function send(records: Records, sent: Sent): EnqueueOutcome {
  if (isExpired(sent, records.now)) {
    if (isKnown(records, sent.id)) return "duplicate";
    keepOwnResult(records, sent, "REVOKED", "expired");
    return "expired";
  }
  const state = queuedState(sent.eta, records.now);
  const message = records.messages.insertUnlessKnown(sent, state);
  if (!message) return "duplicate";
  if (sent.lock === null || state !== "ready" || takeLock(records, message, sent.task, sent.lock)) {
    records.notify(sent.queue);
  }
  return "queued";
}

/** What follows when a blocked message has come into its queue: when it is ready it needs its lock. */
export function arriveInQueue(records: Records, { id, queue, eta }: Known): void {
  const { messages, now } = records;
  // Found anew: the move may have changed what the next one needs.
  const message = queuedState(eta, now) === "ready" ? messages.find(id) : null;
  const lock = message && messages.lockOf(message);
  if (!message || !lock || takeLock(records, message, message.task, lock)) records.notify(queue);
}

/** Whether a message that has come into its queue has a permit of its lock; if not, it is blocked. */
function takeLock(records: Records, message: Known, task: string, lock: MessageLock): boolean {
  if (requestForMessage(records, message, task, lock)?.status !== "waiting") return true;
  records.messages.block(message, "lock");
  return false;
}
