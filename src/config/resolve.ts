import { ConfigurationError } from "../core/errors.js";
import { loggerOption } from "../core/logger-option.js";
import {
  assertKnownKeys,
  booleanOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
  textsOption,
} from "../core/options.js";
import { resolveHttp } from "../http/options.js";
import { resolveAlerts } from "../monitor/options.js";
import { type CalendarData, checkCalendar, type Days, isDays } from "../schedules/index.js";
import { checkOptions } from "../schedules/crontab/options.js";
import { MOST_DELIVERIES } from "../tasks/message-factory.js";
import type { StoreSource } from "../store/contracts/store.js";
import { HARD_PAYLOAD_LIMIT } from "../tasks/payload.js";
import { LEAST_LEASE_MS, limitOption } from "../tasks/task-options.js";
import { checkedFrom, type Environment, readEnvironment } from "./environment.js";
import { healthOption } from "./health.js";
import { historyOption } from "./history.js";
import { encryptionOption, signingOption } from "./keys.js";
import {
  type Config,
  DEFAULTS,
  MOST_PARTS,
  MOST_PREFETCH,
  OPTION_NAMES,
  type PublishRetry,
  type SunbeatOptions,
} from "./options.js";
import { autoscaleOption, bytesOption, concurrencyOption, poolsOption } from "./pools.js";
import { taskQueues } from "./task-queues.js";
import { taskRoutes } from "./task-routes.js";

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
  const isFromEnv = given.timezone === undefined && env.timezone !== undefined;
  const taskTimeLimitMs = limitOption(o.taskTimeLimit, "taskTimeLimit");
  const taskSoftTimeLimitMs = limitOption(o.taskSoftTimeLimit, "taskSoftTimeLimit");
  if (taskTimeLimitMs !== null && taskSoftTimeLimitMs !== null && taskSoftTimeLimitMs >= taskTimeLimitMs) {
    throw invalidOption("taskSoftTimeLimit", "less than taskTimeLimit", o.taskSoftTimeLimit);
  }
  return Object.freeze({
    broker: brokerOption(given.broker ?? env.broker ?? DEFAULTS.broker),
    timezone,
    dst:
      checkedFrom(isFromEnv ? "SUNBEAT_TIMEZONE" : null, () => checkOptions({ timezone, dst: o.dst })).dst ??
      DEFAULTS.dst,
    businessDays: given.businessDays === undefined ? null : daysOption(given.businessDays, "businessDays"),
    calendars: calendarsOption(given.calendars ?? []),
    beatSchedule: beatSchedule(given),
    version: integerOption(o.version, "version", 0, MOST),
    include: textsOption(o.include, "include"),
    taskDefaultQueue: nameOption(o.taskDefaultQueue, "taskDefaultQueue"),
    taskQueues: taskQueues(o.taskQueues ?? {}),
    taskRoutes: o.taskRoutes === undefined ? null : taskRoutes(o.taskRoutes),
    taskIgnoreResult: booleanOption(o.taskIgnoreResult, "taskIgnoreResult"),
    taskAlwaysEager: booleanOption(o.taskAlwaysEager, "taskAlwaysEager"),
    taskTrackStarted: booleanOption(o.taskTrackStarted, "taskTrackStarted"),
    taskTimeLimitMs,
    taskSoftTimeLimitMs,
    resultTtlMs: durationOption(o.resultExpires, "resultExpires", 1),
    maxDeliveries: integerOption(o.maxDeliveries, "maxDeliveries", 1, MOST_DELIVERIES),
    payloadLimit: integerOption(o.payloadLimit, "payloadLimit", 1, HARD_PAYLOAD_LIMIT),
    publishRetry: publishRetry(o.taskPublishRetry, o.taskPublishRetryPolicy ?? {}),
    ...workerPools(given, env),
    workerPrefetchMultiplier: integerOption(
      o.workerPrefetchMultiplier,
      "workerPrefetchMultiplier",
      1,
      MOST_PREFETCH,
    ),
    workerEnableRemoteControl: booleanOption(o.workerEnableRemoteControl, "workerEnableRemoteControl"),
    leaseMs: durationOption(o.lease, "lease", LEAST_LEASE_MS),
    unknownTaskGraceMs: durationOption(o.unknownTaskGrace, "unknownTaskGrace", 0),
    gracePeriodMs: durationOption(o.gracePeriod, "gracePeriod", 0),
    workerSendTaskEvents: booleanOption(o.workerSendTaskEvents, "workerSendTaskEvents"),
    taskSendSentEvent: booleanOption(o.taskSendSentEvent, "taskSendSentEvent"),
    logResults: booleanOption(o.logResults, "logResults"),
    graphLimit: integerOption(o.graphLimit, "graphLimit", 1, MOST_PARTS),
    http: given.http === undefined ? null : resolveHttp(given.http),
    signing: given.signing === undefined ? null : signingOption(given.signing),
    encryption: given.encryption === undefined ? null : encryptionOption(given.encryption),
    spreadMs: durationOption(o.spread, "spread", 0),
    beatLeaseMs: durationOption(o.beatLease, "beatLease", LEAST_LEASE_MS),
    beatMaxLoopIntervalMs: durationOption(o.beatMaxLoopInterval, "beatMaxLoopInterval", 1_000),
    retention: retention(o.retention),
    alerts: resolveAlerts(given.alerts, durationOption(o.beatLease, "beatLease", LEAST_LEASE_MS)),
    health: healthOption(given.health),
    history: historyOption(given.history ?? {}, given.encryption !== undefined),
    keepFailed: booleanOption(o.keepFailed, "keepFailed"),
    failedRetentionMs: durationOption(o.failedRetention, "failedRetention", 1_000),
    logger: o.logger == null ? o.logger : loggerOption(o.logger, "logger", ", or null for silence"),
    redact: textsOption(o.redact, "redact"),
  });
}

