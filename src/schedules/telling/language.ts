/** What a language gives for the texts about schedules: names, and frames into which the walk over a schedule puts them. */
import type { EpochMs } from "../../core/clock.js";
import type { OwnSolarEvent, SolarEventName } from "../solar/events.js";

/** One value, or all from one to another. */
export type Run = readonly [from: number] | readonly [from: number, to: number];
export type Conjunction = "and" | "or";
export type PeriodUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "year";

/** Names, numbers, dates and lists. Weekdays are 0 (Sunday) to 6, months 1 to 12, dates "2027-01-04". */
export interface Names {
  readonly weekday: (weekday: number) => string;
  readonly shortWeekday: (weekday: number) => string;
  readonly month: (month: number) => string;
  readonly list: (parts: readonly string[], word: Conjunction) => string;
  readonly date: (date: string) => string;
  /** A day of every year. */
  readonly yearlyDate: (month: number, day: number) => string;
  readonly instant: (at: EpochMs) => string;
  /** "1 h 30 min". */
  readonly span: (ms: number) => string;
  /** "2 weeks". */
  readonly count: (n: number, unit: PeriodUnit) => string;
  /** With a fraction, if it has one. */
  readonly number: (n: number) => string;
}

/** What a crontab says of one of its fields for the time of day. */
export type Clause =
  | { readonly unit: PeriodUnit; readonly every: number }
  | { readonly unit: PeriodUnit; readonly runs: readonly Run[] }
  | { readonly unit: "hour"; readonly nth: number; readonly from: string };

/** Which days: the parts of which a crontab lists some. */
export type DayPart =
  | { readonly days: readonly Run[] }
  | { readonly weekdays: readonly Run[] }
  | { readonly step: number }
  /** So many days before the last of the month. */
  | { readonly last: number }
  /** The day from Monday to Friday that is nearest to one. */
  | { readonly nearest: number }
  | { readonly lastWeekday: true }
  /** Of the month; 0 is the last. */
  | { readonly nth: number; readonly weekday: number };

/** How occurrences of the Sun are told that a bound or a season moves. */
export type Polar = "clamp" | { readonly at: string } | { readonly part: string; readonly isRising: boolean };

export interface SunPlace {
  readonly event: SolarEventName | OwnSolarEvent;
  /** Before the event when negative. */
  readonly offsetMs: number;
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * The frames of a language. English tells days as nouns that `on` and `except` govern; a language whose days need
 * articles or prepositions tells them as adverbs and has an `on` that adds nothing.
 */
export interface Language {
  readonly names: Names;

  /** A schedule of somebody else's that does not describe itself. */
  readonly custom: string;
  /** "@reboot". */
  readonly reboot: string;
  /** Between the members of a union. */
  readonly joint: string;
  never(text: string): string;
  every(ms: number): string;
  offset(span: string): string;
  once(instant: string): string;
  /** Each occurrence of `text` moved. */
  moved(span: string, isBefore: boolean, text: string): string;
  /** Days that are no business days moved to some that are, `by` further ones. */
  shifted(to: "previous" | "next" | "nearest" | "month", by: number, days: string): string;

  /** From a date or an instant on. */
  from(start: string): string;
  /** Up to a date, included. */
  until(date: string): string;
  untilBefore(instant: string): string;
  times(count: number): string;

  at(times: readonly string[]): string;
  atMany(count: number, first: string, last: string): string;
  atEvery(ms: number, from: string, to: string): string;
  /** One after the other: "at minute 0", then "of every hour". */
  clause(clause: Clause, isFirst: boolean): string;

  readonly everyDay: string;
  on(days: string): string;
  dayPart(part: DayPart): string;
  /** Numbers of days of the month. */
  monthDays(runs: readonly Run[], word: Conjunction): string;
  weekdays(runs: readonly Run[], word: Conjunction): string;
  /** "the 2nd Friday", "the 3rd last business day": negative from the end. */
  ordinalDay(nth: number, of: number | "day" | "business day"): string;
  months(runs: readonly Run[]): string;
  /** Days of `days` that are days of the crontab's other field as well. */
  ifAlso(days: string): string;
  /** The days of either field of a crontab. */
  either(days: string, weekdays: string): string;

  period(n: number, unit: PeriodUnit): string;
  ofEveryMonth(days: string): string;
  ofMonths(months: readonly number[]): string;
  /** Only these places among the days of a period. */
  places(positions: readonly number[], days: string): string;
  /** For days that a month does not have. */
  readonly clamped: string;

  date(date: string): string;
  dateRange(from: string, to: string): string;
  dateCount(count: number, from: string, to: string): string;
  calendarDays(name: string): string;
  readonly businessDays: string;
  closed(calendar: string): string;
  closedOn(days: string): string;
  both(days: readonly string[]): string;
  allBut(days: string): string;

  except(text: string): string;
  instantsOf(text: string): string;
  hours(from: string, to: string, isInclusive: boolean): string;
  /** What a schedule says, where the frame around it needs a noun. */
  quoted(text: string): string;
  /** From each occurrence of one, or a time of day, until before the next of the other. */
  edges(from: string, to: string): string;

  sun(place: SunPlace): string;
  notBefore(time: string): string;
  notAfter(time: string): string;
  polar(polar: Polar): string;
  /** The part of the night that an altitude stands for. */
  readonly anglePart: string;
}

/** Where a schedule of this package keeps how it is told. */
export const TELL = Symbol("sunbeat.tell");

/** A schedule that is told in any language. */
export interface Tellable {
  [TELL](language: Language): string;
}
