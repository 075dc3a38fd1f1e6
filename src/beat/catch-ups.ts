import type { EpochMs } from "../core/clock.js";
import type { Cursor, TickItem } from "../store/contracts/entries.js";

/**
 * How much of what entries have missed is sent where it takes several steps of the store. `max` of their misfire policy
 * counts over all steps, and a step may fail, or the lead be lost for a moment, between two of them. A beat in another
 * process that goes on with it counts anew.
 */
export class CatchUps {
  /** By entry: each place where a step leaves the cursor, and how many runs are sent until there. */
  readonly #places = new Map<string, ReadonlyMap<EpochMs, number>>();

  /** How many runs were sent until this cursor since the entry fell behind. */
  sentUntil(entry: string, cursor: Cursor): number {
    return this.#places.get(entry)?.get(cursor.due) ?? 0;
  }

  /** The steps in which an entry is going to catch up, from the cursor until which `sent` were sent. */
  begin(entry: string, sent: number, steps: readonly TickItem[], now: EpochMs): void {
    const places = new Map<EpochMs, number>();
    for (const { plan, next } of steps) {
      sent += plan.filter(({ kind }) => kind === "send").length;
      if (next !== null && next.dispatchAt <= now) places.set(next.due, sent);
    }
    if (places.size > 0) this.#places.set(entry, places);
    else this.#places.delete(entry);
  }
}
