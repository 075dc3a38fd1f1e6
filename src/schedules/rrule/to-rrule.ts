import type { EpochMs } from "../../core/clock.js";
import type { TimesJSON } from "../calendar/times.js";
import { secondsOf } from "../calendar/times.js";
import { CYCLE_DAYS } from "../civil.js";
import { Composable } from "../compose/composable.js";
import { dayOfText } from "../days/day-mask.js";
import { parseOrdinal } from "../days/ordinals.js";
import type { Weekday } from "../days/tree.js";
import { formatTime, secondsOfTime } from "../local/time-of-day.js";
import type { Schedule, ScheduleJSON } from "../schedule.js";
import { rrule } from "./rrule.js";

/** A union holds no more. */
const MOST_LINES = 100;
/** How far a zone's changes are looked at: its rules repeat after 400 years. */
const LAST_LOOK: EpochMs = Date.UTC(2_500, 0, 1);
const DAY_MS = 86_400_000;
const FOUR_CENTURIES: EpochMs = CYCLE_DAYS * DAY_MS;
/** A search reaches 4,000 years; dates go from year 1 to 9999. */
const OUTLOOKS: readonly EpochMs[] = [0, 3_900, 7_800].map(
  (year) => Date.UTC(year + 400, 0, 1) - FOUR_CENTURIES,
);
const LOOKS_BACK: readonly EpochMs[] = [10_001, 6_101, 2_201].map((year) => Date.UTC(year, 0, 1));

/** The JSON of a calendar. */
interface CalendarJSON extends ScheduleJSON {
  readonly every: number;
  readonly unit: "day" | "week" | "month" | "year";
  readonly on?: readonly (number | string)[];
  readonly in?: readonly number[];
  readonly at: TimesJSON;
  readonly from?: string;
  readonly until?: unknown;
  readonly count?: number;
  readonly position?: readonly number[];
  readonly missing?: "clamp";
  readonly weekStart?: Weekday;
  readonly business?: object;
  readonly timezone: string;
  readonly text?: string;
}

/**
 * The lines of iCalendar that say a schedule: `rrule` reads them back to the same instants. Null where none do: business
 * days, a crontab, a calendar in a zone without `from`, a night on which its rule for changes of the clocks is another.
 */
export function toRRule(schedule: Schedule): string | null {
  if (!(schedule instanceof Composable)) return null;
  const json = schedule.toJSON();
  return kept(json) ?? written(schedule, json);
}

/** The text that the schedule was read from, where it still says the same. */
function kept(json: ScheduleJSON): string | undefined {
  const text = textIn(json);
  if (text === undefined) return undefined;
  const zoneName = zoneIn(json);
  const named = text.replace(
    /^(DTSTART|RDATE|EXDATE):(?=[\dT,]+$)/gm,
    (_, name: string) => `${name};TZID=${zoneName}:`,
  );
  return [text, named].find((each) => isSame(each, json));
}

function isSame(text: string, json: ScheduleJSON): boolean {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (key, part: unknown) => (key === "text" ? undefined : part));
  return plain(rrule(text)) === plain(json);
}

function calendarsIn(json: ScheduleJSON): CalendarJSON[] {
  if (json.type === "calendar") return [json as CalendarJSON];
  const inner = json.of;
  const parts = Array.isArray(inner) ? (inner as ScheduleJSON[]) : inner === undefined ? [] : [inner];
  return parts.flatMap((part) => calendarsIn(part as ScheduleJSON));
}

function textIn(json: ScheduleJSON): string | undefined {
  return calendarsIn(json).find(({ text }) => text !== undefined)?.text;
}

function zoneIn(json: ScheduleJSON): string | undefined {
  return calendarsIn(json)[0]?.timezone;
}

/** A calendar as it stands, without single dates or times, and before an instant. */
function written(schedule: Composable, json: ScheduleJSON): string | null {
  const isFilter = json.type === "filter";
  const inner = (isFilter ? json.of : json) as CalendarJSON;
  if (inner.type !== "calendar" || json["startAt"] !== undefined) return null;
  const isEnded = (inner.until ?? json["endAt"]) !== undefined;
  const lines = linesOf(inner, schedule, isEnded);
  if (lines === null || !isReadAlike(schedule, inner.timezone, isEnded ? lastOf(schedule) : null))
    return null;
  const excepted = isFilter ? exceptedLines(json, inner) : [];
  return excepted === null ? null : [...lines, ...excepted].join("\n");
}

