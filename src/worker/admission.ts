/**
 * The lock of a delivery before its run. What came with a permit waits for a slot like any other. What needs one asks
 * for it first, as soon as it was taken: the order in line is the order of the queue, and it never holds a slot.
 */
import { isSunbeatError, LockError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { AdmitReply, AdmitRequest } from "../store/contracts/consumer.js";
import type { MessageLock } from "../store/contracts/locks.js";
import { guarded } from "../locks/index.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { lockNameFor, type TaskLock } from "../tasks/task-lock.js";
import type { Assignment } from "./assignment.js";
import { failed, type Outcome, TurnedAway } from "./outcome.js";
import { refOf } from "./outbox.js";

const REFUSALS: ReadonlySet<string> = new Set(["SUNBEAT_LOCK_BUSY", "SUNBEAT_LOCK_TIMEOUT"]);

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
    return needs(lock, "block");
  }
  const { capacity, onBusy, waitTimeoutMs } = definition.lock;
  const name = lockNameFor(definition.lock, body.args);
  if (carried && carried.name !== name) {
    const fn = lockedInSlot(definition.fn, definition.lock, name);
    return prepare({ ...assignment, definition: { ...definition, fn, lock: null } }, leaseMs);
  }
  return needs({ name, capacity, waitTimeoutMs, reserveMs: leaseMs }, onBusy === "wait" ? "block" : "refuse");
}

/** What becomes of a delivery that was not admitted. */
export function refusalOf(
  { definition }: Assignment,
  { lock: { name } }: AdmitRequest,
  reply: Exclude<AdmitReply, { outcome: "admitted" }>,
): Outcome {
  if (reply.outcome === "lost") return { kind: "abandoned" };
  if (reply.outcome === "blocked") return { kind: "blocked", lock: name };
  const busy = new LockError(
    "SUNBEAT_LOCK_BUSY",
    `lock ${quote(name)} is held by others, or others wait for it, and the task does not wait`,
    { details: { lock: name } },
  );
  return definition.lock === null ? failed(busy) : turnedAway(definition.lock, name, busy);
}

/** The end of a run that its task's lock keeps out. */
function turnedAway({ onBusy, retryInMs }: TaskLock, lock: string, error: unknown): Outcome {
  if (onBusy === "skip") return { kind: "skipped", lock };
  if (onBusy === "retry") return { kind: "deferred", lock, delayMs: retryInMs };
  return failed(error);
}

/**
 * The function of a task that takes its lock in its slot. A lock that keeps it out ends the run as it does for one that
 * asks first: nothing has run, so it is neither a result nor a failure that is tried again.
 */
function lockedInSlot(fn: TaskDefinition["fn"], lock: TaskLock, name: string): TaskDefinition["fn"] {
  return async (...args: never[]) => {
    let entered = false;
    const enter = (...inner: never[]): unknown => {
      entered = true;
      return fn(...inner);
    };
    try {
      return await guarded(
        { ...lock, name, onBusy: lock.onBusy === "wait" ? "wait" : "fail" },
        enter,
      )(...args);
    } catch (error) {
      if (entered || !isSunbeatError(error) || !REFUSALS.has(error.code)) throw error;
      throw new TurnedAway(turnedAway(lock, name, error));
    }
  };
}
