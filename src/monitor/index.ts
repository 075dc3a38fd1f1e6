export { parseTaskQuery, RECORD_STATES, type TaskQuery } from "./query.js";
export { type FoundTasks, searchTasks } from "./search.js";
export { figuresOf, percentile, type TaskFigures } from "./stats.js";
export type { Change } from "./retry.js";
export {
  type RetryCounts,
  type RetryOptions,
  type TaskPage,
  Tasks,
  type TaskSearchOptions,
} from "./tasks.js";
export type { TaskRow } from "./task-row.js";
export type { RelatedTask, TaskLockView, TaskTick, TaskView } from "./task-view.js";
/** What became of ticks, and what will become of them. */
export type { EntryForecast, Forecast, LoadLint, OutageForecast } from "./forecast-types.js";
export type { DayOff, EndingCalendar } from "./days-off.js";
export type { Peak } from "./second-counts.js";
export type { LockMeeting } from "./lock-meetings.js";
export {
  type EntryPreview,
  type PreviewLoad,
  type PreviewProblem,
  type PreviewRun,
  problemOf,
} from "./preview.js";
export { type PeakChange, planPeak } from "./plan-peak.js";
export { readForecast, readPreview, weekAhead } from "./read-forecast.js";
export { type Fate, FATES, type TimelineCell, type TimelineItem } from "./timeline.js";
export { readTimeline, readTimelines, type Timeline } from "./timelines.js";
export type { ZoneNight } from "./zone-nights.js";
export { type AgedCounts, consumersOf, readQueues } from "./queue-facts.js";
