/** Windows of the Sun against every tenth minute of real time, with a predicate written apart from the code. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import {
  crontab,
  during,
  every,
  scheduleFromJSON,
  solar,
  union,
  type BuiltInSchedule,
  type SolarEvent,
  type TimeOfDay,
  type WeekdayRange,
} from "../../src/index.js";
import { momentsNearChanges, PROPERTY_TIMEOUT_MS, repeatableRuns } from "../support/crontab-arbitraries.js";
import {
  DAY,
  instantAt,
  localDay,
  localTime,
  occurrencesBack,
  occurrencesIn,
  sunDay,
} from "../support/sun-reference.js";

const STEP = 600_000;
/** So far around a moment events are listed: no polar season is longer at these places. */
const AROUND = 230 * DAY;
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });

const PLACES = [
  [48.14, 11.58, "Europe/Berlin"],
  [59.33, 18.07, "Europe/Stockholm"],
  [69.65, 18.96, "Europe/Oslo"],
  [78.22, 15.63, "Arctic/Longyearbyen"],
  [64.18, -51.72, "America/Nuuk"],
  [-54.8, -68.3, "America/Argentina/Ushuaia"],
  [1.87, -157.43, "Pacific/Kiritimati"],
  [-31.5, 159.06, "Australia/Lord_Howe"],
  [51.18, 179.2, "UTC"],
  [-77.85, 166.67, "Antarctica/McMurdo"],
] as const;

const RISING = new Set<SolarEvent>(["dawn_civil", "sunrise"]);
const EVENTS = [
  "dawn_civil",
  "sunrise",
  "solar_noon",
  "sunset",
  "dusk_civil",
] as const satisfies SolarEvent[];

interface Edge {
  readonly event: (typeof EVENTS)[number];
  /** Minutes. */
  readonly offset: number;
}

