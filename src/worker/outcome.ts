/** What a run came to, as plain data, and what the store is told about it. */
import { isSunbeatError, type SunbeatError, TaskError } from "../core/errors.js";
import { describeFailure, type Failure } from "../core/failure.js";
import { LONGEST_DURATION_MS } from "../core/options.js";
import type { Random } from "../core/random.js";
import type { Settlement } from "../store/contracts/consumer.js";
import type { ResultRecord } from "../store/contracts/results.js";
import type { RetryPolicy, TaskDefinition } from "../tasks/definition.js";
import { encodeFailure } from "../tasks/failure.js";
import { outcomeOf, type Retry } from "../tasks/outcomes.js";
import type { Growth } from "../tasks/part.js";
import type { Reservation } from "./reservation.js";

export type Outcome =
  | {
      readonly kind: "succeeded";
      readonly value: unknown;
      readonly payload: string | null;
      /** What it adds to its group. */
      readonly grow?: Growth;
    }
  /** It ends as those that have taken its place. */
  | { readonly kind: "replaced"; readonly grow: Growth }
  /** `isExpected`: its task says that such errors are (`throws`). */
  | { readonly kind: "failed"; readonly error: Failure; readonly isExpected?: true }
  /** Failed by its hard time limit; the function may still be running, unless `isStopped`. */
  | {
      readonly kind: "timed-out";
      readonly error: Failure;
      readonly limitMs: number;
      readonly isStopped?: true;
    }
  | {
      readonly kind: "retried";
      readonly error: Failure;
      readonly delayMs: number;
      /** Of a run that was ended by its hard time limit; the function may still be running, unless `isStopped`. */
      readonly limitMs?: number;
      readonly isStopped?: true;
    }
  /** Kept among the dead letters: the task refused it, or this worker cannot run it. */
  | { readonly kind: "dead"; readonly reason: string; readonly error: Failure }
  /** Kept among the dead letters: it was delivered as often as its task allows. */
  | { readonly kind: "exhausted" }
  /** What ran it is gone (SUNBEAT_WORKER_LOST): once more, or a dead letter where this was its last delivery. */
  | ({ readonly kind: "lost"; readonly error: Failure } & Pick<ChildEnd, "exit" | "signal">)
  /** Back to its queue at once, because the task said so. */
  | { readonly kind: "requeued"; readonly reason: string }
  | { readonly kind: "ignored" }
  /** Its lock is busy, and it does without. */
  | { readonly kind: "skipped"; readonly lock: string }
  /** Its lock is busy: back to its queue, later, and nothing is counted. */
  | { readonly kind: "deferred"; readonly lock: string; readonly delayMs: number }
  /** This worker cannot run it, and another may: back to its queue, later, and nothing is counted. */
  | {
      readonly kind: "unknown";
      readonly reason: string;
      readonly delayMs: number;
      /** The record of its first meeting; null: it is kept already. */
      readonly mark: { readonly reason: string; readonly ttlMs: number } | null;
    }
  /** Its lock is busy: it stands in line, in the store. */
  | { readonly kind: "blocked"; readonly lock: string }
  /** The bucket of its rate limit is empty: it waits for a token, in the store. */
  | { readonly kind: "rate-limited" }
  /** It has shut the bucket of its rate limit, and waits there. */
  | { readonly kind: "cooled-down"; readonly delayMs: number }
  | { readonly kind: "revoked" }
  /** It was worthless by the time it could have begun. */
  | { readonly kind: "expired" }
  /** Back to its queue, because the worker is going. */
  | { readonly kind: "returned" }
  /** The lease was lost and the task stopped: another worker has it, so there is nothing to say. */
  | { readonly kind: "abandoned" };

/** How a child has ended. */
export interface ChildEnd {
  /** "exited with code 3", "was ended by SIGSEGV". */
  readonly how: string;
  /** Its exit code; null: a signal ended it, or it never began. */
  readonly exit: number | null;
  readonly signal: string | null;
}

/** Characters of the reason that stands beside a dead letter. */
const MAX_REASON = 1_000;

/** Why one whose last run was lost is a dead letter. */
export const WORKER_LOST = "worker-lost";

