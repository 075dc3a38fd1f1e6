import { createRequire } from "node:module";
import { ConfigurationError, messageOf } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { assertKnownKeys } from "../core/options.js";
import { calendarDataInvalid, checkCalendar, type CalendarData, type LocalDate } from "../schedules/index.js";
import { coversOf, dayName, yearsOf } from "./calendar-years.js";

export type HolidayType = "public" | "bank" | "school" | "optional" | "observance";

export interface DateHolidaysOptions {
  /** A state, with a region of it after a dot: "BY", "LA.NO". Default the whole country. */
  readonly region?: string | undefined;
  /** The first and the last year whose days are taken, at most 100: what `covers` says. */
  readonly years: readonly [first: number, last: number];
  /** Which days are taken. Default ["public"]. */
  readonly types?: readonly HolidayType[] | undefined;
  /** Default "DE-BY" for region BY of DE. */
  readonly name?: string | undefined;
}

const TYPES: readonly HolidayType[] = ["public", "bank", "school", "optional", "observance"];
const DAY_MS = 86_400_000;

/**
 * The holidays of a country by the package date-holidays (^3), which must be installed: `npm install date-holidays@3`.
 * Both a holiday and its substitute day are in it. `source` carries the attribution that the data's licence asks for.
 * Dates that governments set late are as the package foretells them: run it again, for instance from CI.
 * Rejects with SUNBEAT_DRIVER_MISSING, SUNBEAT_CALENDAR_DATA_INVALID.
 *
 *     await app.calendars.set(await fromDateHolidays("DE", { region: "BY", years: [2027, 2031] }))
 */
export async function fromDateHolidays(country: string, options: DateHolidaysOptions): Promise<CalendarData> {
  assertKnownKeys(options, ["region", "years", "types", "name"], "fromDateHolidays: options");
  const years = yearsOf(options.years);
  const types = typesOf(options.types ?? ["public"]);
  const { Holidays, version } = await loadDateHolidays();
  const place = placeOf(new Holidays(), country, options.region);
  const source = new Holidays(place.join("."), { types: [...types] });
  const days: { date: LocalDate; name?: string }[] = [];
  for (let year = years[0]; year <= years[1]; year++) {
    for (const holiday of source.getHolidays(year)) days.push(...daysOf(holiday));
  }
  const covers = coversOf(years);
  return checkCalendar({
    name: options.name ?? place.join("-").toUpperCase(),
    covers,
    source:
      `date-holidays ${version}, ${place.join(".")}, ${types.join(", ")}; holiday data by the contributors of ` +
      "date-holidays (https://github.com/commenthol/date-holidays), CC-BY-3.0",
    days: days.filter(({ date }) => date >= covers.from && date <= covers.to),
  });
}

interface Holiday {
  readonly date: string;
  readonly start: Date;
  readonly end: Date;
  readonly name: string;
}

/** A holiday may begin at the sunset before its date, and end within a day: the days at whose noon it holds. */
function daysOf({ date, start, end, name }: Holiday): { date: LocalDate; name?: string }[] {
  const hoursBefore = Number(/ -(\d\d)\d\d$/.exec(date)?.[1] ?? 0);
  const noon = start.getTime() + hoursBefore * 3_600_000 + DAY_MS / 2;
  const count = Math.max(1, Math.ceil((end.getTime() - noon) / DAY_MS));
  const first = Date.parse(date.slice(0, 10));
  return Array.from({ length: count }, (_, i) => ({
    date: new Date(first + i * DAY_MS).toISOString().slice(0, 10) as LocalDate,
    ...dayName(name),
  }));
}

function typesOf(value: unknown): readonly HolidayType[] {
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((type) => TYPES.includes(type as HolidayType))
  ) {
    return value as HolidayType[];
  }
  throw calendarDataInvalid("types", `a list of ${TYPES.join(", ")}`, value);
}

interface Places {
  getCountries(): Readonly<Record<string, string>>;
  getStates(country: string): Readonly<Record<string, string>> | undefined;
  getRegions(country: string, state: string): Readonly<Record<string, string>> | undefined;
}

/** Country, state and region as the package names them; it gives no days and no error for one that it does not know. */
function placeOf(places: Places, country: unknown, region: unknown): string[] {
  const place = [codeIn("country", country, places.getCountries())];
  if (region === undefined) return place;
  const [state, within, ...more] = typeof region === "string" ? region.split(".") : [region];
  place.push(codeIn("region", state, places.getStates(place[0]!) ?? {}));
  if (within !== undefined)
    place.push(codeIn("region", within, places.getRegions(place[0]!, place[1]!) ?? {}));
  if (more.length > 0) throw calendarDataInvalid("region", 'a state, or "STATE.REGION"', region);
  return place;
}

function codeIn(field: string, value: unknown, known: Readonly<Record<string, string>>): string {
  const code = typeof value === "string" ? value : "";
  const found = Object.keys(known).find((each) => each.toUpperCase() === code.toUpperCase());
  if (found !== undefined) return found;
  const near = didYouMean(code, Object.keys(known), 1).replace(/^; /, "");
  throw calendarDataInvalid(
    field,
    `a code that date-holidays knows, such as ${Object.keys(known).slice(0, 3).join(", ")}`,
    value,
    near,
  );
}

type Package = typeof import("date-holidays").default;

/** Loads it, which only those install who use it. Throws SUNBEAT_DRIVER_MISSING. */
async function loadDateHolidays(): Promise<{ readonly Holidays: Package; readonly version: string }> {
  try {
    const { default: Holidays } = await import("date-holidays");
    const about = createRequire(import.meta.url)("date-holidays/package.json") as {
      readonly version: string;
    };
    return { Holidays, version: about.version };
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_DRIVER_MISSING",
      `fromDateHolidays needs the package date-holidays, which cannot be loaded (${messageOf(error)}); run: npm install date-holidays@3`,
      { cause: error },
    );
  }
}
