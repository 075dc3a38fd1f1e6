import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { EntryCache } from "../../src/beat/entry-cache.js";
import { register, type RegistrationDeps } from "../../src/beat/registration.js";
import { assertRenames } from "../../src/beat/rename.js";
import { crontab, every } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";
import { Lines, type Lineup, resolveAll, Told, World } from "./harness.js";

const HOUR = 3_600_000;
const hourly = (more: Partial<EntryOptions> = {}): EntryOptions =>
  ({ task: "t", schedule: every("1h"), misfire: "all", ...more }) as EntryOptions;
const RENAMED: Lineup = { new: hourly({ renamedFrom: "old" }) };

function deps(store: RegistrationDeps["store"], lineup: Lineup, version = 1): RegistrationDeps {
  const entries = resolveAll(lineup);
  return {
    ...{ store, entries, cache: new EntryCache(entries), owner: "code:test", version },
    ...{ logger: new Lines(), events: new Told(), inTime: (_, work) => work },
  };
}

/** The store as somebody sees it to whom something happens before a write, by the number of the write. */
function interrupted(store: Store, happens: (write: number) => Promise<void>): RegistrationDeps["store"] {
  let write = 0;
  return {
    now: () => store.now(),
    entries: {
      get: (names) => store.entries.get(names),
      list: (range) => store.entries.list(range),
      put: async (items) => {
        if (items.length > 0) await happens(write++);
        return store.entries.put(items);
      },
    },
  };
}
const crash = (at: number) => (write: number) =>
  write === at ? Promise.reject(new Error("crash")) : Promise.resolve();

describe.each(EVERY_STORE)("on %s", (_, open) => {
  let clock: ManualClock;
  let opened: OpenStore;
  beforeEach(async () => {
    clock = new ManualClock("2027-01-01T00:00:00Z");
    opened = await open(clock);
    await register(deps(opened.store, { old: hourly() }));
  });
  afterEach(() => opened.dispose());
  const stored = async (name: string) => (await opened.store.entries.get([name]))[0]!;

  test("the new entry stands where the old one stood, and the old one is disabled", async () => {
    await clock.advance(2.5 * HOUR);
    const old = await stored("old");
    await register(deps(opened.store, RENAMED));
    expect(await stored("old")).toMatchObject({ disabled: "renamed" });
    const { cursor, lastDue, runs, previousName, disabled } = await stored("new");
    expect({ cursor, lastDue, runs, disabled, previousName }).toEqual({
      ...{ cursor: old.cursor, lastDue: old.lastDue, runs: old.runs },
      ...{ disabled: null, previousName: "old" },
    });
    const after = await opened.store.entries.list({ limit: 10 });
    await register(deps(opened.store, RENAMED));
    expect(await opened.store.entries.list({ limit: 10 })).toEqual(after);
  });

  test.each([
    [0, "before the first write: nothing has happened yet"],
    [1, "between the writes: neither runs, and the old one keeps where it stood"],
  ])("a crash at write %i is finished by the next registration", async (at) => {
    const due = (await stored("old")).cursor!.due;
    await expect(register(deps(interrupted(opened.store, crash(at)), RENAMED))).rejects.toThrow("crash");
    await clock.advance(1.5 * HOUR);
    expect(await opened.store.entries.get(["new"])).toEqual([null]);
    await register(deps(opened.store, RENAMED));
    expect(await stored("new")).toMatchObject({ cursor: { due }, disabled: null, previousName: "old" });
    expect(await stored("old")).toMatchObject({ disabled: "renamed" });
  });

  test("two who rename at once agree", async () => {
    const peer = await opened.peer();
    await Promise.all([register(deps(opened.store, RENAMED)), register(deps(peer, RENAMED))]);
    expect(await stored("old")).toMatchObject({ disabled: "renamed" });
    expect(await stored("new")).toMatchObject({ disabled: null, previousName: "old" });
  });

  test("there and back: the entry keeps its runs, and goes on", async () => {
    await register(deps(opened.store, RENAMED));
    await clock.advance(HOUR / 2);
    const before = await stored("new");
    await register(deps(opened.store, { old: hourly({ renamedFrom: "new" }) }));
    expect(await stored("new")).toMatchObject({ disabled: "renamed" });
    expect(await stored("old")).toMatchObject({ cursor: before.cursor, disabled: null, previousName: "new" });
  });

  test("an entry that came back after it was renamed starts at now, not where the old one stood", async () => {
    await register(deps(opened.store, RENAMED));
    await clock.advance(1);
    await register(deps(opened.store, {}));
    expect(await stored("new")).toMatchObject({ disabled: "left-code" });
    await clock.advance(5.5 * HOUR);
    await register(deps(opened.store, RENAMED));
    expect(await stored("new")).toMatchObject({
      disabled: null,
      cursor: { due: clock.now() + HOUR / 2 - 1 },
    });
  });
});

