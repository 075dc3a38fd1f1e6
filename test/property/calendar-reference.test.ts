/**
 * Calendars, rolls and restrictions against references written apart from the code: they walk civil days as Dates, and
 * minutes of real time over the offsets of Intl, and ask of each whether it belongs.
 */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  businessDays,
  calendar,
  dates,
  days,
  during,
  every,
  scheduleFromJSON,
  union,
  weekdays,
  type Days,
  type DaysRule,
  type LocalDate,
  type Roll,
  type Schedule,
  type TimeOfDay,
  type WeekdayRange,
} from "../../src/index.js";
import {
  momentsNearChanges,
  PROPERTY_TIMEOUT_MS,
  repeatableRuns,
  ZONES,
} from "../support/crontab-arbitraries.js";

const DAY = 86_400_000;
const MINUTE = 60_000;
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const START = Date.UTC(2027, 0, 1) / DAY;
vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });

const dateText = (day: number): LocalDate => new Date(day * DAY).toISOString().slice(0, 10) as LocalDate;
const weekdayAt = (day: number): number => new Date(day * DAY).getUTCDay();
const monthAt = (day: number): number =>
  new Date(day * DAY).getUTCFullYear() * 12 + new Date(day * DAY).getUTCMonth();
const lengthAt = (month: number): number =>
  new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate();
const firstAt = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY;

interface RuleCase {
  readonly every: number;
  readonly unit: "day" | "week" | "month" | "year";
  readonly on: readonly (number | (typeof NAMES)[number])[];
  readonly months: readonly number[];
  readonly from: number;
  readonly position: readonly number[] | undefined;
  readonly clamp: boolean;
}

/** The days of the period in which a day lies, before `position`; empty: no period of the rule holds it. */
function periodDays(rule: RuleCase, day: number): number[] {
  const inMonth = (month: number): number[] => {
    const length = lengthAt(month);
    const all = Array.from({ length }, (_, i) => firstAt(month) + i);
    return all.filter((each, i) =>
      rule.on.some((item) => {
        if (typeof item === "string") return NAMES[weekdayAt(each)] === item;
        const date = item > 0 ? item : length + item + 1;
        return (
          date === i + 1 || (rule.clamp && ((date > length && i === length - 1) || (date < 1 && i === 0)))
        );
      }),
    );
  };
  switch (rule.unit) {
    case "day":
      return (day - rule.from) % rule.every === 0 ? [day] : [];
    case "week": {
      const monday = (each: number): number => each - ((weekdayAt(each) + 6) % 7);
      if (((monday(day) - monday(rule.from)) / 7) % rule.every !== 0) return [];
      const week = Array.from({ length: 7 }, (_, i) => monday(day) + i);
      return week.filter((each) => rule.on.includes(NAMES[weekdayAt(each)]!));
    }
    case "month":
      return (monthAt(day) - monthAt(rule.from)) % rule.every === 0 ? inMonth(monthAt(day)) : [];
    case "year": {
      const year = Math.floor(monthAt(day) / 12);
      if ((year - Math.floor(monthAt(rule.from) / 12)) % rule.every !== 0) return [];
      return rule.months.flatMap((month) => inMonth(year * 12 + month - 1));
    }
  }
}

function hasDay(rule: RuleCase, day: number): boolean {
  if (day < rule.from) return false;
  const period = periodDays(rule, day);
  const index = period.indexOf(day);
  if (index === -1) return false;
  return rule.position?.some((place) => place === index + 1 || place === index - period.length) ?? true;
}

const rules: fc.Arbitrary<RuleCase> = fc
  .constantFrom("day" as const, "week" as const, "month" as const, "year" as const)
  .chain((unit) =>
    fc.record({
      unit: fc.constant(unit),
      every: fc.integer({ min: 1, max: unit === "year" ? 5 : 45 }),
      on: fc.uniqueArray(
        unit === "week"
          ? fc.constantFrom(...NAMES)
          : fc.oneof(
              fc.constantFrom(...NAMES),
              fc.integer({ min: 1, max: 31 }),
              fc.integer({ min: -31, max: -1 }),
            ),
        { minLength: 1, maxLength: 4 },
      ),
      months: fc
        .uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
        .map((months) => [...months].sort((a, b) => a - b)),
      from: fc.integer({ min: START, max: START + 1_500 }),
      position: fc.option(
        fc.uniqueArray(
          fc.integer({ min: -6, max: 6 }).filter((n) => n !== 0),
          { minLength: 1, maxLength: 3 },
        ),
        { nil: undefined },
      ),
      clamp: fc.boolean(),
    }),
  );

function optionsOf({ every: n, unit, on, months, from, position, clamp }: RuleCase): DaysRule {
  return {
    every: `${n} ${unit}s`,
    from: dateText(from),
    ...(unit !== "day" && { on, ...(position !== undefined && { position }) }),
    ...(unit === "year" && { in: months }),
    ...(clamp && { missing: "clamp" as const }),
  };
}

