/** What traces are told of a run, by the process in which its function runs. */
import type { Failure } from "../core/failure.js";
import type { Extensions } from "../signals/index.js";
import type { RunTrace, TracedRun } from "../tasks/tracing.js";
import type { Assignment } from "./assignment.js";
import type { Outcome } from "./outcome.js";

/** Null: nobody traces. */
export function beginTrace(assignment: Assignment, extensions: Extensions | undefined): RunTrace | null {
  const tracing = extensions?.tracing ?? null;
  if (tracing === null) return null;
  return (assignment.reservation.trace = tracing.run(tracedRun(assignment, 0)));
}

/**
 * The end of a run that is not its function's. One that ran in a child has its trace there, which has ended with the child: it is told
 * anew, by the worker.
 */
export function endTraceOutside(
  assignment: Assignment,
  extensions: Extensions | undefined,
  outcome: Outcome,
): void {
  const { reservation } = assignment;
  const { trace } = reservation;
  if (trace !== null) return trace.end(failureOf(outcome));
  if (extensions === undefined || extensions.tracing === null) return;
  const { begunAt, storeNow } = reservation;
  extensions.tracing.run(tracedRun(assignment, storeNow - (begunAt ?? storeNow))).end(failureOf(outcome));
}

/** What an attempt failed with; null: it did not, or has asked to be run again without saying why. */
export function failureOf(outcome: Outcome): Failure | null {
  if (outcome.kind === "abandoned") return LOST;
  if (!("error" in outcome)) return null;
  return outcome.kind === "retried" && outcome.error.name === "Retry" ? null : outcome.error;
}

const LOST: Failure = {
  name: "TaskError",
  message: "the lease of the run was lost: another worker may have run it",
  stack: null,
  code: "SUNBEAT_LEASE_LOST",
  cause: null,
};

function tracedRun({ reservation, body }: Assignment, ranMs: number): TracedRun {
  const { delivery, begunAt, lock } = reservation;
  const { id, task, queue, entry, retries, deliveries, enqueuedAt } = delivery;
  const begun = begunAt ?? reservation.storeNow;
  // Without a spread: at each run it would cost more than the span.
  return {
    id,
    task,
    queue,
    entry,
    retries,
    deliveries,
    ranMs,
    rootId: body.rootId ?? id,
    due: body.scheduledFor,
    headers: body.headers,
    waitMs: reservation.waitedMs,
    sentAgoMs: begun - enqueuedAt,
    lock: lock?.name ?? null,
  };
}
