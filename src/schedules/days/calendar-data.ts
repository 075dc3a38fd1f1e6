import { ConfigurationError, isSunbeatError } from "../../core/errors.js";
import { assertKnownKeys, nameOption } from "../../core/options.js";
import { isPrintable } from "../../core/printable.js";
import { quote } from "../../core/quote.js";
import { dayOfText } from "./day-mask.js";
import type { CalendarDays, LocalDate } from "./tree.js";

/** A calendar of days off: what `holidays(name)` stands for. */
export interface CalendarData extends CalendarDays {
  /** As names of entries. */
  readonly name: string;
  /** From the first date to the last: in this range a date that is not listed is known to be open. */
  readonly covers: { readonly from: LocalDate; readonly to: LocalDate };
  /** Where the data came from, with the attribution that its licence asks for. At most 1,000 characters. */
  readonly source?: string;
  /** In any order; at most 1 MB as JSON. */
  readonly days: readonly (LocalDate | { readonly date: LocalDate; readonly name?: string })[];
}

/** As JSON, in UTF-16 units. */
export const LARGEST_CALENDAR = 1_000_000;
const LONGEST_SOURCE = 1_000;
const LONGEST_DAY_NAME = 200;

type Day = CalendarData["days"][number];

/** SUNBEAT_CALENDAR_DATA_INVALID, with the field and what came in it. */
export function calendarDataInvalid(
  field: string,
  expected: string,
  value: unknown,
  hint = "",
): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_CALENDAR_DATA_INVALID",
    `calendar: ${field}: expected ${expected}, got ${quote(value)}${hint === "" ? "" : `; ${hint}`}`,
    { details: { field, value: quote(value), ...(hint !== "" && { hint }) } },
  );
}

function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    const { message, details } = error;
    const field = typeof details["option"] === "string" ? details["option"] : "calendar";
    throw new ConfigurationError("SUNBEAT_CALENDAR_DATA_INVALID", message, {
      details: { ...details, field },
      cause: error,
    });
  }
}

/**
 * The data of a calendar, checked and frozen: days in order, each once, those without a name as plain dates. Of a date that is
 * listed with several names all are kept. Throws SUNBEAT_CALENDAR_DATA_INVALID.
 */
export function checkCalendar(value: unknown): CalendarData {
  const given = value as CalendarData;
  checked(() => assertKnownKeys(given, ["name", "covers", "source", "days"], "calendar"));
  const name = checked(() => nameOption(given.name, "calendar: name"));
  const covers = checkCovers(given.covers);
  const { source } = given;
  if (source !== undefined && (typeof source !== "string" || source.length > LONGEST_SOURCE)) {
    throw calendarDataInvalid("source", `text of at most ${LONGEST_SOURCE} characters`, source);
  }
  const data = Object.freeze({
    ...{ name, covers },
    ...(source !== undefined && { source }),
    days: checkDays(given.days),
  });
  const size = JSON.stringify(data).length;
  if (size <= LARGEST_CALENDAR) return data;
  throw calendarDataInvalid(
    "days",
    `at most ${LARGEST_CALENDAR} characters of JSON`,
    size,
    "split the calendar, and write holidays(a).or(holidays(b))",
  );
}

function checkCovers(value: unknown): CalendarData["covers"] {
  checked(() => assertKnownKeys(value, ["from", "to"], "calendar: covers"));
  const { from, to } = value as CalendarData["covers"];
  const first = dateOf(from, "covers.from");
  const last = dateOf(to, "covers.to");
  if (last < first) throw calendarDataInvalid("covers.to", `a date that is not before ${from}`, to);
  return Object.freeze({ from, to });
}

function checkDays(value: unknown): readonly Day[] {
  if (!Array.isArray(value)) throw calendarDataInvalid("days", "a list of dates", value);
  const names = new Map<LocalDate, string[]>();
  (value as readonly unknown[]).forEach((day, index) => {
    const { date, name } = dayIn(day, `days[${index}]`);
    const known = names.get(date);
    if (known === undefined) names.set(date, name === undefined ? [] : [name]);
    else if (name !== undefined && !known.includes(name)) known.push(name);
  });
  const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.freeze(
    sorted.map(([date, texts]): Day => {
      return texts.length === 0 ? date : Object.freeze({ date, name: texts.join(", ") });
    }),
  );
}

function dayIn(day: unknown, field: string): { readonly date: LocalDate; readonly name?: string } {
  if (typeof day === "string") {
    dateOf(day, field);
    return { date: day as LocalDate };
  }
  checked(() => assertKnownKeys(day, ["date", "name"], `calendar: ${field}`));
  const { date, name } = day as { readonly date: LocalDate; readonly name?: unknown };
  dateOf(date, `${field}.date`);
  if (name === undefined) return { date };
  if (typeof name === "string" && name !== "" && name.length <= LONGEST_DAY_NAME && isPrintable(name)) {
    return { date, name };
  }
  throw calendarDataInvalid(`${field}.name`, `text of 1 to ${LONGEST_DAY_NAME} characters in one line`, name);
}

function dateOf(value: unknown, field: string): number {
  const day = typeof value === "string" ? dayOfText(value) : undefined;
  if (day !== undefined) return day;
  const hint =
    typeof value === "string" && /^\d{1,2}-\d{1,2}$/.test(value)
      ? "a calendar lists each year's date; dates of every year are dates([...])"
      : "";
  throw calendarDataInvalid(field, 'a date such as "2027-12-24"', value, hint);
}
