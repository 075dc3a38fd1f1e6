import { expect, test } from "vitest";
import { type QueueRates, type RateFacts, ratesOf } from "../../src/dashboard/queue-rates.js";

const MINUTE = 60_000;
const NOW = 10 * MINUTE;
const before = (depth: number) => ({ at: NOW - 5 * MINUTE, depth });

type Case = readonly [
  facts: Pick<RateFacts, "ended" | "before"> & { readonly depth: number },
  rates: QueueRates,
  reason: string,
];

const CASES: readonly Case[] = [
  [
    { ended: 0, before: null, depth: 0 },
    { out: 0, in: null, emptyInMs: null },
    "nothing is known, and nothing is promised",
  ],
  [
    { ended: 50, before: before(0), depth: 0 },
    { out: 10, in: 10, emptyInMs: null },
    "an empty queue needs no time to be empty",
  ],
  [
    { ended: 50, before: before(100), depth: 50 },
    { out: 10, in: 0, emptyInMs: 5 * MINUTE },
    "nothing comes, and ten a minute go",
  ],
  [
    { ended: 50, before: before(50), depth: 100 },
    { out: 10, in: 20, emptyInMs: null },
    "it grows: it is never empty",
  ],
  [
    { ended: 0, before: before(100), depth: 50 },
    { out: 0, in: 0, emptyInMs: null },
    "a purge is no rate below zero",
  ],
];

test.each(CASES)("%j is %j: %s", ({ ended, before: sample, depth }, rates) => {
  expect(ratesOf({ ended, overMs: 5 * MINUTE, before: sample, now: NOW }, depth)).toEqual(rates);
});
