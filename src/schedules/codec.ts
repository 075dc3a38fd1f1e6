import { isSunbeatError, messageOf, ScheduleError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { assertKnownKeys } from "../core/options.js";
import { quote } from "../core/quote.js";
import { clockedFromJSON } from "./clocked.js";
import { crontabFromJSON } from "./crontab/crontab.js";
import { intervalFromJSON } from "./interval.js";
import { refuseAs } from "./refuse-as.js";
import type { Schedule, ScheduleJSON } from "./schedule.js";
import { solarFromJSON } from "./solar/solar.js";

/** How schedules of one type are made from what their `toJSON` gave. */
export interface ScheduleDecoder {
  fromJSON(json: ScheduleJSON): Schedule;
}

interface BuiltIn extends ScheduleDecoder {
  /** Fields besides `type`. */
  readonly fields: readonly string[];
}

const CRONTAB_FIELDS = ["minute", "hour", "dayOfMonth", "monthOfYear", "dayOfWeek", "second"];
const CRONTAB_OPTIONS = ["dayMatch", "timezone", "dst", "class", "extended", "hashKey", "text"];

const BUILT_IN = new Map<string, BuiltIn>([
  ["crontab", { fields: [...CRONTAB_FIELDS, ...CRONTAB_OPTIONS], fromJSON: crontabFromJSON }],
  ["reboot", { fields: [], fromJSON: crontabFromJSON }],
  ["interval", { fields: ["everyMs", "offsetMs"], fromJSON: intervalFromJSON }],
  ["solar", { fields: ["event", "latitude", "longitude", "offsetMs"], fromJSON: solarFromJSON }],
  ["clocked", { fields: ["at"], fromJSON: clockedFromJSON }],
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
    return builtIn.fromJSON(data);
  }
  return customFromJSON(data);
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

/** Whether `value` can be asked for the next instant: all that a custom schedule must have. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === "object" && value !== null && typeof (value as Schedule).next === "function";
}
