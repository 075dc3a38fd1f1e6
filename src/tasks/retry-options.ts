/** Which errors lead to another try, and when: the option `retry` of a task. */
import type { Duration } from "../core/duration.js";
import { isSunbeatError } from "../core/errors.js";
import {
  assertKnownKeys,
  booleanOption,
  durationOption,
  integerOption,
  invalidOption,
} from "../core/options.js";
import type { RetryPolicy } from "./definition.js";

/** An error class, as it stands in `retry.on`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Some of what a task may throw: a test of the error, or the classes of such errors. */
export type ErrorFilter = ((error: unknown) => boolean) | readonly ErrorClass[];

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
  /**
   * What is worth another try: a test of the error, or the classes of such errors. Default: every error but SUNBEAT_TIME_LIMIT,
   * the end of a run that outlasted its `timeLimit`.
   */
  readonly on?: ErrorFilter | undefined;
  /** What is not, though `on` says that it is. Default: none. */
  readonly except?: ErrorFilter | undefined;
}

const RETRY_OPTIONS = [
  "max",
  "delay",
  "backoff",
  "maxDelay",
  "jitter",
  "on",
  "except",
] as const satisfies readonly (keyof RetryOptions)[];

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

export function resolveRetry(options: RetryOptions | undefined, what: string): RetryPolicy {
  if (options === undefined) return ONLY_ON_REQUEST;
  assertKnownKeys(options, RETRY_OPTIONS, what);
  const { max, delay, backoff, maxDelay, jitter } = options;
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
    on: worthATry(options, what),
  };
}

function worthATry({ on, except }: RetryOptions, what: string): RetryPolicy["on"] {
  const isWorth = on === undefined ? isNoTimeLimit : errorFilter(on, `${what}.on`);
  if (except === undefined) return isWorth;
  const isExcepted = errorFilter(except, `${what}.except`);
  return (error) => !isExcepted(error) && isWorth(error);
}

/** It would most likely outlast its limit again, and in the worker's own loop its function may still be running. */
function isNoTimeLimit(error: unknown): boolean {
  return !isSunbeatError(error) || error.code !== "SUNBEAT_TIME_LIMIT";
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && (value === Error || value.prototype instanceof Error);
}

/** The test that an option names. Code: SUNBEAT_OPTION_INVALID. */
export function errorFilter(filter: ErrorFilter, what: string): (error: unknown) => boolean {
  if (isErrorClass(filter)) {
    throw invalidOption(what, "a list of error classes, [MyError], or a test", filter.name);
  }
  if (typeof filter === "function") return filter;
  if (!Array.isArray(filter) || !filter.every(isErrorClass)) {
    throw invalidOption(what, "a function (error) => boolean, or a list of error classes", filter);
  }
  return (error) => filter.some((errorClass) => error instanceof errorClass);
}
