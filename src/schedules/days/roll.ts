import { firstDayOf, lengthOf, monthOf } from "../civil.js";
import { commonPeriod, remembered, type DayMask } from "./day-mask.js";
import { DaySearch } from "./day-search.js";

export type RollName = "previous" | "next" | "nearest" | "month";

/** Where days go, and how many business days further. */
export interface Rolling {
  readonly to: RollName;
  readonly by: number;
}

/** A day is rolled no further than this; one that finds no business day so near is left out. */
const FARTHEST = 366;

/**
 * The days of a set, each moved to a business day, then `by` business days further. No roll changes the order of days, so
 * the first day that comes to a month is found without a search.
 */
export function rolled(days: DayMask, business: DayMask, roll: Rolling): DayMask {
  const search = new DaySearch(remembered(days));
  const open = new DaySearch(remembered(business));
  const reach = FARTHEST * (Math.abs(roll.by) + 1);
  return {
    period: commonPeriod(days.period, business.period),
    since: Math.min(days.since, business.since) - reach,
    settled: Math.max(days.settled, business.settled) + reach,
    first: days.first - reach,
    last: days.last + reach,
    mask(month) {
      const start = firstDayOf(month);
      const end = start + lengthOf(month);
      let mask = 0;
      for (
        let day = search.next(firstSource(start, open, roll));
        day < Infinity;
        day = search.next(day + 1)
      ) {
        const at = rolledDay(day, open, roll);
        if (at === undefined) continue;
        if (at >= end) break;
        if (at >= start) mask |= 1 << (at - start);
      }
      return mask;
    },
  };
}

/** No day before this is moved to `start` or later; Infinity: none at all. */
function firstSource(start: number, open: DaySearch, { to, by }: Rolling): number {
  let target = open.next(start);
  for (let step = 0; step < Math.abs(by); step++) {
    const next = by > 0 ? open.previous(target - 1) : open.next(target + 1);
    // Before the first business day all days come to it.
    if (next === -Infinity) break;
    target = next;
  }
  if (target === Infinity || to === "previous") return target;
  const before = Math.max(open.previous(target - 1), target - FARTHEST - 1);
  return to === "nearest" ? Math.floor((before + target) / 2) + 1 : before + 1;
}

/** Where one day is moved; undefined: it is left out. */
export function rolledDay(day: number, open: DaySearch, { to, by }: Rolling): number | undefined {
  const before = open.previous(day);
  const after = open.next(day);
  const isBefore = day - before <= FARTHEST;
  const isAfter = after - day <= FARTHEST;
  const goesBack =
    to === "previous" ||
    (to === "nearest" && isBefore && day - before <= after - day) ||
    (to === "month" && !(isAfter && monthOf(after) === monthOf(day)));
  if (goesBack ? !isBefore : !isAfter) return undefined;
  const at = stepped(open, goesBack ? before : after, by);
  return Number.isFinite(at) ? at : undefined;
}

/** The business day that is `by` business days after one, or not finite. */
function stepped(open: DaySearch, day: number, by: number): number {
  let at = day;
  for (let step = 0; step < Math.abs(by) && Number.isFinite(at); step++) {
    at = by > 0 ? open.next(at + 1) : open.previous(at - 1);
  }
  return at;
}
