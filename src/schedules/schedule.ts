import type { EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import type { InstantLike } from "../core/instant.js";
import type { Days, DaysLike } from "./days/tree.js";
import type { TimeOfDay } from "./local/time-of-day.js";

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
   * instants come from a model (the Sun) gives an index instead, so that two versions of the model agree. Undefined is
   * the instant.
   */
  occurrenceKey?(instant: EpochMs): string | undefined;
  /**
   * No two occurrences are closer than this, default 0. After an occurrence the beat searches from
   * `instant + separationMs`, so that a changed model cannot fire one event twice.
   */
  readonly separationMs?: number;
  /** The occurrence after the one at `due`, or null. Default `next(due + separationMs)`. */
  following?(due: EpochMs): EpochMs | null;
  /** What changes of the zone's offset and restrictions do to this schedule in (`from`, `to`]; at most 1,000. */
  notes?(from: EpochMs, to: EpochMs): readonly ScheduleNote[];
}

/** What an entry takes as its schedule: a schedule, a bare number of seconds, or a list of them, which is their union. */
export type ScheduleLike = Schedule | number | readonly ScheduleLike[];

/** A set of instants in pieces. Made by `during`. */
export interface TimeWindow {
  /** Whether an instant lies in it; in UTC where it names no timezone. */
  has(at: EpochMs): boolean;
  /** All other instants. */
  not(): TimeWindow;
  /** One line for people. */
  describe(): string;
  /** Plain data. */
  toJSON(): object;
}

/** Where a window opens or closes: a time of day, or each occurrence of a schedule such as a sunset. */
export type Edge = TimeOfDay | Schedule;

export interface WindowOptions {
  /** The zone of its times. Default that of the schedule it restricts, else the app's, else UTC. */
  readonly timezone?: string | undefined;
  /** Only on these days; what goes over midnight belongs to the day on which it began. Default every day. */
  readonly days?: DaysLike | undefined;
  /** Whether the time `to` itself belongs to it. Default false. */
  readonly inclusive?: boolean | undefined;
}

/** Where a day goes that is no business day. */
export type Roll =
  "previous business day" | "next business day" | "nearest business day" | "next business day in the month";

export interface ShiftOptions {
  /** What business days are. Default the app's, else Monday to Friday. */
  readonly days?: Days | undefined;
  /** This many business days further, back when negative. Default 0. */
  readonly by?: number | undefined;
}

/**
 * What every schedule made by this package has. Each method gives another schedule and leaves this one as it is.
 * Codes: SUNBEAT_SCHEDULE_INVALID, SUNBEAT_WINDOW_INVALID, SUNBEAT_DAYS_INVALID, SUNBEAT_TIMEZONE_INVALID.
 */
export interface BuiltInSchedule extends Schedule {
  previous(before: EpochMs): EpochMs | null;
  describe(): string;
  lints(options?: LintOptions): Lint[];
  toJSON(): ScheduleJSON;
  following(due: EpochMs): EpochMs | null;
  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[];
  /** The occurrences of any of them; equal instants once. */
  or(...others: ScheduleLike[]): BuiltInSchedule;
  /** Only the occurrences on these days: by the local time that an occurrence stands for. */
  onDays(days: DaysLike, options?: { readonly timezone?: string | undefined }): BuiltInSchedule;
  /** Only the occurrences from `from` until before `to`; a `to` that is not later goes over midnight. */
  between(from: Edge, to: Edge, options?: WindowOptions): BuiltInSchedule;
  /** Only the occurrences in any of these. */
  only(...windows: (TimeWindow | DaysLike)[]): BuiltInSchedule;
  /** Without the occurrences in any of these; of a schedule exactly its instants. */
  except(...what: (TimeWindow | DaysLike | Schedule)[]): BuiltInSchedule;
  /** Each occurrence moved by this much; what is restricted after it is judged on the moved instant. */
  offset(by: Duration): BuiltInSchedule;
  /** Each day that is no business day moved to one; the times of day stay, days that meet are one. */
  shift(to: Roll, options?: ShiftOptions): BuiltInSchedule;
  /** Only the occurrences at or after an instant. Moves no phase. */
  startAt(instant: InstantLike): BuiltInSchedule;
  /** Only the occurrences before an instant. */
  endAt(instant: InstantLike): BuiltInSchedule;
}

/** What a change of a zone's offset does to a schedule, or what a restriction leaves out of it. */
export interface ScheduleNote {
  /** The instant of the change: the first moment of the new offset; or the first instant that is left out. */
  readonly at: EpochMs;
  /**
   * "gap": local times are skipped; "fold": they come twice; "date-line": a day is skipped or comes twice; "left-out":
   * by a restriction.
   */
  readonly kind: "gap" | "fold" | "date-line" | "left-out";
  /** What becomes of the runs that are due in them. */
  readonly effect: "moved" | "dropped" | "first-pass" | "second-pass" | "both-passes";
  readonly message: string;
}

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
