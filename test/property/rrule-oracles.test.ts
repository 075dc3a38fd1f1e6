/**
 * Recurrences against three programs written apart: rrule 2.8.1 (in UTC alone: it moves times into gaps), rrule-temporal
 * (with gaps and folds of zones), and dateutil where python3 has it; and the way from text to schedule and back as a law.
 */
import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import rruleLibrary from "rrule";
import { Temporal } from "temporal-polyfill";
import { beforeAll, describe, expect, it, test, vi } from "vitest";
import { calendar, rrule, scheduleFromJSON, toRRule, type CalendarOptions } from "../../src/index.js";
import { instantOf, zone } from "../../src/schedules/zone.js";
import { PROPERTY_TIMEOUT_MS, propertyRuns, repeatableRuns, ZONES } from "../support/crontab-arbitraries.js";
import { ruleCases, textOf, type RuleCase } from "../support/rrule-arbitraries.js";

const { rrulestr } = rruleLibrary;
const YEAR = 365.25 * 86_400_000;
/** How many instants of a rule are compared, and how far they may lie from its start. */
const MOST = 12;
const REACH = 20 * YEAR;
vi.setConfig({ testTimeout: PROPERTY_TIMEOUT_MS });

/** In its zone, a time that is skipped being the end of the gap. */
function startOf({ start, timezone }: RuleCase): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/
    .exec(start)!
    .map(Number);
  return instantOf(zone(timezone), Date.UTC(year!, month! - 1, day, hour, minute, second));
}

/** Ends that leave nothing are refused, as the only random rules that are. */
const cases = (zones: readonly string[]): fc.Arbitrary<RuleCase> =>
  ruleCases(zones).filter((each) => {
    try {
      return rrule(textOf(each)) !== undefined;
    } catch (error) {
      expect(String(error)).toMatch(/UNTIL: ends the rule before/);
      return false;
    }
  });

function ours(each: RuleCase): number[] {
  const schedule = rrule(textOf(each));
  const found: number[] = [];
  const start = startOf(each);
  for (let at = schedule.next(start - YEAR); at !== null && at <= start + REACH && found.length < MOST;) {
    found.push(at);
    at = schedule.next(at);
  }
  let before = (found.at(-1) ?? start) + 1;
  for (const at of [...found].reverse()) {
    expect(schedule.previous(before)).toBe(at);
    before = at;
  }
  return found;
}

const basic = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;

/** With an end, so that an oracle ends that looks for what never comes. */
function ended(each: RuleCase): RuleCase {
  if (/UNTIL|COUNT/.test(each.rule)) return each;
  return { ...each, rule: `${each.rule};UNTIL=${basic(startOf(each) + REACH)}` };
}

describe("rrule 2.8.1, in UTC", () => {
  /** It takes a place before the first of a set for the first, and gives and counts a day twice that two places name. */
  const isKnown = ({ rule }: RuleCase): boolean => {
    const [, places = ""] = /BYSETPOS=([^;]*)/.exec(rule) ?? [];
    return !/-2/.test(places) && !/,.*-|-.*,/.test(places);
  };

  it("gives the same instants", () => {
    fc.assert(
      fc.property(cases(["UTC"]).filter(isKnown), (each) => {
        const theirs: number[] = [];
        const last = startOf(each) + REACH;
        // It goes on to the year 9999 for the rest of a count that never comes.
        const bound = /UNTIL/.test(each.rule) ? each.rule : `${each.rule};UNTIL=${basic(last)}`;
        rrulestr(textOf({ ...each, rule: bound })).all((date) => {
          if (date.getTime() <= last) theirs.push(date.getTime());
          return theirs.length < MOST && date.getTime() <= last;
        });
        expect(ours(each)).toEqual(theirs);
      }),
      repeatableRuns(150),
    );
  });
});

