import { ConfigurationError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import {
  assertKnownKeys,
  booleanOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { checkOptions } from "../schedules/crontab/options.js";
import { MOST_DELIVERIES } from "../tasks/message-factory.js";
import type { StoreSource } from "../store/contracts/store.js";
import { HARD_PAYLOAD_LIMIT } from "../tasks/payload.js";
import { LEAST_LEASE_MS, limitOption } from "../tasks/task-options.js";
import { type Environment, readEnvironment } from "./environment.js";
import {
  type Config,
  DEFAULTS,
  MOST_CONCURRENCY,
  MOST_PARTS,
  MOST_PREFETCH,
  OPTION_NAMES,
  type PublishRetry,
  type SunbeatOptions,
} from "./options.js";

const MOST = Number.MAX_SAFE_INTEGER;

/**
 * Checks the options once, fills in the defaults and freezes the result. The entries of `beatSchedule` are checked
 * by the beat, the broker's URL when the app is made. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID,
 * SUNBEAT_DURATION_INVALID, SUNBEAT_TIMEZONE_INVALID, SUNBEAT_CRONTAB_INVALID (for `dst`).
 */
export function resolveOptions(options: SunbeatOptions, env: Environment = readEnvironment()): Config {
  assertKnownKeys(options, OPTION_NAMES, "Sunbeat options");
  const given = withoutUndefined(options);
  const o = { ...DEFAULTS, ...given };
  const timezone = given.timezone ?? env.timezone ?? DEFAULTS.timezone;
  const taskTimeLimitMs = limitOption(o.taskTimeLimit, "taskTimeLimit");
  const taskSoftTimeLimitMs = limitOption(o.taskSoftTimeLimit, "taskSoftTimeLimit");
  if (taskTimeLimitMs !== null && taskSoftTimeLimitMs !== null && taskSoftTimeLimitMs >= taskTimeLimitMs) {
    throw invalidOption("taskSoftTimeLimit", "less than taskTimeLimit", o.taskSoftTimeLimit);
  }
  return Object.freeze({
    broker: brokerOption(given.broker ?? env.broker ?? DEFAULTS.broker),
    timezone,
    dst: checkOptions({ timezone, dst: o.dst }).dst ?? DEFAULTS.dst,
    beatSchedule: beatSchedule(given),
    version: integerOption(o.version, "version", 0, MOST),
    taskDefaultQueue: nameOption(o.taskDefaultQueue, "taskDefaultQueue"),
    taskIgnoreResult: booleanOption(o.taskIgnoreResult, "taskIgnoreResult"),
    taskAlwaysEager: booleanOption(o.taskAlwaysEager, "taskAlwaysEager"),
    taskTrackStarted: booleanOption(o.taskTrackStarted, "taskTrackStarted"),
    taskTimeLimitMs,
    taskSoftTimeLimitMs,
    resultTtlMs: durationOption(o.resultExpires, "resultExpires", 1),
    maxDeliveries: integerOption(o.maxDeliveries, "maxDeliveries", 1, MOST_DELIVERIES),
    payloadLimit: integerOption(o.payloadLimit, "payloadLimit", 1, HARD_PAYLOAD_LIMIT),
    publishRetry: publishRetry(o.taskPublishRetry, o.taskPublishRetryPolicy ?? {}),
    workerConcurrency: integerOption(o.workerConcurrency, "workerConcurrency", 1, MOST_CONCURRENCY),
    workerPrefetchMultiplier: integerOption(
      o.workerPrefetchMultiplier,
      "workerPrefetchMultiplier",
      1,
      MOST_PREFETCH,
    ),
    leaseMs: durationOption(o.lease, "lease", LEAST_LEASE_MS),
    unknownTaskGraceMs: durationOption(o.unknownTaskGrace, "unknownTaskGrace", 0),
    gracePeriodMs: durationOption(o.gracePeriod, "gracePeriod", 0),
    logResults: booleanOption(o.logResults, "logResults"),
    graphLimit: integerOption(o.graphLimit, "graphLimit", 1, MOST_PARTS),
    beatLeaseMs: durationOption(o.beatLease, "beatLease", LEAST_LEASE_MS),
    beatMaxLoopIntervalMs: durationOption(o.beatMaxLoopInterval, "beatMaxLoopInterval", 1_000),
    retention: retention(o.retention),
    logger: o.logger == null ? o.logger : loggerOption(o.logger),
  });
}

/** `undefined` is the same as left out, so it must not hide a default. */
function withoutUndefined(options: SunbeatOptions): Defined<SunbeatOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function textOption(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidOption(what, "text", value);
}

function beatSchedule(options: Defined<SunbeatOptions>): Config["beatSchedule"] {
  const { beatSchedule: camel, beat_schedule: snake } = options;
  if (camel !== undefined && snake !== undefined) {
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      "beatSchedule and beat_schedule are two spellings of one option; give only one of them",
      { details: { option: "beat_schedule" } },
    );
  }
  const entries = camel ?? snake ?? {};
  if (typeof entries !== "object" || entries === null || Array.isArray(entries)) {
    throw invalidOption("beatSchedule", "an object of entries by name", entries);
  }
  return Object.freeze({ ...entries });
}

function publishRetry(
  enabled: unknown,
  given: NonNullable<SunbeatOptions["taskPublishRetryPolicy"]>,
): PublishRetry {
  const what = "taskPublishRetryPolicy";
  const defaults = DEFAULTS.publishRetryPolicy;
  assertKnownKeys(given, Object.keys(defaults), what);
  const maxRetries = integerOption(given.maxRetries ?? defaults.maxRetries, `${what}.maxRetries`, 0, 100);
  return Object.freeze({
    maxRetries: booleanOption(enabled, "taskPublishRetry") ? maxRetries : 0,
    intervalStartMs: durationOption(
      given.intervalStart ?? defaults.intervalStart,
      `${what}.intervalStart`,
      0,
    ),
    intervalStepMs: durationOption(given.intervalStep ?? defaults.intervalStep, `${what}.intervalStep`, 0),
    intervalMaxMs: durationOption(given.intervalMax ?? defaults.intervalMax, `${what}.intervalMax`, 0),
  });
}

function retention(given: NonNullable<SunbeatOptions["retention"]>): Config["retention"] {
  const defaults = DEFAULTS.retention;
  assertKnownKeys(given, Object.keys(defaults), "retention");
  return Object.freeze({
    maxAgeMs: durationOption(given.maxAge ?? defaults.maxAge, "retention.maxAge", 1_000),
    maxRowsPerEntry: integerOption(given.maxRows ?? defaults.maxRows, "retention.maxRows", 1, MOST),
  });
}

function loggerOption(logger: unknown): Logger {
  const methods = ["debug", "info", "warn", "error"] as const;
  if (
    typeof logger === "object" &&
    logger !== null &&
    methods.every((method) => typeof (logger as Partial<Logger>)[method] === "function")
  ) {
    return logger as Logger;
  }
  throw invalidOption(
    "logger",
    "an object with the methods debug, info, warn and error, or null for silence",
    logger,
  );
}

/** What `redisBroker` makes has a way to open it; everything else is a URL, which the app reads. */
function brokerOption(broker: unknown): string | StoreSource {
  const isSource =
    typeof broker === "object" &&
    broker !== null &&
    typeof (broker as Partial<StoreSource>).open === "function";
  return isSource ? (broker as StoreSource) : textOption(broker, "broker");
}
