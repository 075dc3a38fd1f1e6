import type { EpochMs } from "../../core/clock.js";
import type { HalfDays } from "./half-days.js";
import type { Occurrence, SolarModel } from "./model.js";

/** Half-days searched before giving up: 400 days. Every event that exists comes within a year. */
const SEARCH_LIMIT = 800;

/** Events of which a half-day has one at most. Later half-days have later events. */
export abstract class HalfDayModel implements SolarModel {
  protected readonly halfDays: HalfDays;
  /** An event may lie so many half-days before its own, and after it. */
  protected readonly lead: 0 | 1;
  protected readonly lag: 0 | 1;

  constructor(halfDays: HalfDays, { lead = 0, lag = 0 }: { lead?: 0 | 1; lag?: 0 | 1 } = {}) {
    this.halfDays = halfDays;
    this.lead = lead;
    this.lag = lag;
  }

  abstract at(k: number): EpochMs | null;
  /** Whether half-days such as k have events at all. */
  protected abstract mayHave(k: number): boolean;
  /** How far to the next half-day that can have an event: in a polar season whole days are passed over. */
  protected abstract stride(k: number): number;

  next(after: EpochMs): Occurrence | null {
    const from = this.halfDays.near(after) - 1 - this.lag;
    return this.#first(from, after);
  }

  previous(before: EpochMs): Occurrence | null {
    const from = this.halfDays.near(before) + 1 + this.lead;
    return this.#last(from, before);
  }

  firstFrom(k: number): Occurrence | null {
    return this.#first(k, -Infinity);
  }

  lastUpTo(k: number): Occurrence | null {
    return this.#last(k, Infinity);
  }

  index(instant: EpochMs): number {
    const near = this.halfDays.near(instant);
    let best = near;
    let bestDistance = Infinity;
    for (let k = near - 2 - this.lag; k <= near + 2 + this.lead; k++) {
      const at = this.at(k);
      if (at === null || Math.abs(at - instant) >= bestDistance) continue;
      best = k;
      bestDistance = Math.abs(at - instant);
    }
    return best;
  }

  #first(from: number, after: EpochMs): Occurrence | null {
    for (let k = from; k < from + SEARCH_LIMIT;) {
      if (this.mayHave(k) && (after === -Infinity || this.halfDays.start(k + 1 + this.lag) > after)) {
        const at = this.at(k);
        if (at !== null && at > after) return { k, at };
        k += at === null ? this.stride(k) : 1;
      } else k++;
    }
    return null;
  }

  #last(from: number, before: EpochMs): Occurrence | null {
    for (let k = from; k > from - SEARCH_LIMIT;) {
      if (this.mayHave(k) && (before === Infinity || this.halfDays.start(k - this.lead) < before)) {
        const at = this.at(k);
        if (at !== null && at < before) return { k, at };
        k -= at === null ? this.stride(k) : 1;
      } else k--;
    }
    return null;
  }
}
