import { isSunbeatError, messageOf } from "../core/errors.js";
import { assertKnownKeys, nameOption } from "../core/options.js";
import {
  calendarDataInvalid,
  checkCalendar,
  rrule,
  type CalendarData,
  type LocalDate,
} from "../schedules/index.js";
import { coversOf, dayName, yearsOf } from "./calendar-years.js";
import { icsLines, lineInvalid, type IcsLine } from "./ics-lines.js";

export interface ICSOptions {
  /** The name under which `holidays(name)` finds the calendar. */
  readonly name: string;
  /** The first and the last year whose days are taken, at most 100: what `covers` says. */
  readonly years: readonly [first: number, last: number];
}

/** Days and counts that the rules of one file may ask for: whoever wrote it does not decide how long it takes. */
const MOST_DAYS = 1_000_000;
const DAY_MS = 86_400_000;

/** The lines of an event that say something of days. */
type Event = ReadonlyMap<string, readonly IcsLine[]>;

/**
 * The days of all-day events in a file of iCalendar, each with its name. Events of several days are read, recurrences by
 * `rrule`, and single instances that were moved; cancelled events and events with a time of day are left out. No
 * VTIMEZONE is read. Throws SUNBEAT_CALENDAR_DATA_INVALID, with the line of the file, and SUNBEAT_OPTION_INVALID.
 *
 *     fromICS(await readFile("plant.ics", "utf8"), { name: "plant", years: [2027, 2029] })
 */
export function fromICS(text: string, options: ICSOptions): CalendarData {
  assertKnownKeys(options, ["name", "years"], "fromICS: options");
  const name = nameOption(options.name, "fromICS: name");
  const years = yearsOf(options.years);
  if (typeof text !== "string") throw calendarDataInvalid("ics", "the text of a file of iCalendar", text);
  const covers = coversOf(years);
  const range = { from: Date.parse(covers.from), to: Date.parse(covers.to) };
  return checkCalendar({ name, covers, source: "iCalendar", days: daysOf(eventsIn(text), range) });
}

/** The events of a file, in one pass; components within them, such as alarms, are passed over. */
function eventsIn(text: string): Event[] {
  const events: Event[] = [];
  const open: IcsLine[] = [];
  let event: Map<string, IcsLine[]> | undefined;
  for (const line of icsLines(text.startsWith("\uFEFF") ? text.slice(1) : text)) {
    const { number, name, value } = line;
    if (open.length === 0 && !(name === "BEGIN" && /^VCALENDAR$/i.test(value.trim()))) {
      throw lineInvalid(number, "BEGIN:VCALENDAR", `${name}:${value}`);
    }
    if (name === "BEGIN") {
      open.push(line);
      if (open.length === 2 && /^VEVENT$/i.test(value.trim())) event = new Map([["BEGIN", [line]]]);
    } else if (name === "END") {
      const begun = open.pop()!;
      if (begun.value.trim().toUpperCase() !== value.trim().toUpperCase()) {
        throw lineInvalid(number, `END:${begun.value.trim()}`, `END:${value}`);
      }
      if (open.length === 1 && event !== undefined) {
        events.push(event);
        event = undefined;
      }
    } else if (open.length === 2 && event !== undefined) {
      const known = event.get(name);
      if (known === undefined) event.set(name, [line]);
      else known.push(line);
    }
  }
  const begun = open.at(-1);
  if (begun !== undefined)
    throw lineInvalid(begun.number, `END:${begun.value.trim()} after it`, "the end of the file");
  return events;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function daysOf(events: readonly Event[], range: Range): CalendarData["days"] {
  const moved = new Map<string, Set<number>>();
  for (const event of events) {
    const [instance, uid] = [first(event, "RECURRENCE-ID"), first(event, "UID")];
    if (instance === undefined || uid === undefined) continue;
    const days = moved.get(uid.value) ?? new Set();
    moved.set(uid.value, days.add(dateIn(instance.value, instance)));
  }
  const found: { date: LocalDate; name?: string }[] = [];
  const budget = { left: MOST_DAYS };
  for (const event of events) {
    const start = first(event, "DTSTART");
    if (start === undefined || !/^\d{8}$/.test(start.value.trim()) || isCancelled(event)) continue;
    const name = dayName(unescaped(first(event, "SUMMARY")?.value ?? ""));
    const length = lengthOf(event, dateIn(start.value, start));
    const passed =
      first(event, "RECURRENCE-ID") === undefined ? moved.get(first(event, "UID")?.value ?? "") : undefined;
    for (const begin of startsOf(event, start, length, range, budget)) {
      if (passed?.has(begin) === true) continue;
      const end = Math.min(begin + (length - 1) * DAY_MS, range.to);
      for (let at = Math.max(begin, range.from); at <= end; at += DAY_MS) {
        spend(budget, 1, start);
        found.push({ date: new Date(at).toISOString().slice(0, 10) as LocalDate, ...name });
      }
    }
  }
  return found;
}

function first(event: Event, name: string): IcsLine | undefined {
  return event.get(name)?.[0];
}

function isCancelled(event: Event): boolean {
  return /^CANCELLED$/i.test(first(event, "STATUS")?.value.trim() ?? "");
}

function spend(budget: { left: number }, days: number, line: IcsLine): void {
  budget.left -= days;
  if (budget.left < 0) throw lineInvalid(line.number, `at most ${MOST_DAYS} days in a file`, "more");
}

/** The midnight of "20270112", which a time may follow, as though it were UTC. */
function dateIn(text: string, line: IcsLine): number {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T\d{6}Z?)?$/.exec(text.trim());
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  const at = Date.UTC(year, month - 1, day);
  const isDate =
    match !== null && year >= 100 && new Date(at).getUTCDate() === day && month >= 1 && month <= 12;
  if (isDate) return at;
  throw lineInvalid(line.number, "a date such as 20270112", text);
}

