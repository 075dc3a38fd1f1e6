/** What is told of tasks that have ended. */
import type { EpochMs } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { DeliveryRef } from "../contracts/delivery.js";
import type { ResultRecord, StoredResult } from "../contracts/results.js";
import { endOf } from "./ends.js";
import type { Known, Records } from "./records.js";

/** Leaves a mark in place of a result, unless an end is kept: a message of this id is a duplicate until it goes. */
export function remember({ results }: Records, id: string, ttlMs: number): void {
  if (ttlMs > 0 && !isFinal(results.kept(id)?.state ?? "")) results.mark(id, ttlMs);
}

/** The result of a task that the store itself ended. */
export function keepOwnResult(
  records: Records,
  { id, resultTtlMs, idTtlMs }: Pick<Known, "id" | "resultTtlMs" | "idTtlMs">,
  state: "REVOKED" | "FAILURE",
  reason: string,
): void {
  if (resultTtlMs > 0) records.results.keep(id, { state, payload: null, reason }, resultTtlMs);
  else remember(records, id, idTtlMs);
}

export interface Told {
  readonly record: StoredResult | null;
  /** The record is final, or there will be none: a mark tells that the task has ended. */
  readonly isOver: boolean;
  /** When a message that waits ends by itself; null: never, or nobody knows. */
  readonly expires: EpochMs | null;
  readonly now: EpochMs;
}

/** What is told of an id: a message that will not run any more has ended, though no claim has dropped it yet. */
export function told({ messages, results, now }: Records, id: string): Told {
  const kept = results.kept(id);
  if (kept && isFinal(kept.state)) return { record: kept, isOver: true, expires: null, now };
  const message = messages.find(id);
  if (!message || message.state === "dead") {
    return { record: kept, isOver: kept === null && results.isKept(id), expires: null, now };
  }
  const reason = endOf(message, now);
  if (reason) {
    const at = (reason === "expired" ? message.expires : null) ?? now;
    return { record: { id, state: "REVOKED", payload: null, reason, at }, isOver: true, expires: null, now };
  }
  const isLeased = message.state === "leased";
  const derived = { id, state: isLeased ? "RECEIVED" : "PENDING", payload: null, at: now };
  return { record: kept ?? derived, isOver: false, expires: isLeased ? null : message.expires, now };
}

/** Writes the state of a running delivery. */
export function updateResult(
  records: Records,
  ref: DeliveryRef,
  record: ResultRecord,
  ttlMs: number,
): "updated" | "lost" {
  if (!records.messages.leased(ref)) return "lost";
  putResult(records, ref.id, record, ttlMs);
  return "updated";
}

/** A final record is never overwritten. */
export function putResult({ results }: Records, id: string, record: ResultRecord, ttlMs: number): void {
  if (!isFinal(results.kept(id)?.state ?? "")) results.keep(id, record, ttlMs);
}
