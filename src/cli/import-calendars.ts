/** Calendars of a file of `schedule export`: they become calendars of run time. */
import type { NamedCalendar } from "../app/index.js";
import { isSunbeatError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { type CalendarData, checkCalendar } from "../schedules/index.js";
import type { OpenApp } from "./app.js";
import type { EntryFile } from "./entry-file.js";

export type Change = "added" | "replaced" | "unchanged" | "refused";

export interface ImportedCalendar {
  readonly name: string;
  readonly change: Change;
  /** "12 days off, 2027-01-01 to 2028-12-31"; null for one that is refused. */
  readonly text: string | null;
  /** Why it is refused, or null. */
  readonly problem: string | null;
}

/** One that is refused keeps no other out. Rejects with the store's error. */
export async function importCalendars(
  open: OpenApp,
  calendars: EntryFile["calendars"],
  isSet: boolean,
): Promise<ImportedCalendar[]> {
  const imported: ImportedCalendar[] = [];
  for (const [name, given] of Object.entries(calendars)) {
    imported.push(await importOne(open, name, given, isSet));
  }
  return imported;
}

async function importOne(
  { app, core }: OpenApp,
  name: string,
  given: EntryFile["calendars"][string],
  isSet: boolean,
): Promise<ImportedCalendar> {
  try {
    const data = checkCalendar({ ...given, name });
    const before = await app.calendars.get(name);
    const change = before === null ? "added" : isSame(before, data) ? "unchanged" : "replaced";
    const owner = before?.owner ?? "runtime";
    // The same data need not be written, whosever they are.
    const isOurs = owner === "runtime" && !core.book.isDeclared(name);
    if (change !== "unchanged" && !isOurs)
      return refused(name, `the code of ${quote(owner.replace(/^code:/, ""))} declares it`);
    if (isSet && isOurs) await app.calendars.set(data);
    return { name, change, text: calendarText(data), problem: null };
  } catch (error) {
    const isOfData = isSunbeatError(error) && error.code.startsWith("SUNBEAT_CALENDAR_");
    if (!isOfData) throw error;
    return refused(name, error.message);
  }
}

function refused(name: string, problem: string): ImportedCalendar {
  return { name, change: "refused", text: null, problem };
}

function calendarText({ days, covers }: CalendarData): string {
  return `${days.length} ${days.length === 1 ? "day" : "days"} off, ${covers.from} to ${covers.to}`;
}

function isSame(a: NamedCalendar, b: CalendarData): boolean {
  const text = ({ covers, source, days }: CalendarData): string => JSON.stringify([covers, source, days]);
  return text(a) === text(b);
}
