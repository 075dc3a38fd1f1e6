export { codeParts, optionsFromDefinition, portableDefinition, resolveEntry } from "../beat/index.js";
export { http } from "./http.js";
export { partPages } from "../store/contracts/part-pages.js";
export { CANVAS_TASK } from "../tasks/built-in.js";
export { graphOfPart } from "../tasks/part.js";
export { AsyncResult } from "./async-result.js";
export { type BrokerUrl, maskPassword, parseBrokerUrl } from "./broker-url.js";
export type {
  AlertCheck,
  AlertMuteView,
  Alerts,
  AlertTest,
  AlertView,
  CheckAlertsOptions,
  ListAlertsOptions,
} from "./alerts.js";
export type { AppMetrics, MetricsTextOptions } from "./metrics.js";
export type { AskOptions, BroadcastOptions } from "./asking.js";
export type { Audit, AuditOptions } from "./audit.js";
export type { Control, RateLimitView, RevokeOptions } from "./control.js";
export type { Inspect, ScheduledOptions, StorePageOptions, StoreReply } from "./inspect.js";
export type { Nodes } from "./nodes.js";
export { type CalendarMove, calendarLints, calendarMoves, countDrift } from "../beat/index.js";
export { calendarsIn, calendarUsers, entriesNaming, type NamedCalendar } from "./calendars.js";
export { dataFacts } from "./data-facts.js";
export { type ExportedFile } from "./exported.js";
export type { AppCore, AppParts, Pace } from "./core.js";
export type { DeadListOptions, DeadPage, DeadView } from "./dead.js";
export { breakPermit, resumeGraph, revokeGraph } from "./operate.js";
export type { BrowseOptions, QueuePause, QueueView } from "./queues.js";
export { readStats, type Stats, type StatsOptions } from "./stats.js";
export type { StartBeatOptions, StartWorkerOptions } from "./processes.js";
export { type Part, type RunEnd, serve } from "./serve.js";
export { coreOf, Sunbeat } from "./sunbeat.js";
export { defineTask } from "./shared-task.js";
export type { DeclareTask, SharedTask, Task } from "./task.js";
export type { GetOptions } from "./result-reader.js";
export { LockedTask, type RegisterOptions, type TaskOf } from "./locked-task.js";
export { task, type TaskDecorator, tasks } from "./task-classes.js";