/** Thrown around a task's function when it is not to run: how the run ends is settled. */
export class TurnedAway extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super("the run was turned away before its function was called");
    this.name = "TurnedAway";
    this.outcome = outcome;
  }
}

function turnedAwayBy(thrown: unknown): Outcome | null {
  try {
    return thrown instanceof TurnedAway ? thrown.outcome : null;
  } catch {
    return null; // a Proxy that throws when it is looked at is a failure like any other
  }
}

/** What is needed to judge a thrown value. */
export interface Trial {
  readonly reservation: Reservation;
  readonly definition: Pick<TaskDefinition, "retry" | "isExpected" | "acks">;
  readonly random: Random;
}

/** The outcome of a run that threw `thrown`. Total: user code may throw anything, and `retry.on` and `throws` may throw too. */
export function judge(thrown: unknown, trial: Trial): Outcome {
  const { reservation, definition } = trial;
  // Why a run was told to stop says more than what it threw on the way out, which is mostly the signal's reason.
  if (reservation.lost) return { kind: "abandoned" };
  if (reservation.revoked) return { kind: "revoked" };
  const turnedAway = turnedAwayBy(thrown);
  if (turnedAway !== null) return turnedAway;
  try {
    const asked = outcomeOf(thrown);
    // By kind, since it may come from another copy of the package: what is no outcome we know is a failure.
    if (asked?.kind === "ignore") return { kind: "ignored" };
    if (asked?.kind === "cooldown") return { kind: "cooled-down", delayMs: asked.delayMs };
    if (asked?.kind === "reject") {
      const reason = String(asked.reason).slice(0, MAX_REASON);
      if (asked.requeue === true) return { kind: "requeued", reason };
      return { kind: "dead", reason, error: describeFailure(asked) };
    }
    if (asked?.kind === "retry") {
      if (hasTries(trial)) return retried(asked.error ?? asked, countdownOf(asked), trial);
      return failedForGood(asked.error ?? exhausted(asked, trial), trial);
    }
    if (reservation.stopping) return cutShort(definition, reservation);
    if (hasTries(trial) && definition.retry.on(thrown)) return retried(thrown, null, trial);
    return failedForGood(thrown, trial);
  } catch (error) {
    return { kind: "failed", error: withInner(describeFailure(thrown), error) };
  }
}

/** The outcome of a run that outlasted its hard time limit. Total, as `judge`. */
export function judgeTimeLimit(error: TaskError, limitMs: number, trial: Trial): Outcome {
  try {
    if (hasTries(trial) && trial.definition.retry.on(error))
      return { ...retried(error, null, trial), limitMs };
    return { kind: "timed-out", error: describeFailure(error), limitMs };
  } catch (thrown) {
    return { kind: "timed-out", error: withInner(describeFailure(error), thrown), limitMs };
  }
}

/** Ours was checked when it was made. That of another copy of the package may be anything, and would never come back. */
function countdownOf({ countdownMs }: Retry): number | null {
  const isInRange = Number.isInteger(countdownMs) && countdownMs! >= 0 && countdownMs! <= LONGEST_DURATION_MS;
  return isInRange ? countdownMs : null;
}

function hasTries({ reservation, definition }: Trial): boolean {
  return reservation.delivery.retries < definition.retry.max;
}

/** Both are somebody's failure: that of the task, and that of `retry.on` or `throws`. */
function withInner(failure: Failure, thrown: unknown): Failure {
  return { ...failure, errors: [...(failure.errors ?? []), describeFailure(thrown)] };
}

function failedForGood(thrown: unknown, { definition }: Trial): Outcome {
  const isExpected = definition.isExpected(thrown);
  return { kind: "failed", error: describeFailure(thrown), ...(isExpected && { isExpected }) };
}

function retried(error: unknown, countdownMs: number | null, trial: Trial): Outcome & { kind: "retried" } {
  const { definition, reservation, random } = trial;
  const delayMs = countdownMs ?? retryDelayMs(definition.retry, reservation.delivery.retries, random);
  return { kind: "retried", error: describeFailure(error), delayMs };
}

