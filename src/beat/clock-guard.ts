/**
 * Watches the store's clock from the monotonic one.
 *
 * Both grow alike. When the store's clock has grown by more than 5 s more or less than time has passed, somebody
 * may have set it wrong for a moment, and dispatching by it would send occurrences early or count them as missed.
 * So nothing is dispatched for 10 s. If the clock comes back, it was a slip; else it is the time from then on.
 */
import type { Clock, EpochMs } from "../core/clock.js";

const LARGEST_STEP_MS = 5_000;
const HOLD_MS = 10_000;

/** One answer of the store that carries its clock, and when it was asked and answered (monotonic). */
export interface ClockReading {
  readonly storeNow: EpochMs;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** "jumped": a hold has begun. "held": it goes on. "settled": it is over. "steady": nothing happened. */
export type ClockVerdict = "steady" | "jumped" | "held" | "settled";

export class ClockGuard {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** Store time minus monotonic time; null before the first reading. */
  #offset: number | null = null;
  #heldSince: number | null = null;
  #jumpMs = 0;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** By how much the newest reading departs from what was believed. */
  get jumpMs(): number {
    return this.#jumpMs;
  }

  get holding(): boolean {
    return this.#heldSince !== null;
  }

  observe({ storeNow, askedAt, answeredAt }: ClockReading): ClockVerdict {
    // The store read its clock somewhere between question and answer: the middle is wrong by half at most.
    const uncertaintyMs = (answeredAt - askedAt) / 2;
    const offset = storeNow - (askedAt + uncertaintyMs);
    this.#jumpMs = this.#offset === null ? 0 : Math.round(offset - this.#offset);
    const steady = Math.abs(this.#jumpMs) <= LARGEST_STEP_MS + uncertaintyMs;
    if (this.#heldSince === null && !steady) {
      this.#heldSince = answeredAt;
      return "jumped";
    }
    if (this.#heldSince === null) {
      this.#offset = offset;
      return "steady";
    }
    if (!steady && answeredAt - this.#heldSince < HOLD_MS) return "held";
    this.#offset = offset;
    this.#heldSince = null;
    return "settled";
  }

  /** Milliseconds until the store's clock shows `instant`, by the newest reading. */
  until(instant: EpochMs): number {
    return instant - ((this.#offset ?? 0) + this.#clock.monotonicMs());
  }
}
