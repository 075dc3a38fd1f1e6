import { isSunbeatError, messageOf, ScheduleError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { assertKnownKeys } from "../core/options.js";
import { quote } from "../core/quote.js";
import { calendarFromJSON } from "./calendar/calendar.js";
import { clockedFromJSON } from "./clocked.js";
import { DEEPEST } from "./compose/composable.js";
import { decoders } from "./compose/json.js";
import { crontabFromJSON } from "./crontab/crontab.js";
import { intervalFromJSON } from "./interval.js";
import { refuseAs } from "./refuse-as.js";
import type { Schedule, ScheduleJSON } from "./schedule.js";
import { solarFromJSON } from "./solar/solar.js";
import { isFixedZone } from "./zone.js";

/** How schedules of one type are made from what their `toJSON` gave. */
export interface ScheduleDecoder {
  fromJSON(json: ScheduleJSON): Schedule;
}

interface BuiltIn extends ScheduleDecoder {
  /** Fields besides `type`. */
  readonly fields: readonly string[];
  /** Whether it may hold other schedules or long lists. */
  readonly isLarge?: boolean;
}

const CRONTAB_FIELDS = ["minute", "hour", "dayOfMonth", "monthOfYear", "dayOfWeek", "second"];
const CRONTAB_OPTIONS = ["dayMatch", "timezone", "dst", "class", "extended", "hashKey", "text"];
const CALENDAR_FIELDS = [
  ...["every", "unit", "on", "in", "at", "from", "until", "count", "position", "missing", "weekStart"],
  ...["business", "timezone", "dst", "text"],
];
const SOLAR_FIELDS = [
  ...["event", "latitude", "longitude", "offsetMs"],
  ...["polar", "notBefore", "notAfter", "timezone"],
];
/** Definitions that hold others are no larger than this. */
const LONGEST_JSON = 65_536;

const BUILT_IN = new Map<string, BuiltIn>([
  ["crontab", { fields: [...CRONTAB_FIELDS, ...CRONTAB_OPTIONS], fromJSON: crontabFromJSON }],
  ["reboot", { fields: [], fromJSON: crontabFromJSON }],
  ["interval", { fields: ["everyMs", "offsetMs"], fromJSON: intervalFromJSON }],
  ["solar", { fields: SOLAR_FIELDS, fromJSON: solarFromJSON }],
  ["clocked", { fields: ["at"], fromJSON: clockedFromJSON }],
  ["calendar", { fields: CALENDAR_FIELDS, isLarge: true, fromJSON: calendarFromJSON }],
  ["union", { fields: ["of"], isLarge: true, fromJSON: (json) => decoders.union(json, scheduleFromJSON) }],
  [
    "filter",
    {
      fields: ["of", "keep", "startAt", "endAt"],
      isLarge: true,
      fromJSON: (json) => decoders.filter(json, scheduleFromJSON),
    },
  ],
  [
    "offset",
    {
      fields: ["of", "offsetMs"],
      isLarge: true,
      fromJSON: (json) => decoders.offset(json, scheduleFromJSON),
    },
  ],
  [
    "shift",
    {
      fields: ["of", "to", "days", "by"],
      isLarge: true,
      fromJSON: (json) => decoders.shift(json, scheduleFromJSON),
    },
  ],
]);

const registered = new Map<string, ScheduleDecoder>();

function invalid(message: string, details: Record<string, unknown>, cause?: unknown): ScheduleError {
  return new ScheduleError("SUNBEAT_SCHEDULE_INVALID", message, { details, cause });
}

/**
 * Lets custom schedules be stored: those whose `toJSON` gives `{ type, ... }` come back through `fromJSON`. For the
 * whole process, so register in the module that declares the schedule. Throws SUNBEAT_SCHEDULE_INVALID for a type
 * that is built in or registered already.
 */
export function registerSchedule(type: string, decoder: ScheduleDecoder): void {
  if (typeof type !== "string" || type === "") {
    throw invalid(`registerSchedule: type: expected a name, got ${quote(type)}`, { type: quote(type) });
  }
  if (typeof (decoder as ScheduleDecoder | undefined)?.fromJSON !== "function") {
    throw invalid(`registerSchedule: ${quote(type)}: expected { fromJSON }, got ${quote(decoder)}`, { type });
  }
  if (BUILT_IN.has(type) || registered.has(type)) {
    const owner = BUILT_IN.has(type) ? "built in" : "registered already";
    throw invalid(`registerSchedule: type ${quote(type)} is ${owner}; choose another name`, { type });
  }
  registered.set(type, decoder);
}

/**
 * The schedule that `toJSON` wrote. A crontab that names no zone is in UTC, until an entry gives it the app's. Throws SUNBEAT_SCHEDULE_INVALID for an unknown type or field, or the code of the
 * schedule whose values are wrong.
 */
export function scheduleFromJSON(json: unknown): Schedule {
  if (typeof json !== "object" || json === null || typeof (json as ScheduleJSON).type !== "string") {
    throw invalid(
      `schedule: expected JSON such as { "type": "interval", "everyMs": 90000 }, got ${quote(json)}`,
      {
        json: quote(json),
      },
    );
  }
  const data = json as ScheduleJSON;
  const builtIn = BUILT_IN.get(data.type);
  if (builtIn !== undefined) {
    refuseAs("SUNBEAT_SCHEDULE_INVALID", () =>
      assertKnownKeys(data, ["type", ...builtIn.fields], `schedule of type ${quote(data.type)}`),
    );
    return builtIn.isLarge === true ? measured(data, builtIn) : builtIn.fromJSON(data);
  }
  return customFromJSON(data);
}

let depth = 0;

/** The outermost schedule is measured, and those within it are counted. */
function measured(json: ScheduleJSON, builtIn: BuiltIn): Schedule {
  if (depth > DEEPEST) {
    throw invalid(`schedule: expected at most ${DEEPEST} operations one on the other`, { json: quote(json) });
  }
  if (depth === 0) assertSize(json);
  depth++;
  try {
    return builtIn.fromJSON(json);
  } finally {
    depth--;
  }
}

/** Throws SUNBEAT_SCHEDULE_INVALID for a schedule whose JSON is longer than stores take. */
export function assertSize(json: ScheduleJSON): void {
  const { length } = JSON.stringify(json);
  if (length <= LONGEST_JSON) return;
  throw invalid(
    `schedule: expected at most ${LONGEST_JSON} characters of JSON, got ${length}; a long list of days is a calendar: holidays(name)`,
    { type: json.type, length },
  );
}

function customFromJSON(json: ScheduleJSON): Schedule {
  const { type } = json;
  const decoder = registered.get(type);
  if (decoder === undefined) {
    const known = [...BUILT_IN.keys(), ...registered.keys()];
    throw invalid(
      `schedule: unknown type ${quote(type)}${didYouMean(type, known)}; known are ${known.join(", ")}. ` +
        "A custom one must be registered first: registerSchedule(type, { fromJSON })",
      { type: quote(type), known },
    );
  }
  let schedule: unknown;
  try {
    schedule = decoder.fromJSON(json);
  } catch (error) {
    if (isSunbeatError(error)) throw error;
    throw invalid(
      `schedule of type ${quote(type)}: its fromJSON failed: ${messageOf(error)}`,
      { type },
      error,
    );
  }
  if (isSchedule(schedule)) return schedule;
  throw invalid(
    `schedule of type ${quote(type)}: its fromJSON gave ${quote(schedule)}, expected an object with next(after)`,
    { type },
  );
}

export interface References {
  /** Names of calendars, each once, in order. */
  readonly calendars: readonly string[];
  /** Whether the data of a time zone decides about instants. */
  readonly isZoned: boolean;
}

/** What the instants of a schedule depend on besides itself, by its JSON. Of custom schedules nothing is known. */
export function referencesOf(json: ScheduleJSON): References {
  const calendars = new Set<string>();
  let isZoned = false;
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { type, calendar, timezone } = value as Record<string, unknown>;
    if (typeof type === "string" && type !== "custom" && !BUILT_IN.has(type)) return;
    if (typeof calendar === "string") calendars.add(calendar);
    if (typeof timezone === "string" && !isFixedZone(timezone)) isZoned = true;
    Object.values(value).forEach(look);
  };
  look(json);
  return { calendars: [...calendars].sort(), isZoned };
}

/** Whether `value` can be asked for the next instant: all that a custom schedule must have. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === "object" && value !== null && typeof (value as Schedule).next === "function";
}