function lastOf(schedule: Composable): EpochMs | null {
  return LOOKS_BACK.reduce<EpochMs | null>((last, from) => last ?? schedule.previous(from), null);
}

/** A text is read with gaps left out and first passes: whether that changes nothing of a schedule. */
function isReadAlike(schedule: Composable, timezone: string, last: EpochMs | null): boolean {
  if (timezone === "UTC") return true;
  const first = OUTLOOKS.reduce<EpochMs | null>((found, from) => found ?? schedule.next(from), null);
  if (first === null) return true;
  const end = last === null ? LAST_LOOK : Math.min(last + 2 * DAY_MS, LAST_LOOK);
  for (let from = first - 2 * DAY_MS; from < end; from += FOUR_CENTURIES) {
    const notes = schedule.notes(from, Math.min(end, from + FOUR_CENTURIES));
    const isOther = notes.some(
      ({ kind, effect }) => effect === "moved" || (kind === "fold" && effect !== "first-pass"),
    );
    if (isOther) return false;
  }
  return true;
}

function linesOf(calendar: CalendarJSON, schedule: Composable, isEnded: boolean): string[] | null {
  const { from, timezone, position, count, business } = calendar;
  if (business !== undefined || (from === undefined && timezone !== "UTC")) return null;
  const days = dayLines(calendar);
  const times = timeLines(secondsOf(calendar.at), from !== undefined, position !== undefined);
  if (days === null || days.length * times.length > MOST_LINES) return null;
  const isCounted = count !== undefined && !isEnded && days.length * times.length === 1;
  const isEndless = count === undefined && !isEnded;
  const end = isCounted ? `;COUNT=${count}` : isEndless ? "" : untilText(schedule);
  if (end === null) return null;
  const start = from === undefined ? [] : [`DTSTART${stamp(timezone, from, secondsOf(calendar.at)[0]!)}`];
  return [...start, ...days.flatMap((day) => times.map((time) => `RRULE:${day}${time}${end}`))];
}

/** UNTIL as the last instant; null: there is none. */
function untilText(schedule: Composable): string | null {
  const last = lastOf(schedule);
  return last === null ? null : `;UNTIL=${basic(last)}Z`;
}

/** "20270112T090000" of an instant in UTC. */
function basic(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "");
}

function stamp(timezone: string, date: string, second: number): string {
  const local = basic(dayOfText(date)! * DAY_MS + second * 1_000);
  return timezone === "UTC" ? `:${local}Z` : `;TZID=${timezone}:${local}`;
}

/** FREQ and the days; several rules where one cannot unite them. Null: no rule says these days. */
function dayLines(calendar: CalendarJSON): string[] | null {
  const { unit, every, position = [], weekStart, missing } = calendar;
  const on = calendar.on ?? defaultDay(calendar);
  const months = calendar.in ?? (unit === "year" ? [Number(calendar.from!.slice(5, 7))] : []);
  const head = [
    `FREQ=${FREQUENCIES[unit]}`,
    ...(every === 1 ? [] : [`INTERVAL=${every}`]),
    ...(weekStart === undefined ? [] : [`WKST=${NAMES[weekStart]}`]),
    ...listText("BYMONTH", months),
  ];
  const numbers = on.filter((item): item is number => typeof item === "number");
  const ordinals = on.filter((item): item is string => typeof item === "string");
  const nths = ordinals.map((item) => parseOrdinal(item));
  if (nths.some((each) => each?.of === "business day")) return null;
  const nthDays = nths.flatMap((each) => (each?.of === "day" ? [each.nth] : []));
  const isClamped = missing === "clamp" && numbers.some((number) => Math.abs(number) > 28);
  const groups = [
    listText("BYMONTHDAY", isClamped ? numbers : [...numbers, ...nthDays]),
    listText("BYMONTHDAY", isClamped ? nthDays : []),
    listText("BYDAY", ordinals.filter((_, i) => nths[i]?.of !== "day").map(byDayText)),
  ];
  const lines = groups.flatMap((group, i) =>
    group.length === 0 ? [] : [{ group, isClamp: i === 0 && isClamped }],
  );
  if (unit === "day") return [head.join(";")];
  if (lines.length > 1 && position.length > 0) return null;
  return lines.map(({ group, isClamp }) =>
    [
      ...head,
      ...group,
      ...listText("BYSETPOS", position),
      ...(isClamp ? ["RSCALE=GREGORIAN", "SKIP=BACKWARD"] : []),
    ].join(";"),
  );
}

