/** What `sunbeat schedule export` writes. */
import { canonicalJSON } from "../core/canonical-json.js";
import { assertKnownKeys, assertObject, invalidOption } from "../core/options.js";
import { type CalendarData, checkCalendar } from "../schedules/index.js";

export interface ExportedFile {
  /** Version of the form. */
  readonly sunbeat: 1;
  /** By name. Absent: none. */
  readonly calendars?: Readonly<Record<string, Omit<CalendarData, "name">>> | undefined;
  /** Definitions by name. */
  readonly entries: Readonly<Record<string, object>>;
}

/** Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_CALENDAR_DATA_INVALID. */
export function checkExported(
  file: ExportedFile,
  what: string,
): { readonly calendars: readonly CalendarData[]; readonly entries: ExportedFile["entries"] } {
  assertKnownKeys(file, ["sunbeat", "calendars", "entries"], what);
  const { sunbeat, calendars = {}, entries } = file;
  if (sunbeat !== 1) throw invalidOption(`${what}: sunbeat`, "1, the version of the form", sunbeat);
  assertObject(entries, `${what}: entries`);
  for (const [name, definition] of Object.entries(entries)) {
    assertObject(JSON.parse(canonicalJSON(definition)), `${what}: entries: ${name}`);
  }
  assertObject(calendars, `${what}: calendars`);
  return { calendars: namedCalendars(calendars), entries };
}

/** SUNBEAT_CALENDAR_DATA_INVALID. */
export function namedCalendars(calendars: NonNullable<ExportedFile["calendars"]>): CalendarData[] {
  return Object.entries(calendars).map(([name, data]) => checkCalendar({ ...data, name }));
}