/** How many days an event takes: up to before DTEND, or DURATION. */
function lengthOf(event: Event, start: number): number {
  const [end, duration] = [first(event, "DTEND"), first(event, "DURATION")];
  if (end !== undefined) return Math.max(1, (dateIn(end.value, end) - start) / DAY_MS);
  if (duration === undefined) return 1;
  const match = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T0+[HMS])?$/i.exec(duration.value.trim());
  if (match === null) throw lineInvalid(duration.number, "a duration in days such as P2D", duration.value);
  return Math.max(1, Number(match[1] ?? 0) * 7 + Number(match[2] ?? 0));
}

/** The first days of an event and its repetitions that touch the range. */
function startsOf(
  event: Event,
  start: IcsLine,
  length: number,
  range: Range,
  budget: { left: number },
): number[] {
  const own = dateIn(start.value, start);
  const rules = event.get("RRULE") ?? [];
  const lines = [...rules, ...(event.get("RDATE") ?? []), ...(event.get("EXDATE") ?? [])];
  if (lines.length === 0 || first(event, "RECURRENCE-ID") !== undefined) return [own];
  for (const { value } of rules) spend(budget, Number(/COUNT=(\d{1,9})/i.exec(value)?.[1] ?? 0), start);
  const text = [`DTSTART;VALUE=DATE:${start.value.trim()}`, ...lines.map(plain)].join("\n");
  const starts = new Set<number>(isExcepted(event, own) ? [] : [own]);
  try {
    const schedule = rrule(text, { timezone: "UTC" });
    for (let at = schedule.next(range.from - length * DAY_MS); at !== null && at <= range.to;) {
      spend(budget, 1, start);
      starts.add(at - (((at % DAY_MS) + DAY_MS) % DAY_MS));
      at = schedule.next(at);
    }
  } catch (error) {
    if (!isSunbeatError(error) || error.code !== "SUNBEAT_RRULE_INVALID") throw error;
    throw lineInvalid(
      lines[0]!.number,
      `a recurrence that is read (${messageOf(error)})`,
      lines[0]!.value,
      error,
    );
  }
  return [...starts].filter((at) => at <= range.to && at + length * DAY_MS > range.from);
}

/** DTSTART is an instance of its event here, as calendars show it; an EXDATE takes it away. */
function isExcepted(event: Event, own: number): boolean {
  const listed = (event.get("EXDATE") ?? []).flatMap(({ value }) => value.split(","));
  const date = new Date(own).toISOString().slice(0, 10).replaceAll("-", "");
  return listed.some((each) => each.trim().startsWith(date));
}

/** Dates alone: what an all-day event says of a zone or a time of day decides nothing. */
function plain({ name, value }: IcsLine): string {
  if (name === "RRULE") return `RRULE:${value.trim().replace(/(UNTIL=\d{8})T\d{6}Z?/i, "$1")}`;
  const dates = value.split(",").map((each) => each.trim().replace(/T\d{6}Z?$/i, ""));
  return `${name};VALUE=DATE:${dates.join(",")}`;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\;,nN])/g, (_, sign: string) => (sign === "n" || sign === "N" ? " " : sign));
}
