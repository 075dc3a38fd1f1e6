import { describe, expect, test } from "vitest";
import { readEnvironment, resolveOptions, type SunbeatOptions } from "../../src/config/index.js";
import { DEFAULTS, OPTION_NAMES } from "../../src/config/options.js";
import { silentLogger } from "../../src/core/logger.js";

const nothing = readEnvironment({});
const resolve = (options: SunbeatOptions, env = nothing): ReturnType<typeof resolveOptions> =>
  resolveOptions(options, env);

const defaults = {
  broker: "sqlite:./sunbeat.db",
  timezone: "UTC",
  dst: "vixie",
  businessDays: null,
  calendars: [],
  beatSchedule: {},
  version: 0,
  include: [],
  taskDefaultQueue: "default",
  taskQueues: new Map(),
  taskRoutes: null,
  taskIgnoreResult: false,
  taskTrackStarted: false,
  taskTimeLimitMs: null,
  taskSoftTimeLimitMs: null,
  resultTtlMs: 86_400_000,
  maxDeliveries: 5,
  payloadLimit: 1_048_576,
  publishRetry: { maxRetries: 3, intervalStartMs: 0, intervalStepMs: 200, intervalMaxMs: 1_000 },
  workerPool: ["async"],
  workerConcurrency: null,
  workerAutoscale: null,
  workerMaxTasksPerChild: null,
  workerMaxMemoryPerChildBytes: null,
  workerRedirectStdouts: null,
  workerChildEnv: [],
  terminateGraceMs: 1_000,
  workerPrefetchMultiplier: 2,
  workerEnableRemoteControl: true,
  leaseMs: 30_000,
  unknownTaskGraceMs: 60_000,
  gracePeriodMs: 30_000,
  workerSendTaskEvents: false,
  taskSendSentEvent: false,
  logResults: false,
  graphLimit: 100_000,
  signing: null,
  encryption: null,
  http: null,
  taskAlwaysEager: false,
  beatLeaseMs: 15_000,
  beatMaxLoopIntervalMs: 300_000,
  spreadMs: 0,
  retention: { maxAgeMs: 30 * 86_400_000, maxRowsPerEntry: 10_000 },
  history: { enabled: true, maxAgeMs: 7 * 86_400_000, maxRows: 500_000, args: 256, successRate: 1_000 },
  keepFailed: true,
  failedRetentionMs: 7 * 86_400_000,
  // Its rules have tests of their own: test/monitor.
  alerts: expect.objectContaining({ webhooks: [], heartbeatUrl: null, repeatMs: 4 * 3_600_000 }) as never,
  health: null,
  logger: undefined,
  redact: [],
};

