import type { EpochMs } from "../../core/clock.js";
import { localOf, instantOf, type Zone } from "../zone.js";
import { culmination, meanPassage, nearHalfDay } from "./half-days.js";
import type { Place } from "./sun.js";

const DAY_MS = 86_400_000;
/** The true noon is less than this from that of a mean Sun. */
const NOON_SLACK_MS = 1_200_000;

/**
 * The local dates to which events belong: that of the noon before a setting, and of the noon after a rising, also where
 * the event itself falls past midnight. Dates are days from 1970-01-01.
 */
export class SunDays {
  readonly #place: Place;
  readonly #zone: Zone;
  readonly #isRising: boolean;

  constructor(place: Place, zone: Zone, isRising: boolean) {
    this.#place = place;
    this.#zone = zone;
    this.#isRising = isRising;
  }

  /** The date of the event of half-day k. */
  dayOf(k: number): number {
    return this.#dateOfNoon(this.#isRising ? k + 2 - (k & 1) : k - (k & 1));
  }

  /** The last half-day whose event belongs to the date or one before it. */
  lastOn(day: number): number {
    const noon = this.#lastNoon(day);
    return this.#isRising ? noon - 1 : noon + 1;
  }

  /** The instant of a local time; past 24 hours it is on the next date. */
  instantOf(day: number, seconds: number): EpochMs {
    return instantOf(this.#zone, day * DAY_MS + seconds * 1_000);
  }

  dateAt(instant: EpochMs): number {
    return Math.floor(localOf(this.#zone, instant) / DAY_MS);
  }

  /** Whether the zone has the date: a change of the date line leaves one out. */
  exists(day: number): boolean {
    return this.instantOf(day, 0) < this.instantOf(day + 1, 0);
  }

  #lastNoon(day: number): number {
    const near = nearHalfDay(this.instantOf(day + 1, 0), this.#place.longitude);
    let noon = near + 2 - (near & 1);
    while (this.#dateOfNoon(noon) > day) noon -= 2;
    return noon;
  }

  #dateOfNoon(k: number): number {
    const mean = meanPassage(k, this.#place.longitude);
    const date = this.dateAt(mean - NOON_SLACK_MS);
    return date === this.dateAt(mean + NOON_SLACK_MS) ? date : this.dateAt(culmination(this.#place, k).at);
  }
}
