import * as Astronomy from "astronomy-engine";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/core/clock.js";
import { SOLAR_EVENTS, solar, type SolarEventName } from "../../src/schedules/index.js";

/** How many years are walked, and by what the number of random cases is multiplied. */
const RUNS = Number(process.env["SUNBEAT_PROPERTY_RUNS"] ?? 1);
const DAY = 86_400_000;
const STEP = 600_000;

/** The Sun's true topocentric altitude and its distance, from a model that shares nothing with ours. */
function oracle(at: EpochMs, latitude: number, longitude: number): { altitude: number; distance: number } {
  const date = new Date(at);
  const observer = new Astronomy.Observer(latitude, longitude, 0);
  const sun = Astronomy.Equator(Astronomy.Body.Sun, date, observer, true, true);
  return { altitude: Astronomy.Horizon(date, observer, sun.ra, sun.dec).altitude, distance: sun.dist };
}

/** [altitude, direction]; null is the horizon. Written out again, so that a slip in the table shows. */
const TARGETS: Partial<Record<SolarEventName, [number | null, "rising" | "setting"]>> = {
  dawn_astronomical: [-18, "rising"],
  dawn_nautical: [-12, "rising"],
  dawn_civil: [-6, "rising"],
  sunrise: [null, "rising"],
  sunset: [null, "setting"],
  dusk_civil: [-6, "setting"],
  dusk_nautical: [-12, "setting"],
  dusk_astronomical: [-18, "setting"],
  golden_hour_start: [6, "setting"],
  golden_hour_end: [-4, "setting"],
  golden_hour_dawn_start: [-4, "rising"],
  golden_hour_dawn_end: [6, "rising"],
  blue_hour_start: [-4, "setting"],
  blue_hour_end: [-6, "setting"],
  blue_hour_dawn_start: [-6, "rising"],
  blue_hour_dawn_end: [-4, "rising"],
};

interface Sample {
  readonly at: EpochMs;
  readonly altitude: number;
  readonly distance: number;
}

let sampled = { key: "", year: [] as Sample[] };

/** A year of the oracle's altitudes, ten minutes apart; all events of a place share one. */
function yearOf(from: EpochMs, latitude: number, longitude: number): Sample[] {
  const key = `${from} ${latitude} ${longitude}`;
  if (sampled.key !== key) {
    const year: Sample[] = [];
    for (let at = from; at <= from + 366 * DAY; at += STEP) {
      year.push({ at, ...oracle(at, latitude, longitude) });
    }
    sampled = { key, year };
  }
  return sampled.year;
}

function above(sample: { altitude: number; distance: number }, altitude: number | null): number {
  return sample.altitude - (altitude ?? -(34 / 60 + 0.266564 / sample.distance));
}

interface Crossing {
  readonly at: EpochMs;
  /** Degrees per second there. */
  readonly speed: number;
}

/** Every crossing that the oracle's samples show, to a tenth of a second. */
function crossings(event: SolarEventName, from: EpochMs, latitude: number, longitude: number): Crossing[] {
  const [altitude, direction] = TARGETS[event]!;
  const sign = direction === "rising" ? 1 : -1;
  const year = yearOf(from, latitude, longitude);
  const found: Crossing[] = [];
  for (let i = 1; i < year.length; i++) {
    if (above(year[i - 1]!, altitude) * sign > 0 || above(year[i]!, altitude) * sign <= 0) continue;
    let low = year[i - 1]!.at;
    let high = year[i]!.at;
    while (high - low > 100) {
      const middle = Math.round((low + high) / 2);
      if (above(oracle(middle, latitude, longitude), altitude) * sign > 0) high = middle;
      else low = middle;
    }
    const a = above(oracle(low - 30_000, latitude, longitude), altitude);
    const b = above(oracle(low + 30_000, latitude, longitude), altitude);
    found.push({ at: low, speed: Math.abs(b - a) / 60 });
  }
  return found;
}

function chain(
  event: SolarEventName,
  from: EpochMs,
  until: EpochMs,
  latitude: number,
  longitude: number,
): EpochMs[] {
  const schedule = solar(event, latitude, longitude);
  const found: EpochMs[] = [];
  for (let at = schedule.next(from); at !== null && at < until; at = schedule.next(at)) found.push(at);
  return found;
}

