import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RetryPolicy } from "../../src/tasks/definition.js";
import { isSunbeatError } from "../../src/core/errors.js";
import { LONGEST_DURATION_MS } from "../../src/core/options.js";
import { Reject, Retry } from "../../src/tasks/outcomes.js";
import { resolveRetry } from "../../src/tasks/retry-options.js";
import { retryDelayMs } from "../../src/worker/outcome.js";
import { fixedRandom, message, retry, Rig, turns } from "./harness.js";

const CLAIM = { queues: ["default"], worker: "w", leaseMs: 1_000, max: 0 };

describe("retryDelayMs", () => {
  test.each<[Partial<RetryPolicy>, number, number, number, string]>([
    // policy                                          retries random wait  because
    [{ delayMs: 180_000 }, 0, 0.9, 180_000, "the plain delay"],
    [{ delayMs: 180_000 }, 9, 0.9, 180_000, "it does not grow without backoff"],
    [{ delayMs: 1_000, backoff: true }, 0, 0, 1_000, "the first wait is the delay"],
    [{ delayMs: 1_000, backoff: true }, 3, 0, 8_000, "doubled three times"],
    [{ delayMs: 1_000, backoff: true, maxDelayMs: 5_000 }, 3, 0, 5_000, "cut at the longest"],
    [{ delayMs: 1_000, backoff: true, maxDelayMs: 5_000 }, 5_000, 0, 5_000, "also after thousands"],
    [{ delayMs: 0, backoff: true }, 5_000, 0, 0, "twice nothing is nothing"],
    [{ delayMs: 1_000, jitter: true }, 0, 0, 0, "full jitter reaches down to 0"],
    [{ delayMs: 1_000, jitter: true }, 0, 0.25, 250, "a quarter of the way"],
    [
      { delayMs: 1_000, backoff: true, maxDelayMs: 2_000, jitter: true },
      9,
      0.5,
      1_000,
      "spread after the cut",
    ],
  ])("%j after %i retries with %d waits %i ms: %s", (policy, retries, random, wait) => {
    expect(retryDelayMs(retry(policy), retries, fixedRandom(random))).toBe(wait);
  });

  test("every wait is a whole number of ms in [0, maxDelayMs]", () => {
    const policies = fc.record({
      delayMs: fc.nat(10_000_000),
      maxDelayMs: fc.nat(10_000_000),
      backoff: fc.boolean(),
      jitter: fc.boolean(),
    });
    const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
    fc.assert(
      fc.property(policies, fc.nat(100_000), random, (policy, retries, value) => {
        const wait = retryDelayMs(retry(policy), retries, fixedRandom(value));
        expect(Number.isInteger(wait) && wait >= 0 && wait <= policy.maxDelayMs).toBe(true);
      }),
    );
  });
});

/** Runs a task until it has ended for good; gives the instants of its runs, from the first. */
async function instants(rig: Rig, policy: RetryPolicy, fn: (attempt: number) => unknown): Promise<number[]> {
  const at: number[] = [];
  rig.bound(
    "t",
    (self) => {
      at.push(rig.clock.now());
      return fn(self.request.retries);
    },
    { retry: policy },
  );
  await rig.send(message("a", "t"));
  await rig.started();
  for (let step = 0; step < 60; step++) {
    await rig.clock.advance(1_000);
    await turns(5);
  }
  return at.map((instant) => instant - at[0]!);
}

function fail(text = "no"): never {
  throw new Error(text);
}

