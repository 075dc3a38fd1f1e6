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
  beatSchedule: {},
  version: 0,
  taskDefaultQueue: "default",
  taskIgnoreResult: false,
  taskTrackStarted: false,
  taskTimeLimitMs: null,
  taskSoftTimeLimitMs: null,
  resultTtlMs: 86_400_000,
  maxDeliveries: 5,
  payloadLimit: 1_048_576,
  publishRetry: { maxRetries: 3, intervalStartMs: 0, intervalStepMs: 200, intervalMaxMs: 1_000 },
  workerConcurrency: 8,
  workerPrefetchMultiplier: 2,
  leaseMs: 30_000,
  unknownTaskGraceMs: 60_000,
  gracePeriodMs: 30_000,
  logResults: false,
  graphLimit: 100_000,
  taskAlwaysEager: false,
  beatLeaseMs: 15_000,
  beatMaxLoopIntervalMs: 300_000,
  retention: { maxAgeMs: 30 * 86_400_000, maxRowsPerEntry: 10_000 },
  logger: undefined,
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
    [{ timezone: "Europe/Paris" }, { timezone: "Europe/Paris" }],
    [{ dst: "skip" }, { dst: "skip" }],
    [{ beatSchedule: { a: entry } }, { beatSchedule: { a: entry } }],
    [{ beat_schedule: { a: entry } }, { beatSchedule: { a: entry } }],
    [{ version: 7 }, { version: 7 }],
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
    [{ workerConcurrency: 1 }, { workerConcurrency: 1 }],
    [{ workerPrefetchMultiplier: 1 }, { workerPrefetchMultiplier: 1 }],
    [{ lease: "1s" }, { leaseMs: 1_000 }],
    [{ unknownTaskGrace: 0 }, { unknownTaskGraceMs: 0 }],
    [{ gracePeriod: 0 }, { gracePeriodMs: 0 }],
    [{ logResults: true }, { logResults: true }],
    [{ graphLimit: 1 }, { graphLimit: 1 }],
    [{ taskAlwaysEager: true }, { taskAlwaysEager: true }],
    [{ beatLease: 5 }, { beatLeaseMs: 5_000 }],
    [{ beatMaxLoopInterval: 1 }, { beatMaxLoopIntervalMs: 1_000 }],
    [{ retention: { maxAge: "1d" } }, { retention: { maxAgeMs: 86_400_000, maxRowsPerEntry: 10_000 } }],
    [{ logger: silentLogger }, { logger: silentLogger }],
    [{ logger: null }, { logger: null }],
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
  ])("%o with %o in the environment is %o: %s", (options, env, fields) => {
    expect(resolve(options, readEnvironment(env))).toEqual({ ...defaults, ...fields });
  });
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
    [{ zzz: 1 }, "SUNBEAT_OPTION_UNKNOWN", 'Sunbeat options: unknown option "zzz"; known are beatLease, '],
    [{ constructor: 1 }, "SUNBEAT_OPTION_UNKNOWN", 'Sunbeat options: unknown option "constructor"'],
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
