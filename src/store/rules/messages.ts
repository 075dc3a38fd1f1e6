/** Ends of messages, and their returns from workers: each with all that follows from it. */
import type { EpochMs } from "../../core/clock.js";
import type { NewMessage, When } from "../../tasks/message.js";
import { recordEnd } from "./history.js";
import { takeTurnIfReady } from "./lanes.js";
import { endPartOf, partEnded, partOf } from "./parts.js";
import { losePermit, releaseTicket } from "./permits.js";
import type { Known, Lapsed, Records, Sent } from "./records.js";
import { keepOwnResult } from "./results.js";
import { endUnique } from "./unique.js";

/** The message with its instants counted from this step. */
export function fixInstants(message: NewMessage, entry: string | null, now: EpochMs): Sent {
  return {
    id: message.id,
    task: message.task,
    queue: message.queue,
    priority: message.priority,
    eta: message.eta ? instantOf(message.eta, now) : null,
    expires: message.expires ? instantOf(message.expires, now) : null,
    maxDeliveries: message.maxDeliveries,
    resultTtlMs: message.resultTtlMs,
    idTtlMs: message.idTtlMs ?? 0,
    entry,
    body: message.body,
    lock: message.lock ?? null,
    rate: message.rate ?? null,
    unique: message.unique ?? null,
    lane: message.lane ?? null,
  };
}

function instantOf(when: When, now: EpochMs): EpochMs {
  return "at" in when ? when.at : now + when.inMs;
}

/** Whether a message of this id would be a duplicate. */
export function isKnown({ messages, results }: Records, id: string): boolean {
  return messages.isStored(id) || results.isKept(id);
}

/** Gone for good. */
export function end(records: Records, message: Known): void {
  releaseTicket(records, message);
  endUnique(records, message);
  records.messages.remove(message);
  endRun(records, message);
}

/** To the dead letters; a run of an entry ends so. */
export function deadLetter(records: Records, message: Known, reason: string): void {
  releaseTicket(records, message);
  endUnique(records, message);
  records.messages.deadLetter(message, reason);
  endRun(records, message);
}

function endRun({ freed }: Records, { entry }: Known): void {
  if (entry !== null) freed.entry.add(entry);
}

/** Ends a waiting message that must not run. */
export function dropUnrun(records: Records, message: Known, reason: "expired" | "revoked"): void {
  const task = endWith(records, message, "REVOKED", reason);
  records.dropped.push({ id: message.id, task, queue: message.queue, reason });
}

/** Ends a waiting message with a result that tells why. Gives its task. */
export function endWith(
  records: Records,
  message: Known,
  state: "REVOKED" | "FAILURE",
  reason: string,
): string {
  const task = recordEnd(
    records,
    message,
    state === "FAILURE" ? "failure" : reason === "expired" ? "expired" : "revoked",
    reason,
  );
  const part = partOf(records, message.id);
  if (part) {
    endPartOf(records, message, part, { state, payload: null, reason }, message.resultTtlMs);
    return task;
  }
  end(records, message);
  keepOwnResult(records, message, state, reason);
  return task;
}

/** To the dead letters, from no worker's hands: with a result that tells why. */
export function deadLetterWith(records: Records, message: Known, reason: string): void {
  recordEnd(records, message, "dead", reason);
  deadLetter(records, message, reason);
  const record = { state: "FAILURE", payload: null, reason };
  const part = partOf(records, message.id);
  if (part && partEnded(records, part, "failed", { record, ttlMs: message.resultTtlMs })) return;
  keepOwnResult(records, message, "FAILURE", reason);
}

/** Back to the front of its queue, from a worker that is lost. False: it was delivered as often as it may be. */
export function deliverAgain(records: Records, message: Lapsed): boolean {
  if (message.deliveries >= message.maxDeliveries) return false;
  losePermit(records, message);
  records.messages.requeue(message, { isCounted: true });
  return true;
}

/** Back from a worker for later. */
export function postpone(records: Records, message: Known, delayMs: number, why: "retry" | "defer"): void {
  releaseTicket(records, message);
  const eta = records.now + delayMs;
  records.messages.postpone(message, eta, why);
  takeTurnIfReady(records, { ...message, eta });
  records.notify(message.queue);
}

/** Dead letters back into their queues, as if just sent; gives the number found. */
export function redrive(records: Records, id: string): number {
  const message = records.messages.dead(id);
  if (!message) return 0;
  records.results.drop(id);
  records.messages.redrive(message);
  takeTurnIfReady(records, message);
  records.notify(message.queue);
  return 1;
}

export function deleteDead(records: Records, id: string): number {
  const message = records.messages.dead(id);
  if (!message) return 0;
  end(records, message);
  return 1;
}
