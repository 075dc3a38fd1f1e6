/** Ends of messages, and their returns from workers: each with all that follows from it. */
import type { EpochMs } from "../../core/clock.js";
import type { NewMessage, When } from "../../tasks/message.js";
import { endPartOf, partEnded, partOf } from "./parts.js";
import { releaseTicket } from "./permits.js";
import type { Known, Records, Sent } from "./records.js";
import { keepOwnResult } from "./results.js";

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
  records.messages.remove(message);
  endRun(records, message);
}

/** To the dead letters; a run of an entry ends so. */
export function deadLetter(records: Records, message: Known, reason: string): void {
  releaseTicket(records, message);
  records.messages.deadLetter(message, reason);
  endRun(records, message);
}

function endRun({ freed }: Records, { entry }: Known): void {
  if (entry !== null) freed.entry.add(entry);
}

/** Ends a waiting message that must not run. */
export function dropUnrun(records: Records, message: Known, reason: "expired" | "revoked"): void {
  endWith(records, message, "REVOKED", reason);
}

/** Ends a waiting message with a result that tells why. */
export function endWith(
  records: Records,
  message: Known,
  state: "REVOKED" | "FAILURE",
  reason: string,
): void {
  const part = partOf(records, message.id);
  if (part) return endPartOf(records, message, part, { state, payload: null, reason }, message.resultTtlMs);
  end(records, message);
  keepOwnResult(records, message, state, reason);
}

/** To the dead letters, from no worker's hands: with a result that tells why. */
export function deadLetterWith(records: Records, message: Known, reason: string): void {
  deadLetter(records, message, reason);
  const record = { state: "FAILURE", payload: null, reason };
  const part = partOf(records, message.id);
  if (part && partEnded(records, part, "failed", { record, ttlMs: message.resultTtlMs })) return;
  keepOwnResult(records, message, "FAILURE", reason);
}

/** Back from a worker for later. */
export function postpone(records: Records, message: Known, delayMs: number, why: "retry" | "defer"): void {
  releaseTicket(records, message);
  records.messages.postpone(message, records.now + delayMs, why);
  records.notify(message.queue);
}

/** Dead letters back into their queues, as if just sent; gives the number found. */
export function redrive(records: Records, id: string): number {
  const message = records.messages.dead(id);
  if (!message) return 0;
  records.results.drop(id);
  records.messages.redrive(message);
  records.notify(message.queue);
  return 1;
}

export function deleteDead(records: Records, id: string): number {
  const message = records.messages.dead(id);
  if (!message) return 0;
  end(records, message);
  return 1;
}
