import type { EpochMs } from "../../core/clock.js";
import type { NewMessage } from "../../tasks/message.js";
import type { FailedRecords, Sent } from "../rules/records.js";
import type { MemoryState, Message } from "./state.js";

export class MemoryFailed implements FailedRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  keep(message: Message, until: EpochMs): void {
    const state = this.#state;
    const number = ++state.sequence;
    state.failed.keep({ sent: sentOf(message), number, at: state.now, until });
  }
}

function sentOf(message: Message): Sent {
  const { id, task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, entry, body } = message;
  const { lock, rate, lane } = message;
  return {
    ...{ id, task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, entry, body, lock, rate, lane },
    ...{ eta: null, expires: null, unique: null },
  };
}

/** As it is sent again. */
export function newMessageOf(sent: Sent): NewMessage {
  const { id, task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, entry, body } = sent;
  const { lock, rate, lane } = sent;
  return {
    ...{ id, task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs, body },
    ...(entry !== null && { entry }),
    ...(lock !== null && { lock }),
    ...(rate !== null && { rate }),
    ...(lane !== null && { lane }),
  };
}

/** Drops at most `limit` whose time is over. */
export function sweepFailed({ failed, now }: MemoryState, limit: number): number {
  let dropped = 0;
  for (const { sent, until } of failed.values()) {
    if (dropped >= limit || until > now) break;
    failed.delete(sent.id);
    dropped++;
  }
  return dropped;
}