describe("a task that fails", () => {
  test.each<[string, RetryPolicy, (attempt: number) => unknown, number[], string]>([
    ["the policy", retry({ max: 2, delayMs: 5_000 }), () => fail(), [0, 5_000, 10_000], "FAILURE"],
    ["no tries", retry({ max: 0 }), () => fail(), [0], "FAILURE"],
    ["backoff", retry({ max: 3, backoff: true }), () => fail(), [0, 1_000, 3_000, 7_000], "FAILURE"],
    [
      "a countdown",
      retry({ max: 1 }),
      (n) => (n === 0 ? thrown({ countdown: 7 }) : "ok"),
      [0, 7_000],
      "SUCCESS",
    ],
    [
      "self.retry",
      retry({ max: 2, delayMs: 3_000 }),
      (n) => (n < 2 ? thrown({}) : "ok"),
      [0, 3_000, 6_000],
      "SUCCESS",
    ],
    ["an error not asked for", retry({ on: () => false }), () => fail(), [0], "FAILURE"],
    ["retry.on that throws", retry({ on: () => fail("on") }), () => fail(), [0], "FAILURE"],
    [
      "Retry although on says no",
      retry({ max: 1, on: () => false }),
      (n) => (n ? 1 : thrown({})),
      [0, 1_000],
      "SUCCESS",
    ],
  ])("runs again as %s says", async (_, policy, fn, expected, state) => {
    const rig = new Rig();
    expect(await instants(rig, policy, fn)).toEqual(expected);
    expect(await rig.state("a")).toBe(state);
  });

  function thrown(options: ConstructorParameters<typeof Retry>[0]): never {
    throw new Retry(options);
  }

  test("a jittered wait comes from the injected randomness", async () => {
    const rig = new Rig(fixedRandom(0.25));
    expect(await instants(rig, retry({ max: 1, delayMs: 8_000, jitter: true }), () => fail())).toEqual([
      0, 2_000,
    ]);
  });

  test("its state is RETRY with the error while it waits", async () => {
    const rig = new Rig();
    rig.task("t", () => fail("try later"), { retry: retry({ max: 1, delayMs: 5_000 }) });
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.result("a")).toMatchObject({
      state: "RETRY",
      payload: { name: "Error", message: "try later" },
    });
    expect(rig.logged("retry:")).toEqual(["info Task t[a] retry: Retry in 5s: Error('try later')"]);
  });

  test.each([
    ["the original error", () => fail("original"), { name: "Error", message: "original", code: null }],
    [
      "the error given to retry",
      () => {
        throw new Retry({ error: new RangeError("given") });
      },
      { name: "RangeError", message: "given", code: null },
    ],
    [
      "SUNBEAT_RETRIES_EXHAUSTED where none was given",
      () => {
        throw new Retry();
      },
      {
        name: "TaskError",
        message: "t[a] asked to be run again, and its 1 retries are used up",
        code: "SUNBEAT_RETRIES_EXHAUSTED",
      },
    ],
  ])("fails after the last try with %s", async (_, fn, expected) => {
    const rig = new Rig();
    await instants(rig, retry({ max: 1 }), fn);
    expect(await rig.failure("a")).toEqual(expected);
    expect((await rig.result("a"))?.payload).toMatchObject({ tries: 2 });
  });

  test("a failure in the first try does not tell how many it had", async () => {
    const rig = new Rig();
    await instants(rig, retry({ max: 0 }), () => fail());
    expect((await rig.result("a"))?.payload).not.toHaveProperty("tries");
  });

  test("a countdown that is none ends the run with what was wrong, by the policy, and keeps the error", async () => {
    const rig = new Rig();
    const error = new Error("429");
    const ran = await instants(rig, retry({ max: 1, delayMs: 3_000 }), () => {
      throw new Retry({ countdown: 1e12, error });
    });
    expect(ran).toEqual([0, 3_000]);
    expect((await rig.result("a"))?.payload).toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
      message:
        "retry countdown: expected a duration from 0 to 100 years (a bare number is seconds), got 1000000000000",
      cause: { message: "429" },
    });
  });

  test("the longest countdown is one that the store keeps", async () => {
    const rig = new Rig();
    rig.task("t", () => thrown({ countdown: "36525d" }), { retry: retry({ max: 1 }) });
    await rig.send(message("a", "t"));
    await rig.started();
    expect(await rig.state("a")).toBe("RETRY");
    expect((await rig.memory.consumer.claim(CLAIM)).nextWakeAt).toBe(rig.clock.now() + LONGEST_DURATION_MS);
  });
});

