import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scheduleFromJSON } from "../../src/schedules/index.js";
import { SCHEDULES } from "./samples.js";

const RUNS = Number(process.env["SUNBEAT_PROPERTY_RUNS"] ?? 1);
const anInstant = fc.integer({ min: Date.UTC(1960, 0, 1), max: Date.UTC(2090, 0, 1) });
const aShare = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe.each(SCHEDULES)("%s", (_kind, schedule) => {
  test("next is later and previous earlier, and they mirror each other", () => {
    fc.assert(
      fc.property(anInstant, (t) => {
        const next = schedule.next(t);
        const previous = schedule.previous(t);
        if (next !== null) {
          expect(next).toBeGreaterThan(t);
          expect(schedule.previous(next + 1)).toBe(next);
          expect(schedule.previous(next) ?? -Infinity).toBeLessThanOrEqual(t);
        }
        if (previous !== null) {
          expect(previous).toBeLessThan(t);
          expect(schedule.next(previous - 1)).toBe(previous);
          expect(schedule.next(previous) ?? Infinity).toBeGreaterThanOrEqual(t);
        }
      }),
      { numRuns: 50 * RUNS },
    );
  });

  test("nothing lies between an instant and its next: a chain equals a restart from any point", () => {
    fc.assert(
      fc.property(anInstant, aShare, (t, share) => {
        const next = schedule.next(t);
        const between = next === null ? t + Math.floor(share * 1e12) : t + Math.floor((next - t) * share);
        expect(schedule.next(between)).toBe(next);
        if (next !== null) expect(schedule.next(next - 1)).toBe(next);
      }),
      { numRuns: 50 * RUNS },
    );
  });

  test("the answer does not depend on what was asked before", () => {
    const instants = fc.sample(anInstant, { numRuns: 20, seed: 1 });
    const there = instants.map((t) => schedule.next(t));
    const back = instants.toReversed().map((t) => schedule.next(t));
    expect(back.toReversed()).toEqual(there);
  });

  test.each([
    NaN,
    Infinity,
    -Infinity,
    8.64e15,
    -8.64e15,
    1e300,
    -1e300,
    -1,
    -0.5,
    0.5,
    Number.MAX_SAFE_INTEGER,
  ])("answers %d with a valid instant or null", (t) => {
    for (const answer of [schedule.next(t), schedule.previous(t)]) {
      if (answer !== null) expect(new Date(answer).getTime()).toBe(answer);
    }
    const next = schedule.next(t);
    const previous = schedule.previous(t);
    expect(next === null || next > t).toBe(true);
    expect(previous === null || previous < t).toBe(true);
  });

  test("its JSON makes an equal schedule", () => {
    const json = JSON.parse(JSON.stringify(schedule)) as unknown;
    const back = scheduleFromJSON(json);
    expect(back.toJSON?.()).toEqual(json);
    for (const t of fc.sample(anInstant, { numRuns: 20, seed: 2 })) {
      expect(back.next(t)).toBe(schedule.next(t));
      expect(back.previous?.(t)).toBe(schedule.previous(t));
    }
  });

  test("describes itself in one line, and its lints are complete", () => {
    expect(schedule.describe()).toMatch(/^\S.*\S$/);
    for (const { code, field, message } of schedule.lints({ from: Date.UTC(2027, 0, 1) })) {
      expect([code, field, message]).toEqual([
        expect.stringMatching(/^[a-z-]+$/),
        expect.stringMatching(/\S/),
        expect.stringMatching(/^\S.*\S$/),
      ]);
    }
  });
});
