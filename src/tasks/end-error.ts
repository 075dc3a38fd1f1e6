/** Why a task gave no value, as an error: of the record that its end has left. */
import { ResultError } from "../core/errors.js";
import { closedReason } from "./closed-text.js";
import { decodeFailure, RemoteTaskError } from "./failure.js";

/** A final record that is no success. */
export interface BadEnd {
  readonly id: string;
  readonly state: string;
  readonly payload: string | null;
  readonly reason?: string;
  readonly worker?: string;
}

/**
 * The id of the part whose end kept this one from running; null: of an end for another reason, or where nobody is to blame, as for an
 * error callback that was not needed.
 */
export function culpritOf({ state, reason, payload }: Omit<BadEnd, "id">): string | null {
  if (state !== "REVOKED" || reason !== "upstream" || payload === null) return null;
  try {
    const id: unknown = JSON.parse(payload);
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}

/** `cause`: the error of the part that is to blame, where this one did not run for it. */
export function endError(record: BadEnd, cause?: ResultError): ResultError {
  const { id, state, reason } = record;
  const init = { details: { taskId: id, reason: reason ?? null } };
  if (state === "REVOKED") return revokedError(record, cause);
  if (reason === "deliveries-exhausted") {
    return new ResultError(
      "SUNBEAT_DELIVERIES_EXHAUSTED",
      `task ${id} was given up: each worker that took it was lost before it ended (it crashed, or its event loop was ` +
        "blocked for longer than the lease); it is among the dead letters",
      init,
    );
  }
  if (reason === "lock-timeout") {
    const message = `task ${id} waited in line for its lock longer than its waitTimeout`;
    return new ResultError("SUNBEAT_LOCK_TIMEOUT", message, init);
  }
  const closed = closedReason(record.payload);
  if (closed !== null) return new ResultError(closed.code, `result of task ${id}: ${closed.message}`, init);
  return new RemoteTaskError(id, decodeFailure(record.payload), record.worker);
}

function revokedError(record: BadEnd, cause: ResultError | undefined): ResultError {
  const { id, reason } = record;
  const init = { details: { taskId: id, reason: reason ?? null } };
  switch (reason) {
    case "skipped": {
      const message = `task ${id} was skipped: its lock was busy, and its onBusy is "skip"`;
      return new ResultError("SUNBEAT_TASK_SKIPPED", message, init);
    }
    case "expired":
      return new ResultError("SUNBEAT_TASK_EXPIRED", `task ${id} expired before a worker took it`, init);
    case "upstream": {
      const culprit = culpritOf(record);
      const message =
        culprit === null
          ? `task ${id} did not run: it is called at failures, and there was none`
          : `task ${id} did not run, since task ${culprit} before it did not succeed` +
            (cause === undefined ? "" : `: ${cause.message}`);
      return new ResultError("SUNBEAT_UPSTREAM_FAILED", message, {
        details: { taskId: culprit ?? id, reason },
        ...(cause !== undefined && { cause }),
      });
    }
    case undefined:
    default:
      return new ResultError("SUNBEAT_TASK_REVOKED", `task ${id} was revoked`, init);
  }
}
