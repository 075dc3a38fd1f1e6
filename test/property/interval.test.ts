import fc from "fast-check";
import { expect, test } from "vitest";
import { IntervalSchedule } from "../../src/schedules/index.js";

const RUNS = Number(process.env["SUNBEAT_PROPERTY_RUNS"] ?? 1);
const aPeriod = fc.oneof(
  fc.integer({ min: 100, max: 3_155_760_000_000 }),
  fc.integer({ min: 100, max: 100_000 }),
);
const anOffset = fc.integer({ min: -3_155_760_000_000, max: 3_155_760_000_000 });
const anInstant = fc.integer({ min: -8.64e15, max: 8.64e15 });

/** The rule in exact integers: the least multiple of n, moved by the offset, that is greater than `after`. */
function reference(after: number, n: number, offset: number): number | null {
  const [a, p, o] = [BigInt(after), BigInt(n), BigInt(offset)];
  let quotient = (a - o) / p;
  while (quotient * p + o <= a) quotient++;
  while ((quotient - 1n) * p + o > a) quotient--;
  const due = Number(quotient * p + o);
  return due <= 8.64e15 ? due : null;
}

test("next is the least instant of the series after the argument, over all of time", () => {
  fc.assert(
    fc.property(aPeriod, anOffset, anInstant, (n, offset, after) => {
      expect(new IntervalSchedule(n, offset).next(after)).toBe(reference(after, n, offset));
    }),
    { numRuns: 1_000 * RUNS },
  );
});

test("previous is the instant one period before next, or the one before that", () => {
  fc.assert(
    fc.property(aPeriod, anOffset, fc.integer({ min: -8e15, max: 8e15 }), (n, offset, t) => {
      const schedule = new IntervalSchedule(n, offset);
      const next = schedule.next(t)!;
      const isDue = next - n === t;
      expect(schedule.previous(t)).toBe(isDue ? next - 2 * n : next - n);
    }),
    { numRuns: 1_000 * RUNS },
  );
});
