import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { crontab } from "../../src/schedules/crontab/crontab.js";
import { referenceOccurrences, type ReferenceOptions } from "../support/crontab-reference.js";
import {
  expressions,
  momentsNearChanges,
  PROPERTY_TIMEOUT_MS,
  propertyRuns,
  ZONES,
} from "../support/crontab-arbitraries.js";

const MINUTE = 60_000;
const DAYS = 3;

const dst = fc.oneof(
  { weight: 3, arbitrary: fc.constant("vixie" as const) },
  fc.constantFrom("skip" as const, "wall" as const),
  fc.record({
    gap: fc.constantFrom("after" as const, "skip" as const, "shift" as const),
    fold: fc.constantFrom("first" as const, "second" as const, "both" as const),
  }),
);

const options = fc.record({
  dst,
  dayMatch: fc.constantFrom("or" as const, "and" as const),
  class: fc.constantFrom("auto" as const, "auto" as const, "fixed" as const, "wildcard" as const),
});

vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });

describe("a crontab against a reference that steps through real minutes", () => {
  it("gives the same instants, forwards and backwards, around changes of the clocks and away from them", () => {
    const cases = fc
      .constantFrom(...ZONES)
      .chain((timezone) =>
        fc.record({ timezone: fc.constant(timezone), moment: momentsNearChanges(timezone) }),
      );
    fc.assert(
      fc.property(expressions, cases, options, (expression, { timezone, moment }, rest) => {
        const all: ReferenceOptions = { timezone, ...rest };
        const from = Math.floor(moment / MINUTE);
        const to = from + DAYS * 1440;
        const expected = referenceOccurrences(expression, all, from, to);
        const schedule = crontab(expression, all);
        const forwards: number[] = [];
        for (let t = schedule.next(from * MINUTE - 1); t !== null && t < to * MINUTE; t = schedule.next(t)) {
          forwards.push(t / MINUTE);
        }
        const backwards: number[] = [];
        for (
          let t = schedule.previous(to * MINUTE);
          t !== null && t >= from * MINUTE;
          t = schedule.previous(t)
        ) {
          backwards.unshift(t / MINUTE);
        }
        expect({ forwards, backwards }).toEqual({ forwards: expected, backwards: expected });
      }),
      { numRuns: propertyRuns(2500) },
    );
  });
});
