/** What a plan says of calendars, and of entries that other data move. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan } from "../../src/beat/apply-plan.js";
import { CalendarBook, digestOf } from "../../src/beat/calendar-book.js";
import { EntryCache } from "../../src/beat/entry-cache.js";
import { applyAll, dryRun, plan, type Plan, type PlanDeps } from "../../src/beat/plan.js";
import { readPlan } from "../../src/beat/plan-file.js";
import { planPeak } from "../../src/monitor/plan-peak.js";
import { type CalendarData, crontab, holidays } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";
import { Lines, type Lineup, resolveAll, Told } from "./harness.js";

const START = "2027-01-01T00:00:00Z";
const daily = crontab("0 9 * * *", { timezone: "UTC" });
const OFFICE: Lineup = {
  office: { task: "t", schedule: daily.except(holidays("DE-BY")) },
  other: { task: "t", schedule: daily },
};
const calendar = (days: CalendarData["days"], name = "DE-BY"): CalendarData => ({
  ...{ name, covers: { from: "2027-01-01", to: "2027-12-31" } },
  days,
});
/** As a file keeps it. */
const kept = (made: Plan): Plan => readPlan(JSON.parse(JSON.stringify(made)));
const lines = ({ calendars, changes }: Plan): string[] =>
  [...calendars, ...changes].map(({ action, name }) => `${action} ${name}`);

interface Code {
  readonly calendars?: readonly CalendarData[];
  readonly lineup?: Lineup;
  readonly version?: number;
  readonly tz?: string;
}

function code(
  store: PlanDeps["store"],
  { calendars = [], lineup = OFFICE, version = 1, tz = "2025c" }: Code,
): PlanDeps {
  const entries = resolveAll(lineup);
  return {
    cache: new EntryCache(entries, { book: new CalendarBook(calendars) }),
    ...{ store, entries, owner: "code:test", version, calendars, tz },
    ...{ logger: new Lines(), events: new Told(), inTime: (_, work) => work },
  };
}

async function put(store: Store, data: CalendarData, owner: string, version = 0): Promise<void> {
  const [stored = null] = await store.calendars.get([data.name]);
  const text = JSON.stringify(data);
  const written = { name: data.name, owner, version, digest: digestOf(data), data: text };
  expect(await store.calendars.put({ ...written, expect: stored?.etag ?? null })).toBe("stored");
}

describe.each(EVERY_STORE)("on %s", (_, open) => {
  let clock: ManualClock;
  let opened: OpenStore;
  beforeEach(async () => {
    clock = new ManualClock(START);
    opened = await open(clock);
  });
  afterEach(() => opened.dispose());

  test("a plan is what apply then does, and a second apply does nothing", async () => {
    const { store } = opened;
    const first = code(store, { calendars: [calendar([])] });
    expect(lines(await plan(first))).toEqual(["add DE-BY", "add office", "add other"]);
    expect(lines(await applyAll(first))).toEqual(["add DE-BY", "add office", "add other"]);
    expect(lines(await applyAll(first))).toEqual([]);

    const after = code(store, { calendars: [calendar(["2027-01-01", { date: "2027-05-01", name: "May" }])] });
    const planned = kept(await plan(after));
    expect(planned.calendars).toEqual([
      {
        ...{ action: "change", name: "DE-BY", writes: true, moves: ["office"] },
        ...{ added: ["2027-01-01", "2027-05-01"], removed: [], renamed: [] },
        revision: expect.any(String) as unknown,
        before: expect.objectContaining({ owner: "code:test", version: 1 }) as unknown,
        covers: {
          before: { from: "2027-01-01", to: "2027-12-31" },
          after: { from: "2027-01-01", to: "2027-12-31" },
        },
      },
    ]);
    const [from, to] = ["2027-01-01T09:00:00.000Z", "2027-01-02T09:00:00.000Z"];
    expect(planned).toMatchObject({ unchanged: 2, changes: [] });
    expect(planned.moves).toEqual([{ entry: "office", from, to, because: "calendar DE-BY", passed: false }]);
    expect((await store.calendars.list()).map(({ digest }) => digest)).toEqual([digestOf(calendar([]))]);

    expect(lines(await applyPlan(after, planned))).toEqual(["change DE-BY"]);
    const etag = (await store.calendars.list())[0]!.etag;
    expect(lines(await applyPlan(after, planned))).toEqual([]);
    expect((await store.calendars.list())[0]!.etag).toBe(etag);
  });

  test("a calendar that was written since makes a plan stale, and nothing is written", async () => {
    const { store } = opened;
    await applyAll(code(store, { calendars: [calendar([])] }));
    const lineup = { ...OFFICE, fresh: { task: "t", schedule: daily } };
    const after = code(store, { calendars: [calendar(["2027-01-01"])], lineup });
    const planned = kept(await plan(after));
    await put(store, calendar(["2027-03-01"]), "code:test", 1);
    await expect(applyPlan(after, planned)).rejects.toMatchObject({
      code: "SUNBEAT_PLAN_STALE",
      details: { entries: [], calendars: ["DE-BY"] },
      message: expect.stringMatching(
        /stale: calendar "DE-BY": stored was revision .*, and is revision/,
      ) as unknown,
    });
    expect((await store.entries.get(["fresh"]))[0] ?? null).toBeNull();
    expect((await store.calendars.list())[0]!.digest).toBe(digestOf(calendar(["2027-03-01"])));
  });

  test("so does one that is written at the last moment", async () => {
    const { store } = opened;
    await applyAll(code(store, { calendars: [calendar([])] }));
    const lineup = { ...OFFICE, fresh: { task: "t", schedule: daily } };
    const after = code(store, { calendars: [calendar(["2027-01-01"])], lineup });
    const planned = kept(await plan(after));
    let isFirst = true;
    const calendars: PlanDeps["store"]["calendars"] = {
      list: () => store.calendars.list(),
      get: (names) => store.calendars.get(names),
      put: async (data) => {
        if (isFirst) await put(store, calendar(["2027-03-01"]), "code:test", 1);
        isFirst = false;
        return store.calendars.put(data);
      },
    };
    const slow = { now: () => store.now(), entries: store.entries, calendars };
    await expect(applyPlan({ ...after, store: slow }, planned)).rejects.toMatchObject({
      code: "SUNBEAT_PLAN_STALE",
      details: { entries: [], calendars: ["DE-BY"] },
    });
    expect((await store.entries.get(["fresh"]))[0] ?? null).toBeNull();
    expect((await store.calendars.list())[0]!.digest).toBe(digestOf(calendar(["2027-03-01"])));
  });
});

