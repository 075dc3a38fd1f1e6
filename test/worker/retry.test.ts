import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RetryPolicy } from "../../src/tasks/definition.js";
import { Retry } from "../../src/tasks/outcomes.js";
import { retryDelayMs } from "../../src/worker/outcome.js";
import { fixedRandom, message, retry, Rig, turns } from "./harness.js";

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
  });
});
