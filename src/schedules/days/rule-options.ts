import { assertKnownKeys } from "../../core/options.js";
import { didYouMean } from "../../core/nearest.js";
import { quote } from "../../core/quote.js";
import { ScheduleError } from "../../core/errors.js";
import { refuseAs } from "../refuse-as.js";
import { dayOfText } from "./day-mask.js";
import { treeOf, WEEKDAYS, weekdayOfName, weekdaysOfText } from "./days-like.js";
import { mostOf, parseOrdinal } from "./ordinals.js";
import type { Days, LocalDate, RuleTree, Weekday, WeekdayRange } from "./tree.js";

type Unit = "day" | "week" | "month" | "year";
/** "day", "2 weeks", "3 months". */
export type Every = Unit | `${number} ${Unit | `${Unit}s`}`;
export type Month =
  "jan" | "feb" | "mar" | "apr" | "may" | "jun" | "jul" | "aug" | "sep" | "oct" | "nov" | "dec";
export type Ordinal =
  | "1st"
  | "2nd"
  | "3rd"
  | "4th"
  | "5th"
  | "last"
  | "2nd last"
  | "3rd last"
  | `${number}th`
  | `${number}th last`;
/** A day of the month (-1 is the last), a weekday, a range of them, or "2nd fri", "last day", "5th business day". */
export type DayRule = number | WeekdayRange | `${Ordinal} ${Weekday | "day" | "business day"}`;

/** Which days: `days` takes these, `calendar` the times of day as well. */
export interface DaysRule {
  /** The period: up to 10,000 days, 1,000 weeks or months, 400 years. */
  readonly every: Every;
  /** The days of a period. Default that of `from`. */
  readonly on?: DayRule | readonly DayRule[] | undefined;
  /** The months of a year, names or 1 to 12. Default that of `from`. With "year" only. */
  readonly in?: Month | number | readonly (Month | number)[] | undefined;
  /** Where the periods are counted from, and the first day that can be one. */
  readonly from?: LocalDate | undefined;
  /** The last day that can be one. Default no end. */
  readonly until?: LocalDate | undefined;
  /** Of the days of each period only these: 1 is the first, -1 the last. Default all. */
  readonly position?: number | readonly number[] | undefined;
  /** A number that a month does not have is left out ("skip", the default) or the last day ("clamp"). */
  readonly missing?: "skip" | "clamp" | undefined;
  /** Where a week begins. Default "mon". */
  readonly weekStart?: Weekday | undefined;
  /** What "business day" means. Default the app's, else Monday to Friday. */
  readonly business?: Days | undefined;
}

export const RULE_KEYS = [
  "every",
  "on",
  "in",
  "from",
  "until",
  "position",
  "missing",
  "weekStart",
  "business",
];
const MOST: Readonly<Record<Unit, number>> = { day: 10_000, week: 1_000, month: 1_000, year: 400 };
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const EVERY = /^(?:(\d{1,5}) )?(day|week|month|year)s?$/;

/** SUNBEAT_CALENDAR_INVALID. */
export function calendarInvalid(field: string, problem: string, value: unknown, hint = ""): ScheduleError {
  const tail = hint === "" ? "" : `; ${hint}`;
  return new ScheduleError("SUNBEAT_CALENDAR_INVALID", `calendar: ${field}: ${problem}${tail}`, {
    details: { field, value: quote(value), ...(hint !== "" && { hint }) },
  });
}