describe("options", () => {
  test("left out take their defaults", () => {
    expect(resolve({})).toEqual(defaults);
  });

  test("given as undefined are as left out", () => {
    const options = Object.fromEntries(OPTION_NAMES.map((name) => [name, undefined]));
    expect(resolve(options)).toEqual(defaults);
  });

  test("are frozen once resolved", () => {
    const config = resolve({});
    expect([config, config.publishRetry, config.retention, config.beatSchedule].every(Object.isFrozen)).toBe(
      true,
    );
  });

  const entry = { task: "t", schedule: 30 };
  test.each<[SunbeatOptions, object]>([
    [{ broker: "memory:" }, { broker: "memory:" }],
    [
      { taskQueues: { q: { fair: true }, r: { maxLength: 5, onFull: "wait", timeout: "1m" } } },
      {
        taskQueues: new Map([
          ["q", { fair: true, maxLength: null, onFull: "refuse", timeoutMs: 30_000 }],
          ["r", { fair: false, maxLength: 5, onFull: "wait", timeoutMs: 60_000 }],
        ]),
      },
    ],
    [{ timezone: "Europe/Paris" }, { timezone: "Europe/Paris" }],
    [{ dst: "skip" }, { dst: "skip" }],
    [{ beatSchedule: { a: entry } }, { beatSchedule: { a: entry } }],
    [{ beat_schedule: { a: entry } }, { beatSchedule: { a: entry } }],
    [{ version: 7 }, { version: 7 }],
    [{ include: ["./tasks/*.ts"] }, { include: ["./tasks/*.ts"] }],
    [{ taskDefaultQueue: "q" }, { taskDefaultQueue: "q" }],
    [{ taskIgnoreResult: true }, { taskIgnoreResult: true }],
    [{ taskTrackStarted: true }, { taskTrackStarted: true }],
    [
      { taskTimeLimit: 60, taskSoftTimeLimit: 50 },
      { taskTimeLimitMs: 60_000, taskSoftTimeLimitMs: 50_000 },
    ],
    [{ resultExpires: { days: 2 } }, { resultTtlMs: 2 * 86_400_000 }],
    [{ maxDeliveries: 1 }, { maxDeliveries: 1 }],
    [{ payloadLimit: 16 * 1_048_576 }, { payloadLimit: 16 * 1_048_576 }],
    [{ taskPublishRetry: false }, { publishRetry: { ...defaults.publishRetry, maxRetries: 0 } }],
    [
      { taskPublishRetryPolicy: { maxRetries: 9, intervalStart: 1, intervalStep: "2s", intervalMax: "3s" } },
      {
        publishRetry: { maxRetries: 9, intervalStartMs: 1_000, intervalStepMs: 2_000, intervalMaxMs: 3_000 },
      },
    ],
    [{ workerConcurrency: 1 }, { workerConcurrency: [1] }],
    [
      { workerPool: ["async", "prefork"], workerConcurrency: [100, 4] },
      { workerPool: ["async", "processes"], workerConcurrency: [100, 4] },
    ],
    [{ workerPool: "threads" }, { workerPool: ["threads"] }],
    [{ workerAutoscale: "10,3" }, { workerAutoscale: { max: 10, min: 3 } }],
    [{ workerAutoscale: { max: 2, min: 2 } }, { workerAutoscale: { max: 2, min: 2 } }],
    [{ workerMaxTasksPerChild: 5 }, { workerMaxTasksPerChild: 5 }],
    [{ workerMaxMemoryPerChild: 1e6 }, { workerMaxMemoryPerChildBytes: 1_000_000 }],
    [{ workerMaxMemoryPerChild: "200MB" }, { workerMaxMemoryPerChildBytes: 200_000_000 }],
    [{ workerMaxMemoryPerChild: "1.5 GiB" }, { workerMaxMemoryPerChildBytes: 1_610_612_736 }],
    [{ workerRedirectStdouts: false }, { workerRedirectStdouts: false }],
    [{ workerChildEnv: ["PATH", "AWS_*"] }, { workerChildEnv: ["PATH", "AWS_*"] }],
    [{ terminateGrace: 0 }, { terminateGraceMs: 0 }],
    [{ workerPrefetchMultiplier: 1 }, { workerPrefetchMultiplier: 1 }],
    [{ workerEnableRemoteControl: false }, { workerEnableRemoteControl: false }],
    [{ lease: "1s" }, { leaseMs: 1_000 }],
    [{ unknownTaskGrace: 0 }, { unknownTaskGraceMs: 0 }],
    [{ gracePeriod: 0 }, { gracePeriodMs: 0 }],
    [{ workerSendTaskEvents: true }, { workerSendTaskEvents: true }],
    [{ taskSendSentEvent: true }, { taskSendSentEvent: true }],
    [{ logResults: true }, { logResults: true }],
    [{ graphLimit: 1 }, { graphLimit: 1 }],
    [{ taskAlwaysEager: true }, { taskAlwaysEager: true }],
    [{ beatLease: 5 }, { beatLeaseMs: 5_000 }],
    [{ spread: "30s" }, { spreadMs: 30_000 }],
    [{ beatMaxLoopInterval: 1 }, { beatMaxLoopIntervalMs: 1_000 }],
    [{ retention: { maxAge: "1d" } }, { retention: { maxAgeMs: 86_400_000, maxRowsPerEntry: 10_000 } }],
    [
      { history: { args: 0, maxAge: "1d" } },
      { history: { enabled: true, maxAgeMs: 86_400_000, maxRows: 500_000, args: 0, successRate: 1_000 } },
    ],
    [
      { keepFailed: false, failedRetention: "1h" },
      { keepFailed: false, failedRetentionMs: 3_600_000 },
    ],
    [{ logger: silentLogger }, { logger: silentLogger }],
    [{ logger: null }, { logger: null }],
    [{ redact: ["card"] }, { redact: ["card"] }],
  ])("%o", (options, fields) => {
    expect(resolve(options)).toEqual({ ...defaults, ...fields });
  });

  test.each<[SunbeatOptions, Record<string, string>, object, string]>([
    [
      {},
      { SUNBEAT_BROKER: "memory:", SUNBEAT_TIMEZONE: "Asia/Tokyo" },
      { broker: "memory:", timezone: "Asia/Tokyo" },
      "the environment goes before the default",
    ],
    [
      { broker: "sqlite:a" },
      { SUNBEAT_BROKER: "memory:" },
      { broker: "sqlite:a" },
      "code goes before the environment",
    ],
    [{ broker: undefined }, { SUNBEAT_BROKER: "memory:" }, { broker: "memory:" }, "undefined is as left out"],
    [{}, { SUNBEAT_BROKER: "" }, {}, "an empty variable is as left out"],
    [{}, { SUNBEAT_CONCURRENCY: "4" }, { workerConcurrency: [4] }, "slots of the first pool"],
    [
      { workerPool: ["async", "processes"] },
      { SUNBEAT_CONCURRENCY: "100,4" },
      { workerPool: ["async", "processes"], workerConcurrency: [100, 4] },
      "slots of both pools",
    ],
    [
      { workerConcurrency: 2 },
      { SUNBEAT_CONCURRENCY: "many" },
      { workerConcurrency: [2] },
      "a variable that nobody asks is not read",
    ],
    [
      { workerAutoscale: "5,1" },
      { SUNBEAT_CONCURRENCY: "4" },
      { workerAutoscale: { max: 5, min: 1 } },
      "bounds in code go before a number in the environment",
    ],
  ])("%o with %o in the environment is %o: %s", (options, env, fields) => {
    expect(resolve(options, readEnvironment(env))).toEqual({ ...defaults, ...fields });
  });
});

