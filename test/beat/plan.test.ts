import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { EntryCache } from "../../src/beat/entry-cache.js";
import { applyPlan } from "../../src/beat/apply-plan.js";
import { CalendarBook } from "../../src/beat/calendar-book.js";
import { applyAll, plan, type Plan, type PlanDeps } from "../../src/beat/plan.js";
import { storeOf } from "../../src/beat/plan-store.js";
import { readPlan } from "../../src/beat/plan-file.js";
import { portableDefinition } from "../../src/beat/portable.js";
import { type CalendarData, crontab, every } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";
import { Lines, type Lineup, resolveAll, Told, World } from "./harness.js";

const HOUR = 3_600_000;
const daily = (hour: string, more: Partial<EntryOptions> = {}): EntryOptions =>
  ({ task: "t", schedule: crontab(`0 ${hour} * * *`), ...more }) as EntryOptions;

function deps(
  store: PlanDeps["store"],
  lineup: Lineup,
  version = 1,
  { calendars = [], tz = "2025c" }: { calendars?: readonly CalendarData[]; tz?: string } = {},
): PlanDeps {
  const entries = resolveAll(lineup);
  return {
    cache: new EntryCache(entries, { book: new CalendarBook(calendars) }),
    ...{ store, entries, owner: "code:test", version, calendars, tz },
    ...{ logger: new Lines(), events: new Told(), inTime: (_, work) => work },
  };
}
const lines = ({ changes }: Plan): string[] => changes.map(({ action, name }) => `${action} ${name}`);
/** As a file keeps it. */
const kept = (made: Plan): Plan => readPlan(JSON.parse(JSON.stringify(made)));

describe.each(EVERY_STORE)("on %s", (_, open) => {
  let clock: ManualClock;
  let opened: OpenStore;
  beforeEach(async () => {
    clock = new ManualClock("2027-01-01T00:00:00Z");
    opened = await open(clock);
  });
  afterEach(() => opened.dispose());
  const stored = async (name: string) => (await opened.store.entries.get([name]))[0] ?? null;

  test("a plan is what apply then does, and a second apply does nothing", async () => {
    const { store } = opened;
    const before: Lineup = {
      a: daily("12"),
      b: daily("13"),
      old: daily("14"),
      gone: daily("15"),
      same: daily("16"),
    };
    expect(lines(await applyAll(deps(store, before)))).toEqual([
      "add a",
      "add b",
      "add gone",
      "add old",
      "add same",
    ]);
    const after: Lineup = {
      ...{ a: daily("9"), same: daily("16"), fresh: daily("17") },
      renamed: daily("14", { renamedFrom: "old" }),
    };
    const wanted = ["add fresh", "change a", "rename renamed", "remove b", "remove gone"];
    const all = deps(store, after);
    const [first, second] = [await plan(all), await plan(all)];
    expect(lines(first)).toEqual(wanted);
    expect(second.changes).toEqual(first.changes);
    expect(first.unchanged).toBe(1);
    const done = await applyAll(all);
    expect(done.changes).toEqual(first.changes);
    expect(lines(await applyAll(all))).toEqual([]);
    expect(lines(await plan(all))).toEqual([]);
  });

  test("a plan that was kept is applied once, and again changes nothing", async () => {
    const { store } = opened;
    await applyAll(deps(store, { a: daily("12"), b: daily("13"), old: daily("14") }));
    const all = deps(store, { a: daily("9"), new: daily("14", { renamedFrom: "old" }), fresh: daily("17") });
    const file = kept(await plan(all));
    expect(lines(await applyPlan(all, file))).toEqual(["add fresh", "change a", "rename new", "remove b"]);
    const etags = (await store.entries.list({ limit: 10 })).map(({ etag }) => etag);
    expect(lines(await applyPlan(all, file))).toEqual([]);
    expect((await store.entries.list({ limit: 10 })).map(({ etag }) => etag)).toEqual(etags);
  });

  test("a plan writes what it names alone", async () => {
    const { store } = opened;
    const file = kept(await plan(deps(store, { a: daily("12") })));
    expect(lines(await applyPlan(deps(store, { a: daily("12"), b: daily("13") }), file))).toEqual(["add a"]);
    expect(await stored("b")).toBeNull();
  });

  test("a stale plan writes nothing, and names each entry", async () => {
    const { store } = opened;
    await applyAll(deps(store, { a: daily("12"), b: daily("13"), c: daily("14") }));
    const all = deps(store, { a: daily("9"), b: daily("10"), c: daily("11") });
    const file = kept(await plan(all));
    const a = (await stored("a"))!;
    await store.entries.put([{ ...a, expect: a.etag, pausedAt: clock.now(), ledger: [] }]);
    await applyAll(deps(store, { a: daily("12"), b: daily("8"), c: daily("14") }));
    await expect(applyPlan(all, file)).rejects.toMatchObject({
      code: "SUNBEAT_PLAN_STALE",
      details: { entries: ["a", "b"] },
      message: expect.stringMatching(/"a": .*paused; "b": /) as unknown,
    });
    expect((await stored("c"))!.revision).toBe(resolveAll({ c: daily("14") })[0]!.revision);
  });

  test("code that has gone on makes a plan stale", async () => {
    const { store } = opened;
    const file = kept(await plan(deps(store, { a: daily("12"), b: daily("13") })));
    await expect(applyPlan(deps(store, { a: daily("9") }), file)).rejects.toMatchObject({
      code: "SUNBEAT_PLAN_STALE",
      message: expect.stringMatching(
        /"a": the code declares something else; "b": the code declares it no more/,
      ) as unknown,
    });
    await expect(applyPlan(deps(store, { a: daily("12"), b: daily("13") }, 2), file)).rejects.toThrow(
      /version 2/,
    );
  });
});

