/** Laws of the texts about random schedules, in every language that has sentences of its own. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeIn } from "../../src/calendar.js";
import {
  calendar,
  clocked,
  crontab,
  dates,
  days,
  every,
  holidays,
  scheduleFromJSON,
  solar,
  SOLAR_EVENTS,
  type BuiltInSchedule,
  type DayRule,
} from "../../src/index.js";
import { built, compositions, QUARTERS } from "../support/composition-arbitraries.js";
import { expressions, repeatableRuns } from "../support/crontab-arbitraries.js";

const LOCALES = ["de", "fr", "es"] as const;
/** Words that only the English frames have, "minutes" and "instants" are French as well; zones and names of calendars are in capitals. */
const ENGLISH =
  /\b(?:every|and|or|of|on|at|from|until|before|after|the|day|days|week|weeks|month|year|hours?|seconds?|last|business|closed|except|once|never|moved|not|nearest|Monday|Sunday|March|December)\b/;

const composed = compositions(["Europe/Paris", "Asia/Tokyo"], QUARTERS, 4, Date.UTC(2027, 2, 20)).map(built);
const rules = fc.constantFrom<DayRule>(
  1,
  15,
  31,
  -1,
  -4,
  "mon",
  "sat-sun",
  "mon-fri",
  "2nd fri",
  "last day",
  "3rd last business day",
);
const calendars = fc
  .record({
    every: fc.constantFrom("month", "3 months", "year", "2 years"),
    on: fc.uniqueArray(rules, { minLength: 1, maxLength: 4 }),
    at: fc.constantFrom("01:00", ["08:00", "17:30:05"], { every: "15m", from: "09:30", to: "16:00" }),
    missing: fc.constantFrom("skip", "clamp"),
    position: fc.option(fc.constantFrom(1, [2, -1], -3), { nil: undefined }),
    end: fc.constantFrom(
      {},
      { count: 1 },
      { count: 12 },
      { until: "2030-01-01" },
      { until: "2030-01-01T00:00:30Z" },
    ),
  })
  .map(({ end, ...options }) =>
    calendar({ from: "2027-01-01", ...end, ...options } as Parameters<typeof calendar>[0]),
  );
const crontabs = expressions.map((text) => crontab(text, { extended: true, hashKey: "x" }));
const suns = fc
  .tuple(
    fc.constantFrom(...SOLAR_EVENTS),
    fc.constantFrom(0, -1_800, 90),
    fc.constantFrom({}, { notBefore: "18:00" }),
  )
  .map(([event, offset, placing]) => solar(event, 48.14, -11.58, { offset, ...placing }));
const sets = fc.constantFrom(
  dates(["12-25", "2027-12-24"]),
  dates(["01-01", "02-02", "03-03", "04-04", { from: "2027-08-01", to: "2027-08-14" }]),
  holidays("DE-BY"),
  days({ every: "2 weeks", on: "fri", from: "2027-01-01" }).and(dates(["12-24"]).not()),
);
const schedules: fc.Arbitrary<BuiltInSchedule> = fc.oneof(
  composed,
  calendars,
  crontabs,
  suns,
  fc.integer({ min: 100, max: 1e9 }).map((ms) => every({ milliseconds: ms })),
  fc.integer({ min: 0, max: 4e12 }).map((at) => clocked(at)),
  fc
    .tuple(fc.oneof(composed, calendars, crontabs), sets)
    .map(([of, set]) => of.onDays(set).except("sat", set)),
  fc.tuple(composed, suns).map(([of, sun]) => of.between(sun, sun.offset("1h")).or(sun, every(30))),
);

test("English is the text of describe()", () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(describeIn(schedule, "en")).toBe(schedule.describe());
    }),
    repeatableRuns(300),
  );
});

test("no word of the English frames, nothing unfilled, the same number of members, the same numbers", () => {
  fc.assert(
    fc.property(schedules, fc.constantFrom(...LOCALES), (schedule, locale) => {
      const text = describeIn(schedule, locale);
      const plain = text.replace(/\([A-Z][A-Za-z]+\/[^)]+\)/g, "");
      expect(plain.match(ENGLISH)?.[0]).toBeUndefined();
      expect(text).not.toMatch(/undefined|null|NaN|\[object|\$\{|\s\s|\s,|\(\)|^\s|\s$/);
      const joints = { de: /; und /g, fr: / ; et /g, es: /; y /g };
      expect(text.match(joints[locale])?.length).toBe(schedule.describe().match(/; and /g)?.length);
      const times = (told: string): string[] => (told.match(/\d\d:\d\d(?::\d\d)?/g) ?? []).sort();
      expect(times(text)).toEqual(times(schedule.describe()));
    }),
    repeatableRuns(500),
  );
});

test("stored schedules are told alike", () => {
  fc.assert(
    fc.property(schedules, fc.constantFrom(...LOCALES), (schedule, locale) => {
      const again = scheduleFromJSON(schedule.toJSON()) as BuiltInSchedule;
      const twice = scheduleFromJSON(again.toJSON()) as BuiltInSchedule;
      expect(describeIn(twice, locale)).toBe(describeIn(again, locale));
    }),
    repeatableRuns(200),
  );
});
