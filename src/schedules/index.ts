/** The schedules' one door for the rest of the code. */
export { asSchedule } from "./as-schedule.js";
export type { ScheduleDefaults, ScheduleLike } from "./as-schedule.js";
export { calendar, CalendarSchedule } from "./calendar/calendar.js";
export type { CalendarOptions } from "./calendar/calendar.js";
export type { CalendarTimes } from "./calendar/times.js";
export { Composable } from "./compose/composable.js";
export { compose, union } from "./compose/makers.js";
export { calendarDataInvalid, checkCalendar } from "./days/calendar-data.js";
export type { CalendarData } from "./days/calendar-data.js";
export { businessDays, dates, days, holidays, weekdays } from "./days/makers.js";
export type { BusinessDaysOptions, DateLike } from "./days/makers.js";
export type { DayRule, DaysRule, Every, Month, Ordinal } from "./days/rule-options.js";
export { isDays } from "./days/tree.js";
export type { CalendarDays, Days, DaysLike, LocalDate, Weekday, WeekdayRange } from "./days/tree.js";
export type { TimeOfDay } from "./local/time-of-day.js";
export { during } from "./windows/window.js";
export { clocked, ClockedSchedule } from "./clocked.js";
export type { ClockedOptions } from "./clocked.js";
export { referencesOf, registerSchedule, scheduleFromJSON } from "./codec.js";
export type { References, ScheduleDecoder } from "./codec.js";
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
export type {
  BuiltInSchedule,
  Edge,
  Lint,
  LintOptions,
  Roll,
  Schedule,
  ScheduleJSON,
  ScheduleNote,
  ShiftOptions,
  TimeWindow,
  WindowOptions,
} from "./schedule.js";
export { rrule } from "./rrule/rrule.js";
export { toRRule } from "./rrule/to-rrule.js";
export type { RRuleOptions } from "./rrule/rrule.js";
export { SOLAR_EVENTS } from "./solar/events.js";
export type {
  OwnSolarEvent,
  SolarAltitude,
  SolarDirection,
  SolarEvent,
  SolarEventName,
  SolarShadow,
} from "./solar/events.js";
export { solar, SolarSchedule } from "./solar/solar.js";
export type { SolarOptions, SolarPolar } from "./solar/options.js";
export { ENGLISH, englishFrames } from "./telling/english.js";
export type { Clause, Conjunction, DayPart, Language, Names, PeriodUnit, Run } from "./telling/language.js";
export { spanParts, unitOfSpan } from "./telling/span.js";
export type { SpanUnit } from "./telling/span.js";
export { textOf } from "./telling/text-of.js";
export { upcoming } from "./upcoming.js";
export type { UpcomingOptions } from "./upcoming.js";
export { zone } from "./zone.js";
