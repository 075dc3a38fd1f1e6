import { TaskError } from "../core/errors.js";
import type { NewMessage } from "../store/contracts/sender.js";
import type { Store } from "../store/contracts/store.js";
import { encodeBody } from "../tasks/envelope.js";
import { type Assignment, EARLY_RETRIES_HEADER } from "./assignment.js";
import type { EarlyEnding } from "./outbox.js";
import { failed, type Outcome, recordOf } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/**
 * Stores how a task that was acknowledged before its run has ended. Its message is gone, so a retry and a requeue
 * send it anew under its id, and a rejection has no letter to keep and leaves a failure. A crash before this step
 * loses the run: that is what acks "early" means.
 */
export async function storeEarlyEnd(store: Store, ending: EarlyEnding, hostname: string): Promise<void> {
  const { assignment, outcome } = ending;
  const { id } = assignment.reservation.delivery;
  if (outcome.kind === "retried" || outcome.kind === "requeued") {
    // A kept record, such as STARTED, would make the message a duplicate. Not again once that is done: the message
    // may have been sent, run and answered in the meantime.
    if (!ending.forgotten) await store.results.forget([id]);
    ending.forgotten = true;
    await store.sender.enqueue([
      outcome.kind === "retried" ? anew(assignment, 1, outcome.delayMs) : anew(assignment, 0, 0),
    ]);
    return;
  }
  const record = recordOf(outcome, hostname);
  if (record !== null && assignment.resultTtlMs > 0) {
    await store.results.put(id, record, assignment.resultTtlMs);
  }
}

/** What becomes of an early run that the worker cannot wait for: it cannot be given back. */
export function cutShort(reservation: Reservation): Outcome {
  const message = `the worker shut down while ${reservation.label} was running, and it was acknowledged before`;
  return failed(new TaskError("SUNBEAT_SHUTDOWN", message));
}

function anew({ reservation, body, retries }: Assignment, tries: 0 | 1, inMs: number): NewMessage {
  const { id, task, queue, priority, expires, maxDeliveries, resultTtlMs, idTtlMs, entry } =
    reservation.delivery;
  const headers = { ...body.headers, [EARLY_RETRIES_HEADER]: String(retries + tries) };
  return {
    id,
    task,
    queue,
    priority,
    ...(inMs > 0 ? { eta: { inMs } } : {}),
    ...(expires === null ? {} : { expires: { at: expires } }),
    maxDeliveries,
    resultTtlMs,
    ...(idTtlMs > 0 && { idTtlMs }),
    ...(entry === null ? {} : { entry }),
    body: encodeBody({ ...body, headers }, Infinity),
  };
}
