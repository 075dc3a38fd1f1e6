import type { EpochMs } from "../../core/clock.js";
import type { SolarDirection } from "./events.js";
import { HalfDayModel } from "./half-day-model.js";
import type { HalfDays } from "./half-days.js";
import { Memo } from "./memo.js";
import { degreesAbove, type Target } from "./sun.js";

/** The altitude of a culmination moves by less than this from one day to the next. */
const DEGREES_PER_DAY = 0.42;
/** Both ends of a half-day must miss by more than a degree before days are skipped; this much is kept back. */
const SKIP_FROM = 1;
const SKIP_RESERVE = 0.7;
/** Nearer to a pole than this the Sun may rise past its upper culmination, and set before it. */
const ORDERLY_LATITUDE = 89.5;

interface Wanted {
  readonly direction: SolarDirection;
  readonly target: Target;
  /** Only from noon to the lower culmination, wherever the place is. */
  readonly afternoon?: boolean | undefined;
  /** By so many degrees a day the target moves itself. */
  readonly drift?: number | undefined;
}

/**
 * The instants at which the Sun passes an altitude in one direction at a place.
 */
export class Crossings extends HalfDayModel {
  /** 1 when rising, -1 when setting. */
  readonly #sign: 1 | -1;
  readonly #target: Target;
  readonly #isOneKind: boolean;
  readonly #degreesPerDay: number;
  readonly #above = new Memo<number>((k) => this.#aboveAt(this.halfDays.start(k)));
  readonly #crossings = new Memo<EpochMs | null>((k) => this.#solve(k));

  constructor(halfDays: HalfDays, { direction, target, afternoon = false, drift = 0 }: Wanted) {
    super(halfDays);
    this.#sign = direction === "rising" ? 1 : -1;
    this.#target = target;
    this.#isOneKind = afternoon || Math.abs(halfDays.place.latitude) < ORDERLY_LATITUDE;
    this.#degreesPerDay = DEGREES_PER_DAY + drift;
  }

  at(k: number): EpochMs | null {
    return this.mayHave(k) ? this.#crossings.at(k) : null;
  }

  /** How far the Sun stands above the target when half-day k begins, in degrees. */
  above(k: number): number {
    return this.#above.at(k);
  }

  protected mayHave(k: number): boolean {
    return !this.#isOneKind || (k % 2 === 0) === this.#sign < 0;
  }

  stride(k: number): number {
    const a = this.above(k);
    const b = this.above(k + 1);
    const miss = a > 0 === b > 0 ? Math.min(Math.abs(a), Math.abs(b)) : 0;
    if (miss <= SKIP_FROM) return 1;
    return Math.max(1, 2 * Math.floor((miss - SKIP_RESERVE) / this.#degreesPerDay));
  }

  #aboveAt(at: EpochMs): number {
    return degreesAbove(at, this.halfDays.place, this.#target);
  }

  /**
   * The last whole millisecond before the Sun has passed: a secant whose ends keep the root between them. The
   * end that stays is given less weight each time (Illinois), and every fourth step halves the time, as the
   * curve is flat at the ends and a secant alone could creep.
   */
  #solve(k: number): EpochMs | null {
    const sign = this.#sign;
    let lowAbove = this.above(k) * sign;
    let highAbove = this.above(k + 1) * sign;
    if (lowAbove > 0 === highAbove > 0 || this.above(k + 1) > 0 !== sign > 0) return null;
    let low = this.halfDays.start(k);
    let high = this.halfDays.start(k + 1);
    for (let step = 1, stayed = 0; high - low > 1; step++) {
      const share = step % 4 === 0 ? 0.5 : lowAbove / (lowAbove - highAbove);
      const middle = Math.min(Math.max(Math.floor(low + (high - low) * share), low + 1), high - 1);
      const above = this.#aboveAt(middle) * sign;
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
