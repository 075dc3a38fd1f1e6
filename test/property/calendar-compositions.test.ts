/** Random compositions of schedules against every minute of real time, their laws, and the end of every search. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { dates, days, scheduleFromJSON, weekdays, type Days, type LocalDate } from "../../src/index.js";
import {
  momentsNearChanges,
  PROPERTY_TIMEOUT_MS,
  propertyRuns,
  repeatableRuns,
} from "../support/crontab-arbitraries.js";
import {
  asCrontab,
  built,
  COMPOSED_ZONES,
  compositions,
  HOURS,
  QUARTERS,
  type Node,
} from "../support/composition-arbitraries.js";
import { dueMinutes } from "../support/composition-reference.js";

const MINUTE = 60_000;
const DAY_MS = 86_400_000;
// A composition is walked minute by minute: a long run takes a second or two for each.
vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS + propertyRuns(0) * 3_000 });

/** Date lines are crossed before, and clocks of odd minutes are over. */
const SINCE = Date.UTC(2012, 0, 10);
const STEP = 5;

const cases = fc
  .uniqueArray(fc.constantFrom(...COMPOSED_ZONES), { minLength: 1, maxLength: 3 })
  .chain((zones) => fc.tuple(fc.constant(zones), momentsNearChanges(zones[0]!)))
  .map(([zones, moment]): [string[], number] => [zones, Math.max(moment, SINCE)])
  .chain(([zones, moment]) => {
    const from = Math.floor(moment / DAY_MS) * 1440;
    return fc.tuple(compositions(zones, QUARTERS, 4, from * MINUTE), fc.constant(from));
  });

function walkOn(node: Node, from: number, to: number): number[] {
  const schedule = built(node);
  const found: number[] = [];
  for (let at = schedule.next(from * MINUTE - 1); at !== null && at < to * MINUTE; at = schedule.next(at)) {
    found.push(at / MINUTE);
  }
  return found;
}

function walkBack(node: Node, from: number, to: number): number[] {
  const schedule = built(node);
  const found: number[] = [];
  for (
    let at = schedule.previous(to * MINUTE);
    at !== null && at >= from * MINUTE;
    at = schedule.previous(at)
  ) {
    found.unshift(at / MINUTE);
  }
  return found;
}

/** Found by long runs: a day from midnight to midnight, left out. */
const kept: [Node, number][] = [
  [
    {
      kind: "window",
      of: { kind: "times", times: [0, 720], days: [0, 3], timezone: "Australia/Perth" },
      window: { from: 0, to: 0, days: undefined, timezone: undefined, not: true },
    },
    22_102_560,
  ],
];

describe("random compositions to depth 4", () => {
  it("are due when every minute says so, forwards and back, also after their JSON", () => {
    fc.assert(
      fc.property(cases, ([node, from]) => {
        const to = from + 3 * 1440;
        const expected = dueMinutes(node, { from, to, step: STEP });
        expect({ on: walkOn(node, from, to), back: walkBack(node, from, to) }).toEqual({
          on: expected,
          back: expected,
        });
        const schedule = built(node);
        const json: unknown = JSON.parse(JSON.stringify(schedule));
        const again = scheduleFromJSON(json);
        expect(again.toJSON?.()).toEqual(json);
        expect(again.next(from * MINUTE)).toBe(schedule.next(from * MINUTE));
      }),
      { ...repeatableRuns(100), examples: kept.map((each): [[Node, number]] => [each]) },
    );
  });

  it("a calendar of times on weekdays and its crontabs are the same", () => {
    const times = cases.filter(([node]) => node.kind === "times");
    fc.assert(
      fc.property(times, ([node, from]) => {
        if (node.kind !== "times") return;
        expect(built(node).next(from * MINUTE)).toBe(asCrontab(node).next(from * MINUTE));
      }),
      { numRuns: Math.min(propertyRuns(30), 1_000) },
    );
  });
});

describe("the laws of the algebra", () => {
  const trios = fc
    .uniqueArray(fc.constantFrom(...COMPOSED_ZONES), { minLength: 1, maxLength: 2 })
    .chain((zones) =>
      fc.tuple(
        fc.tuple(...[0, 1, 2].map(() => compositions(zones, QUARTERS, 2, Date.UTC(2027, 2, 20)))),
        fc.integer({ min: 0, max: 40 * 1440 }).map((n) => Date.UTC(2027, 2, 1) + n * MINUTE),
      ),
    );

  it("joins in any order, once; chains as from anew; offsets add up; except is a list", () => {
    fc.assert(
      fc.property(trios, ([nodes, from]) => {
        const [a, b, c] = nodes.map(built);
        const text = (schedule: object): string => JSON.stringify(schedule);
        expect(text(a!.or(b!))).toBe(text(b!.or(a!)));
        expect(text(a!.or(b!).or(c!))).toBe(text(a!.or(b!.or(c!))));
        expect(text(a!.or(a!))).toBe(text(a!.or()));
        const both = a!.or(b!, c!);
        const moved = a!.offset("45m").offset("-15m");
        const once = a!.offset("30m");
        const twice = a!.except(b!).except(c!);
        const list = a!.except(b!.or(c!));
        let at = from;
        for (let i = 0; i < 12; i++) {
          const next = both.next(at);
          const least = Math.min(...[a, b, c].map((each) => each!.next(at) ?? Infinity));
          expect(next ?? Infinity).toBe(least);
          expect(built(nodes[0]!).next(at)).toBe(a!.next(at));
          expect(moved.next(at)).toBe(once.next(at));
          expect(twice.next(at)).toBe(list.next(at));
          if (next === null) return;
          expect(next).toBeGreaterThan(at);
          expect(both.previous(next) ?? -Infinity).toBeLessThanOrEqual(at);
          at = next;
        }
      }),
      repeatableRuns(20),
    );
  });
});