/**
 * How long a task waits before it runs again, in whole ms. `retries`: those it has had. The wait doubles with each
 * retry under `backoff`, is cut at `maxDelayMs`, and is then spread over [0, wait] under `jitter` ("full jitter").
 */
export function retryDelayMs(policy: RetryPolicy, retries: number, random: Random): number {
  // The exponent is bounded so that 0 ms stays 0 ms, and not 0 times infinity, after a thousand retries.
  const grown = policy.backoff ? policy.delayMs * 2 ** Math.min(retries, 64) : policy.delayMs;
  const wait = Math.min(grown, policy.maxDelayMs);
  return Math.round(policy.jitter ? wait * random.next() : wait);
}

/** The end of a run that fails for good, whatever its retry policy says: the next try would meet the same. Unless it was stopped. */
export function beyondRetry(thrown: unknown, trial: Pick<Trial, "reservation" | "definition">): Outcome {
  const { lost, revoked, stopping } = trial.reservation;
  if (lost) return { kind: "abandoned" };
  if (revoked) return { kind: "revoked" };
  if (isDistrust(thrown)) {
    const reason = `${thrown.code}: ${thrown.message}`.slice(0, MAX_REASON);
    return { kind: "dead", reason, error: describeFailure(thrown) };
  }
  return stopping ? cutShort(trial.definition, trial.reservation) : failed(thrown);
}

/** What it takes is not signed as it must be, or its key is missing: the message is kept for when that is mended. */
function isDistrust(thrown: unknown): thrown is SunbeatError {
  return (
    isSunbeatError(thrown) &&
    (thrown.code === "SUNBEAT_SIGNATURE_INVALID" || thrown.code === "SUNBEAT_KEY_UNKNOWN")
  );
}

export function failed(thrown: unknown): Outcome {
  return { kind: "failed", error: describeFailure(thrown) };
}

/** The end of a run whose child is gone. `label`: "child 4711". */
export function lostRun(label: string, { how, exit, signal }: ChildEnd): Outcome {
  const message = `what ran the task is gone: ${label} ${how}`;
  const error = describeFailure(new TaskError("SUNBEAT_WORKER_LOST", message));
  return { kind: "lost", error: { ...error, stack: null }, exit, signal }; // the stack of whoever noticed tells nothing
}

/** What becomes of a run that the worker cannot wait for. One that runs at most once cannot be given back. */
export function cutShort({ acks }: Pick<TaskDefinition, "acks">, { label }: Reservation): Outcome {
  if (acks === "late") return { kind: "returned" };
  const message = `the worker shut down while ${label} was running, and it runs at most once (acks "early")`;
  return failed(new TaskError("SUNBEAT_SHUTDOWN", message));
}

function exhausted(cause: Retry, { reservation, definition }: Trial): TaskError {
  return new TaskError(
    "SUNBEAT_RETRIES_EXHAUSTED",
    `${reservation.label} asked to be run again, and its ${definition.retry.max} retries are used up`,
    { cause, details: { task: reservation.delivery.task, max: definition.retry.max } },
  );
}

/** The record that the outcome leaves, or null where it leaves none. */
function recordOf(outcome: Outcome, { delivery }: Reservation, hostname: string): ResultRecord | null {
  const tries = delivery.retries + 1;
  switch (outcome.kind) {
    case "succeeded":
      return { state: "SUCCESS", payload: outcome.payload, worker: hostname };
    case "failed":
    case "timed-out":
    case "dead":
    case "lost":
      return { state: "FAILURE", payload: encodeFailure(outcome.error, tries), worker: hostname };
    case "exhausted":
      return { state: "FAILURE", payload: null, reason: "deliveries-exhausted", worker: hostname };
    case "retried":
      return { state: "RETRY", payload: encodeFailure(outcome.error, tries), worker: hostname };
    case "revoked":
      return { state: "REVOKED", payload: null, reason: "revoked", worker: hostname };
    case "expired":
      return { state: "REVOKED", payload: null, reason: "expired", worker: hostname };
    case "skipped":
      return { state: "REVOKED", payload: null, reason: "skipped", worker: hostname };
    case "ignored":
      return delivery.part === undefined ? null : { state: "SUCCESS", payload: null, worker: hostname };
    case "replaced":
    case "requeued":
    case "deferred":
    case "unknown":
    case "blocked":
    case "rate-limited":
    case "cooled-down":
    case "returned":
    case "abandoned":
      return null;
  }
}

