import type { EpochMs } from "../../core/clock.js";
import type { Occurrence, SolarModel } from "./model.js";
import type { SunDays } from "./sun-days.js";

/**
 * From 1900-01-01 to 3000-01-01, the time in which the model of the Sun holds: there are no occurrences outside.
 * Its polynomial for the Earth's rotation runs away soon before 1900.
 */
const FIRST_MODELLED: EpochMs = -2_208_988_800_000;
const LAST_MODELLED: EpochMs = 32_503_680_000_000;

/** An event, and when the schedule is due for it. */
export interface SunEvent extends Occurrence {
  readonly due: EpochMs;
}

/** What moves the events of a model. Times are in seconds after local midnight of the event's sun-day. */
export interface Moves {
  readonly offsetMs: number;
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
}

/** The events of a model, moved. A later event is never due sooner. */
export class SolarRuns {
  readonly model: SolarModel;
  readonly #days: SunDays;
  readonly #moves: Moves;
  readonly #isBounded: boolean;

  constructor(model: SolarModel, days: SunDays, moves: Moves) {
    this.model = model;
    this.#days = days;
    this.#moves = moves;
    this.#isBounded = moves.notBefore !== undefined || moves.notAfter !== undefined;
  }

  /** The first event due after an instant. */
  after(instant: EpochMs): SunEvent | null {
    const from = Math.max(instant - this.#moves.offsetMs, FIRST_MODELLED - 1);
    if (!(from < LAST_MODELLED)) return null;
    let found = this.moved(this.model.next(from));
    if (!this.#isBounded) return found;
    while (found !== null && found.due <= instant) found = this.moved(this.model.firstFrom(found.k + 1));
    // A bound may have moved earlier ones past the instant.
    let earlier = this.moved(this.model.previous(found === null ? from + 1 : found.at));
    while (earlier !== null && earlier.due > instant) {
      found = earlier;
      earlier = this.moved(this.model.lastUpTo(found.k - 1));
    }
    return found;
  }

  /** The last event due before an instant. */
  before(instant: EpochMs): SunEvent | null {
    const to = Math.min(instant - this.#moves.offsetMs, LAST_MODELLED + 1);
    if (!(to > FIRST_MODELLED)) return null;
    let found = this.moved(this.model.previous(to));
    if (!this.#isBounded) return found;
    while (found !== null && found.due >= instant) found = this.moved(this.model.lastUpTo(found.k - 1));
    let later = this.moved(this.model.next(found === null ? to - 1 : found.at));
    while (later !== null && later.due < instant) {
      found = later;
      later = this.moved(this.model.firstFrom(found.k + 1));
    }
    return found;
  }

  /** The event due nearest to an instant. */
  nearest(instant: EpochMs): SunEvent | null {
    const later = this.after(instant - 1);
    if (later?.due === instant) return later;
    const earlier = this.before(instant);
    if (later === null || earlier === null) return later ?? earlier;
    return instant - earlier.due < later.due - instant ? earlier : later;
  }

  /** An event with its due instant; null: there is none in the time of the model. */
  moved(event: Occurrence | null): SunEvent | null {
    if (event === null || event.at < FIRST_MODELLED || event.at > LAST_MODELLED) return null;
    return { k: event.k, at: event.at, due: this.#dueOf(event) };
  }

  #dueOf({ k, at }: Occurrence): EpochMs {
    const { offsetMs, notBefore = -Infinity, notAfter = Infinity } = this.#moves;
    const due = at + offsetMs;
    if (!this.#isBounded) return due;
    const day = this.#days.dayOf(k);
    const first = notBefore === -Infinity ? due : Math.max(due, this.#days.instantOf(day, notBefore));
    return notAfter === Infinity ? first : Math.min(first, this.#days.instantOf(day, notAfter));
  }
}

/** The days without an event, at a time of day. */
export class EmptyDays {
  readonly #model: SolarModel;
  readonly #days: SunDays;
  readonly #seconds: number;

  constructor(model: SolarModel, days: SunDays, seconds: number) {
    this.#model = model;
    this.#days = days;
    this.#seconds = seconds;
  }

  instantOf(day: number): EpochMs {
    return this.#days.instantOf(day, this.#seconds);
  }

  /** The first day whose time comes after `after` and before `end`; null: there is none. */
  after(after: EpochMs, end: EpochMs): number | null {
    const from = Math.max(after, FIRST_MODELLED - 1);
    if (!(from < LAST_MODELLED)) return null;
    const last = Math.min(end, LAST_MODELLED + 1);
    for (let day = this.#days.dateAt(from) - 1; this.instantOf(day) < last; day++) {
      if (this.instantOf(day) > from && this.#isEmpty(day)) return day;
    }
    return null;
  }

  /** The last day whose time comes before `before` and after `start`. */
  before(before: EpochMs, start: EpochMs): number | null {
    const to = Math.min(before, LAST_MODELLED + 1);
    if (!(to > FIRST_MODELLED)) return null;
    const first = Math.max(start, FIRST_MODELLED - 1);
    for (let day = this.#days.dateAt(to) + 1; this.instantOf(day) > first; day--) {
      if (this.instantOf(day) < to && this.#isEmpty(day)) return day;
    }
    return null;
  }

  #isEmpty(day: number): boolean {
    const last = this.#days.lastOn(day);
    if (!this.#days.exists(day)) return false;
    for (let k = last; this.#days.dayOf(k) === day; k--) if (this.#model.at(k) !== null) return false;
    return true;
  }
}
