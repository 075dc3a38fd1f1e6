import type { EpochMs } from "../../core/clock.js";
import { culmination, nearHalfDay } from "./half-days.js";
import type { Occurrence, SolarModel } from "./model.js";
import type { Place } from "./sun.js";

/** Solar noon (parity 0) or solar midnight (parity 1) at a place. */
export class Culminations implements SolarModel {
  readonly #place: Place;
  readonly #parity: 0 | 1;

  constructor(place: Place, parity: 0 | 1) {
    this.#place = place;
    this.#parity = parity;
  }

  next(after: EpochMs): Occurrence {
    let k = this.#before(after);
    while (this.#at(k) <= after) k += 2;
    return { k, at: this.#at(k) };
  }

  previous(before: EpochMs): Occurrence {
    let k = this.#before(before) + 4;
    while (this.#at(k) >= before) k -= 2;
    return { k, at: this.#at(k) };
  }

  index(instant: EpochMs): number {
    const k = this.#before(instant);
    return Math.abs(this.#at(k) - instant) < Math.abs(this.#at(k + 2) - instant) ? k : k + 2;
  }

  /** The last of our k that is surely not after `at`: the true Sun is less than half a day off the mean one. */
  #before(at: EpochMs): number {
    const k = nearHalfDay(at, this.#place.longitude) - 1;
    return k - ((k + this.#parity) & 1);
  }

  #at(k: number): EpochMs {
    return Math.floor(culmination(this.#place, k).at);
  }
}
