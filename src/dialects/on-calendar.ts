import { quote } from "../core/quote.js";
import { zone } from "../schedules/index.js";
import { Refusal } from "./findings.js";
import { LAST_YEAR } from "./years.js";

/** A calendar expression of systemd, as a crontab of ours and bounds. */
export type CalendarExpression =
  CalendarRule | { readonly at: string; readonly timezone: string | undefined };

export interface CalendarRule {
  /** Five fields, or six with seconds first. */
  readonly text: string;
  readonly isExtended: boolean;
  /** Whether both day fields are set: both must match. */
  readonly isBoth: boolean;
  /** Ascending; undefined: every year. */
  readonly years: readonly number[] | undefined;
  /** The zone it names itself. */
  readonly timezone: string | undefined;
}

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ["minutely", "*-*-* *:*:00"],
  ["hourly", "*-*-* *:00:00"],
  ["daily", "*-*-* 00:00:00"],
  ["monthly", "*-*-01 00:00:00"],
  ["weekly", "Mon *-*-* 00:00:00"],
  ["yearly", "*-01-01 00:00:00"],
  ["annually", "*-01-01 00:00:00"],
  ["anually", "*-01-01 00:00:00"],
  ["quarterly", "*-01,04,07,10-01 00:00:00"],
  ["semiannually", "*-01,07-01 00:00:00"],
  ["semi-annually", "*-01,07-01 00:00:00"],
  ["biannually", "*-01,07-01 00:00:00"],
  ["bi-annually", "*-01,07-01 00:00:00"],
]);

const WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*";
const WEEKDAYS = new RegExp(`^${WEEKDAY}(?:(?:\\.\\.|-|,)${WEEKDAY})*,?$`, "i");
const FULL_NAMES =
  /^(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)$/i;
const LONGEST = 1_024;

/** Weekdays, a date, a time and a zone, each of which may be missing. Throws `Refusal`. */
export function calendarExpression(text: string): CalendarExpression {
  if (text.length > LONGEST) throw new Refusal("a calendar expression is too long");
  const words = text.split(/[ \t]+/);
  const zoned = words.length > 1 && !/^[\d*.,/:~-]+$/.test(words.at(-1)!) ? words.pop() : undefined;
  const timezone = zoned === undefined ? undefined : zone(zoned).name;
  const long = SHORTHANDS.get(words.join(" ").toLowerCase());
  const [stamp] = /^@\d{1,12}$/.exec(words.join(" ")) ?? [];
  if (stamp !== undefined) {
    return { at: new Date(Number(stamp.slice(1)) * 1_000).toISOString(), timezone: undefined };
  }
  return ruleOf(text, long?.split(" ") ?? words, timezone);
}

function ruleOf(text: string, words: readonly string[], timezone: string | undefined): CalendarExpression {
  const rest = [...words];
  const weekday = WEEKDAYS.test(rest[0] ?? "") ? weekdaysOf(rest.shift()!) : "*";
  const date = /^[^:]*[-~][^:]*$/.test(rest[0] ?? "") ? rest.shift()! : "*-*-*";
  const time = /:/.test(rest[0] ?? "") ? rest.shift()! : "00:00:00";
  if (rest.length > 0 || words.length === 0)
    throw new Refusal(`expected weekdays, a date, a time and a zone, got ${quote(text)}`);
  const { year, month, day } = dateOf(date);
  const [hour = "", minute = "", second = "0", ...more] = time.split(":");
  if (more.length > 0) throw new Refusal(`expected hour:minute:second, got ${quote(time)}`);
  const seconds = field(second.replace(/\.0+$/, ""), "second", 0, 59);
  const times = [field(minute, "minute", 0, 59), field(hour, "hour", 0, 23)];
  const at = singleInstant({ year, month, day, hour, minute, second }, weekday);
  if (at !== undefined) return { at, timezone };
  return {
    text: [...(seconds === "0" ? [] : [seconds]), ...times, day, month, weekday].join(" "),
    isExtended: day.includes("L"),
    isBoth: day !== "*" && weekday !== "*",
    years: yearsOf(year),
    timezone,
  };
}

