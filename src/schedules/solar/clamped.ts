import type { EpochMs } from "../../core/clock.js";
import type { Crossings } from "./crossings.js";
import type { SolarDirection } from "./events.js";
import { HalfDayModel } from "./half-day-model.js";
import type { HalfDays } from "./half-days.js";

/**
 * One event a day: the crossing, and where there is none the culmination at which the Sun comes nearest to the altitude.
 * In the polar night that is noon for a sunrise, without an astronomical night it is midnight for the dusk.
 */
export class Clamped extends HalfDayModel {
  readonly #crossings: Crossings;
  readonly #isRising: boolean;

  constructor(halfDays: HalfDays, direction: SolarDirection, crossings: Crossings) {
    super(halfDays);
    this.#crossings = crossings;
    this.#isRising = direction === "rising";
  }

  at(k: number): EpochMs | null {
    if (!this.mayHave(k)) return null;
    const crossing = this.#crossings.at(k);
    if (crossing !== null) return crossing;
    const isNearerAtStart = Math.abs(this.#crossings.above(k)) <= Math.abs(this.#crossings.above(k + 1));
    return this.halfDays.start(isNearerAtStart ? k : k + 1);
  }

  protected mayHave(k: number): boolean {
    return (k % 2 !== 0) === this.#isRising;
  }

  protected stride(): number {
    return 1;
  }
}
