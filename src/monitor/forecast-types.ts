/** What a forecast is made of, and what it tells. */
import type { Entry } from "../beat/entry.js";
import type { EpochMs } from "../core/clock.js";
import type { Lint } from "../schedules/index.js";
import type { EntrySnapshot } from "../store/contracts/entries.js";
import type { DayOff, EndingCalendar } from "./days-off.js";
import type { LockMeeting } from "./lock-meetings.js";
import type { Peak } from "./second-counts.js";
import type { ZoneNight } from "./zone-nights.js";

/** One entry that runs: as it is read here, and as it stands in the store; null: it is new. */
export interface ForecastEntry {
  readonly entry: Entry;
  readonly stored: EntrySnapshot | null;
  readonly queue: string;
}

export interface ForecastRange {
  readonly from: EpochMs;
  /** Not among it. */
  readonly to: EpochMs;
  readonly stepMs: number;
  /** Zone of whose local days steps of a day are; null: each step has the same length. */
  readonly days: string | null;
}

export interface Forecast {
  readonly from: Date;
  readonly to: Date;
  readonly stepMs: number;
  /** Starts in each step, by dispatch time. Of local days the first one is what is left of it. */
  readonly starts: readonly number[];
  /** Slots likely in use, on average over each step: starts times the median run time of their task, where it is known. */
  readonly slots: readonly number[];
  readonly queues: Readonly<Record<string, readonly number[]>>;
  readonly entries: readonly EntryForecast[];
  /** The steps with the most starts, the largest first. */
  readonly peaks: readonly { readonly at: Date; readonly starts: number; readonly slots: number }[];
  /** The busiest second, minute and day of the first 31 days, days by the zone of the app; null: nothing starts. */
  readonly peak: { readonly second: Peak; readonly minute: Peak; readonly day: Peak } | null;
  /** Seconds of the first seven days with more than `limit` starts: how many, and the ten largest. */
  readonly crowded: { readonly limit: number; readonly count: number; readonly largest: readonly Peak[] };
  /** What a beat catches up that begins at `from` after so long without one; null: it was not asked. */
  readonly outage: OutageForecast | null;
  /** What is to be known of several entries, or of their load: `crowded`, `locks-meet`, `same-work`, `overlap-risk`. */
  readonly lints: readonly LoadLint[];
  readonly lockMeetings: readonly LockMeeting[];
  /** Of the 400 days from `from` on. */
  readonly zoneNights: readonly ZoneNight[];
  /** Of the 400 days from `from` on: dates on which entries have runs less, since a calendar or a list of dates says so. */
  readonly daysOff: readonly DayOff[];
  /** Calendars of the entries whose last day lies in these 400 days, or before: later days count as open. */
  readonly endingCalendars: readonly EndingCalendar[];
  /** Entries whose runs take longer, in one of twenty cases, than the shortest time between two of them. */
  readonly overdueRisks: readonly {
    readonly entry: string;
    readonly p95Ms: number;
    readonly intervalMs: number;
  }[];
  /** Starts counted. */
  readonly occurrences: number;
  /**
   * There are more than 2 million: those of entries that were cut are drawn on at the rate that they have had so far, or as those of
   * another entry of the same schedule, and seconds are counted as far as that.
   */
  readonly isCoarse: boolean;
  /** Entries whose schedule cannot be asked here. */
  readonly unknown: readonly string[];
}

export interface OutageForecast {
  readonly lastsMs: number;
  /** Starts that wait when it is over, by the misfire policies. */
  readonly backlog: number;
  /** Null: the beat has no limit, and sends them at once. */
  readonly perSecond: number | null;
  /** Until nothing waits any more, with what becomes due meanwhile; null: not within the forecast. */
  readonly caughtUpAfterMs: number | null;
}

export interface EntryForecast {
  readonly entry: string;
  readonly task: string;
  readonly queue: string;
  readonly starts: number;
  /** By step: of the 50 entries with the most starts. Null: of others. */
  readonly steps: readonly number[] | null;
}

/** A remark about several entries, or one. */
export interface LoadLint extends Lint {
  /** In order of name, at most ten. */
  readonly entries: readonly string[];
}