describe("rrule-temporal, in zones", () => {
  beforeAll(() => {
    (globalThis as { Temporal?: unknown }).Temporal ??= Temporal;
  });

  it("gives the same instants, gaps and folds included", async () => {
    const { RRuleTemporal } = await import("rrule-temporal");
    const theirsOf = (each: RuleCase): number[] | undefined => {
      const found: number[] = [];
      const last = startOf(each) + REACH;
      try {
        new RRuleTemporal({ rruleString: textOf(ended(each)), maxIterations: 3_000 }).all((date) => {
          const at = Number(new Date(date.toString().replace(/\[.*$/, "")));
          if (at <= last) found.push(at);
          return found.length < MOST && at <= last;
        });
      } catch (error) {
        // It gives up, with an error, on a rule that has no further instance.
        if (/iterations|Out-of-bounds/.test(String(error))) return undefined;
        throw error;
      }
      return found;
    };
    fc.assert(
      fc.property(cases(ZONES), (each) => {
        const theirs = theirsOf(each);
        fc.pre(theirs !== undefined);
        expect(ours(each)).toEqual(theirs);
      }),
      repeatableRuns(100),
    );
  });
});

const hasDateutil = spawnSync("python3", ["-c", "import dateutil"]).status === 0;
const PROGRAM = `
import json, sys, itertools, warnings
from datetime import datetime
from dateutil.rrule import rrulestr
warnings.simplefilter("ignore")
out = []
for text, last, most in json.load(sys.stdin):
    last = datetime.strptime(last, "%Y%m%dT%H%M%SZ")
    found = itertools.takewhile(lambda d: d.replace(tzinfo=None) <= last, rrulestr(text))
    out.append([d.strftime("%Y%m%dT%H%M%SZ") for d in itertools.islice(found, most)])
json.dump(out, sys.stdout)
`;

test.skipIf(!hasDateutil)("dateutil gives the same instants in UTC", () => {
  const runs = fc.sample(cases(["UTC"]), propertyRuns(80));
  const input = runs.map((each) => {
    const last = basic(startOf(each) + REACH);
    return [
      textOf({ ...each, rule: /UNTIL/.test(each.rule) ? each.rule : `${each.rule};UNTIL=${last}` }),
      last,
      MOST,
    ];
  });
  const output = execFileSync("python3", ["-c", PROGRAM], {
    input: JSON.stringify(input),
    maxBuffer: 2 ** 28,
  });
  const theirs = JSON.parse(output.toString()) as string[][];
  runs.forEach((each, i) => expect(ours(each).map(basic), textOf(each)).toEqual(theirs[i]));
});

describe("from text to schedule and back", () => {
  it("a text says its schedule, also without the text, and JSON too", () => {
    fc.assert(
      fc.property(cases(ZONES), (each) => {
        const schedule = rrule(textOf(each));
        const at = ours(each);
        const text = JSON.stringify(schedule, (key, value: unknown) => (key === "text" ? undefined : value));
        const wordless = scheduleFromJSON(JSON.parse(text));
        for (const again of [toRRule(schedule), toRRule(wordless)]) {
          // Days limited by days are an algebra: without the text no line says them.
          if (again === null) continue;
          let before = startOf(each) - YEAR;
          for (const instant of at) expect((before = rrule(again).next(before)!), again).toBe(instant);
          expect(rrule(again).next(before)).toBe(schedule.next(before));
        }
        expect(toRRule(schedule)).toBe(textOf(each));
      }),
      repeatableRuns(150),
    );
  });

  const time = fc.constantFrom("00:00", "02:30", "02:40", "09:00", "17:30", "23:59:59");
  const weekday = fc.constantFrom("mon", "wed", "sat", "sun");
  const monthDay = fc.constantFrom(
    1,
    15,
    30,
    31,
    -1,
    -30,
    "mon",
    "2nd fri",
    "last sun",
    "last day",
    "30th day",
  );
  const options = fc
    .record({
      unit: fc.constantFrom("day", "week", "month", "year"),
      every: fc.constantFrom(1, 1, 2, 5),
      on: fc.option(fc.uniqueArray(monthDay, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      weekdays: fc.uniqueArray(weekday, { minLength: 1, maxLength: 3 }),
      months: fc.option(fc.uniqueArray(fc.constantFrom(2, 3, 11), { minLength: 1 }), { nil: undefined }),
      at: fc.uniqueArray(time, { minLength: 1, maxLength: 3 }),
      from: fc.constantFrom("2026-12-31", "2027-01-04", "2028-02-29"),
      end: fc.constantFrom(
        {},
        {},
        { count: 7 },
        { until: "2031-03-30" },
        { until: Date.UTC(2031, 2, 30, 1, 15) },
      ),
      position: fc.option(fc.constantFrom([1], [-1], [2, -2]), { nil: undefined, freq: 3 }),
      missing: fc.constantFrom("skip", "clamp"),
      weekStart: fc.constantFrom("mon", "sun", "wed"),
      timezone: fc.constantFrom("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata"),
      dst: fc.constantFrom("vixie", "skip", "wall"),
    })
    .map(
      ({ unit, every, on, weekdays, months, at, from, end, position, missing, weekStart, timezone, dst }) => {
        const days = unit === "week" ? weekdays : on;
        return {
          ...{ every: `${every} ${unit}s`, at, from, timezone, dst, ...end },
          ...(unit !== "day" && {
            missing,
            weekStart,
            ...(days && { on: days }),
            ...(position && { position }),
          }),
          ...(unit === "year" && months && { in: months }),
        } as CalendarOptions;
      },
    );

  it("a calendar becomes a text with the same instants, or none", () => {
    let written = 0;
    fc.assert(
      fc.property(options, (each) => {
        const schedule = calendar(each);
        const text = toRRule(schedule);
        if (text === null) return;
        written++;
        const again = rrule(text);
        for (let i = 0, at = Date.UTC(2026, 11, 1); i < 20; i++) {
          const next = schedule.next(at);
          expect(again.next(at), text).toBe(next);
          if (next === null) break;
          expect(again.previous(next + 1)).toBe(next);
          at = next;
        }
      }),
      repeatableRuns(150),
    );
    expect(written).toBeGreaterThan(propertyRuns(150) / 5);
  });
});
