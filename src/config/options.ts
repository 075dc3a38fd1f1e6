import { HISTORY_DEFAULTS, type HistoryConfig, type HistoryOptions } from "./history.js";
import type { EntryOptions } from "../beat/entry-options.js";
import type { Duration } from "../core/duration.js";
import type { Logger } from "../core/logger.js";
import type { HttpConfig, HttpOptions } from "../http/options.js";
import type { AlertsConfig, AlertsOptions } from "../monitor/options.js";
import type { CalendarData, Days, DstOption } from "../schedules/index.js";
import type { HealthPort } from "./health.js";
import type { EncryptionConfig, EncryptionOptions, SigningConfig, SigningOptions } from "./keys.js";
import type { QueueConfig, QueueOptions } from "./task-queues.js";
import type { StoreSource } from "../store/contracts/store.js";
import type { PoolName } from "../tasks/pool-name.js";
import type { TaskRoutes } from "../tasks/route.js";
import type { TaskRouter } from "./task-routes.js";

/** The name of a pool; "prefork", as Celery calls it, is "processes". */
export type PoolOption = PoolName | "prefork";
/** Bounds of the slots of a worker. Text: "max,min", such as "10,3". */
export type AutoscaleOption = string | { readonly max: number; readonly min: number };

/** How a send is repeated when the store says that it may succeed later. Each wait is the last plus a step. */
export interface PublishRetryPolicy {
  /** Tries after the first one. Default 3. */
  readonly maxRetries?: number | undefined;
  /** Wait before the first retry. Default 0. */
  readonly intervalStart?: Duration | undefined;
  /** What each further wait is longer. Default 0.2 s. */
  readonly intervalStep?: Duration | undefined;
  /** No wait is longer. Default 1 s. */
  readonly intervalMax?: Duration | undefined;
}

/** How long the ledger of each entry is kept. Whichever bound is reached first holds. */
export interface RetentionOptions {
  /** Default 30 days. */
  readonly maxAge?: Duration | undefined;
  /** Rows of one entry. Default 10,000. */
  readonly maxRows?: number | undefined;
}

/**
 * Options of `new Sunbeat(name, options)`. All are optional; `undefined` is the same as left out. Durations: a bare
 * number is seconds.
 */
export interface SunbeatOptions {
  /**
   * Where queue, results and entries live: "memory:" (this process, nothing kept), "sqlite:<path>" (relative to the
   * working directory), "redis://...", "rediss://...", "redis+sentinel://...", "redis+cluster://...", or what `redisBroker`
   * of sunbeat/redis makes of a client. Default: SUNBEAT_BROKER, else "sqlite:./sunbeat.db".
   */
  readonly broker?: string | StoreSource | undefined;
  /** IANA time zone of crontabs that name none. Default: SUNBEAT_TIMEZONE, else "UTC". */
  readonly timezone?: string | undefined;
  /** What crontabs that do not say do when the zone's offset changes. Default "vixie". */
  readonly dst?: DstOption | undefined;
  /** What "business" means in schedules that do not say. Without it Monday to Friday. */
  readonly businessDays?: Days | undefined;
  /** Calendars of days off that this code declares: `holidays(name)` in schedules. A beat stores them when it starts. */
  readonly calendars?: readonly CalendarData[] | undefined;
  /** Entries that this code declares, by name. What leaves the code is disabled, then removed. */
  readonly beatSchedule?: Readonly<Record<string, EntryOptions>> | undefined;
  /** Another spelling of `beatSchedule`; only one of the two may be given. */
  readonly beat_schedule?: Readonly<Record<string, EntryOptions>> | undefined;
  /** Number of this deploy, 0 or more: a beat with a lower one does not overwrite entries of a higher. Default 0. */
  readonly version?: number | undefined;
  /**
   * Files that declare tasks: paths and patterns (`*`, `**`, `?`, `{a,b}`) relative to the app's file, which the command line and
   * children import behind it, and a program with `app.importTasks()`. Default: none.
   */
  readonly include?: readonly string[] | undefined;

