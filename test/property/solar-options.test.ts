/** Options of the Sun against their definitions, walked over plain events, and Asr and portions of the night against adhan. */
import {
  CalculationMethod,
  CalculationParameters,
  Coordinates,
  HighLatitudeRule,
  Madhab,
  PrayerTimes,
  Rounding,
} from "adhan";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  scheduleFromJSON,
  solar,
  SOLAR_EVENTS,
  type SolarEvent,
  type SolarOptions,
  type TimeOfDay,
} from "../../src/index.js";
import { PROPERTY_TIMEOUT_MS, repeatableRuns } from "../support/crontab-arbitraries.js";
import {
  DAY,
  instantAt,
  localDay,
  occurrencesBack,
  occurrencesIn,
  sunDay,
} from "../support/sun-reference.js";

vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });
const START = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;

// It takes the declination of 0h, which is long past in the west, and for Fajr the night after.
describe("against adhan, to 60 degrees", () => {
  const latitudes = fc.integer({ min: -600, max: 600 }).map((n) => n / 10);
  const longitudes = fc.integer({ min: -60, max: 150 });
  const days = fc.integer({ min: 0, max: 4_000 });

  function prayers(latitude: number, longitude: number, day: number, change: Partial<CalculationParameters>) {
    const parameters = Object.assign(CalculationMethod.Other(), { rounding: Rounding.None }, change);
    const date = new Date(START + day * DAY);
    const civil = new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    return new PrayerTimes(new Coordinates(latitude, longitude), civil, parameters);
  }

  /** Whether the Sun only just reaches 18 degrees below the horizon: there it is slow, and models are minutes apart. */
  function isGraze(latitude: number, day: number): boolean {
    const declination = -23.44 * Math.cos((2 * Math.PI * (day + 10)) / 365.25);
    return Math.abs(Math.abs(latitude + declination) - 90 + 18) < 1.5;
  }

  /** Seconds from the instant to the nearest occurrence. */
  function distance(
    event: SolarEvent,
    place: readonly [number, number],
    options: SolarOptions,
    at: Date,
  ): number {
    const schedule = solar(event, ...place, options);
    const near = [schedule.next(at.getTime() - 1), schedule.previous(at.getTime())];
    return Math.min(...near.map((each) => Math.abs((each ?? Infinity) - at.getTime()))) / 1_000;
  }

  test.each([
    ["asr", Madhab.Shafi],
    ["asr_hanafi", Madhab.Hanafi],
  ] as const)("%s is within 3 minutes", (event, madhab) => {
    fc.assert(
      fc.property(latitudes, longitudes, days, (latitude, longitude, day) => {
        const { asr } = prayers(latitude, longitude, day, { madhab });
        expect(distance(event, [latitude, longitude], {}, asr)).toBeLessThan(180);
      }),
      repeatableRuns(400),
    );
  });

  test.each([
    [HighLatitudeRule.SeventhOfTheNight, 1 / 7, 180],
    [HighLatitudeRule.MiddleOfTheNight, 1 / 2, 240],
    [HighLatitudeRule.TwilightAngle, "angle", 200],
  ] as const)("portions of the night by the rule %s", (highLatitudeRule, night, seconds) => {
    fc.assert(
      fc.property(latitudes, longitudes, days, (latitude, longitude, day) => {
        fc.pre(!isGraze(latitude, day));
        const angles = { fajrAngle: 18, ishaAngle: 18 };
        const { fajr, isha } = prayers(latitude, longitude, day, { highLatitudeRule, ...angles });
        const place = [latitude, longitude] as const;
        expect(distance("dawn_astronomical", place, { polar: { night } }, fajr)).toBeLessThan(seconds);
        expect(distance("dusk_astronomical", place, { polar: { night } }, isha)).toBeLessThan(180);
      }),
      repeatableRuns(300),
    );
  });
});

const PLACES = [
  [48.14, 11.58, "Europe/Berlin"],
  [59.91, 10.75, "Europe/Oslo"],
  [69.65, 18.96, "Europe/Oslo"],
  [78.22, 15.63, "Arctic/Longyearbyen"],
  [64.18, -51.72, "America/Nuuk"],
  [-77.85, 166.67, "Antarctica/McMurdo"],
  [1.87, -157.43, "Pacific/Kiritimati"],
  [66.6, 179.9, "UTC"],
] as const;
const places = fc.constantFrom(...PLACES);
const moments = fc.integer({ min: 0, max: 730 }).map((day) => START + day * DAY);
const RISING = new Set<string>(SOLAR_EVENTS.filter((event) => /dawn|sunrise/.test(event)));
const passing = fc.constantFrom("dawn_astronomical", "dawn_civil", "sunrise", "sunset", "dusk_civil", "asr");
const LOOK = 20 * DAY;

