/** Calendars of days off for pages: how far they reach, who hangs on them, and what a change would move. */
import {
  type AppCore,
  type CalendarMove,
  calendarMoves,
  calendarUsers,
  type NamedCalendar,
} from "../app/index.js";
import { type CalendarData, checkCalendar } from "../schedules/index.js";
import type { EpochMs } from "../core/clock.js";
import { pageOf, type Page } from "./route.js";

export interface CalendarListed {
  readonly name: string;
  readonly owner: string;
  readonly digest: string;
  /** When it was written; null: code declares it, and no beat has stored it yet. */
  readonly at: Date | null;
  readonly source: string | null;
  readonly covers: CalendarData["covers"];
  /** Days off. */
  readonly days: number;
  /** The first and last day off; null: there is none. */
  readonly first: string | null;
  readonly last: string | null;
  /** Whole days from now to the last day that is covered; negative: it is over. */
  readonly endsIn: number;
  /** Names of the entries that name it. */
  readonly entries: readonly string[];
}

export interface CalendarPageView extends Omit<CalendarListed, "days"> {
  readonly days: readonly { readonly date: string; readonly name: string | null }[];
  /** What `If-Match` takes. */
  readonly revision: string;
  /** Whether it may be changed and deleted here: code declares all others. */
  readonly isOurs: boolean;
}

/** What would become of a calendar and the entries that name it. */
export interface CalendarChange {
  /** Dates. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly renamed: readonly string[];
  readonly moves: readonly CalendarMove[];
}

const DAY_MS = 86_400_000;

export async function listCalendars(core: AppCore): Promise<Page<CalendarListed>> {
  const [calendars, users, now] = await Promise.all([core.calendars.list(), usersIn(core), nowIn(core)]);
  return pageOf(calendars.map((calendar) => listedOf(calendar, users, now)));
}

/** Null: there is none of this name. */
export async function showCalendar(core: AppCore, name: string): Promise<CalendarPageView | null> {
  const [found, users, now] = await Promise.all([core.calendars.get(name), usersIn(core), nowIn(core)]);
  if (found === null) return null;
  return {
    ...listedOf(found, users, now),
    days: [...namesByDate(found)].map(([date, text]) => ({ date, name: text })),
    revision: revisionOf(found),
    isOurs: found.owner === "runtime",
  };
}

export function revisionOf(calendar: NamedCalendar | null): string {
  return calendar === null ? "*none" : `${calendar.digest}-${calendar.at?.getTime() ?? 0}`;
}

/** Nothing is stored. SUNBEAT_CALENDAR_DATA_INVALID. */
export async function calendarChange(core: AppCore, asked: unknown): Promise<CalendarChange> {
  const data = checkCalendar(asked);
  const stored = await core.calendars.get(data.name);
  const [before, after] = [
    stored === null ? new Map<string, string | null>() : namesByDate(stored),
    namesByDate(data),
  ];
  const dates = [...after.keys()];
  return {
    added: dates.filter((date) => !before.has(date)),
    removed: [...before.keys()].filter((date) => !after.has(date)),
    renamed: dates.filter((date) => before.has(date) && before.get(date) !== after.get(date)),
    moves: await calendarMoves(core.lazyStore, core.entries, core.book, data),
  };
}

type Users = ReadonlyMap<string, readonly string[]>;

const usersIn = (core: AppCore): Promise<Users> => calendarUsers(core.lazyStore, core.entries);
const nowIn = (core: AppCore): Promise<EpochMs> => core.lazyStore.now();

function listedOf(calendar: NamedCalendar, users: Users, now: EpochMs): CalendarListed {
  const { name, owner, digest, at, source = null, covers } = calendar;
  const dates = [...namesByDate(calendar).keys()];
  return {
    ...{ name, owner, digest, at, source, covers, days: dates.length },
    ...{ first: dates[0] ?? null, last: dates.at(-1) ?? null },
    endsIn: Math.floor(Date.parse(covers.to) / DAY_MS) - Math.floor(now / DAY_MS),
    entries: users.get(name) ?? [],
  };
}

/** In the order of dates. */
function namesByDate({ days }: Pick<CalendarData, "days">): Map<string, string | null> {
  const pairs = days.map((day): [string, string | null] =>
    typeof day === "string" ? [day, null] : [day.date, day.name ?? null],
  );
  return new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