/**
 * What the store is told: how the delivery ended; "give-back" for one that goes to the front of its queue, not
 * counted; null where nothing is to be said. `keptMs`: how long a result is kept; 0: it is not. `keepMs`: how long
 * the message of one that fails for good is.
 */
export function settlementOf(
  reservation: Reservation,
  outcome: Outcome,
  keptMs: number,
  hostname: string,
  keepMs = 0,
): Settlement | "give-back" | null {
  if (["abandoned", "blocked", "rate-limited"].includes(outcome.kind)) return null;
  const { delivery } = reservation;
  const { id, token, idTtlMs } = delivery;
  const resultTtlMs = keptMs === 0 && isFailure(outcome) ? reservation.errorTtlMs : keptMs;
  // Given back it would keep its lock, and those in line would wait for a task that only turns in circles.
  const frees = outcome.kind === "requeued" && reservation.lock !== null;
  if (frees) return { id, token, result: null, resultTtlMs, kind: "defer", delayMs: 0 };
  if (outcome.kind === "returned" || outcome.kind === "requeued") return "give-back";
  if (outcome.kind === "cooled-down") {
    return { id, token, result: null, resultTtlMs, kind: "cooldown", delayMs: outcome.delayMs };
  }
  if (outcome.kind === "deferred") {
    return { id, token, result: null, resultTtlMs, kind: "defer", delayMs: outcome.delayMs };
  }
  if (outcome.kind === "unknown") {
    const { mark, delayMs } = outcome;
    const result = mark && { state: "PENDING", payload: null, reason: mark.reason, worker: hostname };
    return { id, token, result, resultTtlMs: mark?.ttlMs ?? 0, kind: "defer", delayMs };
  }
  if (outcome.kind === "replaced") {
    return { id, token, result: null, resultTtlMs, grow: outcome.grow, kind: "replaced" };
  }
  const result = leavesRecord(reservation, outcome, resultTtlMs)
    ? recordOf(outcome, reservation, hostname)
    : null;
  if (outcome.kind === "retried") {
    return { id, token, result, resultTtlMs, kind: "retry", delayMs: outcome.delayMs };
  }
  if (outcome.kind === "dead" || outcome.kind === "exhausted") {
    const reason = outcome.kind === "dead" ? outcome.reason : "deliveries-exhausted";
    return { id, token, result, resultTtlMs, kind: "dead", reason };
  }
  if (outcome.kind === "lost") return { id, token, result, resultTtlMs, kind: "lost", reason: WORKER_LOST };
  const grow = outcome.kind === "succeeded" ? outcome.grow : undefined;
  const succeeded = outcome.kind === "succeeded" && delivery.entry !== null;
  if (keepMs > 0 && isRunFailure(outcome) && reservation.keepFailed && delivery.part === undefined) {
    return { id, token, result, resultTtlMs, idTtlMs, keepMs, kind: "done" };
  }
  return {
    ...{ id, token, result, resultTtlMs, idTtlMs, kind: "done" },
    ...(grow && { grow }),
    ...(succeeded && { succeeded }),
  };
}

function isRunFailure({ kind }: Outcome): boolean {
  return kind === "failed" || kind === "timed-out";
}

function isFailure({ kind }: Outcome): boolean {
  return (
    kind === "failed" || kind === "timed-out" || kind === "dead" || kind === "exhausted" || kind === "lost"
  );
}

/**
 * Also where it is not kept: a dead letter's takes the place of an earlier record, such as that of a first meeting, and of the end
 * of a part the store reads what follows.
 */
function leavesRecord({ delivery }: Reservation, { kind }: Outcome, resultTtlMs: number): boolean {
  return (
    resultTtlMs > 0 ||
    kind === "dead" ||
    kind === "lost" ||
    (delivery.part !== undefined && kind !== "retried")
  );
}
