/** What registration does to the calendars of the store: told from what was read and from what would be written. Pure. */
import type { CalendarData } from "../schedules/index.js";
import type { CalendarPut, StoredCalendar } from "../store/contracts/calendars.js";
import type { CalendarRegistration } from "./calendar-registration.js";
import { revisionOf } from "./definition.js";

export const CALENDAR_ACTIONS = ["add", "change", "conflict", "newer", "unchanged"] as const;
/**
 * "conflict": another owner has the name. "newer": a newer version has written other data. "unchanged": only its version is written.
 */
export type CalendarAction = (typeof CALENDAR_ACTIONS)[number];

/** A calendar as it was read. */
export interface PlannedCalendar {
  readonly etag: number;
  readonly owner: string;
  readonly version: number;
  readonly revision: string;
}

/** Plain data. */
export interface CalendarChange {
  readonly action: CalendarAction;
  readonly name: string;
  /** Hash of the data that code declares, names of days and source among them. */
  readonly revision: string;
  /** Null: nothing is stored. */
  readonly before: PlannedCalendar | null;
  /** Days off that come, and that go: dates in order. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Days off with another name than before. */
  readonly renamed: readonly string[];
  readonly covers: { readonly before: CalendarData["covers"] | null; readonly after: CalendarData["covers"] };
  /** Entries that are due at another time with it, in order of name; the plan has their times in `moves`. */
  readonly moves: readonly string[];
  /** Whether registration writes it. */
  readonly writes: boolean;
}

export interface RegisteredCalendars extends CalendarRegistration {
  readonly declared: readonly CalendarData[];
  /** As read, by name. */
  readonly stored: ReadonlyMap<string, StoredCalendar>;
  readonly puts: readonly CalendarPut[];
  /** Entries that move, each with the calendars for whose sake it does. */
  readonly moves: readonly { readonly entry: string; readonly calendars: readonly string[] }[];
}

/** In order of action, then name. Calendars that stay as they are have none. */
export function calendarChangesOf(registered: RegisteredCalendars): CalendarChange[] {
  const { declared, puts, conflicts, newer } = registered;
  const written = new Set(puts.map(({ name }) => name));
  const changes = declared.flatMap((data): CalendarChange[] => {
    const { name } = data;
    if (conflicts.includes(name)) return [changeOf(data, "conflict", registered)];
    if (newer.includes(name)) return [changeOf(data, "newer", registered)];
    return written.has(name) ? [changeOf(data, null, registered)] : [];
  });
  const order = ({ action }: CalendarChange): number => CALENDAR_ACTIONS.indexOf(action);
  return changes.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

/** `left`: why it is not touched; null: it is written. */
function changeOf(
  data: CalendarData,
  left: "conflict" | "newer" | null,
  { stored, moves }: RegisteredCalendars,
): CalendarChange {
  const { name } = data;
  const found = stored.get(name) ?? null;
  const revision = revisionOf(JSON.stringify(data));
  const old = found === null ? null : (JSON.parse(found.data) as CalendarData);
  const [was, is] = [namesByDate(old), namesByDate(data)];
  const written = found === null ? "add" : revisionOf(found.data) === revision ? "unchanged" : "change";
  return {
    ...{ action: left ?? written, name, revision },
    before: found === null ? null : plannedCalendar(found),
    added: [...is.keys()].filter((date) => !was.has(date)),
    removed: [...was.keys()].filter((date) => !is.has(date)),
    renamed: [...is].flatMap(([date, text]) => (was.has(date) && was.get(date) !== text ? [date] : [])),
    covers: { before: old?.covers ?? null, after: data.covers },
    moves: moves.flatMap(({ entry, calendars }) => (calendars.includes(name) ? [entry] : [])),
    writes: left === null,
  };
}

export function plannedCalendar({ etag, owner, version, data }: StoredCalendar): PlannedCalendar {
  return { etag, owner, version, revision: revisionOf(data) };
}

function namesByDate(data: CalendarData | null): Map<string, string> {
  return new Map(
    (data?.days ?? []).map((day) => (typeof day === "string" ? [day, ""] : [day.date, day.name ?? ""])),
  );
}
