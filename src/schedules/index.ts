/** The schedules' one door for the rest of the code. */
export { asSchedule } from "./as-schedule.js";
export type { ScheduleDefaults, ScheduleLike } from "./as-schedule.js";
export { clocked, ClockedSchedule } from "./clocked.js";
export type { ClockedOptions } from "./clocked.js";
export { registerSchedule, scheduleFromJSON } from "./codec.js";
export type { ScheduleDecoder } from "./codec.js";
export { crontab, CrontabSchedule } from "./crontab/crontab.js";
export type {
  CrontabField,
  CrontabFields,
  CrontabNote,
  CrontabOptions,
  CrontabValue,
  DayMatch,
  DstOption,
  DstPolicy,
  JobClass,
} from "./crontab/crontab.js";
export { every, IntervalSchedule } from "./interval.js";
export type { IntervalOptions } from "./interval.js";
export type { BuiltInSchedule, Lint, LintOptions, Schedule, ScheduleJSON } from "./schedule.js";
export { SOLAR_EVENTS } from "./solar/events.js";
export type { SolarAltitude, SolarDirection, SolarEvent, SolarEventName } from "./solar/events.js";
export { solar, SolarSchedule } from "./solar/solar.js";
export type { SolarOptions } from "./solar/solar.js";
export { upcoming } from "./upcoming.js";
export type { UpcomingOptions } from "./upcoming.js";
export { zone } from "./zone.js";
