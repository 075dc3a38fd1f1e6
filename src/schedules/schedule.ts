import type { EpochMs } from "../core/clock.js";

/**
 * A rule that gives the next instant after an instant. Pure: the answer depends on the definition, the zone
 * and the argument alone. Anything with `next` is accepted as a custom schedule.
 */
export interface Schedule {
  /** The smallest instant strictly greater than `after`, or null for never. Never throws. */
  next(after: EpochMs): EpochMs | null;
  /** The greatest instant strictly smaller than `before`, or null for never. Mirror of `next`. */
  previous?(before: EpochMs): EpochMs | null;
  /** One line for people. */
  describe?(): string;
  /** Things that are allowed but probably not meant. `from` is the reference instant of the zone lints. */
  lints?(options: LintOptions): Lint[];
  /** Plain data from which `scheduleFromJSON` makes an equal schedule. */
  toJSON?(): ScheduleJSON;
  /**
   * The part of the occurrence id that names this occurrence, default the instant in decimal. A schedule whose
   * instants come from a model (the Sun) gives an index instead, so that two versions of the model agree.
   */
  occurrenceKey?(instant: EpochMs): string;
  /**
   * No two occurrences are closer than this, default 0. After an occurrence the beat searches from
   * `instant + separationMs`, so that a changed model cannot fire one event twice.
   */
  readonly separationMs?: number;
}

/** What every schedule made by this package has. */
export type BuiltInSchedule = Required<Omit<Schedule, "occurrenceKey" | "separationMs">> &
  Pick<Schedule, "occurrenceKey" | "separationMs">;

export interface LintOptions {
  /** Reference instant for lints about a zone's coming transitions; without it those are left out. */
  readonly from?: EpochMs | undefined;
  /** How long a run takes, 95th percentile, for the lint about runs that overlap; without it that is left out. */
  readonly runTimeP95Ms?: number | undefined;
}

export interface Lint {
  readonly code: string;
  /** The field or option the lint is about. */
  readonly field: string;
  readonly message: string;
  /** What to write instead, where there is something better. */
  readonly suggestion?: string;
}

export interface ScheduleJSON {
  readonly type: string;
  readonly [field: string]: unknown;
}
