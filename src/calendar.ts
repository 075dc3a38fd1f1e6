/** The edge of calendars: what reads days off and schedules that others wrote, and tells schedules in other languages. Not loaded by `sunbeat` itself. */
export type { CalendarData } from "./schedules/index.js";
export { describeIn } from "./languages/describe-in.js";
export { importSchedules } from "./dialects/index.js";
export type {
  Dialect,
  ImportedEntry,
  ImportedParts,
  ImportedSchedules,
  ImportOptions,
  ImportRemark,
} from "./dialects/index.js";
export { fromDateHolidays } from "./dialects/date-holidays.js";
export type { DateHolidaysOptions, HolidayType } from "./dialects/date-holidays.js";
export { fromICS } from "./dialects/ics.js";
export type { ICSOptions } from "./dialects/ics.js";