describe("with beats", () => {
  let world: World;
  beforeEach(() => void (world = new World()));
  afterEach(() => world.stop());
  const stored = async (name: string) => (await world.store.entries.get([name]))[0] ?? null;
  const sent = async (name: string): Promise<string[]> =>
    (await world.store.ledger.rows(name, { limit: 100, keep: "oldest" })).map((row) =>
      row.kind === "row"
        ? `${new Date(row.due).toISOString().slice(11, 16)} ${row.fate}`
        : `range ${row.reason}`,
    );

  test("each due time is sent once, under one of the names, and history has them all", async () => {
    const beat = await world.started({ old: hourly() });
    await world.clock.advance(2.5 * HOUR);
    await beat.stop();
    await world.clock.advance(2 * HOUR); // 03:00 and 04:00 are missed
    await world.started(RENAMED);
    await world.clock.advance(HOUR);
    expect(await sent("old")).toEqual(["01:00 sent", "02:00 sent"]);
    expect(await sent("new")).toEqual(["03:00 sent", "04:00 sent", "05:00 sent"]);
    expect(await stored("new")).toMatchObject({ runs: 5 });
    const rows = await world.schedules().history("new");
    expect(rows.map(({ entry, due }) => `${entry} ${due.toISOString().slice(11, 13)}`)).toEqual([
      ...["old 01", "old 02", "new 03", "new 04", "new 05"],
    ]);
    const [newest] = await world.schedules().history("new", { limit: 1 });
    expect(newest?.entry).toBe("new");
    const [oldest] = await world.schedules().history("new", { limit: 1, after: 0 });
    expect(oldest?.entry).toBe("old");
  });

  test.each([0, 1])("a tick of the old entry before write %i is not sent again", async (at) => {
    await world.started({ old: hourly() });
    await world.clock.advance(HOUR / 2);
    const store = interrupted(world.store, async (write) => {
      if (write === at) await world.clock.advance(HOUR);
    });
    await register(deps(store, RENAMED));
    await world.clock.advance(2 * HOUR);
    const all = [...(await sent("old")), ...(await sent("new"))];
    expect(all).toEqual(["01:00 sent", "02:00 sent", "03:00 sent"]);
  });

  test.each<[string, EntryOptions, (due: string | undefined) => void, string]>([
    ["its arguments", hourly({ args: [1] }), (due) => expect(due).toBe("01:00"), "the cursor stays"],
    [
      "its schedule",
      hourly({ schedule: crontab("30 * * * *") }),
      (due) => expect(due).toBe("02:30"),
      "it is as for a changed entry: nothing past becomes due",
    ],
  ])("one that changes %s, too", async (_, entry, check) => {
    await register(deps(world.store, { old: hourly() }));
    await world.clock.advance(1.75 * HOUR);
    await register(deps(world.store, { new: { ...entry, renamedFrom: "old" } }));
    const due = (await stored("new"))?.cursor?.due;
    check(due === undefined ? undefined : new Date(due).toISOString().slice(11, 16));
  });

  test("a paused entry stays paused", async () => {
    await register(deps(world.store, { old: hourly() }));
    await world.schedules().pause("old");
    const { pausedAt } = (await stored("old"))!;
    await register(deps(world.store, RENAMED));
    expect(await stored("new")).toMatchObject({ pausedAt });
  });

  test.each<[string, () => Promise<unknown>, object, string]>([
    ["is not there", () => Promise.resolve(), { previousName: undefined }, "the option may stay in the code"],
    [
      "is one of run time",
      () => world.schedules().set("old", hourly()),
      { previousName: undefined },
      "it is not ours to take",
    ],
    [
      "was left to a newer version",
      () => register(deps(world.store, { old: hourly() }, 2)),
      { previousName: undefined },
      "a newer deploy has it",
    ],
    [
      "left the code before",
      async () => {
        await register(deps(world.store, { old: hourly() }));
        await register(deps(world.store, {}));
      },
      { previousName: "old" },
      "its history and runs go on, from now",
    ],
  ])("the old entry %s", async (_, prepare, expected) => {
    await prepare();
    await register(deps(world.store, RENAMED));
    const found = (await stored("new"))!;
    expect(found.disabled).toBeNull();
    expect({ previousName: found.previousName }).toEqual(expected);
  });

  test("a new entry that was there before keeps its own cursor, and the old one leaves the code", async () => {
    await register(deps(world.store, { old: hourly(), new: hourly() }));
    await register(deps(world.store, RENAMED));
    expect(await stored("old")).toMatchObject({ disabled: "left-code" });
    expect((await stored("new"))!.previousName).toBeUndefined();
  });

  test("at run time there is no rename", async () => {
    await expect(world.schedules().set("new", hourly({ renamedFrom: "old" }))).rejects.toMatchObject({
      code: "SUNBEAT_ENTRY_INVALID",
      message: expect.stringContaining("renamedFrom") as unknown,
    });
  });
});

test.each<[string, Lineup, RegExp | null, string]>([
  [
    "a name of another entry",
    { a: hourly(), b: hourly({ renamedFrom: "a" }) },
    /"a", which is declared, too/,
    "it runs",
  ],
  [
    "one name twice",
    { b: hourly({ renamedFrom: "a" }), c: hourly({ renamedFrom: "a" }) },
    /the renamedFrom of "b", too/,
    "it can become one entry alone",
  ],
  ["names of their own", { b: hourly({ renamedFrom: "a" }), d: hourly({ renamedFrom: "c" }) }, null, "good"],
])("renamedFrom with %s", (_, lineup, message) => {
  const check = (): void => assertRenames(resolveAll(lineup));
  if (message === null) expect(check).not.toThrow();
  else expect(check).toThrow(message);
});

test("renamedFrom is no part of the definition, and not the entry's own name", () => {
  const [with_, without] = [hourly({ renamedFrom: "old" }), hourly()].map((e) => resolveAll({ new: e })[0]!);
  expect(with_!.revision).toBe(without!.revision);
  expect(() => resolveAll({ a: hourly({ renamedFrom: "a" }) })).toThrow(/renamedFrom/);
});
