/** The shape of load: seconds, catching up, equal schedules computed once, and remarks about several entries. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import type { Entry } from "../../src/beat/entry.js";
import { cursorAfter } from "../../src/beat/occurrences.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { forecast, type ForecastDeps } from "../../src/monitor/forecast.js";
import type { ForecastEntry } from "../../src/monitor/forecast-types.js";
import { NO_RUN_TIMES } from "../../src/monitor/run-times.js";
import { SecondCounts } from "../../src/monitor/second-counts.js";
import { Slices } from "../../src/monitor/slices.js";
import { crontab, every } from "../../src/schedules/index.js";
import type { EntrySnapshot } from "../../src/store/contracts/entries.js";

const NOW = Date.UTC(2027, 0, 1, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RANGE = { from: NOW, to: NOW + 2 * DAY, stepMs: HOUR, days: null };

const deps = (facts: Partial<ForecastDeps> = {}): ForecastDeps => ({
  ...{ now: NOW, runTimes: NO_RUN_TIMES, timezone: "UTC" },
  slices: new Slices({ monotonicMs: () => 0, soon: (run) => run() }),
  ...facts,
});

function entryOf(name: string, options: Partial<EntryOptions> = {}, spreadMs = 0): Entry {
  const all = { task: "t", schedule: crontab("0 0 * * *"), ...options } as EntryOptions;
  return resolveEntry(name, all, { timezone: "UTC", spreadMs });
}

const added = (entry: Entry): ForecastEntry => ({ entry, stored: null, queue: "default" });

/** As the store has it: with a cursor, so that equal schedules may be shared. */
const stored = (entry: Entry): ForecastEntry => ({
  ...added(entry),
  stored: {
    ...{ cursor: cursorAfter(entry, NOW), runs: 0, pausedAt: null, disabled: null },
  } as EntrySnapshot,
});

const many = (count: number, options: Partial<EntryOptions> = {}, spreadMs = 0): ForecastEntry[] =>
  Array.from({ length: count }, (_, n) => stored(entryOf(`e${n}`, options, spreadMs)));

describe("seconds", () => {
  const counts = (...seconds: readonly (readonly [second: number, starts: number])[]): SecondCounts => {
    const found = new SecondCounts(NOW, NOW + DAY);
    for (const [second, starts] of seconds) {
      for (let start = 0; start < starts; start++) found.add(NOW + second * 1_000 + (start % 1_000));
    }
    return found;
  };

  test("the busiest second, minute and day, the first of equals", () => {
    const peaks = counts([0, 2], [59, 2], [60, 3], [130, 3], [13 * 3_600, 1]).peaks("UTC")!;
    expect(peaks).toEqual({
      second: { at: new Date(NOW + 60_000), starts: 3 },
      minute: { at: new Date(NOW), starts: 4 },
      day: { at: new Date(NOW), starts: 10 },
    });
    expect(counts().peaks("UTC")).toBeNull();
  });

  test("days are those of the zone", () => {
    const [before, after] = [11 * 3_600 + 1_800, 12 * 3_600 + 1_800];
    expect(counts([before, 1], [after, 1]).peaks("UTC")!.day.starts).toBe(1);
    expect(counts([before, 1], [after, 1]).peaks("America/New_York")!.day.starts).toBe(2);
  });

  test.each<[reason: string, seconds: [number, number][], perSecond: number, lastsMs: number | null]>([
    ["nothing waits", [], 10, 0],
    ["a second's worth goes at once", [[0, 10]], 10, 0],
    ["what is more takes its time", [[0, 35]], 10, 2_500],
    [
      "what comes meanwhile waits, too",
      [
        [0, 30],
        [1, 15],
      ],
      10,
      3_500,
    ],
    [
      "what comes after the end is nothing to it",
      [
        [0, 20],
        [5, 500],
      ],
      10,
      1_000,
    ],
    ["longer than the forecast", [[0, 2_000_000]], 10, null],
  ])("catching up: %s", (_, seconds, perSecond, lastsMs) => {
    expect(counts(...seconds).catchUpMs(perSecond)).toBe(lastsMs);
  });
});

test("equal schedules computed once give what each gives alone", async () => {
  const schedules = [
    every("7m"),
    crontab("*/15 3 * * *"),
    crontab("30 2 * * *", { timezone: "Europe/Paris" }),
  ];
  const each = fc.record({
    schedule: fc.constantFrom(...schedules),
    jitter: fc.constantFrom(undefined, 0, "30s", "20m"),
    endAt: fc.constantFrom(undefined, NOW + DAY),
    maxRuns: fc.constantFrom(undefined, undefined, 5),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(each, { minLength: 2, maxLength: 12 }), async (lineup) => {
      const entries = lineup.map((options, n) =>
        stored(entryOf(`e${n}`, options as unknown as EntryOptions, 10_000)),
      );
      const together = await forecast(entries, RANGE, deps());
      const alone = await Promise.all(entries.map((one) => forecast([one], RANGE, deps())));
      const sum = together.starts.map((_, step) => alone.reduce((all, { starts }) => all + starts[step]!, 0));
      expect(together.starts).toEqual(sum);
      for (const {
        entries: [one],
      } of alone) {
        expect(together.entries.find(({ entry }) => entry === one!.entry)).toEqual(one);
      }
    }),
    { numRuns: 60 },
  );
});

