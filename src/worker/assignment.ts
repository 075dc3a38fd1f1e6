/** What a delivery comes to before its run: a task with its arguments and its lock, or the end of one that cannot run. */
import { isSunbeatError, LockError, messageOf, type SunbeatError, TaskError } from "../core/errors.js";
import { describeFailure } from "../core/failure.js";
import { oneLine } from "../core/log-entry.js";
import { quote } from "../core/quote.js";
import { guarded } from "../locks/index.js";
import type { AdmitReply, AdmitRequest, ChargeRequest } from "../store/contracts/consumer.js";
import type { Delivery } from "../store/contracts/delivery.js";
import type { MessageLock } from "../store/contracts/locks.js";
import type { TaskDefinition } from "../tasks/definition.js";
import type { StoredResult } from "../store/contracts/results.js";
import { decodeBody, FORM, type MessageBody, resultTtlOf } from "../tasks/envelope.js";
import { isRatedByMessage, rateFor, type TaskRate } from "../tasks/rate-limit.js";
import { lockNameFor, type TaskLock } from "../tasks/task-lock.js";
import { builtIn, isBuiltIn } from "./built-in.js";
import type { TaskLookup } from "./options.js";
import { failed, type Outcome, TurnedAway } from "./outcome.js";
import { refOf, type Reservation } from "./reservation.js";

const REFUSALS: ReadonlySet<string> = new Set(["SUNBEAT_LOCK_BUSY", "SUNBEAT_LOCK_TIMEOUT"]);

type TaskFunction = TaskDefinition["fn"];

/** A delivery that can be run: its task is known and its body was read. */
export interface Assignment {
  readonly reservation: Reservation;
  readonly definition: TaskDefinition;
  readonly body: MessageBody;
  /** 0: no result is kept. */
  readonly resultTtlMs: number;
  /** A lock that it takes in its slot: its function without it, and what takes it around another one. */
  readonly lockInSlot?: { readonly fn: TaskFunction; readonly guard: (fn: TaskFunction) => TaskFunction };
}

/** A delivery that this worker cannot run, and another one may: its task or its form is unknown here. */
export interface Stranger {
  readonly reservation: Reservation;
  readonly error: SunbeatError;
}

/**
 * What is to be run, or the outcome of a delivery that cannot be: no longer ours, revoked or expired before its start,
 * unreadable. It looks at the clock: in a process that was stopped the timers that tell of a lost lease may be late.
 */
export function assign(
  reservation: Reservation,
  registry: Pick<TaskLookup, "get">,
): Assignment | Outcome | Stranger {
  reservation.look();
  if (reservation.lost) return { kind: "abandoned" };
  if (reservation.revoked) return { kind: "revoked" };
  if (reservation.expired) return { kind: "expired" };
  const { delivery } = reservation;
  if (delivery.refused !== undefined) return refusedAs(delivery.refused, reservation);
  const registered = registry.get(delivery.task);
  if (registered === undefined && !isBuiltIn(delivery.task)) return strangerOf(reservation, delivery.task);
  // Its sender did not know the task, and counted on more deliveries.
  if (registered?.acks === "early" && delivery.deliveries > 1) return { kind: "exhausted" };
  try {
    const body = decodeBody(delivery.body);
    if (body.part !== undefined && delivery.part !== undefined && delivery.part.graph !== body.rootId) {
      return refusedAs(OTHER_GRAPH, reservation);
    }
    const definition = registered ?? builtIn(delivery.task, body.args, registry);
    if ("missing" in definition) return strangerOf(reservation, definition.missing);
    reservation.body = body;
    reservation.ignoreHistory = definition.ignoreHistory;
    reservation.keepFailed = definition.keepFailed;
    if (definition.storeErrorsEvenIfIgnored)
      reservation.errorTtlMs = body.resultTtlMs ?? definition.resultTtlMs;
    return { reservation, definition, body, resultTtlMs: resultTtlOf(body, definition) };
  } catch (error) {
    if (!isSunbeatError(error) || error.code !== "SUNBEAT_MESSAGE_NEWER") {
      return dead(`undecodable: ${messageOf(error)}`, error);
    }
    const reason =
      `Received a message of a newer form for task '${oneLine(delivery.task)}' (${messageOf(error)}); this worker reads ` +
      `form ${FORM}. Run workers of the sender's version: the two take from ${sharedQueue(reservation)}`;
    return { reservation, error: new TaskError("SUNBEAT_MESSAGE_NEWER", reason) };
  }
}

/** The parts that it takes from are named within its graph. */
const OTHER_GRAPH = {
  code: "SUNBEAT_MESSAGE_INVALID",
  message: "it was delivered as a part of another graph than the one that it names",
} as const;

