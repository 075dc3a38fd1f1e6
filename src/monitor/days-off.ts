/** Dates on which entries do not run since a calendar or a list of dates says so, and calendars that say nothing of what comes later. */
import type { CalendarBook, Entry } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import { Composable } from "../schedules/index.js";
import type { Slices } from "./slices.js";

/** A date on which entries would run, but for a calendar or a list of dates. */
export interface DayOff {
  /** "2027-12-24", in the zone of the entries. */
  readonly date: string;
  /** "closed: Christmas Eve (DE-BY)", "except 24 December". */
  readonly reason: string;
  /** How many entries have a run less. */
  readonly count: number;
  /** Their names in order, at most ten. */
  readonly entries: readonly string[];
}

/** A named calendar whose last day lies in the forecast: later days count as open. */
export interface EndingCalendar {
  readonly calendar: string;
  /** The last day that it covers. */
  readonly to: string;
  /** How many entries name it. */
  readonly count: number;
  /** Their names in order, at most ten. */
  readonly entries: readonly string[];
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 1_000;
const MOST_NAMED = 10;

type OwnDayOff = ReturnType<Composable["daysOff"]>[number];

/** Those in [`from`, `to`), in order of date; at most 1,000. */
export async function daysOffOf(
  entries: readonly { readonly entry: Entry }[],
  from: EpochMs,
  to: EpochMs,
  slices: Slices,
): Promise<DayOff[]> {
  const bySchedule = new Map<string, readonly OwnDayOff[]>();
  const found = new Map<string, { readonly date: string; readonly reason: string; entries: string[] }>();
  for (const { entry } of entries) {
    if (slices.isOverNow) await slices.next();
    const key = `${entry.startAt}|${entry.endAt}|${entry.scheduleText}`;
    const own = bySchedule.get(key) ?? ownDaysOff(entry, from, to);
    bySchedule.set(key, own);
    for (const { date, reason } of own) {
      const known = found.get(`${date} ${reason}`);
      if (known === undefined) found.set(`${date} ${reason}`, { date, reason, entries: [entry.name] });
      else if (known.entries.at(-1) !== entry.name) known.entries.push(entry.name);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MOST_DAYS)
    .map(([, { date, reason, entries: names }]) => ({ date, reason, ...named(names) }));
}

function ownDaysOff({ schedule, startAt, endAt }: Entry, from: EpochMs, to: EpochMs): readonly OwnDayOff[] {
  const begin = Math.max(from, startAt ?? from);
  const end = Math.min(to, endAt ?? to);
  if (!(schedule instanceof Composable) || begin >= end) return [];
  try {
    return schedule.daysOff(begin, end);
  } catch {
    return []; // a schedule that throws is told of by whoever walks it
  }
}

/** In order of their last day, of those that end before `to`. */
export function endingCalendars(
  entries: readonly { readonly entry: Entry }[],
  book: Pick<CalendarBook, "find">,
  to: EpochMs,
): EndingCalendar[] {
  const users = new Map<string, string[]>();
  for (const { entry } of entries) {
    for (const name of entry.calendars) {
      const known = users.get(name);
      if (known === undefined) users.set(name, [entry.name]);
      else known.push(entry.name);
    }
  }
  return [...users]
    .flatMap(([calendar, names]) => {
      const last = book.find(calendar)?.data.covers.to;
      if (last === undefined || Date.parse(last) + DAY_MS >= to) return [];
      return [{ calendar, to: last, ...named(names) }];
    })
    .sort((a, b) => (a.to < b.to || (a.to === b.to && a.calendar < b.calendar) ? -1 : 1));
}

function named(names: readonly string[]): { readonly count: number; readonly entries: readonly string[] } {
  return { count: names.length, entries: [...names].sort().slice(0, MOST_NAMED) };
}
