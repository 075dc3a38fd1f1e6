import { WEEKDAYS } from "../days/days-like.js";
import { days, weekdays } from "../days/makers.js";
import { placeText } from "../days/ordinals.js";
import type { DayRule, DaysRule, Every } from "../days/rule-options.js";
import type { Days, Weekday } from "../days/tree.js";
import { monthOf, weekdayOf } from "../civil.js";
import type { ByDay, Recur } from "./recur.js";

type Rule = Pick<DaysRule, "every" | "on" | "in" | "position" | "missing" | "weekStart" | "business">;

/** The days of an RRULE: those of a calendar's rule that are in all of `limits`. */
export interface RecurDays {
  readonly rule: Rule;
  readonly limits: readonly Days[];
}

const ALL_WEEKDAYS = "mon-sun";
const ALL_MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** A part that is taken from DTSTART throws where there is none; `startDay` is the day of DTSTART. */
export function daysOfRecur(recur: Recur, startDay: (wanting: string) => number): RecurDays {
  switch (recur.freq) {
    case "DAILY":
      return daily(recur);
    case "WEEKLY":
      return weekly(recur, startDay);
    case "MONTHLY":
      return monthly(recur, startDay);
    case "YEARLY":
      return yearly(recur);
  }
}

function everyOf(interval: number, unit: "day" | "week" | "month" | "year"): Every {
  return interval === 1 ? unit : `${interval} ${unit}s`;
}

/** BYDAY as a calendar has it: "mon", or "2nd mon", "last fri". */
function dayRules(byDay: readonly ByDay[]): DayRule[] {
  return byDay.map(({ weekday, nth }) =>
    nth === undefined ? weekday : (`${placeText(nth)} ${weekday}` as DayRule),
  );
}

function setOf(byDay: readonly ByDay[]): Days {
  const isPlain = byDay.every(({ nth }) => nth === undefined);
  if (isPlain) return weekdays(...byDay.map(({ weekday }) => weekday));
  return days({ every: "month", on: dayRules(byDay) });
}

function inMonths(months: readonly number[] | undefined): Days[] {
  return months === undefined ? [] : [days({ every: "year", in: months, on: ALL_WEEKDAYS })];
}

function onMonthDays(monthDays: readonly number[] | undefined): Days[] {
  return monthDays === undefined ? [] : [days({ every: "month", on: monthDays })];
}

/** In a rule of days everything limits; without a count of days it is a rule of weeks, months or years. */
function daily({ interval, byDay, months, monthDays }: Recur): RecurDays {
  if (interval > 1 || (byDay ?? months ?? monthDays) === undefined) {
    const limits = [...inMonths(months), ...onMonthDays(monthDays), ...(byDay ? [setOf(byDay)] : [])];
    return { rule: { every: everyOf(interval, "day") }, limits };
  }
  if (months === undefined && monthDays === undefined) {
    return { rule: { every: "week", on: dayRules(byDay!) }, limits: [] };
  }
  const on = monthDays ?? (byDay ? dayRules(byDay) : ALL_WEEKDAYS);
  const rule: Rule = months === undefined ? { every: "month", on } : { every: "year", in: months, on };
  return { rule, limits: monthDays && byDay ? [setOf(byDay)] : [] };
}

function weekly(recur: Recur, startDay: (wanting: string) => number): RecurDays {
  const { interval, byDay, months, positions, weekStart } = recur;
  const on: readonly DayRule[] = byDay ? dayRules(byDay) : [weekdayAt(startDay("the weekday"))];
  if (interval === 1 && months !== undefined) return { rule: { every: "year", in: months, on }, limits: [] };
  return {
    rule: { every: everyOf(interval, "week"), on, weekStart, ...(positions && { position: positions }) },
    limits: inMonths(months),
  };
}

function weekdayAt(day: number): Weekday {
  return WEEKDAYS[weekdayOf(day)]!;
}

function monthly(recur: Recur, startDay: (wanting: string) => number): RecurDays {
  const { interval, months, monthDays, byDay, positions } = recur;
  if (monthDays === undefined && byDay === undefined) startDay("the day of the month");
  const { rule, limits } = inMonth(recur);
  if (months === undefined || positions !== undefined || 12 % interval !== 0) {
    return { rule: { every: everyOf(interval, "month"), ...rule }, limits: [...limits, ...inMonths(months)] };
  }
  const first = interval === 1 ? 0 : monthOf(startDay("the month"));
  const met = months.filter((month) => (month - 1 - first) % interval === 0);
  if (met.length > 0) return { rule: { every: "year", in: met, ...rule }, limits };
  return { rule: { every: everyOf(interval, "month"), ...rule }, limits: [...limits, ...inMonths(months)] };
}

function yearly(recur: Recur): RecurDays {
  const { interval, months, monthDays, byDay, positions } = recur;
  const { rule, limits } = inMonth(recur);
  const isAnyMonth = months === undefined && (monthDays !== undefined || byDay !== undefined);
  if (isAnyMonth && interval === 1 && positions === undefined)
    return { rule: { every: "month", ...rule }, limits };
  const named = isAnyMonth ? ALL_MONTHS : months;
  return { rule: { every: everyOf(interval, "year"), ...(named && { in: named }), ...rule }, limits };
}

/**
 * Which days of its months a rule means. BYDAY picks among the days of BYMONTHDAY: that restricts the rule, unless
 * BYSETPOS counts what is left. Then the days of both are the rule's business days, and all of these are counted.
 */
function inMonth({ monthDays, byDay, positions, clamp }: Recur): {
  rule: Omit<Rule, "every">;
  limits: Days[];
} {
  const missing = clamp ? { missing: "clamp" as const } : {};
  const position = positions === undefined ? {} : { position: positions };
  if (monthDays === undefined || byDay === undefined) {
    const on = monthDays ?? (byDay && dayRules(byDay));
    return { rule: { ...(on && { on }), ...position, ...missing }, limits: [] };
  }
  const picked = setOf(byDay);
  if (positions === undefined) return { rule: { on: monthDays, ...missing }, limits: [picked] };
  const business = days({ every: "month", on: monthDays, ...missing }).and(picked);
  const on = monthDays.map((_, i): DayRule => `${placeText(i + 1)} business day` as DayRule);
  return { rule: { on, business, ...position }, limits: [] };
}