describe("the days of a rule against a walk over civil days", () => {
  it("has the same days, forwards and back, also after its JSON", () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: START - 30, max: START + 12_000 }), (rule, start) => {
        const judged = rule.unit === "day" ? { ...rule, position: undefined } : rule;
        const expected = Array.from({ length: 800 }, (_, i) => start + i).filter((day) =>
          hasDay(judged, day),
        );
        const schedule = calendar({ ...optionsOf(rule), timezone: "UTC" });
        const again = scheduleFromJSON(JSON.parse(JSON.stringify(schedule)));
        for (const each of [schedule, again]) {
          const found: number[] = [];
          for (
            let at = each.next(start * DAY - 1);
            at !== null && at < (start + 800) * DAY;
            at = each.next(at)
          ) {
            found.push(at / DAY);
          }
          const back: number[] = [];
          for (
            let at = each.previous!((start + 800) * DAY);
            at !== null && at >= start * DAY;
            at = each.previous!(at)
          ) {
            back.unshift(at / DAY);
          }
          expect({ found, back }).toEqual({ found: expected, back: expected });
        }
      }),
      repeatableRuns(80),
    );
  });
});

const ROLLS: readonly Roll[] = [
  "previous business day",
  "next business day",
  "nearest business day",
  "next business day in the month",
];

/** Where a day is rolled, by looking at one day after the other. */
function rolledDay(day: number, roll: Roll, by: number, open: (day: number) => boolean): number | undefined {
  const search = (step: 1 | -1, from: number): number | undefined => {
    for (let i = 0; i <= 366; i++) if (open(from + i * step)) return from + i * step;
    return undefined;
  };
  const before = search(-1, day);
  const after = search(1, day);
  let at: number | undefined;
  if (roll === "previous business day") at = before;
  else if (roll === "next business day") at = after;
  else if (roll === "nearest business day")
    at = before !== undefined && (after === undefined || day - before <= after - day) ? before : after;
  else at = after !== undefined && monthAt(after) === monthAt(day) ? after : before;
  for (let step = 0; at !== undefined && step < Math.abs(by); step++)
    at = search(by > 0 ? 1 : -1, at + Math.sign(by));
  return at;
}

describe("rolls against a walk over civil days", () => {
  it("moves every day where the walk does", () => {
    const closed = fc.uniqueArray(fc.integer({ min: START - 40, max: START + 240 }), {
      minLength: 1,
      maxLength: 80,
    });
    const cases = fc.tuple(rules, closed, fc.constantFrom(...ROLLS), fc.constantFrom(0, 2, -3));
    fc.assert(
      fc.property(cases, ([rule, off, roll, by]) => {
        const judged = { ...rule, from: START, ...(rule.unit === "day" && { position: undefined }) };
        const open = (day: number): boolean => ![0, 6].includes(weekdayAt(day)) && !off.includes(day);
        const expected = new Set<number>();
        for (let day = START; day < START + 400; day++) {
          if (!hasDay(judged, day)) continue;
          const at = rolledDay(day, roll, by, open);
          if (at !== undefined) expected.add(at);
        }
        const business = businessDays({ closed: dates(off.map(dateText)) });
        const schedule = calendar({ ...optionsOf(judged), timezone: "UTC" }).shift(roll, {
          days: business,
          by,
        });
        const found: number[] = [];
        for (
          let at = schedule.next((START + 30) * DAY - 1);
          at !== null && at < (START + 300) * DAY;
          at = schedule.next(at)
        ) {
          found.push(at / DAY);
        }
        const wanted = [...expected]
          .filter((day) => day >= START + 30 && day < START + 300)
          .sort((a, b) => a - b);
        expect(found).toEqual(wanted);
      }),
      repeatableRuns(120),
    );
  });
});

const timesOfDay = fc
  .integer({ min: 0, max: 95 })
  .map(
    (n) =>
      `${String(Math.floor(n / 4)).padStart(2, "0")}:${String((n % 4) * 15).padStart(2, "0")}` as TimeOfDay,
  );

interface WindowCase {
  readonly from: TimeOfDay;
  readonly to: TimeOfDay;
  readonly days: readonly WeekdayRange[];
  readonly not: boolean;
}

const windows: fc.Arbitrary<WindowCase> = fc.record({
  from: timesOfDay,
  to: timesOfDay,
  days: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 }),
  not: fc.boolean(),
});

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

function holds(window: WindowCase, weekday: number, minute: number): boolean {
  const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
  const isDay = (index: number): boolean => window.days.includes(NAMES[(index + 7) % 7]!);
  const inside =
    to > from
      ? minute >= from && minute < to && isDay(weekday)
      : (minute >= from && isDay(weekday)) || (minute < to && isDay(weekday - 1));
  return inside !== window.not;
}

