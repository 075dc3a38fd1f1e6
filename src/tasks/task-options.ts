import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  booleanOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import type { StandardSchema, TaskDefinition, TaskHooks } from "./definition.js";
import { HOOKS, hooksOf } from "./hooks.js";
import { type TaskLane, taskLane } from "./lane.js";
import { MOST_DELIVERIES } from "./message-factory.js";
import { type PoolName, poolNameOption } from "./pool-name.js";
import { type RateLimitOptions, type RateText, resolveTaskRate } from "./rate-limit.js";
import { type ErrorFilter, errorFilter, resolveRetry, type RetryOptions } from "./retry-options.js";
import {
  lockedFunction,
  type LockedOptions,
  type LockName,
  resolveTaskLock,
  type TaskLock,
} from "./task-lock.js";
import { resolveUnique, type TaskUniqueOptions } from "./unique-options.js";

/** Second parameter of `app.task`. Durations: a bare number is seconds. */
export interface TaskOptions extends TaskHooks {
  /** The first parameter of the function is the running task (`TaskContext`). Default false. */
  readonly bind?: boolean | undefined;
  /** Default: as the app's `taskRoutes` say, else its `taskDefaultQueue`. */
  readonly queue?: string | undefined;
  /** 0 to 9; 9 runs first. Default: as the app's `taskRoutes` say, else 0. */
  readonly priority?: number | undefined;
  /** Default: an error that is thrown is final, and a thrown `Retry` is followed up to 3 times after 180 s. */
  readonly retry?: RetryOptions | undefined;
  /**
   * Errors that are expected: such a failure is one info line without a stack. It is a failure all the same, and `retry` says whether
   * it is tried again. A test of the error, or the classes of such errors. Default: none.
   */
  readonly throws?: ErrorFilter | undefined;
  /** The run fails with SUNBEAT_TIME_LIMIT after this long. Null: no limit. Default: the app's `taskTimeLimit`. */
  readonly timeLimit?: Duration | null | undefined;
  /** `signal` aborts after this long. Null: no limit. Default: the app's `taskSoftTimeLimit`. */
  readonly softTimeLimit?: Duration | null | undefined;
  /**
   * How long a worker may be silent before this task goes to another one: longer than the function blocks the event loop.
   * At least 1 s. Default: the app's `lease`.
   */
  readonly lease?: Duration | undefined;
  /**
   * "late" (default): a worker that dies gives the task back, so it runs at least once. "early": it runs at most once: a
   * delivery counts as the only one, and a task whose worker dies is a dead letter.
   */
  readonly acks?: "late" | "early" | undefined;
  /** Default: the app's `taskIgnoreResult`. */
  readonly ignoreResult?: boolean | undefined;
  /** Stores how it failed though its result is ignored. Default false. */
  readonly storeErrorsEvenIfIgnored?: boolean | undefined;
  /** Records are kept of its failures alone: docs/monitoring.md. Default false. */
  readonly ignoreHistory?: boolean | undefined;
  /** Whether its message is kept when it fails for good, to be run again. Default: the app's `keepFailed`. */
  readonly keepFailed?: boolean | undefined;
  /** How long the result is kept. Default: the app's `resultExpires`. */
  readonly resultExpires?: Duration | undefined;
  /**
   * Deliveries without a settled end before the message is a dead letter. Default: the app's `maxDeliveries`; 1 with
   * `acks: "early"`.
   */
  readonly maxDeliveries?: number | undefined;
  /** Stores STARTED when a run begins. Default: the app's `taskTrackStarted`. */
  readonly trackStarted?: boolean | undefined;
  /** Checks and converts the first argument before each run: any Standard Schema. Default: none. */
  readonly input?: StandardSchema | undefined;
  /** A lock that a run needs, by name or with the options of `locked`. Default: none, or that of `locked(...)(fn)`. */
  readonly lock?: string | TaskLockOptions | undefined;
  /**
   * Which pool of a worker runs it: "async" (the worker's own loop), "threads", "processes" or "solo". A worker without that pool
   * runs it in its first. Default: the first.
   */
  readonly pool?: PoolName | undefined;
  /** How often its runs may begin, over all workers: "100/s", "10/m", "1000/h", or with options. Default: without limit. */
  readonly rateLimit?: RateText | RateLimitOptions | undefined;
  /**
   * Whose turn a task takes in a queue that is fair (`taskQueues`), or a function of its arguments that tells; those of one lane keep
   * their order. Default: that of all without one.
   */
  readonly lane?: TaskLane | undefined;
  /** One message of its key is to be there at a time: docs/limits.md. `unique` of a send goes before it. Default: none. */
  readonly unique?: TaskUniqueOptions | undefined;
}

/** `lock` of a task: as `locked(name, options)`. */
export interface TaskLockOptions extends LockedOptions {
  readonly name: LockName;
}

/** What an app says for tasks that leave it open. */
export interface TaskDefaults {
  readonly ignoreResult: boolean;
  readonly resultTtlMs: number;
  readonly maxDeliveries: number;
  readonly trackStarted: boolean;
  readonly timeLimitMs: number | null;
  readonly softTimeLimitMs: number | null;
  /** Default true. */
  readonly keepFailed?: boolean;
}

const TASK_OPTIONS = [
  "bind",
  "queue",
  "priority",
  "retry",
  "throws",
  "timeLimit",
  "softTimeLimit",
  "lease",
  "acks",
  "ignoreResult",
  "storeErrorsEvenIfIgnored",
  "ignoreHistory",
  "keepFailed",
  "resultExpires",
  "maxDeliveries",
  "trackStarted",
  "input",
  "lock",
  "pool",
  "rateLimit",
  "lane",
  "unique",
  ...HOOKS,
] as const satisfies readonly (keyof TaskOptions)[];

