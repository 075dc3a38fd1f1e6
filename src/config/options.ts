import type { EntryOptions } from "../beat/entry-options.js";
import type { Duration } from "../core/duration.js";
import type { Logger } from "../core/logger.js";
import type { DstOption } from "../schedules/index.js";
import type { StoreSource } from "../store/contracts/store.js";

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
  /** Entries that this code declares, by name. What leaves the code is disabled, then removed. */
  readonly beatSchedule?: Readonly<Record<string, EntryOptions>> | undefined;
  /** Another spelling of `beatSchedule`; only one of the two may be given. */
  readonly beat_schedule?: Readonly<Record<string, EntryOptions>> | undefined;
  /** Number of this deploy, 0 or more: a beat with a lower one does not overwrite entries of a higher. Default 0. */
  readonly version?: number | undefined;

  /** Queue of tasks that name none, and what a worker listens to. Default "default". */
  readonly taskDefaultQueue?: string | undefined;
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

  /** Tasks that one worker runs at once. Default 8. */
  readonly workerConcurrency?: number | undefined;
  /** Deliveries a worker takes for each free slot. Default 2. */
  readonly workerPrefetchMultiplier?: number | undefined;
  /** How long a delivery stays with a worker that has fallen silent. At least 1 s. Default 30 s. */
  readonly lease?: Duration | undefined;
  /**
   * How long a message is left to other workers, from its first meeting with one that does not know its task or its form.
   * Then it is a dead letter. Default 60 s.
   */
  readonly unknownTaskGrace?: Duration | undefined;
  /** How long a worker that stops waits for running tasks before it aborts their signals. Default 30 s. */
  readonly gracePeriod?: Duration | undefined;
  /** Whether log lines show what tasks returned. Default false: results may be secret. */
  readonly logResults?: boolean | undefined;

  /** Tasks that one graph may have, those that it grows while it runs among them. Default 100,000, at most 1,000,000. */
  readonly graphLimit?: number | undefined;

  /** How long the lead stays with a beat that has fallen silent. At least 1 s. Default 15 s. */
  readonly beatLease?: Duration | undefined;
  /** The beat looks at the store at least so often, whatever is due. At least 1 s. Default 5 min. */
  readonly beatMaxLoopInterval?: Duration | undefined;
  readonly retention?: RetentionOptions | undefined;

  /**
   * Where log lines go: anything with debug, info, warn and error, such as a pino logger or `console`. Default: warnings
   * and errors to stderr. Null: nowhere. The command line has a log of its own, which an app's logger replaces.
   */
  readonly logger?: Logger | null | undefined;
}

export const OPTION_NAMES = [
  "broker",
  "timezone",
  "dst",
  "beatSchedule",
  "beat_schedule",
  "version",
  "taskDefaultQueue",
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
  "workerConcurrency",
  "workerPrefetchMultiplier",
  "lease",
  "unknownTaskGrace",
  "gracePeriod",
  "logResults",
  "graphLimit",
  "beatLease",
  "beatMaxLoopInterval",
  "retention",
  "logger",
] as const satisfies readonly (keyof SunbeatOptions)[];

/** The options after their check: every default filled in, durations in milliseconds, frozen. */
export interface Config {
  readonly broker: string | StoreSource;
  readonly timezone: string;
  readonly dst: DstOption;
  readonly beatSchedule: Readonly<Record<string, EntryOptions>>;
  readonly version: number;
  readonly taskDefaultQueue: string;
  readonly taskIgnoreResult: boolean;
  readonly taskAlwaysEager: boolean;
  readonly taskTrackStarted: boolean;
  readonly taskTimeLimitMs: number | null;
  readonly taskSoftTimeLimitMs: number | null;
  readonly resultTtlMs: number;
  readonly maxDeliveries: number;
  readonly payloadLimit: number;
  readonly publishRetry: PublishRetry;
  readonly workerConcurrency: number;
  readonly workerPrefetchMultiplier: number;
  readonly leaseMs: number;
  readonly unknownTaskGraceMs: number;
  readonly gracePeriodMs: number;
  readonly logResults: boolean;
  readonly graphLimit: number;
  readonly beatLeaseMs: number;
  readonly beatMaxLoopIntervalMs: number;
  readonly retention: { readonly maxAgeMs: number; readonly maxRowsPerEntry: number };
  /** Null: silence is wanted; undefined: nothing was said. */
  readonly logger: Logger | null | undefined;
}

export interface PublishRetry {
  /** 0: a send is not repeated. */
  readonly maxRetries: number;
  readonly intervalStartMs: number;
  readonly intervalStepMs: number;
  readonly intervalMaxMs: number;
}

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
  workerConcurrency: 8,
  workerPrefetchMultiplier: 2,
  lease: 30,
  unknownTaskGrace: 60,
  gracePeriod: 30,
  logResults: false,
  graphLimit: 100_000,
  beatLease: 15,
  beatMaxLoopInterval: "5m",
  retention: { maxAge: "30d", maxRows: 10_000 },
} as const;
