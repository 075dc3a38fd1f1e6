/** What a run came to, as plain data, and what the store is told about it. */
import { TaskError } from "../core/errors.js";
import { describeFailure, type Failure } from "../core/failure.js";
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
  | { readonly kind: "failed"; readonly error: Failure }
  /** Failed by its hard time limit; the function may still be running. */
  | { readonly kind: "timed-out"; readonly error: Failure; readonly limitMs: number }
  | { readonly kind: "retried"; readonly error: Failure; readonly delayMs: number }
  /** Kept among the dead letters: the task refused it, or this worker cannot run it. */
  | { readonly kind: "dead"; readonly reason: string; readonly error: Failure }
  /** Kept among the dead letters: it was delivered as often as its task allows. */
  | { readonly kind: "exhausted" }
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
  | { readonly kind: "revoked" }
  /** It was worthless by the time it could have begun. */
  | { readonly kind: "expired" }
  /** Back to its queue, because the worker is going. */
  | { readonly kind: "returned" }
  /** The lease was lost and the task stopped: another worker has it, so there is nothing to say. */
  | { readonly kind: "abandoned" };

/** Thrown around a task's function when it is not to run: how the run ends is settled. */
export class TurnedAway extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super("the run was turned away before its function was called");
    this.name = "TurnedAway";
    this.outcome = outcome;
  }
}

/** What is needed to judge a thrown value. */
export interface Trial {
  readonly reservation: Reservation;
  readonly definition: Pick<TaskDefinition, "retry" | "acks">;
  readonly random: Random;
}

/** The outcome of a run that threw `thrown`. Total: user code may throw anything, and `retry.on` may throw too. */
export function judge(thrown: unknown, trial: Trial): Outcome {
  const { reservation, definition } = trial;
  const { retry } = definition;
  const { retries } = reservation.delivery;
  // Why a run was told to stop says more than what it threw on the way out, which is mostly the signal's reason.
  if (reservation.lost) return { kind: "abandoned" };
  if (reservation.revoked) return { kind: "revoked" };
  try {
    if (thrown instanceof TurnedAway) return thrown.outcome;
    const asked = outcomeOf(thrown);
    // By kind, since it may come from another copy of the package: what is no outcome we know is a failure.
    if (asked?.kind === "ignore") return { kind: "ignored" };
    if (asked?.kind === "reject") {
      const reason = String(asked.reason);
      if (asked.requeue === true) return { kind: "requeued", reason };
      return { kind: "dead", reason, error: describeFailure(asked) };
    }
    if (asked?.kind === "retry") {
      if (retries >= retry.max) return failed(asked.error ?? exhausted(asked, trial));
      return retried(asked.error ?? asked, asked.countdownMs, trial);
    }
    if (reservation.stopping) return cutShort(definition, reservation);
    if (retries >= retry.max || !retry.on(thrown)) return failed(thrown);
    return retried(thrown, null, trial);
  } catch (error) {
    const failure = describeFailure(thrown);
    const inner = [...(failure.errors ?? []), describeFailure(error)];
    return { kind: "failed", error: { ...failure, errors: inner } }; // both are somebody's failure
  }
}

function retried(error: unknown, countdownMs: number | null, trial: Trial): Outcome {
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
  return stopping ? cutShort(trial.definition, trial.reservation) : failed(thrown);
}

export function failed(thrown: unknown): Outcome {
  return { kind: "failed", error: describeFailure(thrown) };
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
export function recordOf(outcome: Outcome, hostname: string): ResultRecord | null {
  switch (outcome.kind) {
    case "succeeded":
      return { state: "SUCCESS", payload: outcome.payload, worker: hostname };
    case "failed":
    case "timed-out":
    case "dead":
      return { state: "FAILURE", payload: encodeFailure(outcome.error), worker: hostname };
    case "exhausted":
      return { state: "FAILURE", payload: null, reason: "deliveries-exhausted", worker: hostname };
    case "retried":
      return { state: "RETRY", payload: encodeFailure(outcome.error), worker: hostname };
    case "revoked":
      return { state: "REVOKED", payload: null, reason: "revoked", worker: hostname };
    case "expired":
      return { state: "REVOKED", payload: null, reason: "expired", worker: hostname };
    case "skipped":
      return { state: "REVOKED", payload: null, reason: "skipped", worker: hostname };
    case "replaced":
    case "requeued":
    case "ignored":
    case "deferred":
    case "unknown":
    case "blocked":
    case "returned":
    case "abandoned":
      return null;
  }
}

/**
 * What the store is told: how the delivery ended; "give-back" for one that goes to the front of its queue, not
 * counted; null where nothing is to be said. `resultTtlMs` 0: the record is not kept.
 */
export function settlementOf(
  reservation: Reservation,
  outcome: Outcome,
  resultTtlMs: number,
  hostname: string,
): Settlement | "give-back" | null {
  if (outcome.kind === "abandoned" || outcome.kind === "blocked") return null;
  const { id, token, idTtlMs } = reservation.delivery;
  // Given back it would keep its lock, and those in line would wait for a task that only turns in circles.
  const frees = outcome.kind === "requeued" && reservation.lock !== null;
  if (frees) return { id, token, result: null, resultTtlMs, kind: "defer", delayMs: 0 };
  if (outcome.kind === "returned" || outcome.kind === "requeued") return "give-back";
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
  const result = leavesRecord(reservation, outcome, resultTtlMs) ? recordOf(outcome, hostname) : null;
  if (outcome.kind === "retried") {
    return { id, token, result, resultTtlMs, kind: "retry", delayMs: outcome.delayMs };
  }
  if (outcome.kind === "dead" || outcome.kind === "exhausted") {
    const reason = outcome.kind === "dead" ? outcome.reason : "deliveries-exhausted";
    return { id, token, result, resultTtlMs, kind: "dead", reason };
  }
  const grow = outcome.kind === "succeeded" ? outcome.grow : undefined;
  return { id, token, result, resultTtlMs, idTtlMs, ...(grow && { grow }), kind: "done" };
}

/**
 * Also where it is not kept: a dead letter's takes the place of an earlier record, such as that of a first meeting, and of the end
 * of a part the store reads what follows.
 */
function leavesRecord({ delivery }: Reservation, { kind }: Outcome, resultTtlMs: number): boolean {
  return resultTtlMs > 0 || kind === "dead" || (delivery.part !== undefined && kind !== "retried");
}
