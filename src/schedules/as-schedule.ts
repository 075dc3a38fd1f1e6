import { isSunbeatError, ScheduleError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { callText } from "./call-text.js";
import { clocked } from "./clocked.js";
import { CalendarSchedule } from "./calendar/calendar.js";
import { assertSize, isSchedule, scheduleFromJSON } from "./codec.js";
import { bound, Composed, joined } from "./compose/composable.js";
import type { ScheduleDefaults } from "./compose/defaults.js";
import { crontab } from "./crontab/crontab.js";
import { every } from "./interval.js";
import { callOf } from "./phrases.js";
import type { Schedule } from "./schedule.js";

export type { ScheduleDefaults } from "./compose/defaults.js";
export type { ScheduleLike } from "./schedule.js";

const ACCEPTED =
  "a number of seconds, or crontab(...), calendar(...), every(...), solar(...), clocked(...), a list of them, or an object with next(after)";

/** What to write instead of a value that is nearly right: only what is taken, or why it is not. */
function hint(value: unknown): string {
  if (typeof value === "string") return textHint(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : "; write clocked(date)";
  if (typeof value === "function") return "; a custom schedule is an object: { next: (after) => ... }";
  return typeof value === "object" && value !== null ? objectHint(value) : "";
}

function textHint(text: string): string {
  const refusal = refusalOf(() => crontab(text));
  if (refusal === undefined) return `; write ${callText("crontab", text) ?? "crontab(text)"}`;
  if (refusalOf(() => crontab(text, { extended: true })) === undefined) {
    return `; write ${callText("crontab", text, { extended: true }) ?? "crontab(text, { extended: true })"}`;
  }
  const call = callOf(text) ?? (isJson(text) ? "scheduleFromJSON(JSON.parse(text))" : undefined);
  if (call !== undefined) return `; write ${call}`;
  const proposal = isSunbeatError(refusal) ? refusal.details["hint"] : undefined;
  if (typeof proposal === "string" && proposal.startsWith("write crontab(")) return `; ${proposal}`;
  if (/^\s*\d{4}-\d\d-\d\d/.test(text)) return reasonOf(refusalOf(() => clocked(text)));
  // A text of several words or with a star is a crontab that is wrong; of any other nothing is known.
  return /^@|\S\s+\S|\*/.test(text) ? reasonOf(refusal) : "";
}

function reasonOf(refusal: Error | undefined): string {
  return refusal === undefined ? "" : `; ${refusal.message}`;
}

function objectHint(value: object): string {
  if (Object.keys(value).length === 0) return "";
  if ("type" in value) {
    const refusal = refusalOf(() => scheduleFromJSON(value));
    return refusal === undefined ? "; write scheduleFromJSON(json)" : reasonOf(refusal);
  }
  if (refusalOf(() => crontab(value)) === undefined) return "; write crontab(fields)";
  return refusalOf(() => every(value)) === undefined ? "; write every(duration)" : "";
}

function isJson(text: string): boolean {
  return refusalOf(() => scheduleFromJSON(JSON.parse(text))) === undefined;
}

function refusalOf(make: () => unknown): Error | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * The schedule that an entry's `schedule` means with the defaults of its app; a list is their union. Throws
 * SUNBEAT_SCHEDULE_INVALID, or SUNBEAT_INTERVAL_INVALID for a number that is no interval.
 */
export function asSchedule(value: unknown, defaults: ScheduleDefaults): Schedule {
  if (typeof value === "number") return every(value);
  if (Array.isArray(value)) return sized(joined(value as Schedule[]).withDefaults(defaults));
  if (isSchedule(value)) return sized(bound(value, defaults));
  throw new ScheduleError(
    "SUNBEAT_SCHEDULE_INVALID",
    `schedule: expected ${ACCEPTED}, got ${quote(value)}${hint(value)}`,
    { details: { value: quote(value) } },
  );
}

/** Those that hold others or lists of days may be too long to be stored. */
function sized(schedule: Schedule): Schedule {
  if (schedule instanceof Composed || schedule instanceof CalendarSchedule) assertSize(schedule.toJSON());
  return schedule;
}
