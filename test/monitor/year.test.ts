/**
 * A year of looks at entries of all kinds, by a beat that is away now and then, with pauses, jitter and the nights on which zones change:
 * no false alarm, and no missed one. The judge outside knows when the beat was there and who was paused, and asks no rule.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cursorAfter, cursorFollowing, type Timing } from "../../src/beat/occurrences.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import type { OverdueEntry } from "../../src/monitor/look.js";
import { judge } from "../../src/monitor/rules.js";
import { nextStanding, SETTLE_MS } from "../../src/monitor/standing.js";
import { crontab, every } from "../../src/schedules/index.js";
import type { Cursor } from "../../src/store/contracts/entries.js";
import type { AlertRecord } from "../../src/store/contracts/alerts.js";
import { config, look, terms } from "./samples.js";

const START = Date.UTC(2027, 0, 1);
const END = Date.UTC(2028, 0, 1);
const LOOK = 10_000;
const GRACE = 60_000;
const MINUTE = 60_000;

const paris = { timezone: "Europe/Paris" } as const;
const ENTRIES: readonly [string, EntryOptions][] = [
  ["gap", { task: "t", schedule: crontab("30 2 * * *", paris) }],
  ["fold", { task: "t", schedule: crontab("15,45 * * * *", { timezone: "Australia/Lord_Howe" }) }],
  ["jittered", { task: "t", schedule: crontab("0 */4 * * *", paris), jitter: "20m" }],
  ["interval", { task: "t", schedule: every("3h") }],
  ["monthly", { task: "t", schedule: crontab("59 23 28-31 * *", { timezone: "America/New_York" }) }],
  ["ends", { task: "t", schedule: every("1h"), endAt: new Date(START + 30 * 86_400_000) }],
  ["begins", { task: "t", schedule: every("1h"), startAt: new Date(START + 200 * 86_400_000) }],
];

interface Span {
  readonly from: number;
  readonly to: number;
}

const within = (spans: readonly Span[], at: number): Span | undefined =>
  spans.find(({ from, to }) => at >= from && at < to);

const spans = (longestMs: number) =>
  fc
    .array(
      fc.record({ from: fc.integer({ min: START, max: END }), ms: fc.integer({ min: 1, max: longestMs }) }),
      {
        ...{ minLength: 20, maxLength: 60 },
      },
    )
    .map((all) => all.map(({ from, ms }) => ({ from, to: from + ms })));

const years = fc.record({
  beatAway: spans(90 * MINUTE),
  nobodyLooks: spans(60 * MINUTE),
  paused: fc.tuple(...ENTRIES.map(() => spans(20 * 86_400_000))),
  phase: fc.integer({ min: 0, max: LOOK - 1 }),
});

interface Raised {
  readonly entry: string;
  readonly at: number;
}

function simulate(year: {
  beatAway: readonly Span[];
  nobodyLooks: readonly Span[];
  paused: readonly (readonly Span[])[];
  phase: number;
}): { raised: Raised[]; misses: { entry: string; from: number; to: number }[] } {
  const entries = ENTRIES.map(([name, options], index) => {
    const entry: Timing = resolveEntry(name, options, { ...paris, dst: "vixie", hashKey: name });
    return { name, entry, cursor: cursorAfter(entry, START), paused: year.paused[index]!, wasPaused: false };
  });
  const raised: Raised[] = [];
  const misses: { entry: string; from: number; to: number }[] = [];
  const rules = config();
  let standing: AlertRecord[] = [];
  let steadyFrom = START - SETTLE_MS;
  let ids = 0;
  let at = START + year.phase;
  while (at < END) {
    const beatIsAway = within(year.beatAway, at) !== undefined;
    for (const one of entries) {
      const isPaused = within(one.paused, at) !== undefined;
      // What a pause leaves out is not made up.
      if (one.wasPaused && !isPaused) one.cursor = cursorAfter(one.entry, at);
      one.wasPaused = isPaused;
      while (!isPaused && !beatIsAway && one.cursor !== null && one.cursor.dispatchAt <= at) {
        if (at - one.cursor.dispatchAt > LOOK)
          misses.push({ entry: one.name, from: one.cursor.dispatchAt, to: at });
        one.cursor = cursorFollowing(one.entry, one.cursor.due);
      }
    }
    const overdue = entries.flatMap(({ name, cursor, wasPaused }): OverdueEntry[] =>
      wasPaused || cursor === null || cursor.dispatchAt > at ? [] : [{ ...terms, entry: name, ...cursor }],
    );
    const away = within(year.nobodyLooks, at);
    if (away !== undefined) steadyFrom = at + LOOK;
    else {
      const { changes } = nextStanding({
        ...{ at, steadyFrom, standing, mutes: [], config: rules, newId: () => `a${++ids}` },
        judgement: judge(look({ at, overdue }), rules),
      });
      for (const { put, expect: version, tell } of changes) {
        standing = standing.filter(({ id }) => id !== put.id);
        if (put.clearedAt === null) standing.push({ ...put, version: (version ?? 0) + 1 });
        if (tell === "raised") raised.push({ entry: put.subject, at });
      }
    }
    at = nextLook(at, { entries, standing, year });
  }
  return { raised, misses };
}