const FREQUENCIES = { day: "DAILY", week: "WEEKLY", month: "MONTHLY", year: "YEARLY" } as const;
const NAMES: Readonly<Record<Weekday, string>> = {
  ...{ sun: "SU", mon: "MO", tue: "TU", wed: "WE", thu: "TH", fri: "FR", sat: "SA" },
};

function listText(part: string, values: readonly (number | string)[]): string[] {
  return values.length === 0 ? [] : [`${part}=${values.join(",")}`];
}

function byDayText(item: string): string {
  const ordinal = parseOrdinal(item);
  return ordinal === undefined ? NAMES[item as Weekday] : `${ordinal.nth}${NAMES[ordinal.of as Weekday]}`;
}

/** Days that are taken from `from`. */
function defaultDay({ unit, from }: CalendarJSON): readonly (number | string)[] {
  if (unit === "day") return [];
  if (unit !== "week") return [Number(from!.slice(8))];
  const weekdays = Object.keys(NAMES);
  return [weekdays[new Date(`${from!}T00:00:00Z`).getUTCDay()]!];
}

/** The times of day as parts of a rule; several where hours, minutes and seconds are no product. */
function timeLines(times: readonly number[], isStarted: boolean, isCounted: boolean): string[] {
  if (times.length === 1 && isStarted) return [""];
  const text = (list: readonly number[]): string => {
    const parts = (of: (second: number) => number): string =>
      [...new Set(list.map(of))].sort((a, b) => a - b).join(",");
    const hours = parts((second) => Math.floor(second / 3_600));
    const minutes = parts((second) => Math.floor(second / 60) % 60);
    return `;BYHOUR=${hours};BYMINUTE=${minutes};BYSECOND=${parts((second) => second % 60)}`;
  };
  if (isCounted) return times.map((time) => text([time]));
  const distinct = (of: (second: number) => number): number => new Set(times.map(of)).size;
  const product =
    distinct((second) => Math.floor(second / 3_600)) *
    distinct((second) => Math.floor(second / 60) % 60) *
    distinct((second) => second % 60);
  if (product === times.length) return [text(times)];
  const minutes = [...new Set(times.map((second) => second % 3_600))];
  return minutes.map((minute) => text(times.filter((second) => second % 3_600 === minute)));
}

/** EXDATE for single dates and times that are taken away; null for any other restriction. */
function exceptedLines(json: ScheduleJSON, calendar: CalendarJSON): string[] | null {
  const lines: string[] = [];
  for (const spec of json["keep"] as readonly Readonly<Record<string, unknown>>[]) {
    const { days, hours, not, ...others } = spec as {
      days?: { dates?: readonly unknown[] };
      hours?: string[];
      not?: true;
    };
    const dates = days?.dates;
    if (not !== true || dates === undefined || Object.keys(others).length > 0) return null;
    const seconds = hours === undefined ? secondsOf(calendar.at) : singleSecond(hours);
    if (seconds === null || !dates.every((date) => typeof date === "string" && date.length > 5)) return null;
    for (const second of seconds) {
      lines.push(...dates.map((date) => `EXDATE${stamp(calendar.timezone, date as string, second)}`));
    }
  }
  return lines;
}

/** The one second from which a window goes until before the next. */
function singleSecond([from = "", to = ""]: readonly string[]): number[] | null {
  const second = secondsOfTime(from)!;
  return formatTime((second + 1) % 86_400) === to ? [second] : null;
}
