import { assertKnownKeys } from "../../core/options.js";
import { nameOption } from "../../core/options.js";
import { refuseAs } from "../refuse-as.js";
import { DaySet } from "./day-set.js";
import { dayOfText } from "./day-mask.js";
import { treeOf, weekdayOfName, weekdaysOfText } from "./days-like.js";
import { isYearlyDate } from "./days-tree.js";
import { daysInvalid } from "./refusal.js";
import { ruleOf, type DaysRule } from "./rule-options.js";
import type { Days, DaysLike, LocalDate, Weekday, WeekdayRange } from "./tree.js";

/** A date, a date of every year ("12-25"), or a stretch of dates, both ends included. */
export type DateLike =
  LocalDate | `${number}-${number}` | { readonly from: LocalDate; readonly to: LocalDate };

const MOST_DAYS = 10_000;

/** Weekdays by name or range: `weekdays("mon-fri", "sun")`. Throws SUNBEAT_DAYS_INVALID. */
export function weekdays(...names: WeekdayRange[]): Days {
  const numbers = names.flatMap((name) => {
    const found = weekdaysOfText(name);
    if (found === undefined) throw daysInvalid("weekdays", 'names such as "mon" or "mon-fri"', name);
    return found;
  });
  if (numbers.length === 0) throw daysInvalid("weekdays", "at least one weekday", names);
  return new DaySet({ weekdays: numbers });
}

/**
 * Dates, dates of every year and stretches: `dates(["2027-12-24", "12-25", { from: "2027-08-01", to: "2027-08-14" }])`.
 * At most 10,000 days. Throws SUNBEAT_DAYS_INVALID.
 */
export function dates(list: readonly DateLike[]): Days {
  if (!Array.isArray(list) || list.length === 0) throw daysInvalid("dates", "a list of dates", list);
  let days = 0;
  const written = (list as readonly unknown[]).map((date): string | [string, string] => {
    if (typeof date === "string" && (dayOfText(date) !== undefined || isYearlyDate(date))) {
      days++;
      return date;
    }
    const stretch = stretchOf(date);
    days += stretch.days;
    return stretch.dates;
  });
  if (days > MOST_DAYS)
    throw daysInvalid(
      "dates",
      `at most ${MOST_DAYS} days`,
      days,
      "; a longer list is a calendar: holidays(name)",
    );
  return new DaySet({ dates: written });
}

function stretchOf(value: unknown): { readonly dates: [string, string]; readonly days: number } {
  const { from, to } = (typeof value === "object" && value !== null ? value : {}) as {
    from?: unknown;
    to?: unknown;
  };
  const [first, last] = [from, to].map((date) => (typeof date === "string" ? dayOfText(date) : undefined));
  if (first === undefined || last === undefined || last < first) {
    throw daysInvalid(
      "dates",
      'a date ("2027-12-24"), a date of every year ("12-25"), or { from, to } in this order',
      value,
    );
  }
  return { dates: [from as string, to as string], days: last - first + 1 };
}

export interface BusinessDaysOptions {
  /** Days off besides the weekend. Default none. */
  readonly closed?: DaysLike | undefined;
  /** Default ["sat", "sun"]. */
  readonly weekend?: readonly Weekday[] | undefined;
}

/** The days that are neither weekend nor closed. Throws SUNBEAT_DAYS_INVALID. */
export function businessDays(options: BusinessDaysOptions = {}): Days {
  refuseAs("SUNBEAT_DAYS_INVALID", () => assertKnownKeys(options, ["closed", "weekend"], "businessDays"));
  const { closed, weekend } = options;
  if (weekend !== undefined && !Array.isArray(weekend))
    throw daysInvalid("weekend", 'a list such as ["fri", "sat"]', weekend);
  const numbers = weekend?.map((name) => {
    const weekday = weekdayOfName(name);
    if (weekday === undefined) throw daysInvalid("weekend", 'weekdays such as "sat"', name);
    return weekday;
  });
  return new DaySet({
    business: {
      ...(closed !== undefined && { closed: treeOf(closed, "closed") }),
      ...(numbers !== undefined && { weekend: numbers }),
    },
  });
}

/** The days of a calendar that is registered under this name; looked up when a schedule that uses it is bound. */
export function holidays(calendar: string): Days {
  return new DaySet({
    calendar: refuseAs("SUNBEAT_DAYS_INVALID", () => nameOption(calendar, "holidays: calendar")),
  });
}

/** The days of a rule: `days({ every: "month", on: "last business day" })`. Throws SUNBEAT_CALENDAR_INVALID. */
export function days(rule: DaysRule): Days {
  return new DaySet({ rule: ruleOf(rule) });
}