/** The store as somebody sees it who is slow: `happens` goes before each write. */
function beforePut(store: Store, happens: () => Promise<void>): PlanDeps["store"] {
  return {
    now: () => store.now(),
    calendars: store.calendars,
    entries: {
      get: (names) => store.entries.get(names),
      list: (range) => store.entries.list(range),
      put: async (items) => {
        await happens();
        return store.entries.put(items);
      },
    },
  };
}

describe("beside a beat", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(() => world.stop());
  const next = async (name: string) => (await world.store.entries.get([name]))[0]?.cursor?.due;

  test("ticks make no plan stale", async () => {
    const before: Lineup = { e: { task: "t", schedule: every("1h") } };
    await world.started(before, { register: "auto" });
    const all = deps(world.store, { e: { task: "t", schedule: every("1h"), args: [1] } });
    const file = kept(await plan(all));
    await world.clock.advance(3 * HOUR);
    expect(lines(await applyPlan(all, file))).toEqual(["change e"]);
    expect(await next("e")).toBe(world.clock.now() + HOUR);
    await world.clock.advance(HOUR);
    expect(await world.history("e")).toHaveLength(4);
  });

  test("a tick between the reading and the write is decided again", async () => {
    await applyAll(deps(world.store, { e: { task: "t", schedule: every("1h") } }));
    const all = deps(world.store, { e: { task: "t", schedule: every("1h"), args: [1] } });
    const file = kept(await plan(all));
    await world.started({}, { register: "apply" });
    let first = true;
    const store = beforePut(world.store, async () => {
      if (first) await world.clock.advance(HOUR);
      first = false;
    });
    expect(lines(await applyPlan({ ...all, store }, file))).toEqual(["change e"]);
    expect(await next("e")).toBe(world.clock.now() + HOUR);
  });
});