test.each<[SunbeatOptions, Record<string, string>, string, string]>([
  [
    {},
    { SUNBEAT_TIMEZONE: "Mars/Base" },
    "SUNBEAT_TIMEZONE_INVALID",
    'SUNBEAT_TIMEZONE: timezone: "Mars/Base"',
  ],
  [
    {},
    { SUNBEAT_CONCURRENCY: "many" },
    "SUNBEAT_OPTION_INVALID",
    'SUNBEAT_CONCURRENCY: expected a whole number, or one for each pool, as "100,4", got "many"',
  ],
  [
    {},
    { SUNBEAT_CONCURRENCY: "0" },
    "SUNBEAT_OPTION_INVALID",
    "SUNBEAT_CONCURRENCY: expected a whole number",
  ],
  [
    {},
    { SUNBEAT_CONCURRENCY: "1,2" },
    "SUNBEAT_OPTION_INVALID",
    "SUNBEAT_CONCURRENCY: expected one number for each pool of async",
  ],
])("%o with %o in the environment is %s: %s", (options, env, code, message) => {
  expect(() => resolve(options, readEnvironment(env))).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
  );
});

describe("a wrong option fails at construction", () => {
  test.each<[object, string, string]>([
    [
      { timzone: "UTC" },
      "SUNBEAT_OPTION_UNKNOWN",
      'Sunbeat options: unknown option "timzone" (did you mean "timezone"?)',
    ],
    [
      { worker_concurrency: 1 },
      "SUNBEAT_OPTION_UNKNOWN",
      'Sunbeat options: unknown option "worker_concurrency" (did you mean "workerConcurrency"?)',
    ],
    [{ zzz: 1 }, "SUNBEAT_OPTION_UNKNOWN", 'Sunbeat options: unknown option "zzz"; known are alerts, '],
    [{ constructor: 1 }, "SUNBEAT_OPTION_UNKNOWN", 'Sunbeat options: unknown option "constructor"'],
    [{ taskQueues: [] }, "SUNBEAT_OPTION_INVALID", "taskQueues: expected an object, got []"],
    [{ taskQueues: { " ": {} } }, "SUNBEAT_OPTION_INVALID", "taskQueues: name: expected text of 1 to 255"],
    [{ taskQueues: { q: null } }, "SUNBEAT_OPTION_INVALID", "taskQueues: q: expected an object, got null"],
    [
      { taskQueues: { q: { maxlength: 1 } } },
      "SUNBEAT_OPTION_UNKNOWN",
      'taskQueues: q: unknown option "maxlength" (did you mean "maxLength"?)',
    ],
    [
      { taskQueues: { q: { fair: "yes" } } },
      "SUNBEAT_OPTION_INVALID",
      "taskQueues: q: fair: expected true or",
    ],
    [
      { taskQueues: { q: { maxLength: 0 } } },
      "SUNBEAT_OPTION_INVALID",
      "maxLength: expected a whole number of at",
    ],
    [
      { taskQueues: { q: { maxLength: 1, onFull: "drop" } } },
      "SUNBEAT_OPTION_INVALID",
      'taskQueues: q: onFull: expected "refuse" or "wait", got "drop"',
    ],
    [
      { taskQueues: { q: { onFull: "wait" } } },
      "SUNBEAT_OPTION_INVALID",
      "taskQueues: q: onFull: expected maxLength beside it: a queue without a bound is never full",
    ],
    [
      { taskQueues: { q: { maxLength: 1, timeout: 5 } } },
      "SUNBEAT_OPTION_INVALID",
      'taskQueues: q: timeout: expected onFull: "wait" beside it, got 5',
    ],
    [
      { taskQueues: { q: { maxLength: 1, onFull: "wait", timeout: "soon" } } },
      "SUNBEAT_DURATION_INVALID",
      "taskQueues: q: timeout",
    ],
    [
      { beatSchedule: {}, beat_schedule: {} },
      "SUNBEAT_OPTION_INVALID",
      "beatSchedule and beat_schedule are two spellings",
    ],
    [
      { beatSchedule: [] },
      "SUNBEAT_OPTION_INVALID",
      "beatSchedule: expected an object of entries by name, got []",
    ],
    [{ broker: 5 }, "SUNBEAT_OPTION_INVALID", "broker: expected text, got 5"],
    [
      { timezone: "Europe/Pris" },
      "SUNBEAT_TIMEZONE_INVALID",
      'timezone: "Europe/Pris" is not a time zone of this runtime (did you mean "Europe/Paris"?)',
    ],
    [{ dst: "never" }, "SUNBEAT_CRONTAB_INVALID", "crontab: dst: "],
    [
      { lease: 0.5 },
      "SUNBEAT_OPTION_INVALID",
      "lease: expected a duration from 1s to 100 years (a bare number is seconds), got 0.5",
    ],
    [{ lease: "soon" }, "SUNBEAT_DURATION_INVALID", "lease: expected a number of seconds"],
    [{ resultExpires: 0 }, "SUNBEAT_OPTION_INVALID", "resultExpires: expected a duration from 1ms"],
    [
      { workerConcurrency: 0 },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected a whole number from 1 to 100000, got 0",
    ],
    [
      { workerConcurrency: NaN },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected a whole number from 1 to 100000, got NaN",
    ],
    [
      { workerConcurrency: [2, 0] },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected a whole number from 1 to 100000, got 0",
    ],
    [
      { workerConcurrency: [] },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected a whole number, or a list of them, one for each pool, got []",
    ],
    [
      { workerConcurrency: [2, 2] },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected one number for each pool of async, got ",
    ],
    [
      { workerConcurrency: 2, workerAutoscale: "4,2" },
      "SUNBEAT_OPTION_INVALID",
      "workerConcurrency: expected nothing beside workerAutoscale, got 2",
    ],
    [
      { workerPool: "fork" as "async" },
      "SUNBEAT_OPTION_INVALID",
      'workerPool: expected one of async, threads, processes, solo (or prefork, which is processes), got "fork"',
    ],
    [
      { workerPool: ["processes", "prefork"] },
      "SUNBEAT_OPTION_INVALID",
      "workerPool: expected a pool, or a list of pools without doubles, got ",
    ],
    [
      { workerPool: [] },
      "SUNBEAT_OPTION_INVALID",
      "workerPool: expected a pool, or a list of pools without doubles, got ",
    ],
    ...["3,10", "10", "0,0", "a,b", "", { max: 2 } as never, { max: 2, min: 0 }, { max: 2.5, min: 1 }].map(
      (workerAutoscale): [SunbeatOptions, string, string] => [
        { workerAutoscale },
        "SUNBEAT_OPTION_INVALID",
        'workerAutoscale: expected "max,min" or { max, min }, whole numbers from 1 to 100000, min not above max, got ',
      ],
    ),
    [
      { workerMaxTasksPerChild: 0 },
      "SUNBEAT_OPTION_INVALID",
      "workerMaxTasksPerChild: expected a whole number of at least 1, got 0",
    ],
    ...["200", "200 M", "-1MB", "", NaN, 0, 1.5, Infinity].map(
      (workerMaxMemoryPerChild): [SunbeatOptions, string, string] => [
        { workerMaxMemoryPerChild },
        "SUNBEAT_OPTION_INVALID",
        'workerMaxMemoryPerChild: expected a number of bytes, or text such as "200MB" or "512MiB", got ',
      ],
    ),
    [
      { payloadLimit: 17 * 1_048_576 },
      "SUNBEAT_OPTION_INVALID",
      "payloadLimit: expected a whole number from 1 to 16777216",
    ],
    [
      { taskTimeLimit: 5, taskSoftTimeLimit: 5 },
      "SUNBEAT_OPTION_INVALID",
      "taskSoftTimeLimit: expected less than taskTimeLimit, got 5",
    ],
    [
      { history: { arg: 1 } },
      "SUNBEAT_OPTION_UNKNOWN",
      'history: unknown option "arg" (did you mean "args"?)',
    ],
    [
      { history: { args: 10_001 } },
      "SUNBEAT_OPTION_INVALID",
      "history.args: expected a whole number from 0 to 10000, got 10001",
    ],
    [
      { retention: { maxage: 1 } },
      "SUNBEAT_OPTION_UNKNOWN",
      'retention: unknown option "maxage" (did you mean "maxAge"?)',
    ],
    [
      { taskPublishRetryPolicy: { maxRetries: -1 } },
      "SUNBEAT_OPTION_INVALID",
      "taskPublishRetryPolicy.maxRetries: expected",
    ],
    [
      { logger: { info() {} } },
      "SUNBEAT_OPTION_INVALID",
      "logger: expected an object with the methods debug, info, warn and error, or null for silence",
    ],
  ])("%o: %s", (options, code, start) => {
    expect(() => resolve(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(start) as string }) as Error,
    );
  });

  test("options that are no object", () => {
    expect(() => resolve(null as unknown as SunbeatOptions)).toThrow(
      "Sunbeat options: expected an object, got null",
    );
  });
});

test("DEFAULTS resolve to what is documented as default", () => {
  const { publishRetryPolicy, ...options } = DEFAULTS;
  expect(resolve({ ...options, taskPublishRetryPolicy: publishRetryPolicy })).toEqual(defaults);
});
