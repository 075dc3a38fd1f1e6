/**
 * The lock of a delivery before its run. What came with a permit waits for a slot like any other. What needs one asks
 * for it first, as soon as it was taken: the order in line is the order of the queue, and it never holds a slot.
 */
import { LockError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { AdmitReply, AdmitRequest, MessageLock } from "../store/locks.js";
import { guarded } from "../locks/index.js";
import { lockNameFor } from "../tasks/task-lock.js";
import type { Assignment } from "./assignment.js";
import { failed, type Outcome } from "./outcome.js";
import { refOf } from "./outbox.js";

/**
 * The assignment as it can run, and what it must ask for first; null: nothing. A delivery has one lock: when its
 * entry and its task name two, it holds that of the entry, and takes that of the task in its slot. Throws
 * SUNBEAT_LOCK_NAME_INVALID.
 */
export function prepare(
  assignment: Assignment,
  leaseMs: number,
): { readonly assignment: Assignment; readonly request: AdmitRequest | null } {
  const { definition, reservation, body } = assignment;
  const { lock: carried } = reservation.delivery;
  const needs = (lock: MessageLock, busy: AdmitRequest["busy"]) => {
    const request = reservation.lock?.name === lock.name ? null : { ...refOf(reservation), lock, busy };
    return { assignment, request };
  };
  if (definition.lock === null) {
    if (!carried) return { assignment, request: null };
    const { fence: _, ...lock } = carried;
    return needs(lock, "park");
  }
  const { capacity, onBusy, waitTimeoutMs } = definition.lock;
  const name = lockNameFor(definition.lock, body.args);
  if (carried && carried.name !== name) {
    const fn = guarded(definition.lock, definition.fn);
    return prepare({ ...assignment, definition: { ...definition, fn, lock: null } }, leaseMs);
  }
  return needs({ name, capacity, waitTimeoutMs, reserveMs: leaseMs }, onBusy === "wait" ? "park" : "refuse");
}

/** What becomes of a delivery that was not admitted. */
export function refusalOf(
  { definition }: Assignment,
  { lock: { name } }: AdmitRequest,
  reply: Exclude<AdmitReply, { outcome: "admitted" }>,
): Outcome {
  if (reply.outcome === "lost") return { kind: "abandoned" };
  if (reply.outcome === "parked") return { kind: "parked", lock: name };
  if (definition.lock?.onBusy === "skip") return { kind: "skipped", lock: name };
  if (definition.lock?.onBusy === "retry") {
    return { kind: "deferred", lock: name, delayMs: definition.lock.retryInMs };
  }
  return failed(
    new LockError(
      "SUNBEAT_LOCK_BUSY",
      `lock ${quote(name)} is held by others, or others wait for it, and the task does not wait`,
      { details: { lock: name } },
    ),
  );
}
