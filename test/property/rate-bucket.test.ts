/** Laws of the buckets of rate limits, over any limits and arrivals. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, bucketAt, freeAt, intervalOf, shut, without } from "../../src/store/rules/bucket.js";
import type { Rate } from "../../src/tasks/rate-limit.js";

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 5_000 }),
  perMs: fc.constantFrom(1_000, 7_000, 60_000),
  burst: fc.integer({ min: 1, max: 60 }),
});

interface Start {
  readonly at: number;
  readonly tokens: number;
}

/** The runs that begin when somebody asks at each of these instants for as many as there are. */
function starts(rate: Rate, asks: readonly { readonly afterMs: number; readonly tokens: number }[]): Start[] {
  const found: Start[] = [];
  let stored: Bucket | null = null;
  let now = 1_800_000_000_000;
  for (const { afterMs, tokens } of asks) {
    now += afterMs;
    for (let asked = 0; asked < 200; asked++) {
      const bucket: Bucket = bucketAt(stored, rate, now);
      if (freeAt(bucket) > now) break;
      stored = without(bucket, tokens);
      found.push({ at: now, tokens });
    }
  }
  return found;
}

const asks = (most: number) =>
  fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 3_000 }), tokens: fc.integer({ min: 1, max: most }) }),
    { maxLength: 40 },
  );

test("no window has more tokens than the burst and what comes in it, but for what the last run owes", () => {
  fc.assert(
    fc.property(rates, asks(20), (rate, given) => {
      const all = starts(rate, given);
      for (let first = 0; first < all.length; first += 7) {
        let taken = 0;
        for (let last = first; last < all.length; last++) {
          const windowMs = all[last]!.at - all[first]!.at;
          // Float instants of 2^-12 ms.
          expect(taken + 1).toBeLessThanOrEqual(rate.burst + windowMs / intervalOf(rate) + 0.05);
          taken += all[last]!.tokens;
        }
      }
    }),
  );
});

test("no token is lost while somebody comes when one is there", () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 2, max: 500 }), (rate, runs) => {
      let stored: Bucket | null = null;
      const begin = 1_800_000_000_000;
      let now = begin;
      for (let run = 0; run < runs; run++) {
        const bucket: Bucket = bucketAt(stored, rate, now);
        // Whoever is told an instant comes at the whole millisecond after it.
        now = Math.max(now, Math.ceil(freeAt(bucket)));
        stored = without(bucketAt(stored, rate, now), 1);
      }
      const interval = intervalOf(rate);
      const expected = Math.max(0, runs - rate.burst) * interval;
      // A burst of one begins each time from its start, and so loses what is left of a millisecond.
      expect(now - begin).toBeLessThanOrEqual(
        expected + 2 + (rate.burst * interval < 1 + interval ? runs : 0),
      );
    }),
  );
});

test("another limit, and a clock that goes back, keep what lies ahead", () => {
  fc.assert(
    fc.property(rates, rates, fc.integer({ min: 1, max: 100_000_000 }), (rate, other, backMs) => {
      const now = 1_800_000_000_000;
      let bucket = bucketAt(null, rate, now);
      for (let run = 0; run < rate.burst; run++) bucket = without(bucket, 1);
      // Empty: one token lies ahead, of whatever limit.
      const ahead = freeAt(bucketAt(bucket, other, now)) - now;
      // An instant of today is told to 2^-12 ms, and each run adds to it.
      const inexact = (rate.burst * 2 ** -12) / intervalOf(rate);
      expect(Math.abs(ahead / intervalOf(other) - 1)).toBeLessThan(0.03 + inexact);
      const back = bucketAt(bucket, rate, now - backMs);
      expect(freeAt(back) - (now - backMs)).toBeCloseTo(intervalOf(rate), 0);
    }),
  );
});

test("one that was shut opens with one token", () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 10_000_000 }), (rate, delayMs) => {
      const now = 1_800_000_000_000;
      const closed = shut(bucketAt(null, rate, now), now + delayMs);
      expect(freeAt(closed)).toBe(now + delayMs);
      const opened = without(bucketAt(closed, rate, now + delayMs), 1);
      expect(freeAt(opened)).toBeGreaterThan(now + delayMs);
    }),
  );
});
