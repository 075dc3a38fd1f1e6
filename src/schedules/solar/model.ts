import type { EpochMs } from "../../core/clock.js";

export interface Occurrence {
  /** Which half-day of the place it belongs to: the same whatever the model of the Sun says about the instant. */
  readonly k: number;
  readonly at: EpochMs;
}

/** The instants of one event at one place. Functions of their argument alone, for instants in modern times. */
export interface SolarModel {
  next(after: EpochMs): Occurrence | null;
  previous(before: EpochMs): Occurrence | null;
  /** The event of half-day k; null: it has none. */
  at(k: number): EpochMs | null;
  /** The first event of half-day k or a later one. */
  firstFrom(k: number): Occurrence | null;
  /** The last event of half-day k or an earlier one. */
  lastUpTo(k: number): Occurrence | null;
  /** The k of an occurrence whose instant may come from a slightly different model. */
  index(instant: EpochMs): number;
}