const PLACES: [place: string, latitude: number, longitude: number][] = [
  ["the equator", 0, 0],
  ["Paris", 48.8566, 2.3522],
  ["Longyearbyen", 78.2232, 15.6267],
  ["the north pole", 90, 0],
  ["the south pole", -90, 0],
  ["Fiji west of 180", -16.8, 179.95],
  ["Fiji east of 180", -16.8, -179.95],
  ["Kiribati", 1.87, -157.43],
  ["Tromso", 69.6492, 18.9553],
  ["a step from the pole", 89.97, -120],
  ["half a degree from the south pole", -89.5, 60],
];

const YEARS = Array.from({ length: Math.min(RUNS, 100) }, (_, i) => 1950 + ((77 + 37 * i) % 150));
const CASES = YEARS.flatMap((year) => PLACES.map(([place, ...at]) => [year, place, ...at] as const));

/** What only one of the models has, and what they have more than the tolerance apart. */
function differences(event: SolarEventName, from: EpochMs, latitude: number, longitude: number): string[] {
  const expected = crossings(event, from, latitude, longitude);
  const actual = chain(event, from, from + 366 * DAY, latitude, longitude);
  const found: string[] = [];
  for (let e = 0, a = 0; e < expected.length || a < actual.length;) {
    const wanted = expected[e] ?? { at: Infinity, speed: 1 };
    const came = actual[a] ?? Infinity;
    // 5 s where the Sun crosses at ordinary speed, 0.01 degrees where it is slow.
    const toleranceMs = Math.max(5, 0.01 / wanted.speed) * 1000;
    if (Math.abs(came - wanted.at) <= toleranceMs) {
      e++;
      a++;
    } else if (came < wanted.at) {
      // On the day on which the Sun only just makes it, two models may differ; so may samples ten minutes apart.
      const graze = Math.abs(above(oracle(came, latitude, longitude), TARGETS[event]![0])) < 0.001;
      if (!graze) found.push(`only ours: ${new Date(came).toISOString()}`);
      a++;
    } else {
      if (wanted.speed > 1e-5) found.push(`only the other: ${new Date(wanted.at).toISOString()}`);
      e++;
    }
  }
  return found;
}

describe.each(CASES)("%d at %s", (year, _place, latitude, longitude) => {
  const from = Date.UTC(year, 0, 1);

  test.each(Object.keys(TARGETS) as SolarEventName[])(
    "has each %s of the other model, and no other",
    (event) => {
      expect(differences(event, from, latitude, longitude)).toEqual([]);
    },
  );

  test.each(SOLAR_EVENTS)("finds each %s also when asked just before or after, under one key", (event) => {
    const schedule = solar(event, latitude, longitude);
    const actual = chain(event, from, from + 366 * DAY, latitude, longitude);
    expect(actual.map((at) => schedule.next(at - 1))).toEqual(actual);
    expect(actual.map((at) => schedule.previous(at + 1))).toEqual(actual);
    const keys = actual.map((at) => schedule.occurrenceKey(at));
    expect(new Set(keys).size).toBe(keys.length);
    // Another version of the model moves the instant by seconds; the key stays.
    expect(actual.map((at) => schedule.occurrenceKey(at - 5_000))).toEqual(keys);
    expect(actual.map((at) => schedule.occurrenceKey(at + 5_000))).toEqual(keys);
  });

  test.each([
    ["solar_noon", 0],
    ["solar_midnight", 0.5],
  ] as const)("has a %s every day, when the Sun is on the meridian", (event, wanted) => {
    const actual = chain(event, from, from + 365 * DAY, latitude, longitude);
    const observer = new Astronomy.Observer(0, longitude, 0);
    const off = actual.filter((at) => {
      const turn = Astronomy.HourAngle(Astronomy.Body.Sun, new Date(at), observer) / 24 - wanted;
      return Math.abs(turn - Math.round(turn)) * 86_400 > 5;
    });
    expect({ off, days: actual.length }).toEqual({
      off: [],
      days: expect.toSatisfy((days) => Math.abs(Number(days) - 365) <= 1) as number,
    });
  });
});

/** Those that come within a year everywhere: beside a pole no shadow grows by its own height after noon. */
const anEvent = fc.constantFrom(...SOLAR_EVENTS.filter((event) => !event.startsWith("asr")));
const aLatitude = fc.oneof(
  fc.double({ min: -90, max: 90, noNaN: true }),
  fc.constantFrom(-90, -89.95, 66.56, 89.9, 90),
);
const aLongitude = fc.double({ min: -180, max: 180, noNaN: true });
const anInstant = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2100, 0, 1) });
const numRuns = 300 * RUNS;