describe("masks of days against `has`", () => {
  const date = (day: number): LocalDate => new Date(day * DAY_MS).toISOString().slice(0, 10) as LocalDate;
  const business = weekdays("mon-fri").and(dates(["12-25", "02-29", "2101-03-01"]).not());
  const sets: readonly (readonly [text: string, set: Days, has: (day: Date) => boolean])[] = [
    ["weekdays", weekdays("fri-mon"), (day) => [5, 6, 0, 1].includes(day.getUTCDay())],
    ["29 February", dates(["02-29"]), (day) => day.getUTCMonth() === 1 && day.getUTCDate() === 29],
    [
      "weekdays but some dates",
      business,
      (day) =>
        day.getUTCDay() % 6 !== 0 &&
        !["12-25", "02-29"].includes(day.toISOString().slice(5, 10)) &&
        day.toISOString().slice(0, 10) !== "2101-03-01",
    ],
    [
      "the last day of every third month",
      days({ every: "3 months", on: -1, from: "1971-01-01" }),
      (day) => day.getUTCMonth() % 3 === 0 && new Date(day.getTime() + DAY_MS).getUTCDate() === 1,
    ],
    [
      "every 17 days",
      days({ every: "17 days", from: "1970-01-01" }),
      (day) => (day.getTime() / DAY_MS) % 17 === 0,
    ],
  ];

  it.each(sets)("%s: day by day over 400 years", (_text, set, has) => {
    const first = Date.UTC(1971, 0, 1) / DAY_MS;
    let next = set.next(date(first - 1));
    let previous: LocalDate | null = null;
    for (let day = first; day < first + 146_097; day++) {
      const text = date(day);
      const wanted = has(new Date(day * DAY_MS));
      if (set.has(text) !== wanted) expect(`${text} ${String(!wanted)}`).toBe(`${text} ${String(wanted)}`);
      if (!wanted) continue;
      if (next !== text) expect(next).toBe(text);
      if (previous !== null && set.previous(text) !== previous) expect(set.previous(text)).toBe(previous);
      previous = text;
      next = set.next(text);
    }
  });
});

describe("every search ends", () => {
  const HOURLY_ZONES = ["UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo"];
  const AFTER = Date.UTC(2027, 0, 1);
  const YEARS = 20;
  /** Half of them exclude what they keep, one way or the other. */
  const maybeEmpty = compositions(HOURLY_ZONES, HOURS, 3, AFTER).chain((node) =>
    fc.oneof(
      fc.constant(node),
      fc.constantFrom<Node>(
        { kind: "except", of: node, what: { kind: "interval", minutes: 60, offset: 0 } },
        { kind: "days", of: { kind: "days", of: node, days: [1, 2], not: false }, days: [1, 2], not: true },
        { kind: "window", of: node, window: { from: 90, to: 95, not: false, timezone: "UTC" } },
        {
          kind: "window",
          of: { kind: "window", of: node, window: { from: 480, to: 720, not: false } },
          window: { from: 840, to: 900, not: false },
        },
      ),
    ),
  );

  it("with null only where 20 years hold nothing", () => {
    fc.assert(
      fc.property(maybeEmpty, (node) => {
        const schedule = built(node);
        const next = schedule.next(AFTER);
        const back = schedule.previous(AFTER);
        if (back !== null) expect(back).toBeLessThan(AFTER);
        if (next === null) expect(firstDue(node)).toBeUndefined();
      }),
      repeatableRuns(40),
    );
  });

  /** Looks at 20 years, a stretch that doubles after the other. */
  function firstDue(node: Node): number | undefined {
    const start = AFTER / MINUTE;
    const end = start + YEARS * 365 * 1440;
    for (let from = start, length = 10 * 1440; from < end; from += length, length *= 2) {
      const to = Math.min(end, from + length);
      const [first] = dueMinutes(node, { from, to, step: 60 }).filter((minute) => minute > start);
      if (first !== undefined) return first;
    }
    return undefined;
  }
});