  /** Queue of tasks that name none, and what a worker listens to. Default "default". */
  readonly taskDefaultQueue?: string | undefined;
  /** Queues that are fair or have a bound, by name. A worker takes from them, too. */
  readonly taskQueues?: Readonly<Record<string, QueueOptions>> | undefined;
  /**
   * Queues of tasks that name none, nor does their send: by name or pattern, or by a function. A worker takes from the queues that it
   * names, too. Default: `taskDefaultQueue` for all.
   */
  readonly taskRoutes?: TaskRoutes | undefined;
  /** Default of the task option `ignoreResult`. Default false. */
  readonly taskIgnoreResult?: boolean | undefined;
  /**
   * Whether whatever is sent runs at once, in this process, and `delay` resolves when it has ended: for tests. Nothing of it reaches the
   * broker. Default false.
   */
  readonly taskAlwaysEager?: boolean | undefined;
  /** Default of the task option `trackStarted`. Default false. */
  readonly taskTrackStarted?: boolean | undefined;
  /** Default of the task option `timeLimit`. Default null: no limit. */
  readonly taskTimeLimit?: Duration | null | undefined;
  /** Default of the task option `softTimeLimit`. Default null: no limit. */
  readonly taskSoftTimeLimit?: Duration | null | undefined;
  /** Default of the task option `resultExpires`. Default 1 day. */
  readonly resultExpires?: Duration | undefined;
  /** Default of the task option `maxDeliveries`. Default 5. */
  readonly maxDeliveries?: number | undefined;
  /** Bytes of JSON that the arguments or the result of one task may take. Default 1 MiB, at most 16 MiB. */
  readonly payloadLimit?: number | undefined;
  /** Whether a send that the store could not take for the moment is tried again. Default true. */
  readonly taskPublishRetry?: boolean | undefined;
  readonly taskPublishRetryPolicy?: PublishRetryPolicy | undefined;

  /**
   * What runs the tasks of a worker: "async" (its own loop), "threads", "processes" (also "prefork") or "solo" (its own loop, one at a
   * time); a list for several, of which the first runs what names none. Default "async".
   */
  readonly workerPool?: PoolOption | readonly PoolOption[] | undefined;
  /**
   * Tasks that one worker runs at once: a number for its first pool, or a list with one for each. Without it 8 in "async", as many
   * as there are processors in "threads" and "processes"; "solo" has 1. Default: SUNBEAT_CONCURRENCY, "100,4" for two pools.
   */
  readonly workerConcurrency?: number | readonly number[] | undefined;
  /** Bounds between which a worker with one pool has as many slots as there is work for. Default: `workerConcurrency` holds. */
  readonly workerAutoscale?: AutoscaleOption | undefined;
  /** A child of "threads" or "processes" is replaced after so many runs. Default: never. */
  readonly workerMaxTasksPerChild?: number | undefined;
  /** A child of "processes" is replaced when it has more memory after a run: bytes, or text such as "200MB". Default: never. */
  readonly workerMaxMemoryPerChild?: number | string | undefined;
  /**
   * Whether what tasks write to stdout and stderr becomes log lines; in "async" and "solo" what they give `console`. Without it those of
   * "threads" and "processes" do.
   */
  readonly workerRedirectStdouts?: boolean | undefined;
  /**
   * Names of environment variables that children see beside those that every program needs, such as PATH, and SUNBEAT_*; one may end in
   * "*": "AWS_*", or "*" for all. Default: none.
   */
  readonly workerChildEnv?: readonly string[] | undefined;
  /** How long a task that is revoked may take to end before its child is killed. Default 1 s. */
  readonly terminateGrace?: Duration | undefined;
  /** Deliveries a worker takes for each free slot. Default 2. */
  readonly workerPrefetchMultiplier?: number | undefined;
  /** Whether workers and beats answer to `inspect` and `control`. Default true. */
  readonly workerEnableRemoteControl?: boolean | undefined;
  /** How long a delivery stays with a worker that has fallen silent. At least 1 s. Default 30 s. */
  readonly lease?: Duration | undefined;
  /**
   * How long a message is left to other workers, from its first meeting with one that does not know its task or its form.
   * Then it is a dead letter. Default 60 s.
   */
  readonly unknownTaskGrace?: Duration | undefined;
  /** How long a worker that stops waits for running tasks before it aborts their signals. Default 30 s. */
  readonly gracePeriod?: Duration | undefined;
  /**
   * Whether a worker and its beat tell their events to other processes without anybody's watch: for readers that are not ours. Default
   * false: they tell what `app.events.watch` and `sunbeat events` ask for, while they do.
   */
  readonly workerSendTaskEvents?: boolean | undefined;
  /** Whether who sends a task tells `task-sent` to other processes that watch. Default false: to listeners of its own. */
  readonly taskSendSentEvent?: boolean | undefined;
  /** Whether log lines show what tasks returned. Default false: results may be secret. */
  readonly logResults?: boolean | undefined;

