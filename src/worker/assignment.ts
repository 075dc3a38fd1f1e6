import { messageOf, TaskError } from "../core/errors.js";
import { describeFailure } from "../core/failure.js";
import { oneLine } from "../core/log-entry.js";
import { quote } from "../core/quote.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { decodeBody, type MessageBody, resultTtlOf } from "../tasks/envelope.js";
import type { TaskLookup } from "./options.js";
import type { Outcome } from "./outcome.js";
import type { Reservation } from "./reservation.js";

/** A delivery that can be run: its task is known and its body was read. */
export interface Assignment {
  readonly reservation: Reservation;
  readonly definition: TaskDefinition;
  readonly body: MessageBody;
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
    const reason =
      `Received unregistered task of type '${oneLine(delivery.task)}'. Did this worker import its module? If another ` +
      `app has it, both take from queue ${quote(delivery.queue)} of one namespace: give each a namespace or queues of its own.`;
    return dead(reason, new TaskError("SUNBEAT_TASK_UNKNOWN", reason));
  }
  // Its sender did not know the task, and counted on more deliveries.
  if (definition.acks === "early" && delivery.deliveries > 1) return { kind: "exhausted" };
  try {
    const body = decodeBody(delivery.body);
    return { reservation, definition, body, resultTtlMs: resultTtlOf(body, definition) };
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
