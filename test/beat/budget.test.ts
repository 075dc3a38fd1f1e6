/** The budget of starts: what is left, how long is waited, and when a beat counts as limited. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StartBudget } from "../../src/beat/budget.js";

type Step = readonly ["spend" | "back", number] | readonly ["at", ms: number];

function budgetAfter(perSecond: number | null, steps: readonly Step[]): { budget: StartBudget; at: number } {
  const budget = new StartBudget(perSecond, 0);
  let at = 0;
  for (const [what, value] of steps) {
    if (what === "at") at = value;
    else if (what === "spend") budget.spend(value);
    else budget.giveBack(value);
    budget.left(at);
  }
  return { budget, at };
}

test.each<[reason: string, perSecond: number | null, steps: Step[], left: number, waitMs: number]>([
  ["it begins with the starts of a second", 100, [], 100, 0],
  ["what is spent is gone", 100, [["spend", 30]], 70, 0],
  ["empty: a tenth of a second's starts are waited for", 100, [["spend", 100]], 0, 100],
  ["a part of them is there", 100, [["spend", 95]], 5, 50],
  [
    "it fills with time",
    100,
    [
      ["spend", 100],
      ["at", 250],
    ],
    25,
    0,
  ],
  [
    "never beyond a second's worth",
    100,
    [
      ["spend", 100],
      ["at", 60_000],
    ],
    100,
    0,
  ],
  [
    "what was not sent comes back",
    100,
    [
      ["spend", 100],
      ["back", 40],
    ],
    40,
    0,
  ],
  ["a slow one waits for a whole start", 2, [["spend", 2]], 0, 500],
  [
    "a half of one is no start",
    2,
    [
      ["spend", 2],
      ["at", 400],
    ],
    0,
    100,
  ],
  [
    "one a second",
    1,
    [
      ["spend", 1],
      ["at", 1_000],
    ],
    1,
    0,
  ],
  [
    "thirds add up to a whole",
    3,
    [
      ["spend", 3],
      ["at", 111],
      ["at", 222],
      ["at", 334],
    ],
    1,
    0,
  ],
  [
    "a clock that stands gives nothing",
    100,
    [
      ["spend", 100],
      ["at", 0],
      ["at", 0],
    ],
    0,
    100,
  ],
  ["no limit", null, [["spend", 1e9]], Infinity, 0],
])("%s", (_, perSecond, steps, left, waitMs) => {
  const { budget, at } = budgetAfter(perSecond, steps);
  expect(budget.left(at)).toBe(left);
  expect(budget.waitMs(at)).toBe(waitMs);
});

test("over any time, no more than a second's worth and what fills in is spent", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 500 })));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), steps, (perSecond, demands) => {
      const budget = new StartBudget(perSecond, 0);
      const spent: { at: number; starts: number }[] = [];
      let at = 0;
      for (const [waitMs, wanted] of demands) {
        at += waitMs;
        const starts = Math.min(wanted, budget.left(at));
        budget.spend(starts);
        spent.push({ at, starts });
      }
      for (const [index, first] of spent.entries()) {
        let sum = 0;
        for (const { at, starts } of spent.slice(index)) {
          sum += starts;
          expect(sum).toBeLessThanOrEqual(perSecond * (1 + (at - first.at) / 1_000) + 1e-3);
        }
      }
    }),
  );
});

test("after the wait that it names, a start is left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 5_000 }), (perSecond, most) => {
      const budget = new StartBudget(perSecond, 0);
      budget.spend(Math.min(perSecond, most));
      const at = budget.waitMs(0);
      expect(budget.left(at)).toBeGreaterThanOrEqual(1);
      expect(at).toBeLessThanOrEqual(Math.max(1_000 / perSecond, 100) + 1);
    }),
  );
});

describe("limited", () => {
  test("it tells its beginning once, and its end with the starts made in it", () => {
    const budget = new StartBudget(10, 0);
    budget.spend(10);
    expect(budget.limitedSince).toBeNull();
    expect(budget.ranOut(5_000, 32)).toEqual({ state: "began", since: 5_000, perSecond: 10, count: 32 });
    expect(budget.ranOut(6_000, 22)).toBeNull();
    expect(budget.limitedSince).toBe(5_000);
    budget.spend(22);
    budget.giveBack(2);
    expect(budget.caughtUp()).toEqual({ state: "ended", since: 5_000, perSecond: 10, count: 20 });
    expect(budget.caughtUp()).toBeNull();
    expect(budget.limitedSince).toBeNull();
  });
});
