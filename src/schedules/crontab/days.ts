import { lowestBit, valuesOf, type Bits } from "../bits.js";
import type { Field, Item } from "./syntax.js";

/** How the two day fields combine. */
export type DayMatch = "or" | "and";

/** The days on which a crontab fires, as bits: bit 0 is the first of the month. */
export class DayRule {
  /** Whether both day fields must match, the star rule of "or" included. */
  readonly both: boolean;
  /** For each weekday of the first: the days that need nothing else than the plain values of both fields. */
  readonly #patterns: readonly number[];
  readonly #dayMask: number;
  readonly #weekdayMasks: readonly number[];
  readonly #special: readonly Item[];

  constructor(dayOfMonth: Field, days: Bits, dayOfWeek: Field, weekdays: Bits, match: DayMatch) {
    this.both = match === "and" || dayOfMonth.starred || dayOfWeek.starred;
    this.#dayMask = ((days.low >>> 1) | (days.high << 29)) & ALL_DAYS;
    this.#weekdayMasks = [0, 1, 2, 3, 4, 5, 6].map((first) => weekdayMask(weekdays, first));
    this.#patterns = this.#weekdayMasks.map((mask) => this.#combine(this.#dayMask, mask));
    this.#special = [...dayOfMonth.items, ...dayOfWeek.items].filter(
      (item) => item.kind !== "range" && item.kind !== "hash",
    );
  }

  /** The days of a month of `length` days whose first is the weekday `first` (0 is Sunday). */
  mask(length: number, first: number): number {
    const inMonth = ALL_DAYS >>> (31 - length);
    if (this.#special.length === 0) return this.#patterns[first]! & inMonth;
    let days = this.#dayMask;
    let weekdays = this.#weekdayMasks[first]!;
    for (const item of this.#special) {
      if (item.kind === "nth") weekdays |= nthWeekday(item, length, first);
      else days |= specialDay(item, length, first);
    }
    return this.#combine(days, weekdays) & inMonth;
  }

  #combine(days: number, weekdays: number): number {
    return this.both ? days & weekdays : days | weekdays;
  }
}

const ALL_DAYS = 0x7fffffff;
/** Days 1, 8, 15, 22 and 29. */
const EVERY_SEVENTH = 0b10000001000000100000010000001;

function weekdayMask(weekdays: Bits, first: number): number {
  let mask = 0;
  for (let rest = weekdays.low; rest !== 0; rest &= rest - 1) {
    mask |= EVERY_SEVENTH << ((lowestBit(rest) - first + 7) % 7);
  }
  return mask & ALL_DAYS;
}

function specialDay(item: Item, length: number, first: number): number {
  if (item.kind === "last") return item.back < length ? 1 << (length - 1 - item.back) : 0;
  if (item.kind === "last-weekday") return 1 << (nearestWeekday(length, length, first) - 1);
  if (item.kind !== "nearest-weekday" || item.day > length) return 0;
  return 1 << (nearestWeekday(item.day, length, first) - 1);
}

/** The Monday to Friday closest to a day without leaving its month. */
function nearestWeekday(day: number, length: number, first: number): number {
  const weekday = (first + day - 1) % 7;
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function nthWeekday(item: Item & { readonly kind: "nth" }, length: number, first: number): number {
  const earliest = 1 + ((item.weekday - first + 7) % 7);
  const nth = item.nth === 0 ? Math.floor((length - earliest) / 7) : item.nth - 1;
  const day = earliest + 7 * nth;
  return day > length ? 0 : 1 << (day - 1);
}

const MONTH_LENGTHS = [[31], [28, 29], [31], [30], [31], [30], [31], [31], [30], [31], [30], [31]] as const;
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;

/**
 * Whether some day of some year matches. Exact: in the 400 years after which the calendar repeats, a month of
 * every length begins on every weekday.
 */
export function someDayMatches(rule: DayRule, months: Bits): boolean {
  return valuesOf(months).some((month) =>
    MONTH_LENGTHS[month - 1]!.some((length) => WEEKDAYS.some((first) => rule.mask(length, first) !== 0)),
  );
}