describe("a run that outlasts its hard time limit", () => {
  const hang = () => new Promise(() => undefined);
  const isLimit = (error: unknown) => isSunbeatError(error) && error.code === "SUNBEAT_TIME_LIMIT";

  test.each<[string, Partial<RetryPolicy>, number, string]>([
    // retry.on                    policy                        runs because
    ["is left out", { on: resolveRetry({}, "retry").on }, 1, "it would most likely do so again"],
    ["names it", { on: isLimit }, 3, "its task says so"],
    ["names it, with max 0,", { on: isLimit, max: 0 }, 1, "there are no tries"],
  ])("where retry.on %s runs as often as its policy says", async (_, policy, runs) => {
    const rig = new Rig();
    let ran = 0;
    const options = { timeLimitMs: 1_000, retry: retry({ max: 2, delayMs: 5_000, ...policy }) };
    rig.task("t", () => (ran++, hang()), options);
    await rig.send(message("a", "t"));
    await rig.started();
    for (let second = 0; second < 30; second++) {
      await rig.clock.advance(1_000);
      await turns(5);
    }
    expect(ran).toBe(runs);
    expect((await rig.failure("a")).code).toBe("SUNBEAT_TIME_LIMIT");
    expect(rig.logged("Hard time limit (1s) exceeded for t[a]")).toHaveLength(runs);
    expect(rig.logged("retry: Retry in 5s: TaskError('t[a] ran longer")).toHaveLength(runs - 1);
    const ends = rig.events.filter(({ type }) => type === "task-retried" || type === "task-failed");
    expect(ends.map(({ type }) => type)).toEqual([
      ...Array<string>(runs - 1).fill("task-retried"),
      "task-failed",
    ]);
  });

  test("fails with both errors where retry.on throws", async () => {
    const rig = new Rig();
    rig.task("t", hang, { timeLimitMs: 1_000, retry: retry({ on: () => fail("in on") }) });
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.clock.advance(1_000);
    await turns();
    expect((await rig.result("a"))?.payload).toMatchObject({
      code: "SUNBEAT_TIME_LIMIT",
      errors: [{ message: "in on" }],
    });
  });
});

describe("a task that is given back to its queue", () => {
  test("by Reject({ requeue: true }) runs again at once, before others, and nothing is counted", async () => {
    const rig = new Rig();
    const ran: string[] = [];
    rig.bound("t", (self) => {
      ran.push(`${self.request.id} ${self.request.retries} ${self.request.deliveries}`);
      if (ran.length < 3) throw new Reject({ requeue: true });
    });
    await rig.send(message("a", "t"), message("b", "t"));
    await rig.started({ concurrency: 1, prefetch: 1 });
    await turns();
    expect(ran).toEqual(["a 0 1", "a 0 1", "a 0 1", "b 0 1"]);
    expect(await rig.state("a")).toBe("SUCCESS");
    expect(rig.logged("requeued")[0]).toBe("info Task t[a] requeued: rejected");
  });
});

describe("a task whose result is ignored", () => {
  const ignored = { ignoreResult: true, storeErrorsEvenIfIgnored: true, resultTtlMs: 5_000 };

  test.each<[string, () => unknown, Parameters<Rig["task"]>[2], string | null]>([
    ["a failure", () => fail(), ignored, "FAILURE"],
    ["a message that it refuses", () => { throw new Reject("no"); }, ignored, "FAILURE"], // prettier-ignore
    ["a success", () => 1, ignored, null],
    ["a failure without the option", () => fail(), { ...ignored, storeErrorsEvenIfIgnored: false }, null],
    ["a try that failed", () => thrown(), { ...ignored, retry: retry({ max: 1, delayMs: 1e6 }) }, "PENDING"],
  ])("leaves of %s what storeErrorsEvenIfIgnored says", async (_, fn, options, state) => {
    const rig = new Rig();
    rig.task("t", fn, options);
    await rig.send(message("a", "t", [], { resultTtlMs: 0 }));
    await rig.started();
    expect(await rig.state("a")).toBe(state);
    await rig.clock.advance(5_000);
    if (state === "FAILURE") expect(await rig.state("a")).toBe(null);
  });

  function thrown(): never {
    throw new Retry();
  }
});