/** The next look at which anything may have changed: the year has three million. */
function nextLook(
  at: number,
  {
    entries,
    standing,
    year,
  }: {
    entries: readonly { cursor: Cursor | null; paused: readonly Span[]; wasPaused: boolean }[];
    standing: readonly AlertRecord[];
    year: { beatAway: readonly Span[]; nobodyLooks: readonly Span[] };
  },
): number {
  const isOverdue = entries.some(
    ({ cursor, wasPaused }) => !wasPaused && cursor !== null && cursor.dispatchAt <= at,
  );
  if (standing.length > 0 || isOverdue) return at + LOOK;
  const instants = [
    ...entries.map(({ cursor }) => cursor?.dispatchAt ?? Infinity),
    ...[...year.beatAway, ...year.nobodyLooks, ...entries.flatMap(({ paused }) => paused)].flatMap(
      ({ from, to }) => [from, to],
    ),
  ].filter((instant) => instant > at - 2 * LOOK);
  const next = Math.min(END, ...instants);
  return at + LOOK * Math.max(1, Math.floor((next - at) / LOOK));
}

test("in a year nothing is told of that was in time or paused, and everything that was missed is, once", () => {
  let told = 0;
  fc.assert(
    fc.property(years, (year) => {
      const { raised, misses } = simulate(year);
      told += raised.length;
      for (const { entry, at } of raised) {
        const paused = year.paused[ENTRIES.findIndex(([name]) => name === entry)]!;
        expect(within(paused, at), `${entry} is paused`).toBeUndefined();
        expect(within(year.beatAway, at), `the beat was there at ${at}`).toBeDefined();
        const isNamed = misses.some(
          (miss) => miss.entry === entry && miss.from + GRACE < at && at <= miss.to,
        );
        const isLeftOut = paused.some(({ from }) => from > at);
        expect(isNamed || isLeftOut || at > END - 90 * MINUTE, `${entry} at ${at} was missed`).toBe(true);
      }
      for (const miss of misses) {
        const seenFrom = miss.from + GRACE + 3 * LOOK;
        if (miss.to <= seenFrom) continue;
        // Somebody looked for as long as it takes to be sure.
        const isWatched = !year.nobodyLooks.some(
          ({ from, to }) => from < miss.to && to > miss.from - SETTLE_MS - 4 * LOOK,
        );
        if (!isWatched) continue;
        const about = raised.filter(
          ({ entry, at }) => entry === miss.entry && at > miss.from && at <= miss.to,
        );
        const stood = raised.some(({ entry, at }) => entry === miss.entry && at <= miss.from);
        expect(about.length === 1 || stood, `${miss.entry} due ${miss.from} until ${miss.to}`).toBe(true);
        expect(about.length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 5, seed: 13, endOnFailure: true },
  );
  expect(told).toBeGreaterThan(40);
}, 120_000);

test("in a year in which the beat is always there nothing is told of", () => {
  const quiet = { beatAway: [], paused: ENTRIES.map(() => []), nobodyLooks: [], phase: 4_711 };
  expect(simulate(quiet)).toEqual({ raised: [], misses: [] });
}, 60_000);

test("in a year a calendar is told of that comes within 30 days of its end, once and until it covers more; others are not", () => {
  const DAY = 86_400_000;
  const renewedAt = Date.UTC(2027, 5, 15);
  const rules = config();
  const told: string[] = [];
  let standing: AlertRecord[] = [];
  for (let at = START; at < END; at += 60 * MINUTE) {
    const calendars = [
      { name: "far", to: "2030-12-31" },
      { name: "in time", to: at < Date.UTC(2027, 10, 29) ? "2027-12-31" : "2028-12-31" },
      { name: "late", to: at < renewedAt ? "2027-06-30" : "2028-12-31" },
    ];
    const { changes } = nextStanding({
      ...{ at, steadyFrom: START - SETTLE_MS, standing, mutes: [], config: rules, newId: () => `a${at}` },
      judgement: judge(look({ at, calendars }), rules),
    });
    for (const { put, expect: version, tell } of changes) {
      standing = standing.filter(({ id }) => id !== put.id);
      if (put.clearedAt === null) standing.push({ ...put, version: (version ?? 0) + 1 });
      const when = new Date(at).toISOString().slice(0, 10);
      if (tell !== null && tell !== "repeated") told.push(`${when} ${tell} ${put.kind} ${put.subject}`);
    }
  }
  const firstDay = new Date(Date.UTC(2027, 5, 30) - 30 * DAY).toISOString().slice(0, 10);
  expect(told).toEqual([`${firstDay} raised calendar-ends late`, "2027-06-15 cleared calendar-ends late"]);
});