  /** Tasks that one graph may have, those that it grows while it runs among them. Default 100,000, at most 1,000,000. */
  readonly graphLimit?: number | undefined;

  /** Whom the task `sunbeat.http` may ask, and by which secrets it signs. Default: no worker of this app has the task. */
  readonly http?: HttpOptions | undefined;
  /** Who may send: messages, results and entries are signed and checked (docs/security.md). Default: nobody signs. */
  readonly signing?: SigningOptions | undefined;
  /** Seals arguments and results for those who read the store (docs/security.md). Default: they are readable. */
  readonly encryption?: EncryptionOptions | undefined;

  /** Jitter of entries that name none: they are sent up to so long after each due time. Default 0. */
  readonly spread?: Duration | undefined;
  /** How long the lead stays with a beat that has fallen silent. At least 1 s. Default 15 s. */
  readonly beatLease?: Duration | undefined;
  /** The beat looks at the store at least so often, whatever is due. At least 1 s. Default 5 min. */
  readonly beatMaxLoopInterval?: Duration | undefined;
  readonly retention?: RetentionOptions | undefined;
  /** What is kept of tasks that have ended: docs/monitoring.md. */
  readonly history?: HistoryOptions | undefined;
  /** Whether the message of a task that fails for good is kept, to be run again (`dead list --reason failed`). Default true. */
  readonly keepFailed?: boolean | undefined;
  /** How long it is kept; of a queue at most 10,000, and 64 MB. Default 7 days. */
  readonly failedRetention?: Duration | undefined;

  /**
   * Who is told of what is wrong: ticks that nobody sends, runs that fail, queues that nobody empties, workers that are lost
   * (docs/alerts.md). Each worker and beat looks, and one of them acts. False: this process does not look. Default: events, signals and the log
   * alone.
   */
  readonly alerts?: AlertsOptions | false | undefined;
  /**
   * Where workers and beats answer probes and give their metrics (docs/monitoring.md): a port of this machine, or "host:port". Default: nowhere.
   */
  readonly health?: string | number | undefined;

  /**
   * Where log lines go: anything with debug, info, warn and error, such as a pino logger or `console`. Default: warnings
   * and errors to stderr. Null: nowhere. The command line has a log of its own, which an app's logger replaces.
   */
  readonly logger?: Logger | null | undefined;
  /**
   * Names of fields whose values log lines show as "**", however deep they stand and however they are written. Those that end in
   * password, passwd, secret or token are hidden anyway. Default: none.
   */
  readonly redact?: readonly string[] | undefined;
}

export const OPTION_NAMES = [
  "broker",
  "timezone",
  "dst",
  "businessDays",
  "calendars",
  "beatSchedule",
  "beat_schedule",
  "version",
  "include",
  "taskDefaultQueue",
  "taskQueues",
  "taskRoutes",
  "taskIgnoreResult",
  "taskAlwaysEager",
  "taskTrackStarted",
  "taskTimeLimit",
  "taskSoftTimeLimit",
  "resultExpires",
  "maxDeliveries",
  "payloadLimit",
  "taskPublishRetry",
  "taskPublishRetryPolicy",
  "workerPool",
  "workerConcurrency",
  "workerAutoscale",
  "workerMaxTasksPerChild",
  "workerMaxMemoryPerChild",
  "workerRedirectStdouts",
  "workerChildEnv",
  "terminateGrace",
  "workerPrefetchMultiplier",
  "workerEnableRemoteControl",
  "lease",
  "unknownTaskGrace",
  "gracePeriod",
  "workerSendTaskEvents",
  "taskSendSentEvent",
  "logResults",
  "graphLimit",
  "http",
  "signing",
  "encryption",
  "spread",
  "beatLease",
  "beatMaxLoopInterval",
  "retention",
  "alerts",
  "health",
  "history",
  "keepFailed",
  "failedRetention",
  "logger",
  "redact",
] as const satisfies readonly (keyof SunbeatOptions)[];