const sunEdges: fc.Arbitrary<Edge> = fc.record({
  event: fc.constantFrom(...EVENTS),
  offset: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -180, max: 180 }),
    fc.integer({ min: -2_000, max: 2_000 }),
  ),
});
const clock = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: most * 4 - 1 }).map((n) => n * 15);
const timeText = (minutes: number): TimeOfDay => {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` as TimeOfDay;
};

interface Case {
  readonly place: (typeof PLACES)[number];
  readonly edges: readonly [Edge | number, Edge | number];
  readonly days: readonly (typeof NAMES)[number][];
  readonly not: boolean;
  readonly moment: number;
}

const cases: fc.Arbitrary<Case> = fc.constantFrom(...PLACES).chain((place) =>
  fc.record({
    place: fc.constant(place),
    edges: fc.oneof(
      fc.tuple(sunEdges, sunEdges),
      fc.tuple(sunEdges, clock(48)),
      fc.tuple(clock(24), sunEdges),
    ),
    days: fc.oneof(
      fc.constant([...NAMES]),
      fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 }),
    ),
    not: fc.boolean(),
    moment: momentsNearChanges(place[2]).map((at) => Math.floor(Math.max(at, 0) / STEP) * STEP),
  }),
);

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Every piece that can touch the days after the moment, one per event. */
function piecesOf({ place: [latitude, longitude, timezone], edges, moment }: Case): Piece[] {
  const [from, to] = [moment - AROUND, moment + AROUND];
  const list = (event: SolarEvent): number[] => occurrencesIn(solar(event, latitude, longitude), from, to);
  const [opens, closes] = edges;
  if (typeof opens === "object" && typeof closes === "object") {
    const ends = list(closes.event);
    return list(opens.event).map((event) => ({
      start: event + opens.offset * 60_000,
      end: (ends.find((end) => end >= event) ?? Infinity) + closes.offset * 60_000,
    }));
  }
  const edge = (typeof opens === "object" ? opens : closes) as Edge;
  const noons = list("solar_noon");
  return list(edge.event).flatMap((event): Piece[] => {
    if (event < noons[1]! || event > noons.at(-2)!) return [];
    const isNoon = edge.event === "solar_noon";
    const day = isNoon ? localDay(timezone, event) : sunDay(event, noons, RISING.has(edge.event), timezone);
    const at = (which: Edge | number): number =>
      typeof which === "number" ? instantAt(timezone, day, which) : event + which.offset * 60_000;
    return [{ start: at(opens), end: at(closes) }];
  });
}

function windowOf({ place: [latitude, longitude, timezone], edges, days, not }: Case) {
  const edge = (each: Edge | number) =>
    typeof each === "number"
      ? timeText(each)
      : solar(each.event, latitude, longitude).offset(each.offset * 60);
  const options = { timezone, ...(days.length < 7 && { days: days as readonly WeekdayRange[] }) };
  const window = during(edge(edges[0]), edge(edges[1]), options);
  return not ? window.not() : window;
}

test("keeps the same instants, forwards and back, in polar seasons and on nights of change", () => {
  fc.assert(
    fc.property(cases, (each) => {
      const [, , timezone] = each.place;
      const pieces = piecesOf(each).filter(({ start }) =>
        each.days.includes(NAMES[new Date(localTime(timezone, start)).getUTCDay()]!),
      );
      const end = each.moment + 4 * DAY;
      const expected: number[] = [];
      for (let at = each.moment; at < end; at += STEP) {
        if (pieces.some(({ start, end: close }) => at >= start && at < close) !== each.not) expected.push(at);
      }
      const window = windowOf(each);
      const schedule = every(STEP / 1_000).only(window);
      const again = scheduleFromJSON(JSON.parse(JSON.stringify(schedule)));
      expect(occurrencesIn(schedule, each.moment, end)).toEqual(expected);
      expect(occurrencesBack(schedule, each.moment, end)).toEqual(expected);
      expect(occurrencesIn(again, each.moment, end)).toEqual(expected);
      expect(expected.every((at) => window.has(at))).toBe(true);
    }),
    repeatableRuns(120),
  );
});

test("a window and its negation split a schedule, whatever was asked before", () => {
  fc.assert(
    fc.property(cases, fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 5 }), (each, before) => {
      const schedule = crontab("*/20 * * * *", { timezone: each.place[2] });
      const window = windowOf(each);
      const [kept, left] = [schedule.only(window), schedule.except(window)];
      for (const days of before) window.has(each.moment + days * DAY);
      const both = union(kept, left);
      expect(occurrencesIn(both, each.moment, each.moment + DAY / 8)).toEqual(
        occurrencesIn(schedule, each.moment, each.moment + DAY / 8),
      );
      const fresh = schedule.only(windowOf(each));
      expect(kept.next(each.moment)).toBe(fresh.next(each.moment));
      expect(kept.previous(each.moment)).toBe(fresh.previous(each.moment));
    }),
    repeatableRuns(30),
  );
});

test("is open where the last start is not before the last end, for any two schedules", () => {
  const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 4 });
  const others = hours.map((list): BuiltInSchedule => crontab(`30 ${list.join(",")} * * *`));
  const mixed = fc.oneof(
    others,
    fc.constantFrom(...EVENTS).map((event): BuiltInSchedule => solar(event, 69.65, 18.96)),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.tuple(others, mixed), fc.tuple(mixed, others)),
      fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 0, max: 700 }),
      ([from, to], days, day) => {
        const moment = Date.UTC(2027, 0, 1) + day * DAY;
        const end = moment + 3 * DAY;
        const starts = occurrencesIn(from, moment - AROUND, end);
        const ends = occurrencesIn(to, moment - AROUND, end);
        const expected: number[] = [];
        for (let at = moment; at < end; at += STEP) {
          const opened = starts.findLast((each) => each <= at) ?? -Infinity;
          const closed = ends.findLast((each) => each <= at) ?? -Infinity;
          const began = starts.find((each) => each >= closed);
          if (opened === -Infinity || opened < closed || began === undefined) continue;
          if (days.includes(NAMES[new Date(began).getUTCDay()]!)) expected.push(at);
        }
        const schedule = every(STEP / 1_000).between(from, to, { days });
        expect(occurrencesIn(schedule, moment, end)).toEqual(expected);
        expect(occurrencesBack(schedule, moment, end)).toEqual(expected);
      },
    ),
    repeatableRuns(60),
  );
});