describe("a plan tells of calendars", () => {
  let store: Store;
  let opened: OpenStore;
  beforeEach(async () => {
    opened = await EVERY_STORE[0]![1](new ManualClock(START));
    ({ store } = opened);
  });
  afterEach(() => opened.dispose());

  test.each<[CalendarData, string, number, string[], string]>([
    [calendar([]), "runtime", 0, ["conflict DE-BY"], "an operator has set it"],
    [calendar([]), "code:other", 1, ["conflict DE-BY"], "another app declares it"],
    [calendar([]), "code:test", 2, ["newer DE-BY"], "a newer version has written other days"],
    [calendar(["2027-01-06"]), "code:test", 2, [], "a newer version has written the same"],
    [calendar(["2027-01-06"]), "code:test", 0, ["unchanged DE-BY"], "its version alone is written"],
    [calendar([{ date: "2027-01-06", name: "E" }]), "code:test", 1, ["change DE-BY"], "a name is data, too"],
  ])("%j of %s, version %i: %j", async (data, owner, version, wanted) => {
    await put(store, data, owner, version);
    const declared = { calendars: [calendar(["2027-01-06"])], lineup: {} };
    const { calendars } = await plan(code(store, declared));
    expect(calendars.map(({ action, name }) => `${action} ${name}`)).toEqual(wanted);
    expect(calendars.flatMap(({ moves }) => moves)).toEqual([]);
  });

  test("an entry that names one which nobody has registered waits, and is not unchanged", async () => {
    expect(await plan(code(store, {}))).toMatchObject({ waiting: ["office"], unchanged: 0 });
  });

  const SUMMER = { lunch: { task: "t", schedule: crontab("0 12 * * *", { timezone: "Europe/Paris" }) } };
  const moved = {
    entry: "lunch",
    from: "2027-01-01T12:00:00.000Z",
    to: "2027-01-01T11:00:00.000Z",
    passed: false,
  };
  test.each<[string, object[], string]>([
    ["2024a", [{ ...moved, because: "tz 2024a -> 2025c" }], "this process has newer data"],
    ["2026a", [], "this process has older data, and nothing to say"],
    ["2025c", [], "the data are the same: its cursor is its own affair"],
  ])("and of what time zone data move: computed with %s", async (tz, moves) => {
    await applyAll(code(store, { lineup: SUMMER, tz }));
    const [stored] = await store.entries.get(["lunch"]);
    const due = Date.parse(moved.from);
    const { etag: expect_, ...rest } = stored!;
    await store.entries.put([
      { ...rest, basis: `t${tz}`, expect: expect_, cursor: { due, dispatchAt: due }, ledger: [] },
    ]);
    const made = await plan(code(store, { lineup: SUMMER }));
    expect(made).toMatchObject({ unchanged: 1, changes: [] });
    expect(made.moves).toEqual(moves);
  });

  const peakOf = async (deps: PlanDeps) => {
    const { lineups } = await dryRun(deps);
    const clock = new ManualClock(START);
    const { before, after } = await planPeak(lineups, clock.now(), 86_400_000, {
      monotonicMs: () => 0,
      soon: (run) => void queueMicrotask(run),
    });
    return [before, after].map((peak) => peak && `${peak.starts} ${peak.at.toISOString().slice(0, 16)}`);
  };

  test("the busiest second of a day before and after: what comes, goes, and is moved by a calendar", async () => {
    await applyAll(code(store, { calendars: [calendar([])] }));
    const nine = "2027-01-01T09:00";
    expect(await peakOf(code(store, { calendars: [calendar([])] }))).toEqual([`2 ${nine}`, `2 ${nine}`]);
    expect(await peakOf(code(store, { calendars: [calendar(["2027-01-01"])] }))).toEqual([
      `2 ${nine}`,
      `1 ${nine}`,
    ]);
    const third = { ...OFFICE, third: { task: "t", schedule: daily } };
    expect(await peakOf(code(store, { calendars: [calendar([])], lineup: third }))).toEqual([
      `2 ${nine}`,
      `3 ${nine}`,
    ]);
    expect(await peakOf(code(store, { calendars: [calendar([])], lineup: {} }))).toEqual([`2 ${nine}`, null]);
  });
});