type PoolConfig = Pick<
  Config,
  | "workerPool"
  | "workerConcurrency"
  | "workerAutoscale"
  | "workerMaxTasksPerChild"
  | "workerMaxMemoryPerChildBytes"
  | "workerRedirectStdouts"
  | "workerChildEnv"
  | "terminateGraceMs"
>;

function workerPools(o: Defined<SunbeatOptions>, env: Environment): PoolConfig {
  const { workerConcurrency, workerAutoscale, workerMaxTasksPerChild, workerMaxMemoryPerChild } = o;
  const pools = poolsOption(o.workerPool ?? DEFAULTS.workerPool, "workerPool");
  // Bounds that the code gives go before a number that the environment does.
  const isFromEnv = workerConcurrency === undefined && workerAutoscale === undefined;
  const given = isFromEnv ? slotsIn(env.concurrency) : workerConcurrency;
  const what = isFromEnv ? "SUNBEAT_CONCURRENCY" : "workerConcurrency";
  const sizes = given === undefined ? null : concurrencyOption(given, what);
  if (sizes !== null && sizes.length > pools.length) {
    throw invalidOption(what, `one number for each pool of ${pools.join(", ")}`, given);
  }
  if (sizes !== null && workerAutoscale !== undefined) {
    throw invalidOption("workerConcurrency", "nothing beside workerAutoscale", workerConcurrency);
  }
  return {
    workerPool: pools,
    workerConcurrency: sizes,
    workerAutoscale:
      workerAutoscale === undefined ? null : autoscaleOption(workerAutoscale, "workerAutoscale"),
    workerMaxTasksPerChild:
      workerMaxTasksPerChild === undefined
        ? null
        : integerOption(workerMaxTasksPerChild, "workerMaxTasksPerChild", 1, MOST),
    workerMaxMemoryPerChildBytes:
      workerMaxMemoryPerChild === undefined
        ? null
        : bytesOption(workerMaxMemoryPerChild, "workerMaxMemoryPerChild"),
    workerRedirectStdouts:
      o.workerRedirectStdouts === undefined
        ? null
        : booleanOption(o.workerRedirectStdouts, "workerRedirectStdouts"),
    workerChildEnv: textsOption(o.workerChildEnv ?? DEFAULTS.workerChildEnv, "workerChildEnv"),
    terminateGraceMs: durationOption(o.terminateGrace ?? DEFAULTS.terminateGrace, "terminateGrace", 0),
  };
}

/** "8", or "100,4" for two pools. Code: SUNBEAT_OPTION_INVALID. */
function slotsIn(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(,\d+)*$/.test(text)) return text.split(",").map(Number);
  throw invalidOption("SUNBEAT_CONCURRENCY", 'a whole number, or one for each pool, as "100,4"', text);
}

/** `undefined` is the same as left out, so it must not hide a default. */
function withoutUndefined(options: SunbeatOptions): Defined<SunbeatOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function daysOption(value: unknown, what: string): Days {
  if (isDays(value)) return value;
  throw invalidOption(what, "days made by businessDays(), weekdays(), dates() or holidays()", value);
}

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_CALENDAR_DATA_INVALID. */
function calendarsOption(value: unknown): readonly CalendarData[] {
  if (!Array.isArray(value)) throw invalidOption("calendars", "a list of calendars", value);
  const calendars = (value as readonly unknown[]).map(checkCalendar);
  const twice = calendars.find(({ name }, index) => calendars.findIndex((one) => one.name === name) < index);
  if (twice !== undefined) throw invalidOption("calendars", "each name once", twice.name);
  return Object.freeze(calendars);
}

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

/** What `redisBroker` makes has a way to open it; everything else is a URL, which the app reads. */
function brokerOption(broker: unknown): string | StoreSource {
  const isSource =
    typeof broker === "object" &&
    broker !== null &&
    typeof (broker as Partial<StoreSource>).open === "function";
  return isSource ? (broker as StoreSource) : textOption(broker, "broker");
}
