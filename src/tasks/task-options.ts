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
import type { RetryPolicy, StandardSchema, TaskDefinition } from "./definition.js";
import { MOST_DELIVERIES } from "./message-factory.js";
import {
  lockedFunction,
  type LockedOptions,
  type LockName,
  resolveTaskLock,
  type TaskLock,
} from "./task-lock.js";

/** An error class, as it stands in `retry.on`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

export interface RetryOptions {
  /** Tries after the first one. Default 3. */
  readonly max?: number | undefined;
  /** Wait before a retry. Default 180 s, with `backoff` 1 s. */
  readonly delay?: Duration | undefined;
  /** Doubles the wait with every retry. Default false. */
  readonly backoff?: boolean | undefined;
  /** No wait is longer. Default 10 min, or `delay` where that is longer. */
  readonly maxDelay?: Duration | undefined;
  /** Spreads each wait over [0, wait]. Default: as `backoff`. */
  readonly jitter?: boolean | undefined;
  /** What is worth another try: a test of the error, or the classes of such errors. Default: every error. */
  readonly on?: ((error: unknown) => boolean) | readonly ErrorClass[] | undefined;
}

/** Second parameter of `app.task`. Durations: a bare number is seconds. */
export interface TaskOptions {
  /** The first parameter of the function is the running task (`TaskContext`). Default false. */
  readonly bind?: boolean | undefined;
  /** Default: the app's `taskDefaultQueue`. */
  readonly queue?: string | undefined;
  /** 0 to 9; 9 runs first. Default 0. */
  readonly priority?: number | undefined;
  /** Default: an error that is thrown is final, and a thrown `Retry` is followed up to 3 times after 180 s. */
  readonly retry?: RetryOptions | undefined;
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
}

const TASK_OPTIONS = [
  "bind",
  "queue",
  "priority",
  "retry",
  "timeLimit",
  "softTimeLimit",
  "lease",
  "acks",
  "ignoreResult",
  "resultExpires",
  "maxDeliveries",
  "trackStarted",
  "input",
  "lock",
] as const satisfies readonly (keyof TaskOptions)[];

const RETRY_OPTIONS = [
  "max",
  "delay",
  "backoff",
  "maxDelay",
  "jitter",
  "on",
] as const satisfies readonly (keyof RetryOptions)[];

/** The shortest lease of a delivery. */
export const LEAST_LEASE_MS = 1_000;

const DEFAULT_MAX_RETRIES = 3;
const MOST_RETRIES = 1_000_000;
const DEFAULT_DELAY_MS = 180_000;
const DEFAULT_BACKOFF_MS = 1_000;
const DEFAULT_MAX_DELAY_MS = 600_000;

/** Without a `retry` option only a thrown `Retry` leads to another try. */
const ONLY_ON_REQUEST: RetryPolicy = {
  max: DEFAULT_MAX_RETRIES,
  delayMs: DEFAULT_DELAY_MS,
  backoff: false,
  maxDelayMs: DEFAULT_MAX_DELAY_MS,
  jitter: false,
  on: () => false,
};

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && (value === Error || value.prototype instanceof Error);
}

function retryOn(on: RetryOptions["on"], what: string): RetryPolicy["on"] {
  if (on === undefined) return () => true;
  if (isErrorClass(on)) throw invalidOption(what, "a list of error classes, [MyError], or a test", on.name);
  if (typeof on === "function") return on;
  if (!Array.isArray(on) || !on.every(isErrorClass)) {
    throw invalidOption(what, "a function (error) => boolean, or a list of error classes", on);
  }
  return (error) => on.some((errorClass) => error instanceof errorClass);
}

function resolveRetry(options: RetryOptions | undefined, what: string): RetryPolicy {
  if (options === undefined) return ONLY_ON_REQUEST;
  assertKnownKeys(options, RETRY_OPTIONS, what);
  const { max, delay, backoff, maxDelay, jitter, on } = options;
  const grows = backoff === undefined ? false : booleanOption(backoff, `${what}.backoff`);
  const delayMs =
    delay === undefined
      ? grows
        ? DEFAULT_BACKOFF_MS
        : DEFAULT_DELAY_MS
      : durationOption(delay, `${what}.delay`, 0);
  return {
    max: max === undefined ? DEFAULT_MAX_RETRIES : integerOption(max, `${what}.max`, 0, MOST_RETRIES),
    delayMs,
    backoff: grows,
    maxDelayMs:
      maxDelay === undefined
        ? Math.max(delayMs, DEFAULT_MAX_DELAY_MS)
        : durationOption(maxDelay, `${what}.maxDelay`, 0),
    jitter: jitter === undefined ? grows : booleanOption(jitter, `${what}.jitter`),
    on: retryOn(on, `${what}.on`),
  };
}

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
export function defineTask(
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
    priority: priority === undefined ? 0 : integerOption(priority, at("priority"), 0, 9),
    retry: resolveRetry(options.retry, at("retry")),
    acks: acks === undefined ? "late" : choiceOption(acks, at("acks"), ["late", "early"]),
    timeLimitMs,
    softTimeLimitMs,
    leaseMs: lease === undefined ? null : durationOption(lease, at("lease"), LEAST_LEASE_MS),
    ignoreResult:
      ignoreResult === undefined ? defaults.ignoreResult : booleanOption(ignoreResult, at("ignoreResult")),
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
  });
}