test("a chain of next equals a restart from any point between", () => {
  fc.assert(
    fc.property(
      anEvent,
      aLatitude,
      aLongitude,
      anInstant,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (event, latitude, longitude, from, share) => {
        const chained = solar(event, latitude, longitude);
        const first = chained.next(from)!;
        const second = chained.next(first)!;
        const between = Math.min(second - 1, first + Math.floor((second - first) * share));
        // A fresh value has an empty memo.
        expect(solar(event, latitude, longitude).next(between)).toBe(second);
        expect(solar(event, latitude, longitude).next(second - 1)).toBe(second);
      },
    ),
    { numRuns },
  );
});

test("previous is the mirror of next", () => {
  fc.assert(
    fc.property(anEvent, aLatitude, aLongitude, anInstant, (event, latitude, longitude, from) => {
      const schedule = solar(event, latitude, longitude);
      const next = schedule.next(from)!;
      const before = schedule.previous(next)!;
      expect(schedule.previous(next + 1)).toBe(next);
      expect(before).toBeLessThanOrEqual(from);
      expect(schedule.next(before)).toBe(next);
    }),
    { numRuns },
  );
});

test("the Sun of the other model is at the altitude, anywhere and at any time", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(TARGETS) as SolarEventName[])),
      aLatitude,
      aLongitude,
      anInstant,
      (event, latitude, longitude, from) => {
        const at = solar(event, latitude, longitude).next(from)!;
        const [altitude] = TARGETS[event]!;
        const miss = (shift: number): number => above(oracle(at + shift, latitude, longitude), altitude);
        const speed = Math.abs(miss(30_000) - miss(-30_000)) / 60;
        expect(Math.abs(miss(0))).toBeLessThan(Math.max(0.01, 5 * speed));
      },
    ),
    { numRuns },
  );
});

test("at asr the shadow of the other model has grown by the height of what casts it, or twice that", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(["asr", 1] as const, ["asr_hanafi", 2] as const, [{ shadow: 0.4 }, 0.4] as const),
      fc.double({ min: -80, max: 80, noNaN: true }),
      aLongitude,
      anInstant,
      ([event, factor], latitude, longitude, from) => {
        const at = solar(event, latitude, longitude).next(from)!;
        const miss = (instant: EpochMs): number => {
          const observer = new Astronomy.Observer(latitude, longitude, 0);
          const sun = Astronomy.Equator(Astronomy.Body.Sun, new Date(instant), observer, true, true);
          const noon = Math.tan((Math.abs(latitude - sun.dec) * Math.PI) / 180);
          return (
            oracle(instant, latitude, longitude).altitude - (Math.atan(1 / (factor + noon)) * 180) / Math.PI
          );
        };
        const speed = (miss(at - 30_000) - miss(at + 30_000)) / 60;
        expect(Math.abs(miss(at))).toBeLessThan(Math.max(0.01, 5 * speed));
        const noon = solar("solar_noon", latitude, longitude).previous(at)!;
        expect(at - noon).toBeLessThan(DAY / 2);
      },
    ),
    { numRuns },
  );
});

test("two events of one kind are more than 20 hours apart below 89 degrees and have keys that grow", () => {
  fc.assert(
    fc.property(anEvent, aLatitude, aLongitude, anInstant, (event, latitude, longitude, from) => {
      const schedule = solar(event, latitude, longitude);
      const first = schedule.next(from)!;
      const second = schedule.next(first)!;
      const keys = [first, second].map((at) => Number(schedule.occurrenceKey(at)));
      // Nearer to a pole the Sun can rise, dip for some hours and rise again.
      const hours = Math.abs(latitude) < 89 ? 20 : 1;
      expect(second - first).toBeGreaterThan(hours * 3_600_000);
      expect(keys[1]! - keys[0]!).toBeGreaterThan(0);
      // Another version of the model moves the instant by seconds; the key stays.
      expect([-5_000, 5_000].map((shift) => Number(schedule.occurrenceKey(first + shift)))).toEqual([
        keys[0],
        keys[0],
      ]);
    }),
    { numRuns },
  );
});

test("longitudes 180 and -180 are one meridian", () => {
  fc.assert(
    fc.property(anEvent, aLatitude, anInstant, (event, latitude, from) => {
      const [east, west] = [180, -180].map((longitude) => {
        const schedule = solar(event, latitude, longitude);
        const at = schedule.next(from)!;
        return { at, key: schedule.occurrenceKey(at) };
      });
      expect(east).toEqual(west);
    }),
    { numRuns },
  );
});
