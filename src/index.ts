export type {
  AlertCheck,
  AlertMuteView,
  Alerts,
  AlertTest,
  AlertView,
  AppMetrics,
  CheckAlertsOptions,
  ListAlertsOptions,
  MetricsTextOptions,
} from "./app/index.js";
export { AsyncResult, defineTask, http, LockedTask, Sunbeat, task, tasks } from "./app/index.js";
export type {
  AskOptions,
  Audit,
  AuditOptions,
  BroadcastOptions,
  BrowseOptions,
  Control,
  DeadListOptions,
  DeadPage,
  DeadView,
  GetOptions,
  Inspect,
  Nodes,
  QueueView,
  Stats,
  StatsOptions,
  RateLimitView,
  RegisterOptions,
  RevokeOptions,
  RunEnd,
  ScheduledOptions,
  SharedTask,
  StartBeatOptions,
  StartWorkerOptions,
  StorePageOptions,
  StoreReply,
  Task,
  TaskOf,
} from "./app/index.js";
export type {
  ArgsFunction,
  Beat,
  BeatStats,
  CanvasEntryOptions,
  ChangeAction,
  Drift,
  DriftKind,
  EntryAlertOptions,
  CalendarAction,
  CalendarChange,
  EntryChange,
  EntryLockOptions,
  EntryOptions,
  EntryView,
  FieldChange,
  HistoryRow,
  MisfireOptions,
  Plan,
  PlannedCalendar,
  PlannedMove,
  PlannedPeak,
  PlannedState,
  RenameHint,
  TaskEntryOptions,
  Triggered,
  TriggeredTick,
  TriggerOptions,
  TriggerRange,
} from "./beat/index.js";
export type { Calendars, NamedCalendar } from "./app/calendars.js";
export type { ExportedFile } from "./app/exported.js";
export type { ForecastOptions, PlanOptions, Schedules, TimelineOptions } from "./app/schedules.js";
export type {
  DayOff,
  EndingCalendar,
  EntryForecast,
  EntryPreview,
  Fate,
  Forecast,
  LoadLint,
  OutageForecast,
  Peak,
  LockMeeting,
  PreviewLoad,
  PreviewProblem,
  PreviewRun,
  Timeline,
  TimelineCell,
  TimelineItem,
  ZoneNight,
} from "./monitor/index.js";
export { chain, chord, group, settled, stream, workflow } from "./canvas/index.js";
export type {
  CallOptions,
  Flow,
  GraphProgress,
  GraphResult,
  GroupOptions,
  GroupResult,
  Immutable,
  PartState,
  PartsOptions,
  PartView,
  Ref,
  Results,
  Settled,
  Signature,
  TaskFailure,
} from "./canvas/index.js";
export type {
  AutoscaleOption,
  EncryptionOptions,
  HistoryOptions,
  PoolOption,
  PublishRetryPolicy,
  QueueOptions,
  RetentionOptions,
  SigningOptions,
  SunbeatOptions,
} from "./config/index.js";
export type {
  RelatedTask,
  RetryCounts,
  RetryOptions as TaskRetryOptions,
  TaskLockView,
  TaskPage,
  TaskRow,
  TaskSearchOptions,
  TaskTick,
  TaskView,
} from "./monitor/index.js";
export type { Clock, EpochMs } from "./core/clock.js";
export type { Duration, DurationParts } from "./core/duration.js";
export {
  ConfigurationError,
  ERROR_CODES,
  isSunbeatError,
  LockError,
  ResultError,
  ScheduleError,
  StoreError,
  SunbeatError,
  TaskError,
} from "./core/errors.js";
export type { ErrorCode } from "./core/errors.js";
export type { InstantLike } from "./core/instant.js";
export type { LogFields, LoggedError, Logger, LogLevel } from "./core/logger.js";
export type {
  CustomTaskEvent,
  EventBase,
  EventError,
  EventMap,
  EventName,
  Events,
  EventsLost,
  EventStream,
  SunbeatEvent,
  WatchedEvent,
  WatchOptions,
} from "./events/index.js";
export { EventState, type SeenState, type SeenTask, type SeenWorker } from "./events/state.js";
export type { SeenCalendar, SeenDrift, SeenMove } from "./events/schedule-state.js";
export type { ExpectedStatus, HttpCall, HttpResult } from "./http/call.js";
export type { HttpOptions, HttpScheme } from "./http/options.js";
export type {
  ConnectOptions,
  LoggingSetup,
  Middleware,
  MiddlewareRun,
  PublishedMessage,
  PublishMiddleware,
  Signal,
  SignalHandler,
  SignalMap,
  SignalName,
  Signals,
  SignalSender,
} from "./signals/index.js";
export {
  businessDays,
  calendar,
  clocked,
  compose,
  crontab,
  dates,
  days,
  during,
  every,
  holidays,
  registerSchedule,
  rrule,
  scheduleFromJSON,
  solar,
  SOLAR_EVENTS,
  toRRule,
  union,
  upcoming,
  weekdays,
} from "./schedules/index.js";
export type {
  BuiltInSchedule,
  BusinessDaysOptions,
  CalendarData,
  CalendarDays,
  CalendarOptions,
  CalendarTimes,
  CrontabFields,
  CrontabOptions,
  DateLike,
  DayRule,
  Days,
  DaysLike,
  DaysRule,
  DstOption,
  Edge,
  Every,
  IntervalOptions,
  Lint,
  LocalDate,
  Month,
  Ordinal,
  Roll,
  RRuleOptions,
  Schedule,
  ScheduleJSON,
  ScheduleLike,
  ScheduleNote,
  ShiftOptions,
  SolarEvent,
  SolarOptions,
  SolarPolar,
  SolarShadow,
  TimeOfDay,
  TimeWindow,
  UpcomingOptions,
  Weekday,
  WeekdayRange,
  WindowOptions,
} from "./schedules/index.js";
export { locked } from "./locks/index.js";
export { journalLogger, jsonLogger, prettyLogger, syslogLogger } from "./logging/index.js";
export type {
  AppLogger,
  LogFormat,
  LoggerOptions,
  LogSetup,
  PrettyLoggerOptions,
  SyslogLogger,
  SyslogOptions,
} from "./logging/index.js";
export type {
  AcquireOptions,
  HeldLock,
  Locked,
  LockHistoryOptions,
  LockHistoryRow,
  Locks,
  LockView,
  Semaphore,
  Use,
  UsingOptions,
} from "./locks/index.js";
export type { AlertRuleOptions, AlertsOptions, AlertWebhookOptions } from "./monitor/options.js";
export type { MissingNode, NodeReply, Replies } from "./control/index.js";
export type { AuditRecord, BeatFacts, NodeRecord, SeenNode, WorkerFacts } from "./store/contracts/index.js";
export type { LockSummary, OverlapPolicy } from "./store/contracts/index.js";
export { currentTask } from "./tasks/context.js";
export type {
  ReturnedRun,
  RunState,
  StandardSchema,
  TaskContext,
  TaskHooks,
  TaskRequest,
} from "./tasks/definition.js";
export type { PoolName } from "./tasks/pool-name.js";
export { RemoteTaskError } from "./tasks/failure.js";
export type { SendOptions, UniqueOptions } from "./tasks/message.js";
export { Ignore, Reject, Retry } from "./tasks/outcomes.js";
export type { BusyPolicy, LockedOptions, LockName } from "./tasks/task-lock.js";
export type { RouteFunction, RouteMap, RoutePair, RouteTo, TaskRoutes } from "./tasks/route.js";
export type { RateKey, RateLimitOptions, RateOptions, RateText, RateWeight } from "./tasks/rate-limit.js";
export { TASK_STATES } from "./tasks/states.js";
export type { TaskLog } from "./tasks/task-log.js";
export type { TaskState } from "./tasks/states.js";
export type { ErrorClass, ErrorFilter, RetryOptions } from "./tasks/retry-options.js";
export type { TaskLockOptions, TaskOptions } from "./tasks/task-options.js";
export type { TaskUniqueOptions } from "./tasks/unique-options.js";
export type { WorkerStats } from "./worker/options.js";
export type { ChildStats, PoolStats } from "./worker/pools/options.js";
export type { Worker } from "./worker/worker.js";
