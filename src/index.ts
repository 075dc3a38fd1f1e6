export { AsyncResult, LockedTask, Sunbeat, task, tasks } from "./app/index.js";
export type {
  GetOptions,
  RegisterOptions,
  RunEnd,
  StartBeatOptions,
  StartWorkerOptions,
  Task,
  TaskOf,
} from "./app/index.js";
export type {
  ArgsFunction,
  Beat,
  BeatStats,
  CanvasEntryOptions,
  EntryLockOptions,
  EntryOptions,
  EntryView,
  HistoryRow,
  MisfireOptions,
  Schedules,
  TaskEntryOptions,
  Triggered,
} from "./beat/index.js";
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
export type { PublishRetryPolicy, RetentionOptions, SunbeatOptions } from "./config/index.js";
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
export type { Logger } from "./core/logger.js";
export type { EventMap, EventName, Events, SunbeatEvent } from "./events/index.js";
export {
  clocked,
  crontab,
  every,
  registerSchedule,
  scheduleFromJSON,
  solar,
  SOLAR_EVENTS,
  upcoming,
} from "./schedules/index.js";
export type {
  BuiltInSchedule,
  CrontabFields,
  CrontabOptions,
  DstOption,
  IntervalOptions,
  Lint,
  Schedule,
  ScheduleJSON,
  ScheduleLike,
  SolarEvent,
  SolarOptions,
  UpcomingOptions,
} from "./schedules/index.js";
export { locked } from "./locks/index.js";
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
export type { LockSummary, OverlapPolicy } from "./store/contracts/index.js";
export { currentTask } from "./tasks/context.js";
export type { StandardSchema, TaskContext, TaskRequest } from "./tasks/definition.js";
export { RemoteTaskError } from "./tasks/failure.js";
export type { SendOptions } from "./tasks/message.js";
export { Ignore, Reject, Retry } from "./tasks/outcomes.js";
export type { BusyPolicy, LockedOptions, LockName } from "./tasks/task-lock.js";
export { TASK_STATES } from "./tasks/states.js";
export type { TaskLog } from "./tasks/task-log.js";
export type { TaskState } from "./tasks/states.js";
export type { RetryOptions, TaskLockOptions, TaskOptions } from "./tasks/task-options.js";
export type { WorkerStats } from "./worker/options.js";
export type { Worker } from "./worker/worker.js";
