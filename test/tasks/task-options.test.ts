import { describe, expect, test } from "vitest";
import { TaskError } from "../../src/core/errors.js";
import { resolveTask, type TaskOptions } from "../../src/tasks/task-options.js";

const defaults = {
  ignoreResult: false,
  resultTtlMs: 86_400_000,
  maxDeliveries: 5,
  trackStarted: false,
  timeLimitMs: 50_000,
  softTimeLimitMs: null,
};
const fn = (): number => 1;
const input = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
} as const;

class Flaky extends Error {}
const outlasted = new TaskError("SUNBEAT_TIME_LIMIT", "t ran longer than its time limit of 1s");

test("without options a task has the app's defaults", () => {
  expect(resolveTask("t", {}, fn, defaults)).toEqual({
    name: "t",
    fn,
    bind: false,
    hooks: null,
    queue: null,
    priority: null,
    retry: {
      max: 3,
      delayMs: 180_000,
      backoff: false,
      maxDelayMs: 600_000,
      jitter: false,
      on: expect.any(Function) as () => boolean,
    },
    acks: "late",
    timeLimitMs: 50_000,
    softTimeLimitMs: null,
    leaseMs: null,
    isExpected: expect.any(Function) as () => boolean,
    ignoreResult: false,
    storeErrorsEvenIfIgnored: false,
    ignoreHistory: false,
    keepFailed: true,
    resultTtlMs: 86_400_000,
    maxDeliveries: 5,
    trackStarted: false,
    input: null,
    lane: null,
    pool: null,
    lock: null,
    rateLimit: null,
    unique: null,
  });
});

test("each option goes before its default, and undefined is as left out", () => {
  const options: TaskOptions = {
    bind: true,
    queue: "q",
    priority: 9,
    retry: { max: 0, delay: "1h", backoff: true, maxDelay: undefined, jitter: false },
    timeLimit: null,
    softTimeLimit: "2s",
    lease: "5m",
    acks: "early",
    ignoreResult: true,
    storeErrorsEvenIfIgnored: true,
    ignoreHistory: true,
    keepFailed: false,
    throws: [Flaky],
    resultExpires: { hours: 1 },
    maxDeliveries: undefined,
    trackStarted: true,
    input,
    unique: { key: "k", ttl: "5s", until: undefined, onConflict: undefined, maxWait: undefined },
  };
  expect(resolveTask("t", options, fn, defaults)).toEqual({
    name: "t",
    fn,
    bind: true,
    hooks: null,
    queue: "q",
    priority: 9,
    retry: {
      max: 0,
      delayMs: 3_600_000,
      backoff: true,
      maxDelayMs: 3_600_000,
      jitter: false,
      on: expect.any(Function) as () => boolean,
    },
    acks: "early",
    timeLimitMs: null,
    softTimeLimitMs: 2_000,
    leaseMs: 300_000,
    isExpected: expect.any(Function) as () => boolean,
    ignoreResult: true,
    storeErrorsEvenIfIgnored: true,
    ignoreHistory: true,
    keepFailed: false,
    resultTtlMs: 3_600_000,
    maxDeliveries: 1,
    trackStarted: true,
    input,
    lock: null,
    lane: null,
    pool: null,
    rateLimit: null,
    unique: { key: "k", ttlMs: 5_000, until: null, onConflict: "join", maxWaitMs: null },
  });
});

test.each<[TaskOptions["retry"], unknown, boolean, string]>([
  // retry                                  thrown               again  because
  [undefined, new Error("x"), false, "without the option an error is final"],
  [{}, new Error("x"), true, "every error"],
  [{}, null, true, "whatever was thrown"],
  [{ on: [Flaky] }, new Flaky(), true, "of a class in the list"],
  [{ on: [Flaky] }, new Error("x"), false, "of no class in the list"],
  [{ on: [] }, new Error("x"), false, "an empty list"],
  [{ on: (error) => error === 5 }, 5, true, "a test"],
  [{ except: [Flaky] }, new Flaky(), false, "of an excepted class"],
  [{ except: [Flaky] }, new Error("x"), true, "every other error"],
  [{ except: [] }, new Flaky(), true, "nothing is excepted"],
  [{ except: (error) => error === null }, null, false, "excepted by a test"],
  [{ on: [Error], except: [Flaky] }, new Flaky(), false, "except goes before on"],
  [{ on: [Error], except: [Flaky] }, new Error("x"), true, "on, and not excepted"],
  [{ on: [Flaky], except: [TypeError] }, new RangeError("x"), false, "neither"],
  [{}, outlasted, false, "a run that outlasted its limit would do so again"],
  [{ except: [Flaky] }, outlasted, false, "except adds nothing"],
  [{ on: (error) => error === outlasted }, outlasted, true, "on says so"],
  [{ on: [TaskError] }, outlasted, true, "on says so by its class"],
  [{ on: [Error], except: [TaskError] }, outlasted, false, "on says so, and except takes it back"],
])("under retry %o the thrown %o is tried again: %s (%s)", (retry, thrown, again) => {
  expect(resolveTask("t", { retry }, fn, defaults).retry.on(thrown)).toBe(again);
});

