import type { EpochMs } from "../core/clock.js";
import {
  spanParts,
  type Conjunction,
  type Names,
  type PeriodUnit,
  type SpanUnit,
} from "../schedules/index.js";

/** Schedules count by this calendar, and write times of day in these digits, whatever a country does. */
const COMMON = { calendar: "gregory", numberingSystem: "latn" } as const;
/** 1 January 2023, a Sunday. */
const SUNDAY = Date.UTC(2023, 0, 1);
/** Texts stand in logs and terminals, where they are searched. */
const NARROW_SPACES = /[\u00a0\u202f]/g;
const DAY_MS = 86_400_000;

const SPANS: Record<SpanUnit, readonly [unit: string, display: "short" | "long"]> = {
  d: ["day", "long"],
  h: ["hour", "short"],
  m: ["minute", "short"],
  s: ["second", "short"],
  ms: ["millisecond", "short"],
};

/** The names of a locale that the runtime knows, by `Intl`. */
export function namesOf(locale: string): Names {
  const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { ...COMMON, timeZone: "UTC", ...options });
  const units = new Map<string, Intl.NumberFormat>();
  const inUnit = (n: number, unit: string, unitDisplay: "short" | "long"): string => {
    const key = `${unit} ${unitDisplay}`;
    const made =
      units.get(key) ??
      new Intl.NumberFormat(locale, { ...COMMON, style: "unit", unit, unitDisplay, useGrouping: false });
    units.set(key, made);
    return made.format(n).replace(NARROW_SPACES, " ");
  };
  const weekdays = dates({ weekday: "long" });
  const shortWeekdays = dates({ weekday: "short" });
  const months = dates({ month: "long" });
  const days = dates({ year: "numeric", month: "long", day: "numeric" });
  const yearlyDays = dates({ month: "long", day: "numeric" });
  const numbers = new Intl.NumberFormat(locale, { ...COMMON, maximumFractionDigits: 12, useGrouping: false });
  const lists: Record<Conjunction, Intl.ListFormat> = {
    and: new Intl.ListFormat(locale, { type: "conjunction" }),
    or: new Intl.ListFormat(locale, { type: "disjunction" }),
  };
  const date = (text: string): string => days.format(new Date(`${text}T00:00Z`));
  return {
    weekday: (weekday) => weekdays.format(SUNDAY + weekday * DAY_MS),
    shortWeekday: (weekday) => shortWeekdays.format(SUNDAY + weekday * DAY_MS),
    month: (month) => months.format(Date.UTC(2023, month - 1, 1)),
    list: (parts, word) => lists[word].format(parts),
    date,
    yearlyDate: (month, day) => yearlyDays.format(Date.UTC(2024, month - 1, day)),
    instant(at: EpochMs) {
      const [day = "", time = ""] = new Date(at).toISOString().split(/(?<=\d)T/);
      const told = /^\d{4}-/.test(day) ? date(day) : days.format(at);
      return `${told} ${time.replace(/(?::00)?\.000Z$|Z$/, "")} UTC`;
    },
    span: (ms) =>
      spanParts(ms)
        .map(([n, unit]) => inUnit(n, ...SPANS[unit]))
        .join(" "),
    count: (n, unit: PeriodUnit) => inUnit(n, unit, "long"),
    number: (n) => numbers.format(n),
  };
}
