/** English: the language of `describe()`, and the frames of every language that has none of its own. */
import { MONTH_NAMES, WEEKDAY_NAMES } from "../crontab/fields.js";
import { placeText, suffixOf } from "../days/ordinals.js";
import { eventLabel } from "../solar/seasons.js";
import type { Clause, Conjunction, DayPart, Language, Names, PeriodUnit, Polar, Run } from "./language.js";
import { spanParts, unitOfSpan } from "./span.js";

const SPAN_UNITS = { d: "days", h: "h", m: "min", s: "s", ms: "ms" } as const;

const NAMES: Names = {
  weekday: (weekday) => WEEKDAY_NAMES[weekday]!,
  shortWeekday: (weekday) => WEEKDAY_NAMES[weekday]!.slice(0, 3),
  month: (month) => MONTH_NAMES[month - 1]!,
  list: (parts, word) =>
    parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} ${word} ${parts.at(-1)!}`,
  date: (date) => date,
  yearlyDate: (month, day) => `${day} ${MONTH_NAMES[month - 1]!}`,
  instant: (at) => new Date(at).toISOString().replace(/(?::00)?\.000Z$/, "Z"),
  span: (ms) =>
    spanParts(ms)
      .map(([n, unit]) => (unit === "d" && n === 1 ? "1 day" : `${n} ${SPAN_UNITS[unit]}`))
      .join(" "),
  count: (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`,
  number: String,
};

const ROLLS = {
  previous: "the business day before",
  next: "the business day after",
  nearest: "the nearest business day",
  month: "the next business day in the month, else the one before",
} as const;

const NTH = ["last", "first", "second", "third", "fourth", "fifth"];

/** The frames of English around the names of a language. */
export function englishFrames(names: Names): Language {
  const { list } = names;
  const listed = (runs: readonly Run[], name: (value: number) => string, word: Conjunction): string =>
    list(
      runs.map(([from, to]) => (to === undefined ? name(from) : `${name(from)} to ${name(to)}`)),
      word,
    );
  const period = (n: number, unit: PeriodUnit): string => `every ${n === 1 ? unit : names.count(n, unit)}`;
  const every = (ms: number): string => `every ${unitOfSpan(ms) ?? names.span(ms)}`;
  const weekdays = (runs: readonly Run[], word: Conjunction): string => listed(runs, names.weekday, word);
  const monthDays = (runs: readonly Run[], word: Conjunction): string => {
    const isMany = runs.some(([, to]) => to !== undefined) || (word === "and" && runs.length > 1);
    return `${isMany ? "days" : "day"} ${listed(runs, String, word)}`;
  };
  const dayPart = (part: DayPart): string => {
    if ("days" in part) return monthDays(part.days, "or");
    if ("weekdays" in part) return weekdays(part.weekdays, "or");
    if ("step" in part) return `every ${ordinal(part.step)} day of the month from day 1`;
    if ("last" in part) {
      if (part.last === 0) return "the last day of the month";
      return `${names.count(part.last, "day")} before the last day of the month`;
    }
    if ("nearest" in part) return `the weekday nearest to day ${part.nearest}`;
    if ("lastWeekday" in part) return "the last weekday of the month";
    return `the ${NTH[part.nth]!} ${names.weekday(part.weekday)} of the month`;
  };
  return {
    names,
    custom: "a custom schedule",
    reboot: "once, when the first beat starts to lead",
    joint: "; and ",
    never: (text) => `never: ${text}`,
    every,
    offset: (span) => `, offset ${span}`,
    once: (instant) => `once, at ${instant}`,
    moved: (span, isBefore, text) => `${span} ${isBefore ? "before" : "after"}: ${text}`,
    shifted: (to, by, days) => `moved to ${ROLLS[to]}${steps(by)} (${days})`,
    from: (start) => `from ${start}`,
    until: (date) => `until ${date}`,
    untilBefore: (instant) => `until before ${instant}`,
    times: (count) => (count === 1 ? "once" : `${count} times`),
    at: (times) => `at ${list(times, "and")}`,
    atMany: (count, first, last) => `at ${count} times from ${first} to ${last}`,
    atEvery: (ms, from, to) => `${every(ms)} from ${from} up to and including ${to}`,
    clause: (clause: Clause, isFirst) => {
      const of = isFirst ? "" : "of ";
      if ("every" in clause) return `${of}${period(clause.every, clause.unit)}`;
      if ("nth" in clause) return `${of}every ${ordinal(clause.nth)} ${clause.unit} from ${clause.from}`;
      const [[, to], ...more] = clause.runs as [Run, ...Run[]];
      const units = to === undefined && more.length === 0 ? clause.unit : `${clause.unit}s`;
      return `${isFirst ? "at " : of}${units} ${listed(clause.runs, String, "and")}`;
    },
    everyDay: "every day",
    on: (days) => `on ${days}`,
    dayPart,
    monthDays,
    weekdays,
    ordinalDay: (nth, of) => `the ${placeText(nth)} ${typeof of === "number" ? names.weekday(of) : of}`,
    months: (runs) => `in ${listed(runs, names.month, "or")}`,
    ifAlso: (days) => `if it is ${days}`,
    either: (days, weekdays_) => `on ${days}, or on ${weekdays_}`,
    period,
    ofEveryMonth: (days) => `${days} of every month`,
    ofMonths: (months) => `of ${list(months.map(names.month), "and")}`,
    places: (positions, days) => `on the ${list(positions.map(placeText), "and")} of ${days}`,
    clamped: "(the last day of a month that has no such day)",
    date: (date) => date,
    dateRange: (from, to) => `${from} to ${to}`,
    dateCount: (count, from, to) => `${count} dates from ${from} to ${to}`,
    calendarDays: (name) => `the days of ${name}`,
    businessDays: "business days",
    closed: (calendar) => `closed ${calendar}`,
    closedOn: (days) => `closed on ${days}`,
    both: (days) => days.join(" that are also "),
    allBut: (days) => `all days but ${days}`,
    except: (text) => `except ${text}`,
    instantsOf: (text) => `the instants of: ${text}`,
    hours: (from, to, isInclusive) =>
      `from ${from} ${isInclusive ? "up to and including" : "until before"} ${to}`,
    quoted: (text) => text,
    edges: (from, to) => `from ${from} until before ${to}`,
    sun: ({ event, offsetMs, latitude, longitude }) => {
      const side = offsetMs < 0 ? "before" : "after";
      const moved = offsetMs === 0 ? "" : `${names.span(offsetMs)} ${side} `;
      const north = `${names.number(Math.abs(latitude))} ${latitude < 0 ? "S" : "N"}`;
      const east = `${names.number(Math.abs(longitude))} ${longitude < 0 ? "W" : "E"}`;
      return `${moved}${eventLabel(event)} at ${north}, ${east}`;
    },
    notBefore: (time) => `not before ${time}`,
    notAfter: (time) => `not after ${time}`,
    polar: (polar: Polar) => {
      if (polar === "clamp") return "on days without it when the Sun comes nearest";
      if ("at" in polar) return `at ${polar.at} on days without it`;
      return `at most ${polar.part} of the night ${polar.isRising ? "before sunrise" : "after sunset"}`;
    },
    anglePart: "its angle over 60",
  };
}

/** The language of `describe()`. */
export const ENGLISH: Language = englishFrames(NAMES);

function ordinal(n: number): string {
  return `${n}${suffixOf(n)}`;
}

function steps(by: number): string {
  return by === 0 ? "" : ` and ${Math.abs(by)} further ${by < 0 ? "back" : "on"}`;
}
