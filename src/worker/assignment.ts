import { messageOf, TaskError } from "../core/errors.js";
import { describeFailure } from "../core/failure.js";
import { oneLine } from "../core/log-entry.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { decodeBody, type MessageBody, resultTtlOf } from "../tasks/envelope.js";
import type { TaskLookup } from "./options.js";
import type { Outcome } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/**
 * The message of a task acknowledged early is gone when it asks for a retry, so it is sent again, and the number of
 * its retries travels in this header.
 */
export const EARLY_RETRIES_HEADER = "sunbeat-retries";

/** A delivery that can be run: its task is known and its body was read. */
export interface Assignment {
  readonly reservation: Reservation;
  readonly definition: TaskDefinition;
  readonly body: MessageBody;
  /** Retries so far. */
  readonly retries: number;
  /** 0: no result is kept. */
  readonly resultTtlMs: number;
}

/**
 * What is to be run, or the outcome of a delivery that cannot be: no longer ours, revoked or expired before its start,
 * unknown, unreadable. It looks at the clock: in a process that was stopped the timers that tell of a lost lease may be late.
 */
export function assign(reservation: Reservation, registry: TaskLookup): Assignment | Outcome {
  reservation.look();
  if (reservation.lost) return { kind: "abandoned" };
  if (reservation.revoked) return { kind: "revoked" };
  if (reservation.expired) return { kind: "expired" };
  const { delivery } = reservation;
  const definition = registry.get(delivery.task);
  if (definition === undefined) {
    const reason = `Received unregistered task of type '${oneLine(delivery.task)}'.`;
    return dead(
      reason,
      new TaskError("SUNBEAT_TASK_UNKNOWN", `${reason} Did this worker import its module?`),
    );
  }
  try {
    const body = decodeBody(delivery.body);
    const sent = Number(body.headers[EARLY_RETRIES_HEADER] ?? 0);
    const retries = delivery.retries + (Number.isSafeInteger(sent) && sent > 0 ? sent : 0);
    return { reservation, definition, body, retries, resultTtlMs: resultTtlOf(body, definition) };
  } catch (error) {
    return dead(`undecodable: ${messageOf(error)}`, error);
  }
}

export function isAssignment(value: Assignment | Outcome): value is Assignment {
  return "definition" in value;
}

function dead(reason: string, error: unknown): Outcome {
  return { kind: "dead", reason, error: describeFailure(error) };
}