/** The shortest lease of a delivery. */
export const LEAST_LEASE_MS = 1_000;

function inputOf(input: unknown, what: string): StandardSchema | null {
  if (input === undefined) return null;
  // Schemas of some libraries are functions.
  const standard =
    (typeof input === "object" || typeof input === "function") && input !== null
      ? (input as Partial<StandardSchema>)["~standard"]
      : undefined;
  if (standard?.version === 1 && typeof standard.validate === "function") return input as StandardSchema;
  throw invalidOption(what, "a Standard Schema, version 1 (zod, valibot, arktype and others)", input);
}

/** The lock of the option or of the function, and the function without it. */
function lockOf(
  lock: TaskOptions["lock"],
  fn: TaskDefinition["fn"],
  what: string,
): { readonly lock: TaskLock | null; readonly fn: TaskDefinition["fn"] } {
  const locked = lockedFunction(fn);
  if (lock === undefined) return { lock: locked?.lock ?? null, fn: locked?.inner ?? fn };
  if (locked !== undefined)
    throw invalidOption(what, "nothing: the function has a lock by locked(...)", lock);
  if (typeof lock === "string") return { lock: resolveTaskLock(lock), fn };
  if (typeof lock !== "object" || lock === null)
    throw invalidOption(what, "a name, or { name, capacity, ... }", lock);
  const { name, ...options } = lock;
  return { lock: resolveTaskLock(name, options), fn };
}

/** Null for "no limit". */
export function limitOption(value: Duration | null, what: string): number | null {
  return value === null ? null : durationOption(value, what, 1);
}

/**
 * A task's definition, checked once. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID,
 * SUNBEAT_DURATION_INVALID.
 */
export function resolveTask(
  name: string,
  options: TaskOptions,
  fn: TaskDefinition["fn"],
  defaults: TaskDefaults,
): TaskDefinition {
  nameOption(name, "task name");
  const at = (option: string): string => `task ${name}: ${option}`;
  assertKnownKeys(options, TASK_OPTIONS, `task ${name}`);
  if (typeof fn !== "function") throw invalidOption(at("last parameter"), "a function", fn);
  const { bind, queue, priority, acks, ignoreResult, resultExpires, maxDeliveries, trackStarted } = options;
  const { timeLimit, softTimeLimit, lease } = options;
  const timeLimitMs =
    timeLimit === undefined ? defaults.timeLimitMs : limitOption(timeLimit, at("timeLimit"));
  const softTimeLimitMs =
    softTimeLimit === undefined ? defaults.softTimeLimitMs : limitOption(softTimeLimit, at("softTimeLimit"));
  if (softTimeLimit !== undefined && timeLimitMs !== null && softTimeLimitMs !== null) {
    if (softTimeLimitMs >= timeLimitMs) {
      throw invalidOption(
        at("softTimeLimit"),
        `less than the time limit of ${timeLimitMs} ms`,
        softTimeLimit,
      );
    }
  }
  const isOnce = acks === "early";
  if (isOnce && maxDeliveries !== undefined && maxDeliveries !== 1) {
    throw invalidOption(at("maxDeliveries"), '1: with acks "early" it runs at most once', maxDeliveries);
  }
  return Object.freeze({
    name,
    ...lockOf(options.lock, fn, at("lock")),
    bind: bind === undefined ? false : booleanOption(bind, at("bind")),
    queue: queue === undefined ? null : nameOption(queue, at("queue")),
    priority: priority === undefined ? null : integerOption(priority, at("priority"), 0, 9),
    retry: resolveRetry(options.retry, at("retry")),
    isExpected: options.throws === undefined ? () => false : errorFilter(options.throws, at("throws")),
    acks: acks === undefined ? "late" : choiceOption(acks, at("acks"), ["late", "early"]),
    timeLimitMs,
    softTimeLimitMs,
    leaseMs: lease === undefined ? null : durationOption(lease, at("lease"), LEAST_LEASE_MS),
    ignoreResult:
      ignoreResult === undefined ? defaults.ignoreResult : booleanOption(ignoreResult, at("ignoreResult")),
    storeErrorsEvenIfIgnored:
      options.storeErrorsEvenIfIgnored === undefined
        ? false
        : booleanOption(options.storeErrorsEvenIfIgnored, at("storeErrorsEvenIfIgnored")),
    ignoreHistory:
      options.ignoreHistory === undefined ? false : booleanOption(options.ignoreHistory, at("ignoreHistory")),
    keepFailed:
      options.keepFailed === undefined
        ? (defaults.keepFailed ?? true)
        : booleanOption(options.keepFailed, at("keepFailed")),
    resultTtlMs:
      resultExpires === undefined
        ? defaults.resultTtlMs
        : durationOption(resultExpires, at("resultExpires"), 1),
    maxDeliveries:
      maxDeliveries === undefined
        ? isOnce
          ? 1
          : defaults.maxDeliveries
        : integerOption(maxDeliveries, at("maxDeliveries"), 1, MOST_DELIVERIES),
    trackStarted:
      trackStarted === undefined ? defaults.trackStarted : booleanOption(trackStarted, at("trackStarted")),
    input: inputOf(options.input, at("input")),
    pool: options.pool === undefined ? null : poolNameOption(options.pool, at("pool")),
    rateLimit: options.rateLimit === undefined ? null : resolveTaskRate(options.rateLimit, at("rateLimit")),
    lane: options.lane === undefined ? null : taskLane(options.lane, at("lane")),
    unique: options.unique === undefined ? null : resolveUnique(options.unique, at("unique"), "task"),
    hooks: hooksOf(options, at),
  });
}
