import { ScheduleError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { isSchedule } from "./codec.js";
import { CrontabSchedule, type CrontabDefaults } from "./crontab/crontab.js";
import { every } from "./interval.js";
import type { Schedule } from "./schedule.js";

/** What an entry takes as its schedule: a schedule, or a bare number of seconds. */
export type ScheduleLike = Schedule | number;

/** What the app and the entry supply where a crontab says nothing of its own. */
export type ScheduleDefaults = CrontabDefaults;

const ACCEPTED =
  "a number of seconds, or crontab(...), every(...), solar(...), clocked(...), or an object with next(after)";

/** What to write instead of a value that is nearly right. */
function hint(value: unknown): string {
  if (typeof value === "string") {
    return /^@|\s|\*/.test(value)
      ? `; write crontab(${quote(value)})`
      : `; write every(${quote(value)}) or crontab(${quote(value)})`;
  }
  if (value instanceof Date) return "; write clocked(date)";
  if (typeof value === "object" && value !== null && "type" in value) return "; write scheduleFromJSON(json)";
  if (typeof value === "function") return "; a custom schedule is an object: { next: (after) => ... }";
  return "";
}

/**
 * The schedule that an entry's `schedule` means, a crontab with the defaults of its app. Throws
 * SUNBEAT_SCHEDULE_INVALID, or SUNBEAT_INTERVAL_INVALID for a number that is no interval.
 */
export function asSchedule(value: unknown, defaults: ScheduleDefaults): Schedule {
  if (typeof value === "number") return every(value);
  if (value instanceof CrontabSchedule) return value.withDefaults(defaults);
  if (isSchedule(value)) return value;
  throw new ScheduleError(
    "SUNBEAT_SCHEDULE_INVALID",
    `schedule: expected ${ACCEPTED}, got ${quote(value)}${hint(value)}`,
    { details: { value: quote(value) } },
  );
}
