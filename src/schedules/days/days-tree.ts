import { ScheduleError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import { lengthOf } from "../civil.js";
import {
  allOf,
  anyOf,
  dayOfText,
  listedDays,
  notOf,
  ranges,
  weekdaysMask,
  yearlyDays,
  type DayMask,
} from "./day-mask.js";
import { usesBusiness } from "./rule-options.js";
import { ruleMask } from "./rule-mask.js";
import { treeIn, type CalendarDays, type DaysDefaults, type DaysTree } from "./tree.js";

const MONDAY_TO_FRIDAY: DaysTree = { business: {} };
const WEEKEND = [0, 6];

/** The masks of a tree. Throws SUNBEAT_CALENDAR_UNKNOWN for a calendar that `defaults` does not have. */
export function maskOfTree(tree: DaysTree, defaults: DaysDefaults): DayMask {
  const of = (part: DaysTree): DayMask => maskOfTree(part, defaults);
  if (tree === "business") return of(treeIn(defaults.business) ?? MONDAY_TO_FRIDAY);
  if ("weekdays" in tree) return weekdaysMask(bitsOf(tree.weekdays));
  if ("dates" in tree) return datesMask(tree.dates);
  if ("calendar" in tree) return calendarMask(tree.calendar, defaults);
  if ("business" in tree) {
    const { closed, weekend = WEEKEND } = tree.business;
    const open = weekdaysMask(0x7f & ~bitsOf(weekend));
    return closed === undefined ? open : allOf([open, notOf(of(closed))]);
  }
  if ("rule" in tree) return ruleMask(tree.rule, of(tree.rule.business ?? "business"));
  if ("all" in tree) return allOf(tree.all.map(of));
  return "any" in tree ? anyOf(tree.any.map(of)) : notOf(of(tree.not));
}

function bitsOf(weekdays: readonly number[]): number {
  return weekdays.reduce((bits, weekday) => bits | (1 << weekday), 0);
}

function datesMask(dates: readonly (string | readonly [string, string])[]): DayMask {
  const listed: number[] = [];
  const stretches: [number, number][] = [];
  const months = new Array<number>(12).fill(0);
  let isYearly = false;
  for (const date of dates) {
    if (typeof date !== "string") stretches.push([dayOfText(date[0])!, dayOfText(date[1])!]);
    else if (date.length > 5) listed.push(dayOfText(date)!);
    else {
      isYearly = true;
      months[Number(date.slice(0, 2)) - 1]! |= 1 << (Number(date.slice(3)) - 1);
    }
  }
  return anyOf([
    ...(listed.length > 0 ? [listedDays(listed)] : []),
    ...(stretches.length > 0 ? [ranges(stretches)] : []),
    ...(isYearly ? [yearlyDays(months)] : []),
  ]);
}

function calendarMask(name: string, { calendars }: DaysDefaults): DayMask {
  const data = calendars?.(name);
  if (data !== undefined) return listedDays(data.days.map((day) => dayOfText(dateIn(day))!));
  throw new ScheduleError(
    "SUNBEAT_CALENDAR_UNKNOWN",
    `calendar ${quote(name)}: expected the name of a calendar that is registered; no calendar of this name was given to the schedule`,
    { details: { field: "calendar", value: quote(name) } },
  );
}

function dateIn(day: CalendarDays["days"][number]): string {
  return typeof day === "string" ? day : day.date;
}

/** The same tree with what the app means by "business" in it. */
export function boundTree(tree: DaysTree, defaults: DaysDefaults): DaysTree {
  const of = (part: DaysTree): DaysTree => boundTree(part, defaults);
  if (tree === "business") return treeIn(defaults.business) ?? MONDAY_TO_FRIDAY;
  if ("all" in tree) return { all: tree.all.map(of) };
  if ("any" in tree) return { any: tree.any.map(of) };
  if ("not" in tree) return { not: of(tree.not) };
  if ("business" in tree && tree.business.closed !== undefined) {
    return { business: { ...tree.business, closed: of(tree.business.closed) } };
  }
  return "rule" in tree && usesBusiness(tree.rule)
    ? { rule: { ...tree.rule, business: of(tree.rule.business ?? "business") } }
    : tree;
}

/** How many sets stand one in the other. */
export function depthOfTree(tree: DaysTree): number {
  if (tree === "business") return 1;
  const inner =
    "all" in tree
      ? tree.all
      : "any" in tree
        ? tree.any
        : [
            "not" in tree && tree.not,
            "business" in tree && tree.business.closed,
            "rule" in tree && tree.rule.business,
          ];
  return 1 + Math.max(0, ...inner.map((part) => (part ? depthOfTree(part) : 0)));
}

/** One tree for sets that are the same by the laws of sets: lists are flat, sorted and without repetitions. */
export function canonical(tree: DaysTree): DaysTree {
  if (tree === "business" || "calendar" in tree) return tree;
  if ("rule" in tree) {
    const { business } = tree.rule;
    return business === undefined ? tree : { rule: { ...tree.rule, business: canonical(business) } };
  }
  if ("weekdays" in tree) return { weekdays: sortedUnique(tree.weekdays, (a, b) => a - b) };
  if ("dates" in tree) return { dates: sortedUnique(tree.dates, byText) };
  if ("business" in tree) {
    const { closed, weekend = WEEKEND } = tree.business;
    const days = sortedUnique(weekend, (a, b) => a - b);
    return {
      business: {
        ...(closed !== undefined && { closed: canonical(closed) }),
        ...(String(days) !== String(WEEKEND) && { weekend: days }),
      },
    };
  }
  if ("not" in tree) {
    const inner = canonical(tree.not);
    return typeof inner === "object" && "not" in inner ? inner.not : { not: inner };
  }
  return "all" in tree ? joined("all", tree.all) : joined("any", tree.any);
}

function joined(key: "all" | "any", parts: readonly DaysTree[]): DaysTree {
  const flat = parts.map(canonical).flatMap((part): readonly DaysTree[] => {
    const inner = part as { readonly all?: readonly DaysTree[]; readonly any?: readonly DaysTree[] };
    return inner[key] ?? [part];
  });
  const unique = sortedUnique(flat, byText);
  return unique.length === 1 ? unique[0]! : ({ [key]: unique } as unknown as DaysTree);
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function sortedUnique<T>(values: readonly T[], order: (a: T, b: T) => number): T[] {
  const sorted = [...values].sort(order);
  return sorted.filter((value, i) => i === 0 || order(sorted[i - 1]!, value) !== 0);
}

/** Whether a text is a date of every year, "12-25" or "02-29". */
export function isYearlyDate(text: string): boolean {
  const match = /^(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [month, day] = [Number(match[1]), Number(match[2])];
  return month >= 1 && month <= 12 && day >= 1 && day <= lengthOf(2000 * 12 + month - 1);
}
