/** The usual phrases for days and times of day, and the call that says the same. Each is tried before it is proposed. */
import { calendar, type CalendarOptions } from "./calendar/calendar.js";
import { every } from "./interval.js";
import type { TimeOfDay } from "./local/time-of-day.js";

const DAY = "(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:days?)?";
const DAYS = `(?:${DAY}|weekdays?|weekends?)(?:(?:,| and| or|,? ?to|-| through) ?(?:${DAY}))*`;
const PERIOD = /^(?:every|each) (?:(other|second|third|\d{1,4}) )?(day|week|month|year)s?(?: on (.+))?$/;
const WEEKLY = new RegExp(`^(?:(?:every|each|on) (?:(other|second|\\d{1,4}) )?)?(${DAYS})$`);
const ORDINAL = "first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th";
const OF_MONTH = new RegExp(
  `^(?:(?:monthly )?on )?(?:the )?(?:(${ORDINAL}) (${DAY}|day|(?:business|working) ?day|weekday)|(\\d{1,2})(?:st|nd|rd|th)?)` +
    `(?: of (?:the|every|each) month)?$`,
);
const HOURS = new RegExp(
  `^(every .+?) (?:between|from) (.+?) (?:and|to|until|till) (.+?)(?: on (${DAYS}))?$`,
);
const WORDS: Readonly<Record<string, number>> = { other: 2, second: 2, third: 3 };
const PLACES: Readonly<Record<string, string>> = {
  first: "1st",
  second: "2nd",
  third: "3rd",
  fourth: "4th",
  fifth: "5th",
};

/** `calendar({ every: "2 weeks", on: "mon", at: "09:00", from })`; undefined: it is no such text. */
export function calendarCallOf(text: string): string | undefined {
  const phrase = text
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/^(?:daily|everyday)\b/, "every day")
    .trim();
  if (/^\d+$/.test(phrase)) return undefined;
  const hours = HOURS.exec(phrase);
  if (hours !== null) return hoursCall(hours);
  const [days, at, ...more] = phrase.split(/ at (?=\d|noon|midnight)/);
  if (days === undefined || more.length > 0) return undefined;
  const times = at === undefined ? [] : at.split(/,? and |, ?/).map(timeOf);
  if (!times.every((time) => time !== undefined)) return undefined;
  const rule = periodOf(days) ?? weeklyOf(days) ?? ofMonth(days);
  if (rule === undefined || (at === undefined && rule.on === undefined)) return undefined;
  const options = { ...rule, ...(times.length > 0 && { at: times.length === 1 ? times[0]! : times }) };
  return isTaken(() => calendar({ ...options, from: "2027-01-04" } as CalendarOptions))
    ? `calendar(${written(options, /\d/.test(rule.every))})`
    : undefined;
}

interface Rule {
  readonly every: string;
  readonly on?: unknown;
}

function periodOf(text: string): Rule | undefined {
  const [, count, unit, on] = PERIOD.exec(text) ?? [];
  if (unit === undefined) return undefined;
  const every = periodText(count, unit);
  if (on === undefined) return { every };
  const days = unit === "week" ? weeklyOf(on) : unit === "month" ? ofMonth(on) : undefined;
  return days === undefined ? undefined : { every, on: days.on };
}

function periodText(count: string | undefined, unit: string): string {
  const n = count === undefined ? 1 : (WORDS[count] ?? Number(count));
  return n === 1 ? unit : `${n} ${unit}s`;
}

function weeklyOf(text: string): Rule | undefined {
  const [, count, days] = WEEKLY.exec(text) ?? [];
  if (days === undefined) return undefined;
  const on = days
    .replace(/weekdays?/g, "mon-fri")
    .replace(/weekends?/g, "sat, sun")
    .replace(/(sun|mon|tue|wed|thu|fri|sat)[a-z]*/g, "$1")
    .replace(/(?<=[a-z]{3})(?:,? ?to ?| through )(?=[a-z]{3})/g, "-")
    .split(/(?:,| and| or) ?/);
  return { every: periodText(count, "week"), on: on.length === 1 ? on[0] : on };
}

function ofMonth(text: string): Rule | undefined {
  const [, nth, of = "", number] = OF_MONTH.exec(text) ?? [];
  if (number !== undefined) return { every: "month", on: Number(number) };
  if (nth === undefined) return undefined;
  const isBusiness = /^(business|working)|^weekday/.test(of);
  const day = isBusiness ? "business day" : of === "day" ? "day" : of.slice(0, 3);
  return { every: "month", on: `${PLACES[nth] ?? nth} ${day}` };
}

/** "9", "9:30", "09:30", "5pm", "noon". */
function timeOf(text: string): TimeOfDay | undefined {
  if (text === "noon" || text === "midnight") return text === "noon" ? "12:00" : "00:00";
  const [, digits, minutes = "00", half] = /^(\d{1,2})(?:[:.h](\d\d))? ?(am|pm|h|o'clock)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const isHalf = half === "am" || half === "pm";
  const hour = isHalf ? (Number(digits) % 12) + (half === "pm" ? 12 : 0) : Number(digits);
  return hour > 23 || Number(minutes) > 59
    ? undefined
    : (`${String(hour).padStart(2, "0")}:${minutes}` as TimeOfDay);
}

function hoursCall([, period = "", from = "", to = "", days]: RegExpExecArray): string | undefined {
  const [start, end] = [timeOf(from), timeOf(to)];
  const duration = /^every (\d{1,4}) ?(s|m|h)(?:ec|in|our|econd|inute|r)*s?$/.exec(period);
  if (start === undefined || end === undefined || duration === null) return undefined;
  const text = `${duration[1]!}${duration[2]!}`;
  if (!isTaken(() => every(text))) return undefined;
  const on = days === undefined ? undefined : weeklyOf(days)?.on;
  const tail = on === undefined ? "" : `.onDays(${JSON.stringify(on)})`;
  return `every("${text}").between("${start}", "${end}")${tail}`;
}

/** An object as code. Where periods are counted the reader says from when. */
function written(options: object, isCounted: boolean): string {
  const parts = Object.entries(options).map(
    ([key, value]) => `${key}: ${JSON.stringify(value).replaceAll(",", ", ")}`,
  );
  return `{ ${[...parts, ...(isCounted ? ["from"] : [])].join(", ")} }`;
}

function isTaken(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
