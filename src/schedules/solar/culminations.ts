import type { EpochMs } from "../../core/clock.js";
import { culmination, nearHalfDay } from "./half-days.js";
import { Memo } from "./memo.js";
import type { Occurrence, SolarModel } from "./model.js";
import type { Place } from "./sun.js";

/** Solar noon (parity 0) or solar midnight (parity 1) at a place. */
export class Culminations implements SolarModel {
  readonly #place: Place;
  readonly #parity: 0 | 1;
  readonly #passages = new Memo<EpochMs>((k) => Math.floor(culmination(this.#place, k).at));

  constructor(place: Place, parity: 0 | 1) {
    this.#place = place;
    this.#parity = parity;
  }

  next(after: EpochMs): Occurrence {
    let k = this.#before(after);
    while (this.#passages.at(k) <= after) k += 2;
    return this.#occurrence(k);
  }

  previous(before: EpochMs): Occurrence {
    let k = this.#before(before) + 4;
    while (this.#passages.at(k) >= before) k -= 2;
    return this.#occurrence(k);
  }

  at(k: number): EpochMs | null {
    return this.#isOurs(k) ? this.#passages.at(k) : null;
  }

  firstFrom(k: number): Occurrence {
    return this.#occurrence(this.#isOurs(k) ? k : k + 1);
  }

  lastUpTo(k: number): Occurrence {
    return this.#occurrence(this.#isOurs(k) ? k : k - 1);
  }

  index(instant: EpochMs): number {
    const k = this.#before(instant);
    return Math.abs(this.#passages.at(k) - instant) < Math.abs(this.#passages.at(k + 2) - instant)
      ? k
      : k + 2;
  }

  /** The last of our k that is surely not after `at`: the true Sun is less than half a day off the mean one. */
  #before(at: EpochMs): number {
    const k = nearHalfDay(at, this.#place.longitude) - 1;
    return k - ((k + this.#parity) & 1);
  }

  #isOurs(k: number): boolean {
    return ((k + this.#parity) & 1) === 0;
  }

  #occurrence(k: number): Occurrence {
    return { k, at: this.#passages.at(k) };
  }
}