test.each<[TaskOptions["throws"], unknown, boolean, string]>([
  // throws                       thrown            expected because
  [undefined, new Error("x"), false, "nothing is, without the option"],
  [[Flaky], new Flaky(), true, "of a class in the list"],
  [[Flaky], new Error("x"), false, "of no class in the list"],
  [(error) => error === 5, 5, true, "a test"],
])("under throws %o the thrown %o is expected: %s (%s)", (throws, thrown, expected) => {
  expect(resolveTask("t", { throws }, fn, defaults).isExpected(thrown)).toBe(expected);
});

test("backoff starts at 1 s with jitter, as in Celery", () => {
  expect(resolveTask("t", { retry: { backoff: true } }, fn, defaults).retry).toMatchObject({
    delayMs: 1_000,
    maxDelayMs: 600_000,
    jitter: true,
  });
});

describe("a wrong task is refused when it is declared", () => {
  test.each<[unknown, string, string]>([
    [{ ques: "q" }, "SUNBEAT_OPTION_UNKNOWN", 'task t: unknown option "ques" (did you mean "queue"?)'],
    [null, "SUNBEAT_OPTION_INVALID", "task t: expected an object, got null"],
    [{ bind: "yes" }, "SUNBEAT_OPTION_INVALID", 'task t: bind: expected true or false, got "yes"'],
    [{ queue: "" }, "SUNBEAT_OPTION_INVALID", "task t: queue: expected text of 1 to 255 characters"],
    [
      { priority: 1.5 },
      "SUNBEAT_OPTION_INVALID",
      "task t: priority: expected a whole number from 0 to 9, got 1.5",
    ],
    [{ lease: 0.9 }, "SUNBEAT_OPTION_INVALID", "task t: lease: expected a duration from 1s to 100 years"],
    [
      { acks: "early", maxDeliveries: 2 },
      "SUNBEAT_OPTION_INVALID",
      'task t: maxDeliveries: expected 1: with acks "early" it runs at most once, got 2',
    ],
    [{ acks: "now" }, "SUNBEAT_OPTION_INVALID", 'task t: acks: expected "late" or "early", got "now"'],
    [
      { timeLimit: 0 },
      "SUNBEAT_OPTION_INVALID",
      "task t: timeLimit: expected a duration from 1ms to 100 years",
    ],
    [
      { softTimeLimit: 50 },
      "SUNBEAT_OPTION_INVALID",
      "task t: softTimeLimit: expected less than the time limit of",
    ],
    [{ retry: 5 }, "SUNBEAT_OPTION_INVALID", "task t: retry: expected an object, got 5"],
    [
      { retry: { mx: 5 } },
      "SUNBEAT_OPTION_UNKNOWN",
      'task t: retry: unknown option "mx" (did you mean "max"?)',
    ],
    [
      { retry: { max: -1 } },
      "SUNBEAT_OPTION_INVALID",
      "task t: retry.max: expected a whole number from 0 to",
    ],
    [
      { retry: { on: Flaky } },
      "SUNBEAT_OPTION_INVALID",
      "task t: retry.on: expected a list of error classes",
    ],
    [{ retry: { on: ["x"] } }, "SUNBEAT_OPTION_INVALID", "task t: retry.on: expected a function"],
    [{ retry: { on: null } }, "SUNBEAT_OPTION_INVALID", "task t: retry.on: expected a function"],
    [
      { retry: { except: Flaky } },
      "SUNBEAT_OPTION_INVALID",
      "task t: retry.except: expected a list of error classes, [MyError], or a test",
    ],
    [{ throws: "Flaky" }, "SUNBEAT_OPTION_INVALID", "task t: throws: expected a function"],
    [
      { storeErrorsEvenIfIgnored: 1 },
      "SUNBEAT_OPTION_INVALID",
      "task t: storeErrorsEvenIfIgnored: expected true or false, got 1",
    ],
    [{ input: {} }, "SUNBEAT_OPTION_INVALID", "task t: input: expected a Standard Schema"],
  ])("%o", (options, code, start) => {
    expect(() => resolveTask("t", options as TaskOptions, fn, defaults)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(start) as string }) as Error,
    );
  });

  test.each([
    ["", fn, "task name: expected text of 1 to 255 characters"],
    ["a\u0000", fn, "task name: expected text of 1 to 255 characters"],
    ["t", undefined, "task t: last parameter: expected a function, got undefined"],
  ])("name %o, function %o", (name, what, start) => {
    expect(() => resolveTask(name, {}, what as typeof fn, defaults)).toThrow(start);
  });
});
