/** Queues that take so many messages and no more: of those that are sent. What was accepted before is never refused. */
import type { Records } from "./records.js";

/** The bounds of one call. A queue that was full stays so to the end of the call: what comes behind a refused message is refused, too. */
export interface Bounds {
  /** Messages by queue; of one without a bound nothing. */
  readonly most: ReadonlyMap<string, number>;
  readonly full: Set<string>;
}

export function boundsOf(most: ReadonlyMap<string, number> | undefined): Bounds | null {
  return most === undefined ? null : { most, full: new Set() };
}

/** Whether the queue takes no more: ready, scheduled, and blocked by what counts as waiting. */
export function isFull({ messages }: Records, queue: string, { most, full }: Bounds): boolean {
  const limit = most.get(queue);
  if (limit === undefined) return false;
  if (!full.has(queue) && messages.holds(queue, limit)) full.add(queue);
  return full.has(queue);
}
