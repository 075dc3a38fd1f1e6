import type { EpochMs } from "../../core/clock.js";
import type { SolarDirection } from "./events.js";
import { halfDayBoundary, nearHalfDay } from "./half-days.js";
import type { Occurrence, SolarModel } from "./model.js";
import { degreesAbove, type Place, type Target } from "./sun.js";

/** Half-days searched before giving up: 400 days. Every event that exists comes within a year. */
const SEARCH_LIMIT = 800;
/** The altitude of a culmination moves by less than this from one day to the next. */
const DEGREES_PER_DAY = 0.42;
/** Both ends of a half-day must miss by more than a degree before days are skipped; this much is kept back. */
const SKIP_FROM = 1;
const SKIP_RESERVE = 0.7;
/** Steps of a search touch four neighbours, most of them again in the next call. A power of two. */
const MEMO_SLOTS = 8;

interface HalfDay {
  readonly k: number;
  /** When it begins. */
  readonly start: EpochMs;
  /** How far the Sun stands above the target at `start`, in degrees. */
  readonly above: number;
  /** The crossing in it; undefined: not looked for yet. */
  crossing: EpochMs | null | undefined;
}

/**
 * The instants at which the Sun passes an altitude in one direction at a place.
 */
export class Crossings implements SolarModel {
  readonly #place: Place;
  readonly #target: Target;
  /** 1 when rising, -1 when setting. */
  readonly #sign: 1 | -1;
  /** By exact k only, so that an answer never depends on the question before it. */
  readonly #memo: (HalfDay | undefined)[] = [];

  constructor(place: Place, direction: SolarDirection, target: Target) {
    this.#place = place;
    this.#sign = direction === "rising" ? 1 : -1;
    this.#target = target;
  }

  next(after: EpochMs): Occurrence | null {
    const from = nearHalfDay(after, this.#place.longitude) - 1;
    for (let k = from; k < from + SEARCH_LIMIT; k += this.#stride(k)) {
      if (this.#halfDay(k + 1).start <= after) continue; // the whole half-day is over
      const at = this.#crossing(k);
      if (at !== null && at > after) return { k, at };
    }
    return null;
  }

  previous(before: EpochMs): Occurrence | null {
    const from = nearHalfDay(before, this.#place.longitude) + 1;
    for (let k = from; k > from - SEARCH_LIMIT; k -= this.#stride(k)) {
      if (this.#halfDay(k).start >= before) continue;
      const at = this.#crossing(k);
      if (at !== null && at < before) return { k, at };
    }
    return null;
  }

  index(instant: EpochMs): number {
    const near = nearHalfDay(instant, this.#place.longitude);
    let best = near;
    let bestDistance = Infinity;
    for (let k = near - 2; k <= near + 2; k++) {
      const at = this.#crossing(k);
      if (at === null || Math.abs(at - instant) >= bestDistance) continue;
      best = k;
      bestDistance = Math.abs(at - instant);
    }
    return best;
  }

  /** How far to the next half-day that can have a crossing: in a polar season whole days are passed over. */
  #stride(k: number): number {
    const a = this.#halfDay(k).above;
    const b = this.#halfDay(k + 1).above;
    const miss = a > 0 === b > 0 ? Math.min(Math.abs(a), Math.abs(b)) : 0;
    if (miss <= SKIP_FROM) return 1;
    return Math.max(1, 2 * Math.floor((miss - SKIP_RESERVE) / DEGREES_PER_DAY));
  }

  #halfDay(k: number): HalfDay {
    const slot = k & (MEMO_SLOTS - 1);
    const kept = this.#memo[slot];
    if (kept?.k === k) return kept;
    const start = halfDayBoundary(this.#place, k);
    const made: HalfDay = { k, start, above: this.#above(start), crossing: undefined };
    this.#memo[slot] = made;
    return made;
  }

  #crossing(k: number): EpochMs | null {
    const halfDay = this.#halfDay(k);
    if (halfDay.crossing === undefined) halfDay.crossing = this.#solve(halfDay, this.#halfDay(k + 1));
    return halfDay.crossing;
  }

  #above(at: EpochMs): number {
    return degreesAbove(at, this.#place, this.#target);
  }

  /**
   * The last whole millisecond before the Sun has passed: a secant whose ends keep the root between them. The
   * end that stays is given less weight each time (Illinois), and every fourth step halves the time, as the
   * curve is flat at the ends and a secant alone could creep.
   */
  #solve(from: HalfDay, to: HalfDay): EpochMs | null {
    const sign = this.#sign;
    if (from.above > 0 === to.above > 0 || to.above > 0 !== sign > 0) return null;
    let low = from.start;
    let high = to.start;
    let lowAbove = from.above * sign;
    let highAbove = to.above * sign;
    for (let step = 1, stayed = 0; high - low > 1; step++) {
      const share = step % 4 === 0 ? 0.5 : lowAbove / (lowAbove - highAbove);
      const middle = Math.min(Math.max(Math.floor(low + (high - low) * share), low + 1), high - 1);
      const above = this.#above(middle) * sign;
      if (Math.abs(above) < 1e-8) return middle;
      if (above <= 0) {
        low = middle;
        lowAbove = above;
        if (stayed === 1) highAbove /= 2;
        stayed = 1;
      } else {
        high = middle;
        highAbove = above;
        if (stayed === -1) lowAbove /= 2;
        stayed = -1;
      }
    }
    return low;
  }
}