function weekdaysOf(text: string): string {
  const items = text.replace(/,$/, "").split(",");
  return items
    .map((item) => {
      const [from = "", to] = item.split(/\.\.|-/);
      for (const name of to === undefined ? [from] : [from, to]) {
        if (!FULL_NAMES.test(name)) throw new Refusal(`${quote(name)} is no weekday`);
      }
      const short = from.slice(0, 3).toLowerCase();
      return to === undefined ? short : `${short}-${to.slice(0, 3).toLowerCase()}`;
    })
    .join(",");
}

/** Year, month and day; a `~` in place of the last `-` counts days from the end. */
function dateOf(text: string): { readonly year: string; readonly month: string; readonly day: string } {
  const [head = "", fromEnd, ...more] = text.split("~");
  const parts = head.split("-");
  const days = fromEnd ?? parts.pop() ?? "";
  const [month = "*", year = "*", ...rest] = parts.reverse();
  if (rest.length > 0 || more.length > 0) throw new Refusal(`expected year-month-day, got ${quote(text)}`);
  return {
    year,
    month: field(month, "month", 1, 12),
    day: fromEnd === undefined ? field(days, "day", 1, 31) : daysFromEnd(days),
  };
}

interface Item {
  readonly from: number;
  readonly to: number | undefined;
  readonly step: number | undefined;
}

function itemsOf(text: string, what: string): readonly Item[] {
  return text.split(",").map((item) => {
    const [, from, to, step] = /^(\d{1,9})(?:\.\.(\d{1,9}))?(?:\/(\d{1,9}))?$/.exec(item) ?? [];
    const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
    const range = { from: Number(from), to: number(to), step: number(step) };
    const isWrong =
      from === undefined || range.step === 0 || (range.to !== undefined && range.to < range.from);
    if (isWrong) throw new Refusal(`${what}: ${quote(item)} is no value, range a..b or step a/n`);
    return range;
  });
}

/** A component as a field of a crontab. */
function field(text: string, what: string, min: number, max: number): string {
  if (text === "*") return "*";
  return itemsOf(text, what)
    .map(({ from, to, step }) => {
      if (from < min || (to ?? from) > max)
        throw new Refusal(`${what}: ${quote(text)} is outside ${min}-${max}`);
      if (step === undefined) return to === undefined ? String(from) : `${from}-${to}`;
      return to === undefined && from === min ? `*/${step}` : `${from}-${to ?? max}/${step}`;
    })
    .join(",");
}

/** Days from the end, 1 is the last; a step goes towards the end. */
function daysFromEnd(text: string): string {
  const days = new Set<number>();
  for (const { from, to, step } of itemsOf(text, "day from the end")) {
    const [first, last] = to === undefined ? [from, step === undefined ? from : 1] : [to, from];
    if (last < 1 || first > 31) throw new Refusal(`day from the end: ${quote(text)} is outside 1-31`);
    for (let day = first; day >= last; day -= step ?? 1) days.add(day);
  }
  return [...days].map((day) => (day === 1 ? "L" : `L-${day - 1}`)).join(",");
}

const FIRST_YEAR = 1970;

function yearsOf(text: string): readonly number[] | undefined {
  if (text === "*") return undefined;
  const years = new Set<number>();
  const whole = (year: number) => (year < 70 ? 2_000 + year : year < 100 ? 1_900 + year : year);
  for (const { from, to, step } of itemsOf(text, "year")) {
    const first = whole(from);
    const last = to === undefined ? (step === undefined ? first : LAST_YEAR) : whole(to);
    if (first < FIRST_YEAR || last > LAST_YEAR)
      throw new Refusal(`year: ${quote(text)} is outside ${FIRST_YEAR}-${LAST_YEAR}`);
    for (let year = first; year <= last; year += step ?? 1) years.add(year);
  }
  return [...years].sort((a, b) => a - b);
}

/** The local time of an expression that names each part by one value. */
function singleInstant(parts: Readonly<Record<string, string>>, weekday: string): string | undefined {
  const { year = "", month = "", day = "", hour = "", minute = "", second = "" } = parts;
  if (weekday !== "*" || ![year, month, day, hour, minute, second].every((part) => /^\d+$/.test(part)))
    return undefined;
  const two = (text: string) => text.padStart(2, "0").slice(-2);
  const [whole] = yearsOf(year)!;
  return `${whole}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}