/** The tree of a rule, checked. Throws SUNBEAT_CALENDAR_INVALID, SUNBEAT_DAYS_INVALID. */
export function ruleOf(options: DaysRule): RuleTree {
  refuseAs("SUNBEAT_CALENDAR_INVALID", () => assertKnownKeys(options, RULE_KEYS, "calendar"));
  const { every, unit } = everyOf(options.every);
  const from = dateOf("from", options.from);
  const until = dateOf("until", options.until);
  if (from !== undefined && until !== undefined && until < from) {
    throw calendarInvalid("until", `${until} is before from, ${from}`, until);
  }
  const on = onOf(unit, options.on);
  const months = monthsOf(unit, options.in);
  const wanting = [
    every > 1 && "periods of more than one",
    on === undefined && unit !== "day" && "a default of on",
  ];
  const reason = [...wanting, months === undefined && unit === "year" && "a default of in"].find(Boolean);
  if (from === undefined && reason !== undefined) {
    const default_ = String(reason);
    throw calendarInvalid(
      "from",
      `expected a date, as ${default_} is taken from it, got undefined`,
      undefined,
      'write from: "2027-01-04", the first day',
    );
  }
  const position = positionOf(unit, options.position);
  const { missing = "skip", weekStart = "mon", business } = options;
  if (missing !== "skip" && missing !== "clamp") {
    throw calendarInvalid("missing", `expected "skip" or "clamp", got ${quote(missing)}`, missing);
  }
  if (weekdayOfName(weekStart) === undefined) {
    throw calendarInvalid(
      "weekStart",
      `expected a weekday such as "mon", got ${quote(weekStart)}`,
      weekStart,
    );
  }
  const asked = business === undefined ? undefined : treeOf(business, "business");
  return Object.freeze({
    every,
    unit,
    ...(on !== undefined && { on }),
    ...(months !== undefined && { in: months }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(position !== undefined && { position }),
    ...(missing === "clamp" && (unit === "month" || unit === "year") && { missing }),
    ...(weekStart !== "mon" && unit === "week" && { weekStart }),
    ...(asked !== undefined && usesBusiness({ on }) && { business: asked }),
  });
}

function everyOf(value: unknown): Pick<RuleTree, "every" | "unit"> {
  const match = typeof value === "string" ? EVERY.exec(value) : null;
  const expected = 'expected "day", "week", "month", "year", or a number of them such as "2 weeks"';
  if (match === null) {
    const near = typeof value === "string" ? didYouMean(value, ["day", "week", "month", "year"]) : "";
    throw calendarInvalid("every", `${expected}, got ${quote(value)}${near}`, value);
  }
  const unit = match[2] as Unit;
  const every = Number(match[1] ?? 1);
  if (every < 1 || every > MOST[unit]) {
    throw calendarInvalid("every", `expected 1 to ${MOST[unit]} ${unit}s, got ${quote(value)}`, value);
  }
  return { every, unit };
}

function dateOf(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && dayOfText(value) !== undefined) return value;
  throw calendarInvalid(field, `expected a date such as "2027-01-04", got ${quote(value)}`, value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function onOf(unit: Unit, value: unknown): (number | string)[] | undefined {
  if (value === undefined) return undefined;
  if (unit === "day") {
    throw calendarInvalid(
      "on",
      "every day has no days in it",
      value,
      'write .onDays(...) after it, or every: "week"',
    );
  }
  const items = listOf(value).flatMap((item) => onItem(unit, item));
  if (items.length === 0) throw calendarInvalid("on", "expected at least one day, got an empty list", value);
  return [...new Set(items)].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
}

/** Numbers, weekdays from Monday on, then ordinals: one order for one meaning. */
function rankOf(item: number | string): number {
  if (typeof item === "number") return item > 0 ? item : 64 + item;
  const weekday = weekdayOfName(item);
  return weekday === undefined ? 200 : 100 + ((weekday + 6) % 7);
}

function onItem(unit: Unit, item: unknown): (number | string)[] {
  const weekdays = weekdaysOfText(item);
  if (weekdays !== undefined) return weekdays.map((weekday) => WEEKDAYS[weekday]!);
  if (unit === "week") {
    throw calendarInvalid(
      "on",
      `expected weekdays such as "mon" or "mon-fri", got ${quote(item)}`,
      item,
      nearWeekday(item),
    );
  }
  if (typeof item === "number" && Number.isInteger(item) && item !== 0 && Math.abs(item) <= 31) return [item];
  const ordinal = typeof item === "string" && item.length < 32 ? parseOrdinal(item) : undefined;
  if (ordinal !== undefined && Math.abs(ordinal.nth) <= mostOf(ordinal)) return [item as string];
  throw calendarInvalid(
    "on",
    `expected a day 1 to 31 (-1 is the last), a weekday, or an ordinal such as "2nd fri", "last day", ` +
      `"last business day", got ${quote(item)}`,
    item,
    nearWeekday(item),
  );
}

/** Whether a rule asks for business days. */
export function usesBusiness({ on }: { readonly on?: readonly (number | string)[] | undefined }): boolean {
  return on?.some((item) => String(item).endsWith("business day")) ?? false;
}

function nearWeekday(item: unknown): string {
  const short = typeof item === "string" ? item.toLowerCase().slice(0, 3) : "";
  return weekdayOfName(short) === undefined ? "" : `write "${short}"`;
}

function monthsOf(unit: Unit, value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  if (unit !== "year") throw calendarInvalid("in", `months belong to every: "year", not to ${unit}s`, value);
  const months = listOf(value).map((month) => {
    const number = typeof month === "string" ? MONTHS.indexOf(month) + 1 : month;
    if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 12) return number;
    const near = typeof month === "string" ? didYouMean(month, MONTHS, 2) : "";
    throw calendarInvalid("in", `expected "jan" to "dec" or 1 to 12, got ${quote(month)}${near}`, month);
  });
  if (months.length === 0)
    throw calendarInvalid("in", "expected at least one month, got an empty list", value);
  return [...new Set(months)].sort((a, b) => a - b);
}

function positionOf(unit: Unit, value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  const list = listOf(value);
  const isGood = list.every(
    (each) => Number.isInteger(each) && each !== 0 && Math.abs(each as number) <= 366,
  );
  if (unit !== "day" && isGood && list.length > 0) {
    return [...new Set(list as number[])].sort((a, b) => a - b);
  }
  const where = unit === "day" ? "a period of several days" : "1 is the first and -1 the last, up to 366";
  throw calendarInvalid("position", `expected places in ${where}, got ${quote(value)}`, value);
}