function refusedAs({ code, message }: NonNullable<Delivery["refused"]>, { label }: Reservation): Outcome {
  return dead(`${code}: ${message}`, new TaskError(code, `${label} was not run: ${message}`));
}

/** `task`: the one that is not known here, which is called by a built-in task or is that of the delivery. */
function strangerOf(reservation: Reservation, task: string): Stranger {
  const reason =
    `Received unregistered task of type '${oneLine(task)}'. Did this worker import its module? If another ` +
    `app has it, both take from ${sharedQueue(reservation)}`;
  return { reservation, error: new TaskError("SUNBEAT_TASK_UNKNOWN", reason) };
}

function sharedQueue({ delivery }: Reservation): string {
  return `queue ${quote(delivery.queue)} of one namespace: give each a namespace or queues of its own.`;
}

/** The reason of the record that the first worker leaves which does not know a message. */
const UNKNOWN = "unknown-here";
/** It comes back so soon, and then by so much of the time since then later each time. */
const FIRST_PAUSE_MS = 250;
const PAUSE_PER_AGE = 0.25;

/**
 * For `graceMs` from its first meeting a stranger goes back, to be taken by a worker that has it: old and new workers share
 * queues while a deploy rolls. Then it is a dead letter. The record that the first meeting leaves says when that was.
 */
export function outcomeOfStranger(
  { reservation, error }: Stranger,
  record: StoredResult | null,
  graceMs: number,
): Outcome {
  const metAt = record?.reason === UNKNOWN ? record.at : null;
  const ageMs = metAt === null ? 0 : Math.max(0, reservation.storeNow - metAt);
  if (ageMs >= graceMs) return dead(error.message, error);
  return {
    kind: "unknown",
    reason: error.message,
    delayMs: Math.min(FIRST_PAUSE_MS + Math.round(ageMs * PAUSE_PER_AGE), graceMs - ageMs),
    // Longer than the grace: a long queue may keep it from the next meeting.
    mark: metAt === null ? { reason: UNKNOWN, ttlMs: Math.max(3_600_000, 10 * graceMs) } : null,
  };
}

export function isAssignment(value: Assignment | Outcome | Stranger): value is Assignment {
  return "definition" in value;
}

export function isStranger(value: Assignment | Outcome | Stranger): value is Stranger {
  return "error" in value && "reservation" in value;
}

function dead(reason: string, error: unknown): Outcome {
  return { kind: "dead", reason, error: describeFailure(error) };
}

/** Whether it needs neither a lock nor tokens: as most do, and then there is nothing to prepare. */
export function isPlain({ definition, reservation }: Assignment): boolean {
  return definition.lock === null && definition.rateLimit === null && reservation.delivery.lock === undefined;
}

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
  const name = lockNameFor(definition.lock, reservation.args ?? body.args);
  if (carried && carried.name !== name) {
    const { fn } = definition;
    const { lock } = definition;
    const guard = (inner: TaskFunction): TaskFunction => lockedInSlot(inner, lock, name);
    const locked = { ...definition, fn: guard(fn), lock: null };
    return prepare({ ...assignment, definition: locked, lockInSlot: { fn, guard } }, leaseMs);
  }
  return needs({ name, capacity, waitTimeoutMs, reserveMs: leaseMs }, onBusy === "wait" ? "block" : "refuse");
}

/** Whether the worker is to ask for tokens: the message of a task whose runs differ does not carry what it takes. */
export function mustBeCharged(
  { delivery, charged }: Reservation,
  rateLimit: TaskDefinition["rateLimit"],
): rateLimit is TaskRate {
  return rateLimit !== null && isRatedByMessage(rateLimit) && delivery.rate === undefined && !charged;
}

/** The tokens for which its worker asks; null: none. Throws SUNBEAT_OPTION_INVALID. */
export function chargeOf({ definition, reservation, body }: Assignment): ChargeRequest | null {
  const { name, rateLimit } = definition;
  if (!mustBeCharged(reservation, rateLimit)) return null;
  return { ...refOf(reservation), rate: rateFor(rateLimit, reservation.args ?? body.args, name) };
}

/** Whether its arguments, which it takes from other parts, are to be read before its lock and its bucket have names. */
export function needsArguments({ definition, reservation, body }: Assignment): boolean {
  if (body.part === undefined || body.part.take.length === 0 || reservation.args !== null) return false;
  return typeof definition.lock?.name === "function" || mustBeCharged(reservation, definition.rateLimit);
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
function lockedInSlot(fn: TaskFunction, lock: TaskLock, name: string): TaskFunction {
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
