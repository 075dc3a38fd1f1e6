/**
 * The half-days of a place: the time from one culmination of the Sun to the next, numbered by k, with the upper
 * culmination of a day at its even k. Between them the altitude only rises or only falls, so a half-day holds at
 * most one crossing of any altitude, and days on which the Sun only just makes it need no special care.
 *
 * Everything is a function of the place and k. Nothing is cached by nearness in time.
 */
import type { EpochMs } from "../../core/clock.js";
import { Memo } from "./memo.js";
import { equatorialPosition, type Place } from "./sun.js";

const DAY_MS = 86_400_000;
const TURN = 2 * Math.PI;
const DEGREE = Math.PI / 180;
const HOUR_MS = 3_600_000;

/** The half-day in which a mean Sun would be at `at`; the true one may be a neighbour. */
export function nearHalfDay(at: EpochMs, longitude: number): number {
  return Math.floor(2 * (at / DAY_MS - 0.5 + longitude / 360));
}

/** When a mean Sun would begin half-day k; the true one is at most 17 minutes off the meridian then. */
export function meanPassage(k: number, longitude: number): EpochMs {
  return (k / 2 - longitude / 360 + 0.5) * DAY_MS;
}

interface Passage {
  /** Not a whole number of milliseconds. */
  readonly at: EpochMs;
  readonly declination: number;
}

/**
 * When the Sun passes the meridian: hour angle 0 for even k, 180 degrees for odd. Exists every day everywhere,
 * in the polar night and at the poles too.
 */
export function culmination(place: Place, k: number): Passage {
  const target = k % 2 === 0 ? 0 : Math.PI;
  let at = meanPassage(k, place.longitude);
  let declination = 0;
  // The mean Sun is at most 17 minutes off and a step leaves less than a 2,800th of that: two leave 0.2 ms.
  for (let step = 0; step < 2; step++) {
    const whole = Math.round(at);
    const sun = equatorialPosition(whole, place);
    const ahead = sun.hourAngle - target;
    at = whole - ((ahead - TURN * Math.round(ahead / TURN)) / TURN) * DAY_MS;
    declination = sun.declination;
  }
  return { at, declination };
}

/**
 * When the altitude is greatest (even k) or least (odd k), in whole milliseconds. The declination moves while the
 * Sun turns, and so the extremes lie a little off the meridian, seconds in the tropics and hours near the poles.
 * In the last 0.07 degrees before a pole the altitude may follow the declination alone, without extremes: there the
 * culmination serves as well, since any cut of a time in which the altitude only rises is a good one.
 */
export function halfDayBoundary(place: Place, k: number): EpochMs {
  const { at, declination } = culmination(place, k);
  const meridian = Math.round(at);
  const hourLater = equatorialPosition(meridian + HOUR_MS, place).declination;
  const driftPerTurn = ((hourLater - declination) / HOUR_MS) * DAY_MS;
  const side = k % 2 === 0 ? -1 : 1;
  const sine = (driftPerTurn / TURN) * (Math.tan(place.latitude * DEGREE) + side * Math.tan(declination));
  if (Math.abs(sine) >= 1) return meridian;
  // Past the upper culmination the hour angle grows from 0; past the lower one its sine falls from 0.
  return Math.round(meridian - side * (Math.asin(sine) / TURN) * DAY_MS);
}

/** The half-days of one place. Several models of a place share what was computed last. */
export class HalfDays {
  readonly place: Place;
  readonly #starts = new Memo<EpochMs>((k) => halfDayBoundary(this.place, k));

  constructor(place: Place) {
    this.place = place;
  }

  near(at: EpochMs): number {
    return nearHalfDay(at, this.place.longitude);
  }

  start(k: number): EpochMs {
    return this.#starts.at(k);
  }
}
