import type { Events } from "../events/index.js";
import type { Dropped } from "../store/contracts/consumer.js";

/** A revoked id that the store has not seen yet is remembered for so long: it may be on its way. */
export const KEEP_REVOKED_MS = 86_400_000;

/** For whoever has called the store, and was told what it has ended. */
export function tellDropped(events: Pick<Events, "emit">, dropped: readonly Dropped[]): void {
  for (const { id, task, queue, reason } of dropped) events.emit("task-revoked", { id, task, queue, reason });
}