const timeText = (minutes: number): TimeOfDay =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}` as TimeOfDay;
const minutes = fc.integer({ min: 0, max: 1_439 });
const offsets = fc.oneof(fc.constant(0), fc.integer({ min: -180, max: 180 }));

/** Plain events around a look, with the date to which each belongs. */
function events(event: SolarEvent, [latitude, longitude, timezone]: (typeof PLACES)[number], from: number) {
  const list = (each: SolarEvent): number[] =>
    occurrencesIn(solar(each, latitude, longitude), from - 4 * DAY, from + LOOK + 4 * DAY);
  const noons = list("solar_noon");
  return list(event)
    .filter((at) => at > noons[1]! && at < noons.at(-2)!)
    .map((at) => ({ at, day: sunDay(at, noons, RISING.has(event as string), timezone) }));
}

test("bounds move an event to a time of its sun-day, after the offset, and leave its key", () => {
  fc.assert(
    fc.property(
      places,
      passing,
      moments,
      fc.tuple(minutes, minutes),
      offsets,
      (place, event, from, times, offset) => {
        const [latitude, longitude, timezone] = place;
        const [first, last] = [Math.min(...times), Math.max(...times)];
        const options = {
          offset: offset * 60,
          notBefore: timeText(first),
          notAfter: timeText(last),
          timezone,
        };
        const schedule = solar(event, latitude, longitude, options);
        const plain = solar(event, latitude, longitude);
        const moved = events(event, place, from).map(({ at, day }) => {
          const after = Math.max(at + offset * 60_000, instantAt(timezone, day, first));
          return { due: Math.min(after, instantAt(timezone, day, last)), key: plain.occurrenceKey(at) };
        });
        const expected = moved.filter(({ due }) => due >= from && due < from + LOOK);
        const found = occurrencesIn(schedule, from, from + LOOK);
        expect(found).toEqual([...new Set(expected.map(({ due }) => due))]);
        expect(occurrencesBack(schedule, from, from + LOOK)).toEqual(found);
        if (found.length === expected.length) {
          expect(found.map((due) => schedule.occurrenceKey(due))).toEqual(expected.map(({ key }) => key));
        }
      },
    ),
    repeatableRuns(60),
  );
});

test("a time of day stands in on the dates without an event, and only there", () => {
  fc.assert(
    fc.property(places, passing, moments, minutes, offsets, (place, event, from, time, offset) => {
      const [latitude, longitude, timezone] = place;
      const schedule = solar(event, latitude, longitude, {
        polar: { at: timeText(time) },
        offset: offset * 60,
        timezone,
      });
      const plain = solar(event, latitude, longitude);
      const there = events(event, place, from);
      const taken = new Set(there.map(({ day }) => day));
      const runs = there.map(({ at }) => ({ due: at + offset * 60_000, key: plain.occurrenceKey(at) }));
      for (let day = localDay(timezone, from) - 1; day <= localDay(timezone, from + LOOK) + 1; day++) {
        if (!taken.has(day)) runs.push({ due: instantAt(timezone, day, time), key: `d${day}` });
      }
      const expected = runs
        .filter(({ due }) => due >= from && due < from + LOOK)
        .sort((a, b) => a.due - b.due);
      const found = occurrencesIn(schedule, from, from + LOOK);
      expect(found).toEqual(expected.map(({ due }) => due));
      expect(occurrencesBack(schedule, from, from + LOOK)).toEqual(found);
      expect(found.map((due) => schedule.occurrenceKey(due))).toEqual(expected.map(({ key }) => key));
      // The beat asks so; no day is passed over.
      expect(found.slice(0, -1).map((due) => schedule.following(due))).toEqual(found.slice(1));
    }),
    repeatableRuns(60),
  );
});

test("clamp gives each day its event: the crossing, else the culmination where the Sun comes nearest", () => {
  fc.assert(
    fc.property(
      places,
      fc.constantFrom("dawn_civil", "sunrise", "sunset", "dusk_nautical"),
      moments,
      (place, event, from) => {
        const [latitude, longitude] = place;
        const list = (each: SolarEvent): number[] =>
          occurrencesIn(solar(each, latitude, longitude), from - DAY, from + LOOK + DAY);
        const isRising = RISING.has(event);
        const [begins, ends] = isRising
          ? [list("solar_midnight"), list("solar_noon")]
          : [list("solar_noon"), list("solar_midnight")];
        const crossings = list(event);
        const schedule = solar(event, latitude, longitude, { polar: "clamp" });
        for (const begin of begins) {
          const end = ends.find((each) => each > begin);
          if (end === undefined || begin < from || end > from + LOOK) continue;
          // The altitude is greatest some minutes off the meridian.
          const found = occurrencesIn(schedule, begin - 400_000, end + 400_000);
          const crossing = crossings.filter((at) => at > begin - 400_000 && at < end + 400_000);
          if (crossing.length > 0) expect(found).toEqual(crossing);
          else {
            expect(found).toHaveLength(1);
            expect(Math.min(Math.abs(found[0]! - begin), Math.abs(found[0]! - end))).toBeLessThan(400_000);
          }
        }
      },
    ),
    repeatableRuns(60),
  );
});

test("a portion of the night bounds dawn and dusk, and nights without a sunset or a sunrise have neither", () => {
  const parts = fc.constantFrom<number | "angle">(1 / 2, 1 / 7, 0.3, "angle");
  const events = fc.constantFrom("dawn_astronomical", "dawn_civil", "dusk_nautical", "dusk_astronomical");
  fc.assert(
    fc.property(places, events, parts, moments, ([latitude, longitude], event, night, from) => {
      const list = (each: SolarEvent): number[] =>
        occurrencesIn(solar(each, latitude, longitude), from - 2 * DAY, from + LOOK + 2 * DAY);
      const angle = event.endsWith("civil") ? 6 : event.endsWith("nautical") ? 12 : 18;
      const part = night === "angle" ? angle / 60 : night;
      const crossings = list(event);
      const [rises, noons] = [list("sunrise"), list("solar_noon")];
      const expected = list("sunset").flatMap((sunset) => {
        const sunrise = rises.find((at) => at > sunset);
        if (sunrise === undefined || noons.some((noon) => noon > sunset && noon < sunrise)) return [];
        const crossing = crossings.find((at) => at > sunset && at < sunrise);
        const limit = part * (sunrise - sunset);
        if (RISING.has(event)) return [Math.max(crossing ?? 0, Math.floor(sunrise - limit))];
        return [Math.min(crossing ?? Infinity, Math.floor(sunset + limit))];
      });
      const schedule = solar(event, latitude, longitude, { polar: { night } });
      const inside = expected.filter((at) => at >= from && at < from + LOOK);
      expect(occurrencesIn(schedule, from, from + LOOK)).toEqual(inside);
      expect(occurrencesBack(schedule, from, from + LOOK)).toEqual(inside);
    }),
    repeatableRuns(80),
  );
});

test("any options: a chain equals a restart, previous mirrors next, JSON gives the same instants, keys differ", () => {
  const polars = fc.constantFrom<SolarOptions["polar"]>("skip", "clamp", { at: "06:00" }, { at: "02:30" });
  const options = fc.record(
    { polar: polars, offset: offsets.map((n) => n * 60), notBefore: minutes.map(timeText) },
    { requiredKeys: [] },
  );
  const all = fc.constantFrom(...SOLAR_EVENTS.filter((event) => !/noon|midnight/.test(event)));
  fc.assert(
    fc.property(places, all, options, moments, ([latitude, longitude, timezone], event, given, from) => {
      const make = () => solar(event, latitude, longitude, { ...given, timezone });
      const schedule = make();
      let at = from;
      const keys = new Set<string>();
      for (let i = 0; i < 6; i++) {
        const next = schedule.next(at)!;
        expect(next).toBeGreaterThan(at);
        expect(make().next(Math.floor((at + next) / 2))).toBe(next);
        expect(make().previous(next + 1)).toBe(next);
        expect(make().previous(next) ?? -Infinity).toBeLessThanOrEqual(at);
        expect(scheduleFromJSON(JSON.parse(JSON.stringify(schedule))).next(at)).toBe(next);
        keys.add(schedule.occurrenceKey(next));
        at = next;
      }
      expect(keys.size).toBe(6);
      expect(schedule.offset("2h").next(from + 2 * HOUR)).toBe(schedule.next(from)! + 2 * HOUR);
    }),
    repeatableRuns(80),
  );
});
