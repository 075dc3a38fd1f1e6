import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { ScheduleError } from "../../src/core/errors.js";
import { crontab, crontabFromJSON } from "../../src/schedules/crontab/crontab.js";
import {
  expressions,
  momentsNearChanges,
  PROPERTY_TIMEOUT_MS,
  propertyRuns,
  ZONES,
} from "../support/crontab-arbitraries.js";

vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });

const zones = fc.constantFrom(...ZONES);
const moments = zones.chain((timezone) =>
  fc.record({ timezone: fc.constant(timezone), moment: momentsNearChanges(timezone) }),
);
const dst = fc.constantFrom("vixie" as const, "skip" as const, "wall" as const, {
  gap: "shift" as const,
  fold: "second" as const,
});
const seconds = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 4 });

describe("laws of crontabs", () => {
  it("next is after, previous before, and each undoes the other", () => {
    fc.assert(
      fc.property(expressions, moments, dst, (expression, { timezone, moment }, option) => {
        const schedule = crontab(expression, { timezone, dst: option });
        const next = schedule.next(moment);
        const previous = schedule.previous(moment);
        if (next !== null) {
          expect(next).toBeGreaterThan(moment);
          expect(schedule.previous(next) ?? -Infinity).toBeLessThanOrEqual(moment);
          expect(schedule.next(next - 1)).toBe(next);
        }
        if (previous !== null) {
          expect(previous).toBeLessThan(moment);
          expect(schedule.next(previous) ?? Infinity).toBeGreaterThanOrEqual(moment);
          expect(schedule.previous(previous + 1)).toBe(previous);
        }
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it("starting from any point between two occurrences gives the later one", () => {
    fc.assert(
      fc.property(
        expressions,
        moments,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (expression, { timezone, moment }, part) => {
          const schedule = crontab(expression, { timezone });
          const next = schedule.next(moment);
          if (next === null) return;
          const between = Math.min(moment + (next - moment) * part, next - 1);
          expect(schedule.next(between)).toBe(next);
        },
      ),
      { numRuns: propertyRuns(3000) },
    );
  });

  it("the answer does not depend on what was asked before", () => {
    fc.assert(
      fc.property(
        expressions,
        moments,
        fc.array(moments, { maxLength: 5 }),
        (expression, { timezone, moment }, others) => {
          const asked = crontab(expression, { timezone });
          for (const other of others) asked.next(other.moment);
          expect(asked.next(moment)).toBe(crontab(expression, { timezone }).next(moment));
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });

  it("second 0 written out changes nothing", () => {
    fc.assert(
      fc.property(expressions, moments, dst, (expression, { timezone, moment }, option) => {
        const five = crontab(expression, { timezone, dst: option });
        const six = crontab(`0 ${expression}`, { timezone, dst: option });
        expect([six.next(moment), six.previous(moment)]).toEqual([five.next(moment), five.previous(moment)]);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it("with seconds, each minute that runs has each of its seconds, where no gap is made up for", () => {
    const dropped = fc.constantFrom("skip" as const, "wall" as const);
    fc.assert(
      fc.property(
        expressions,
        seconds,
        moments,
        dropped,
        (expression, list, { timezone, moment }, option) => {
          const minutes = crontab(expression, { timezone, dst: option, class: "fixed" });
          const all = crontab(`${list.join(",")} ${expression}`, { timezone, dst: option, class: "fixed" });
          const sorted = list.toSorted((a, b) => a - b);
          const expected: number[] = [];
          for (let t = minutes.next(moment), n = 0; t !== null && n < 5; t = minutes.next(t), n++) {
            for (const second of sorted) expected.push(t + second * 1000);
          }
          const found: number[] = [];
          // Seconds of the minute in which the moment lies come first; they are not part of `expected`.
          const start = Math.ceil((moment + 1) / 60_000) * 60_000 - 1;
          for (let t = all.next(start); t !== null && found.length < expected.length; t = all.next(t))
            found.push(t);
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("JSON comes back as an equal crontab", () => {
    const sources = fc.oneof(
      expressions,
      expressions.map((text) => ` ${text.replace(/ /g, " \t")} `),
    );
    fc.assert(
      fc.property(sources, moments, dst, (text, { timezone, moment }, option) => {
        const schedule = crontab(text, { timezone, dst: option });
        const copy = crontabFromJSON(schedule.toJSON());
        expect([copy.toJSON(), copy.next(moment)]).toEqual([schedule.toJSON(), schedule.next(moment)]);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("lints, descriptions and notes never throw", () => {
    fc.assert(
      fc.property(expressions, moments, dst, (expression, { timezone, moment }, option) => {
        const schedule = crontab(expression, { timezone, dst: option });
        const next = schedule.next(moment);
        const texts = [
          schedule.describe(),
          ...schedule.lints({ from: moment, runTimeP95Ms: 1 }).map((lint) => lint.message),
        ];
        if (next !== null) texts.push(schedule.note(next) ?? "nothing to say");
        expect(texts.filter((text) => text === "" || /undefined|NaN|Infinity/.test(text))).toEqual([]);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

describe("the parser", () => {
  const alphabet = [
    ..."0123456789*/-,LW#?H() \t@~.;+",
    "mon",
    "jan",
    "sat",
    "\n",
    "\u00a0",
    "é",
    "٣",
    "😀",
    "@daily",
    "TZ=",
  ];
  const noise = fc.array(fc.constantFrom(...alphabet), { maxLength: 60 }).map((parts) => parts.join(""));
  const mutated = fc
    .tuple(expressions, fc.nat(40), fc.nat(3), fc.constantFrom(...alphabet))
    .map(([text, at, gone, added]) => text.slice(0, at) + added + text.slice(at + gone));

  it("accepts, or throws its own error with a position inside the text", () => {
    fc.assert(
      fc.property(fc.oneof(noise, mutated, fc.string()), fc.boolean(), (text, extended) => {
        try {
          crontab(text, { extended }).next(0);
        } catch (error) {
          if (!(error instanceof ScheduleError)) throw error;
          const position = error.details["position"] as number;
          expect([error.code, position >= 0 && position <= text.length]).toEqual([
            "SUNBEAT_CRONTAB_INVALID",
            true,
          ]);
        }
      }),
      { numRuns: propertyRuns(10_000) },
    );
  });

  it("accepts, or throws its own error, whatever the object form holds", () => {
    const values = fc.oneof(
      fc.anything(),
      fc.integer(),
      fc.string(),
      fc.array(fc.oneof(fc.integer(), fc.string())),
    );
    const keys = fc.oneof(
      fc.constantFrom("minute", "hour", "dayOfWeek", "day_of_week", "__proto__", "toString"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(keys, values), fc.anything()), (fields) => {
        try {
          crontab(fields as object).next(0);
        } catch (error) {
          if (!(error instanceof ScheduleError)) throw error;
          expect(error.code).toBe("SUNBEAT_CRONTAB_INVALID");
        }
      }),
      { numRuns: propertyRuns(3000) },
    );
  });
});