describe("windows of an interval against every minute of real time", () => {
  it("keeps the same instants, forwards and back, around changes of the clocks", () => {
    const cases = fc.constantFrom(...ZONES).chain((timezone) =>
      fc.record({
        timezone: fc.constant(timezone),
        moment: momentsNearChanges(timezone),
        all: fc.array(windows, { minLength: 1, maxLength: 2 }),
        minutes: fc.constantFrom(5, 7, 30, 45, 60, 105, 360),
      }),
    );
    fc.assert(
      fc.property(cases, ({ timezone, moment, all, minutes }) => {
        const format = new Intl.DateTimeFormat("en-US", {
          timeZone: timezone,
          weekday: "short",
          hour: "2-digit",
          minute: "2-digit",
          hourCycle: "h23",
        });
        const from = Math.floor(moment / MINUTE);
        const to = from + 2 * 1440;
        const expected: number[] = [];
        for (let at = Math.ceil(from / minutes) * minutes; at < to; at += minutes) {
          const parts = Object.fromEntries(
            format.formatToParts(at * MINUTE).map(({ type, value }) => [type, value]),
          );
          const weekday = NAMES.indexOf(parts["weekday"]!.toLowerCase() as (typeof NAMES)[number]);
          const minute = Number(parts["hour"]) * 60 + Number(parts["minute"]);
          if (all.every((window) => holds(window, weekday, minute))) expected.push(at);
        }
        let schedule: Schedule & { previous(before: number): number | null } = every(minutes * 60);
        for (const window of all) {
          const made = during(window.from, window.to, { days: weekdays(...window.days), timezone });
          schedule = union(schedule).only(window.not ? made.not() : made);
        }
        const found: number[] = [];
        for (
          let at = schedule.next(from * MINUTE - 1);
          at !== null && at < to * MINUTE;
          at = schedule.next(at)
        )
          found.push(at / MINUTE);
        const back: number[] = [];
        for (
          let at = schedule.previous(to * MINUTE);
          at !== null && at >= from * MINUTE;
          at = schedule.previous(at)
        )
          back.unshift(at / MINUTE);
        expect({ found, back }).toEqual({ found: expected, back: expected });
      }),
      repeatableRuns(80),
    );
  });
});

describe("the laws of the algebra", () => {
  const sets: fc.Arbitrary<Days> = fc.oneof(
    fc
      .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 })
      .map((names) => weekdays(...names)),
    fc
      .uniqueArray(fc.integer({ min: START, max: START + 400 }), { minLength: 1, maxLength: 30 })
      .map((list) => dates(list.map(dateText))),
    rules.map((rule) => days(optionsOf(rule))),
  );
  const hours = fc.record({ from: timesOfDay, to: timesOfDay });

  it("is Boolean for days, and a search ends", () => {
    fc.assert(
      fc.property(sets, sets, fc.integer({ min: START - 10, max: START + 500 }), (a, b, start) => {
        const all = [a.and(b).not(), a.not().or(b.not())] as const;
        for (let day = start; day < start + 40; day++) {
          const date = dateText(day);
          expect(all[0].has(date)).toBe(!(a.has(date) && b.has(date)));
          expect(all[1].has(date)).toBe(all[0].has(date));
        }
        expect([a.or(b).toJSON(), a.and(b).toJSON()]).toEqual([b.or(a).toJSON(), b.and(a).toJSON()]);
        const next = a.and(b).next(dateText(start));
        if (next !== null) expect(a.has(next) && b.has(next) && next > dateText(start)).toBe(true);
        expect(a.and(a.not()).next(dateText(start))).toBeNull();
      }),
      repeatableRuns(200),
    );
  });

  it("splits a schedule into what a window keeps and what it leaves", () => {
    const schedules = fc.oneof(
      fc.constantFrom(20, 35, 90).map((minutes) => every(minutes * 60)),
      rules.map((rule) =>
        calendar({
          ...optionsOf(rule),
          at: { every: "25m", from: "00:10", to: "23:50" },
          timezone: "Europe/Paris",
        }),
      ),
    );
    fc.assert(
      fc.property(
        schedules,
        hours,
        sets,
        fc.integer({ min: START, max: START + 900 }),
        (schedule, { from, to }, set, day) => {
          const window = during(from, to, { days: set, timezone: "Europe/Paris" });
          const kept = schedule.only(window);
          const left = schedule.except(window);
          const both = union(kept, left);
          let at = day * DAY;
          for (let i = 0; i < 30; i++) {
            const plain = schedule.next(at);
            expect(both.next(at)).toBe(plain);
            if (plain === null) break;
            expect(plain).toBeGreaterThan(at);
            expect(both.previous(plain)).toBe(schedule.previous(plain));
            at = plain;
          }
          expect(scheduleFromJSON(JSON.parse(JSON.stringify(kept))).next(day * DAY)).toBe(
            kept.next(day * DAY),
          );
          expect(kept.or(left).toJSON()).toEqual(left.or(kept).toJSON());
        },
      ),
      repeatableRuns(50),
    );
  });
});
