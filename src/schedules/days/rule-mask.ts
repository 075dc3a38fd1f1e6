import { highestBit } from "../bits.js";
import { CYCLE_DAYS, firstDayOf, lengthOf, monthOf, weekdayOf } from "../civil.js";
import {
  commonPeriod,
  dayOfText,
  fullMask,
  monthsPeriod,
  periodic,
  weekdayBits,
  within,
  type DayMask,
} from "./day-mask.js";
import { WEEKDAYS } from "./days-like.js";
import { usesBusiness } from "./rule-options.js";
import { parseOrdinal } from "./ordinals.js";
import type { RuleTree } from "./tree.js";

/** The days of a rule: those of its periods, on or after `from` and not after `until`. */
export function ruleMask(rule: RuleTree, business: DayMask): DayMask {
  const from = rule.from === undefined ? undefined : dayOfText(rule.from)!;
  const until = rule.until === undefined ? Infinity : dayOfText(rule.until)!;
  return within(endlessMask(rule, from ?? 0, business), from ?? -Infinity, until);
}

function endlessMask(rule: RuleTree, anchor: number, business: DayMask): DayMask {
  switch (rule.unit) {
    case "day":
      return everyDays(rule.every, anchor);
    case "week":
      return everyWeeks(rule, anchor);
    case "month":
      return everyMonths(rule, anchor, business);
    case "year":
      return everyYears(rule, anchor, business);
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function everyDays(n: number, anchor: number): DayMask {
  return periodic(n, (month) => {
    const length = lengthOf(month);
    let days = 0;
    for (let day = modulo(anchor - firstDayOf(month), n); day < length; day += n) days |= 1 << day;
    return days;
  });
}

function everyWeeks({ every, on, weekStart, position }: RuleTree, anchor: number): DayMask {
  const begin = weekStart === undefined ? 1 : WEEKDAYS.indexOf(weekStart);
  const startOf = (day: number): number => day - modulo(weekdayOf(day) - begin, 7);
  const inWeek = (on ?? [WEEKDAYS[weekdayOf(anchor)]!])
    .map((name) => modulo(WEEKDAYS.indexOf(name as (typeof WEEKDAYS)[number]) - begin, 7))
    .sort((a, b) => a - b);
  const chosen = position === undefined ? inWeek : inWeek.filter((_, i) => isAt(position, i, inWeek.length));
  const week = chosen.reduce((bits, day) => bits | (1 << day), 0);
  const first = startOf(anchor);
  return periodic(7 * every, (month) => {
    const start = firstDayOf(month);
    const length = lengthOf(month);
    let days = 0;
    for (let monday = startOf(start); monday < start + length; monday += 7) {
      if (modulo(monday - first, 7 * every) !== 0) continue;
      const index = monday - start;
      days |= index < 0 ? week >>> -index : week << index;
    }
    return days & fullMask(month);
  });
}

function everyMonths(rule: RuleTree, anchor: number, business: DayMask): DayMask {
  const daysOf = monthDays(rule, anchor, business);
  const first = monthOf(anchor);
  const { every, position } = rule;
  if (every === 1 && position === undefined) return withBusiness(rule, business, CYCLE_DAYS, daysOf);
  return withBusiness(rule, business, monthsPeriod(every), (month) =>
    modulo(month - first, every) !== 0 ? 0 : picked([daysOf(month)], position)[0]!,
  );
}

function everyYears(rule: RuleTree, anchor: number, business: DayMask): DayMask {
  const daysOf = monthDays(rule, anchor, business);
  const first = monthOf(anchor);
  const months = rule.in ?? [modulo(first, 12) + 1];
  const wanted = months.reduce((bits, month) => bits | (1 << (month - 1)), 0);
  const { every, position } = rule;
  return withBusiness(rule, business, monthsPeriod(12 * every), (month) => {
    const index = modulo(month, 12);
    const january = month - index;
    if (((wanted >>> index) & 1) === 0 || modulo((january - first + modulo(first, 12)) / 12, every) !== 0)
      return 0;
    if (position === undefined) return daysOf(month);
    const year = months.map((each) => daysOf(january + each - 1));
    return picked(year, position)[months.indexOf(index + 1)]!;
  });
}

/** Business days may be closed by date: then the rule changes with them. */
function withBusiness(
  rule: RuleTree,
  business: DayMask,
  period: number,
  mask: (month: number) => number,
): DayMask {
  if (!usesBusiness(rule)) return periodic(period, mask);
  return {
    ...periodic(commonPeriod(period, business.period), mask),
    since: business.since - 31,
    settled: business.settled + 31,
  };
}

/** The days that `on` means in a month, by themselves. */
function monthDays(rule: RuleTree, anchor: number, business: DayMask): (month: number) => number {
  const on = rule.on ?? [anchor - firstDayOf(monthOf(anchor)) + 1];
  const items = on.map((item) => itemDays(item, rule.missing === "clamp", business));
  if (items.length === 1) return items[0]!;
  return (month) => items.reduce((days, item) => days | item(month), 0);
}

function itemDays(item: number | string, clamp: boolean, business: DayMask): (month: number) => number {
  if (typeof item === "number") return (month) => numberDay(item, lengthOf(month), clamp);
  const weekday = WEEKDAYS.indexOf(item as (typeof WEEKDAYS)[number]);
  if (weekday !== -1) return (month) => weekdaysIn(month, weekday);
  const { nth, of } = parseOrdinal(item)!;
  if (of === "business day") return (month) => nthBit(business.mask(month), nth);
  if (of === "day") return (month) => nthBit(fullMask(month), nth);
  const named = WEEKDAYS.indexOf(of);
  return (month) => nthBit(weekdaysIn(month, named), nth);
}

function weekdaysIn(month: number, weekday: number): number {
  return weekdayBits(1 << weekday, weekdayOf(firstDayOf(month))) & fullMask(month);
}

/** A number that overshoots its month is clamped to the end that it overshoots. */
function numberDay(number: number, length: number, clamp: boolean): number {
  const index = number > 0 ? number - 1 : length + number;
  if (index >= 0 && index < length) return 1 << index;
  if (!clamp) return 0;
  return number > 0 ? 1 << (length - 1) : 1;
}

/** The n-th bit that is set, from the end for a negative n; 0 where there are not so many. */
function nthBit(days: number, nth: number): number {
  let rest = days;
  for (let i = 1; i < nth; i++) rest &= rest - 1;
  for (let i = -1; i > nth && rest !== 0; i--) rest &= ~(1 << highestBit(rest));
  return nth > 0 ? rest & -rest : rest === 0 ? 0 : 1 << highestBit(rest);
}

function isAt(position: readonly number[], index: number, count: number): boolean {
  return position.includes(index + 1) || position.includes(index - count);
}

/** The days at the positions of a period that is several masks long. */
function picked(masks: readonly number[], position: readonly number[] | undefined): number[] {
  if (position === undefined) return [...masks];
  const counts = masks.map((mask) => countOf(mask));
  const count = counts.reduce((sum, each) => sum + each, 0);
  let index = 0;
  return masks.map((mask) => {
    let days = 0;
    for (let rest = mask; rest !== 0; rest &= rest - 1, index++) {
      if (isAt(position, index, count)) days |= rest & -rest;
    }
    return days;
  });
}

function countOf(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
