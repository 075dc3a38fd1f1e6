import type { EpochMs } from "../../core/clock.js";
import { Crossings } from "./crossings.js";
import type { SolarDirection } from "./events.js";
import { HalfDayModel } from "./half-day-model.js";
import type { HalfDays } from "./half-days.js";
import { HORIZON } from "./sun.js";

/**
 * Dawns that come at most a portion of the night before sunrise, and dusks at most that portion after sunset. A night
 * lies between a sunset and the sunrise of the next half-day; without one of them there is no event.
 */
export class NightPortions extends HalfDayModel {
  readonly #crossings: Crossings;
  readonly #isRising: boolean;
  readonly #portion: number;
  readonly #sunrises: Crossings;
  readonly #sunsets: Crossings;

  constructor(halfDays: HalfDays, direction: SolarDirection, crossings: Crossings, portion: number) {
    super(halfDays, direction === "rising" ? { lead: 1 } : { lag: 1 });
    this.#crossings = crossings;
    this.#isRising = direction === "rising";
    this.#portion = portion;
    this.#sunrises = new Crossings(halfDays, { direction: "rising", target: HORIZON });
    this.#sunsets = new Crossings(halfDays, { direction: "setting", target: HORIZON });
  }

  at(k: number): EpochMs | null {
    if (!this.mayHave(k)) return null;
    const evening = this.#isRising ? k - 1 : k;
    const sunset = this.#sunsets.at(evening);
    const sunrise = sunset === null ? null : this.#sunrises.at(evening + 1);
    if (sunset === null || sunrise === null) return null;
    const crossing = this.#crossings.at(k);
    const part = this.#portion * (sunrise - sunset);
    const limit = Math.floor(this.#isRising ? sunrise - part : sunset + part);
    if (crossing === null) return limit;
    return this.#isRising ? Math.max(crossing, limit) : Math.min(crossing, limit);
  }

  protected mayHave(k: number): boolean {
    return (k % 2 !== 0) === this.#isRising;
  }

  protected stride(k: number): number {
    return (this.#isRising ? this.#sunrises : this.#sunsets).stride(k);
  }
}