test("beyond two million starts, equal schedules share one line, and it says so", async () => {
  const found = await forecast(many(40, { schedule: every("1s") }), RANGE, deps());
  expect(found.isCoarse).toBe(true);
  expect(found.occurrences).toBeGreaterThan(40 * 170_000);
  expect(found.occurrences).toBeLessThanOrEqual(40 * 172_800);
});

test("an outage: what is caught up by the policies, and how long that takes under a budget", async () => {
  const lineup = [
    ...many(20, { schedule: every("10m"), misfire: "latest" }),
    stored(entryOf("all", { schedule: every("1m"), misfire: "all" })),
    stored(entryOf("none", { schedule: every("1m"), misfire: "skip" })),
  ];
  const later = { from: NOW + HOUR + 5_000, to: NOW + DAY, stepMs: HOUR, days: null };
  const { outage } = await forecast(lineup, later, deps({ now: later.from, perSecond: 10, outageMs: HOUR }));
  expect(outage).toEqual({ lastsMs: HOUR, backlog: 80, perSecond: 10, caughtUpAfterMs: 7_000 });
});

describe("remarks", () => {
  const lints = async (entries: ForecastEntry[], facts: Partial<ForecastDeps> = {}) =>
    (await forecast(entries, RANGE, deps(facts))).lints;

  test("crowded: the second, how many, the schedules, and what a spread would do", async () => {
    const other = crontab("0 0 * * 0-6", { dayMatch: "and" });
    const entries = [...many(1_200, { args: [1] }), stored(entryOf("other", { schedule: other, task: "u" }))];
    const [lint] = (await lints(entries)).filter(({ code }) => code === "crowded");
    expect(lint!.message).toMatch(
      /^1201 starts in the second .*00:00 UTC, more than 1000: 1200 of "at 00:00 every day/,
    );
    expect(lint!.suggestion).toMatch(/^spread: "5s" of the app, for at most \d+ in a second$/);
    expect(lint!.entries).toHaveLength(10);
    expect((await lints(many(1_000))).some(({ code }) => code === "crowded")).toBe(false);
    expect((await lints(many(60), { perSecond: 50 })).some(({ code }) => code === "crowded")).toBe(true);
    expect(
      (await lints(many(60, {}, 30_000), { perSecond: 50 })).some(({ code }) => code === "crowded"),
    ).toBe(false);
  });

  test("crowded: the second is told in a zone whose clocks change, with its day", async () => {
    const [lint] = await lints(many(1_200), { timezone: "Europe/Paris" });
    expect(lint!.message).toMatch(/^1200 starts in the second 2027-\d\d-\d\d 0[12]:00 Europe\/Paris, /);
  });

  test("crowded entries that name a jitter themselves cannot be spread by the app", async () => {
    const [lint] = await lints(many(60, { jitter: 0, args: () => [] }), { perSecond: 50 });
    expect(lint).not.toHaveProperty("suggestion");
  });

  test.each<[code: string, options: [Partial<EntryOptions>, Partial<EntryOptions>], told: boolean]>([
    ["same-work", [{ args: [1] }, { args: [1] }], true],
    ["same-work", [{ args: [1] }, { args: [2] }], false],
    ["same-work", [{ schedule: every(60) }, { schedule: every(61) }], false],
    ["same-work", [{ args: () => [] }, { args: () => [] }], false],
    ["locks-meet", [{ lock: "l" }, { lock: "l" }], true],
    ["locks-meet", [{ lock: "l" }, { lock: "m" }], false],
  ])("%s: %o is told: %s", async (code, [a, b], told) => {
    const found = await lints([stored(entryOf("a", a)), stored(entryOf("b", b))]);
    expect(found.filter((lint) => lint.code === code).map(({ entries }) => entries)).toEqual(
      told ? [["a", "b"]] : [],
    );
  });

  test("overlap-risk: the longest runs beside the shortest time between two", async () => {
    const entry = stored(entryOf("a", { schedule: crontab("0,5 0 * * *") }));
    const runTimes = { p50: () => 1_000, p95: () => 6 * 60_000 };
    const [lint] = await lints([entry], { runTimes });
    expect(lint).toMatchObject({ code: "overlap-risk", entries: ["a"] });
    expect(lint!.message).toContain("may follow after 5m");
  });
});