/** The options after their check: every default filled in, durations in milliseconds, frozen. */
export interface Config {
  readonly broker: string | StoreSource;
  readonly timezone: string;
  readonly dst: DstOption;
  /** Null: Monday to Friday. */
  readonly businessDays: Days | null;
  /** Checked; each name once. */
  readonly calendars: readonly CalendarData[];
  readonly beatSchedule: Readonly<Record<string, EntryOptions>>;
  readonly version: number;
  readonly include: readonly string[];
  readonly taskDefaultQueue: string;
  readonly taskQueues: ReadonlyMap<string, QueueConfig>;
  /** Null: there are none. */
  readonly taskRoutes: TaskRouter | null;
  readonly taskIgnoreResult: boolean;
  readonly taskAlwaysEager: boolean;
  readonly taskTrackStarted: boolean;
  readonly taskTimeLimitMs: number | null;
  readonly taskSoftTimeLimitMs: number | null;
  readonly resultTtlMs: number;
  readonly maxDeliveries: number;
  readonly payloadLimit: number;
  readonly publishRetry: PublishRetry;
  readonly workerPool: readonly PoolName[];
  /** Null: the defaults of the pools. */
  readonly workerConcurrency: readonly number[] | null;
  readonly workerAutoscale: { readonly max: number; readonly min: number } | null;
  readonly workerMaxTasksPerChild: number | null;
  readonly workerMaxMemoryPerChildBytes: number | null;
  /** Null: as the pool says. */
  readonly workerRedirectStdouts: boolean | null;
  readonly workerChildEnv: readonly string[];
  readonly terminateGraceMs: number;
  readonly workerPrefetchMultiplier: number;
  readonly workerEnableRemoteControl: boolean;
  readonly leaseMs: number;
  readonly unknownTaskGraceMs: number;
  readonly gracePeriodMs: number;
  readonly workerSendTaskEvents: boolean;
  readonly taskSendSentEvent: boolean;
  readonly logResults: boolean;
  readonly graphLimit: number;
  /** Null: workers do not have the task `sunbeat.http`. */
  readonly http: HttpConfig | null;
  /** Null: nothing is signed. */
  readonly signing: SigningConfig | null;
  /** Null: nothing is sealed. */
  readonly encryption: EncryptionConfig | null;
  readonly spreadMs: number;
  readonly beatLeaseMs: number;
  readonly beatMaxLoopIntervalMs: number;
  readonly history: HistoryConfig;
  readonly keepFailed: boolean;
  readonly failedRetentionMs: number;
  readonly retention: { readonly maxAgeMs: number; readonly maxRowsPerEntry: number };
  /** Null: this process does not look. */
  readonly alerts: AlertsConfig | null;
  /** Null: nowhere. */
  readonly health: HealthPort | null;
  /** Null: silence is wanted; undefined: nothing was said. */
  readonly logger: Logger | null | undefined;
  readonly redact: readonly string[];
}

export interface PublishRetry {
  /** 0: a send is not repeated. */
  readonly maxRetries: number;
  readonly intervalStartMs: number;
  readonly intervalStepMs: number;
  readonly intervalMaxMs: number;
}

/** Slots of the pools that have neither a number of their own nor one by the machine. */
export const ASYNC_CONCURRENCY = 8;
/** Bounds of `workerConcurrency` and `workerPrefetchMultiplier`. */
export const MOST_CONCURRENCY = 100_000;
export const MOST_PREFETCH = 1_000;
/** The highest `graphLimit`. */
export const MOST_PARTS = 1_000_000;

/** Every default in one place, as a user would write it. */
export const DEFAULTS = {
  broker: "sqlite:./sunbeat.db",
  timezone: "UTC",
  dst: "vixie",
  version: 0,
  include: [],
  taskDefaultQueue: "default",
  taskIgnoreResult: false,
  taskAlwaysEager: false,
  taskTrackStarted: false,
  taskTimeLimit: null,
  taskSoftTimeLimit: null,
  resultExpires: "1d",
  maxDeliveries: 5,
  payloadLimit: 1_048_576,
  taskPublishRetry: true,
  publishRetryPolicy: { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 },
  workerPool: "async",
  workerChildEnv: [],
  terminateGrace: 1,
  workerPrefetchMultiplier: 2,
  workerEnableRemoteControl: true,
  lease: 30,
  unknownTaskGrace: 60,
  gracePeriod: 30,
  workerSendTaskEvents: false,
  taskSendSentEvent: false,
  logResults: false,
  graphLimit: 100_000,
  spread: 0,
  beatLease: 15,
  beatMaxLoopInterval: "5m",
  retention: { maxAge: "30d", maxRows: 10_000 },
  history: HISTORY_DEFAULTS,
  keepFailed: true,
  failedRetention: "7d",
  redact: [],
} as const;
