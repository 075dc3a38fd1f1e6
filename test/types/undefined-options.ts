/**
 * Checked by the compiler alone: under `exactOptionalPropertyTypes` every option takes `undefined`, as it does at run
 * time (test/app/undefined-options.test.ts). Programs write `{ queue: settings.queue }`. Never run.
 */
import type {
  AcquireOptions,
  AsyncResult,
  ConnectOptions,
  CrontabFields,
  CrontabOptions,
  EntryLockOptions,
  EntryOptions,
  GetOptions,
  IntervalOptions,
  LockedOptions,
  LockHistoryOptions,
  Locks,
  MisfireOptions,
  PublishRetryPolicy,
  RegisterOptions,
  Reject,
  RetentionOptions,
  Retry,
  RetryOptions,
  Schedule,
  Schedules,
  SendOptions,
  SolarOptions,
  StartBeatOptions,
  StartWorkerOptions,
  Sunbeat,
  SunbeatOptions,
  TaskContext,
  TaskHooks,
  TaskLockOptions,
  TaskOptions,
  UpcomingOptions,
  UsingOptions,
} from "../../src/index.js";
import type { clocked, LockedTask } from "../../src/index.js";
import type { redisBroker } from "../../src/redis.js";
import type { QuorumOptions } from "../../src/redlock.js";
import type { VirtualTimeOptions } from "../../src/testing/index.js";

/** The options in the place `At` of a function's parameters. */
type OptionsOf<F extends (...args: never[]) => unknown, At extends number> = NonNullable<Parameters<F>[At]>;

/** Every type that a program fills in, by its name. */
interface Everything {
  readonly SunbeatOptions: SunbeatOptions;
  readonly PublishRetryPolicy: PublishRetryPolicy;
  readonly RetentionOptions: RetentionOptions;
  readonly StartWorkerOptions: StartWorkerOptions;
  readonly StartBeatOptions: StartBeatOptions;
  readonly TaskOptions: TaskOptions;
  readonly RetryOptions: RetryOptions;
  readonly TaskLockOptions: TaskLockOptions;
  readonly LockedOptions: LockedOptions;
  // Its hooks are methods, which a class has or has not.
  readonly LockedTask: Omit<LockedTask, keyof TaskHooks>;
  readonly RegisterOptions: RegisterOptions;
  readonly SendOptions: SendOptions;
  readonly applyAsync: OptionsOf<ReturnType<Sunbeat["task"]>["applyAsync"], 1>;
  readonly EntryOptions: EntryOptions;
  readonly MisfireOptions: MisfireOptions;
  readonly EntryLockOptions: EntryLockOptions;
  readonly entrySendOptions: NonNullable<EntryOptions["options"]>;
  readonly schedulesNext: OptionsOf<Schedules["next"], 1>;
  readonly schedulesList: OptionsOf<Schedules["list"], 0>;
  readonly schedulesHistory: OptionsOf<Schedules["history"], 1>;
  readonly schedulesTrigger: OptionsOf<Schedules["trigger"], 1>;
  readonly Retry: NonNullable<ConstructorParameters<typeof Retry>[0]>;
  readonly selfRetry: OptionsOf<TaskContext["retry"], 0>;
  readonly Reject: NonNullable<ConstructorParameters<typeof Reject>[1]>;
  readonly GetOptions: GetOptions;
  readonly revoke: OptionsOf<AsyncResult["revoke"], 0>;
  readonly AcquireOptions: AcquireOptions;
  readonly UsingOptions: UsingOptions;
  readonly LockHistoryOptions: LockHistoryOptions;
  readonly locksList: OptionsOf<Locks["list"], 0>;
  readonly CrontabFields: CrontabFields;
  readonly CrontabOptions: CrontabOptions;
  readonly IntervalOptions: IntervalOptions;
  readonly SolarOptions: SolarOptions;
  readonly clocked: OptionsOf<typeof clocked, 1>;
  readonly UpcomingOptions: UpcomingOptions;
  readonly lints: OptionsOf<NonNullable<Schedule["lints"]>, 0>;
  readonly redisBroker: OptionsOf<typeof redisBroker, 1>;
  readonly QuorumOptions: QuorumOptions;
  readonly VirtualTimeOptions: VirtualTimeOptions;
  readonly ConnectOptions: ConnectOptions;
}

/** Names of the optional members of `T` that do not take `undefined`. */
type Exact<T> = {
  [K in keyof T]-?: object extends Pick<T, K>
    ? { [P in K]: undefined } extends Pick<T, K>
      ? never
      : K
    : never;
}[keyof T];

/** `SendOptions.queue` and the like, of every type above. */
type Offenders = { [Name in keyof Everything]: Prefixed<Name, Exact<Everything[Name]>> }[keyof Everything];
type Prefixed<Name extends string, Key> = Key extends string ? `${Name}.${Key}` : never;

// An error here names the members.
export const none: never = null as unknown as Offenders;

interface Sample {
  readonly exact?: number;
  readonly loose?: number | undefined;
  readonly required: number;
}
// The check itself: only `exact` is an offender.
export const found: "Sample.exact" = null as unknown as Prefixed<"Sample", Exact<Sample>>;