describe("what a plan tells of", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(() => world.stop());

  test("a change: its fields, words and next three times before and after", async () => {
    await applyAll(deps(world.store, { e: daily("12", { args: [1] }) }));
    const { changes } = await plan(deps(world.store, { e: daily("13", { overlap: "skip" }) }));
    expect(changes).toEqual([
      {
        ...{ action: "change", name: "e", from: null, writes: true, runs: 0, lastDue: null },
        revision: expect.any(String) as unknown,
        before: expect.objectContaining({
          owner: "code:test",
          version: 1,
          pausedAt: null,
          disabled: null,
        }) as unknown,
        fields: [
          { field: "args", before: [1] },
          { field: "overlap", after: "skip" },
          { field: "schedule", before: expect.anything() as unknown, after: expect.anything() as unknown },
        ],
        schedule: { before: "at 12:00 every day", after: "at 13:00 every day" },
        next: {
          before: ["2027-01-01T12:00:00.000Z", "2027-01-02T12:00:00.000Z", "2027-01-03T12:00:00.000Z"],
          after: ["2027-01-01T13:00:00.000Z", "2027-01-02T13:00:00.000Z", "2027-01-03T13:00:00.000Z"],
        },
      },
    ]);
  });

  test.each<[string, Lineup, Lineup, string[], string]>([
    ["of another", { e: daily("12") }, { e: daily("12") }, ["conflict e"], "run time has the name"],
    ["of nobody", {}, {}, [], "nothing is declared"],
  ])("names %s", async (_, runtime, code, expected) => {
    for (const [name, entry] of Object.entries(runtime)) await world.schedules().set(name, entry);
    expect(lines(await plan(deps(world.store, code)))).toEqual(expected);
  });

  test("versions: a higher one alone changes nothing that matters, a newer one is left", async () => {
    await applyAll(deps(world.store, { e: daily("12") }, 3));
    expect(await plan(deps(world.store, { e: daily("12") }, 4))).toMatchObject({
      unchanged: 1,
      changes: [{ action: "unchanged", writes: true }],
    });
    expect(lines(await plan(deps(world.store, { e: daily("9") }, 2)))).toEqual(["newer e"]);
    expect(lines(await plan(deps(world.store, {}, 2)))).toEqual([]);
  });

  test.each<[string, Lineup, object[], string]>([
    [
      "with the same work",
      { new: daily("12", { args: [1] }) },
      [{ from: "old", to: "new" }],
      "perhaps the same entry",
    ],
    ["with other work", { new: daily("12", { args: [2] }) }, [], "another entry"],
    [
      "with the same work twice",
      { new: daily("12", { args: [1] }), more: daily("12", { args: [1] }) },
      [],
      "nobody can tell which",
    ],
    ["renamed", { new: daily("12", { args: [1], renamedFrom: "old" }) }, [], "it is said already"],
  ])("an entry that is gone, and a new one %s", async (_, after, hints) => {
    await applyAll(deps(world.store, { old: daily("12", { args: [1] }) }));
    expect((await plan(deps(world.store, after))).hints).toEqual(hints);
  });

  test("a file in the place of the store", async () => {
    const definitions = Object.fromEntries(
      resolveAll({ a: daily("12"), b: daily("13") }).map(({ name, definition }) => [
        name,
        portableDefinition(definition),
      ]),
    );
    const all = deps(world.store, { a: daily("12"), b: daily("9") });
    const against = {
      ...all,
      store: storeOf({ calendars: [], entries: definitions }, all, world.clock.now()),
    };
    const made = await plan(against);
    expect(lines(made)).toEqual(["change b"]);
    expect(made.changes[0]!.next.before[0]).toBe("2027-01-01T13:00:00.000Z");
  });
});

test.each<[unknown, RegExp, string]>([
  [null, /a plan: expected plan, an object/, "nothing"],
  [{ plan: 2 }, /"plan": 1/, "of another version"],
  [{ plan: 1 }, /"owner"/, "nobody's"],
  [{ plan: 1, owner: "o", version: 1, changes: {} }, /"changes", a list/, "no list"],
  [{ plan: 1, owner: "o", version: 1, changes: [] }, /"calendars", a list/, "no calendars"],
  [
    { plan: 1, owner: "o", version: 1, changes: [], calendars: [{ action: "rename" }] },
    /calendars\[0\]\.action/,
    "what calendars do not do",
  ],
  [
    { plan: 1, owner: "o", version: 1, changes: [], calendars: [{ action: "add", name: "DE-BY" }] },
    /calendars\[0\]\.revision/,
    "half a calendar",
  ],
  [
    { plan: 1, owner: "o", version: 1, changes: [{ action: "x" }] },
    /changes\[0\]\.action/,
    "an unknown action",
  ],
  [
    { plan: 1, owner: "o", version: 1, changes: [{ action: "add", name: "e", from: null }] },
    /revision/,
    "half a change",
  ],
])("%j is no plan", (json, message) => {
  expect(() => readPlan(json)).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_PLAN_INVALID",
      message: expect.stringMatching(message) as unknown,
    }),
  );
});
