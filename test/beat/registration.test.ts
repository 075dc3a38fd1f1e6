import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clocked, crontab, every, type Schedule, solar } from "../../src/schedules/index.js";
import type { TaskEntryOptions } from "../../src/beat/entry-options.js";
import { faulty } from "./faulty-store.js";
import { type Lineup, World } from "./harness.js";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const DAY = 86_400_000;
const daily = (hour: string, timezone = "UTC"): TaskEntryOptions => ({
  task: "t",
  schedule: crontab(`0 ${hour} * * *`, { timezone }),
});

/** Deploys: the beat before stops, time passes, the next one starts. */
async function deploy(lineup: Lineup, version = 1, waitMs = 0): Promise<void> {
  await current?.stop();
  await world.clock.advance(waitMs);
  current = await world.started(lineup, { version });
}
let current: Awaited<ReturnType<World["started"]>> | undefined;
beforeEach(() => {
  current = undefined;
});

async function stored(name: string) {
  const [found] = await world.store.entries.get([name]);
  return found ?? null;
}
const nextDue = async (name: string) => {
  const cursor = (await stored(name))?.cursor;
  return cursor ? new Date(cursor.due).toISOString().slice(0, 16) : null;
};

test("a new entry starts at registration: nothing before it is due", async () => {
  await deploy({ e: daily("12") });
  expect(await nextDue("e")).toBe("2027-01-01T12:00");
  expect(await world.history("e").catch(() => [])).toEqual([]);
});

test("a restart with the same code changes nothing, so what was missed is caught up", async () => {
  await deploy({ e: daily("12") });
  const before = await stored("e");
  await deploy({ e: daily("12") }, 1, DAY / 4);
  expect(await stored("e")).toEqual(before);
  await deploy({ e: daily("12") }, 1, DAY / 2);
  expect(await world.history("e")).toEqual(["12:00:00 sent"]);
});

test("a solar entry that moves to another place runs there on the same day, as another occurrence", async () => {
  const sunset = (latitude: number, longitude: number): Lineup => ({
    e: { task: "t", schedule: solar("sunset", latitude, longitude) },
  });
  await deploy(sunset(48.85, 2.35));
  await world.clock.advance(0.7 * DAY);
  await deploy(sunset(40.71, -74.01));
  await world.clock.advance(0.25 * DAY);
  const rows = await world.store.ledger.rows("e", { limit: 10, keep: "oldest" });
  const sent = rows.map((row) => (row.kind === "row" ? [row.fate, row.taskId] : [row.reason]));
  expect(sent).toEqual([
    ["sent", expect.stringMatching(/^e@\d+\.\w+$/)],
    ["sent", expect.stringMatching(/^e@\d+\.\w+$/)],
  ]);
  expect(sent[0]).not.toEqual(sent[1]);
});

describe("a definition that changes", () => {
  test.each<[string, TaskEntryOptions, TaskEntryOptions, number, string[], string, string]>([
    [
      "in its arguments",
      daily("12"),
      { ...daily("12"), args: [1] },
      0.75,
      ["12:00:00 sent"],
      "2027-01-02T12:00",
      "the cursor stays, and the missed run is caught up",
    ],
    [
      "in its arguments, with several runs missed",
      { task: "t", schedule: every("6h"), misfire: "all" },
      { task: "t", schedule: every("6h"), misfire: "all", args: [1] },
      0.6,
      ["06:00:00 sent", "12:00:00 sent"],
      "2027-01-01T18:00",
      "the cursor stays at the oldest",
    ],
    [
      "to an earlier hour",
      daily("12"),
      daily("6"),
      0.4,
      [],
      "2027-01-02T06:00",
      "06:00 was not due when it passed",
    ],
    ["to a later hour", daily("12"), daily("14"), 0.4, [], "2027-01-01T14:00", "it has not come yet"],
    [
      "in its zone",
      daily("12"),
      daily("12", "Asia/Tokyo"),
      0.4,
      [],
      "2027-01-02T03:00",
      "03:00Z was not due when it passed",
    ],
    [
      "after a missed run, which it does not have",
      daily("12"),
      daily("6"),
      0.75,
      ["12:00:00 skipped changed"],
      "2027-01-02T06:00",
      "accounted for, not run",
    ],
    [
      "after a missed run, which it has too",
      daily("12"),
      daily("6,12"),
      0.75,
      ["12:00:00 sent"],
      "2027-01-02T06:00",
      "both definitions name it",
    ],
    [
      "after missed runs, of which it has the newest",
      { task: "t", schedule: every("6h") },
      daily("12"),
      0.6,
      ["06:00:00 skipped changed", "12:00:00 sent"],
      "2027-01-02T12:00",
      "only the newest stays due",
    ],
    [
      "to one that came since",
      daily("12"),
      daily("12,15"),
      0.75,
      ["12:00:00 skipped changed"],
      "2027-01-02T12:00",
      "15:00 is newer, and was not due",
    ],
    [
      "to disabled",
      daily("12"),
      { ...daily("12"), enabled: false },
      0.75,
      ["12:00:00 skipped disabled"],
      "-",
      "it is accounted for",
    ],
    [
      "to one that never comes",
      daily("12"),
      { task: "t", schedule: clocked(0) },
      0.2,
      [],
      "-",
      "it has ended",
    ],
  ])("%s", async (_, before, after, days, history, next) => {
    await deploy({ e: before });
    await deploy({ e: after }, 2, days * DAY);
    expect(await world.history("e").catch(() => [])).toEqual(history);
    expect((await nextDue("e")) ?? "-").toBe(next);
  });

  test("at its due second still runs", async () => {
    await deploy({ e: daily("12") });
    await current!.stop();
    await world.clock.advance(DAY / 2 + 300);
    current = await world.started({ e: { ...daily("12,18"), args: [2] } }, { version: 2 });
    expect(await world.history("e")).toEqual(["12:00:00 sent"]);
  });
});

describe("versions and owners", () => {
  test("an older deploy changes nothing that a newer one wrote, and brings nothing back", async () => {
    await deploy({ kept: daily("12"), gone: daily("12") }, 1);
    await deploy({ kept: daily("18"), added: daily("6") }, 2);
    const [kept, added, gone] = await Promise.all(["kept", "added", "gone"].map(stored));
    await deploy({ kept: daily("12"), gone: daily("12") }, 1);
    expect(await Promise.all(["kept", "added", "gone"].map(stored))).toEqual([kept, added, gone]);
    expect(current!.stats().registration).toMatchObject({ written: 0, left: 0, newer: ["kept"] });
    expect(gone).toMatchObject({ disabled: "left-code", cursor: null });
  });

  test("a deploy that comes after a newer one changes nothing that is the same in the newest and the oldest", async () => {
    await deploy({ e: daily("12") }, 1);
    await deploy({ e: daily("12") }, 3);
    const before = await stored("e");
    await deploy({ e: daily("18") }, 2);
    expect(await stored("e")).toEqual(before);
    expect(current!.stats().registration).toMatchObject({ written: 0, newer: ["e"] });
    await deploy({ e: daily("12") }, 2);
    expect(current!.stats().registration).toMatchObject({ written: 0, newer: [] });
    await world.clock.advance(DAY / 2);
    expect(await world.history("e")).toEqual(["12:00:00 sent"]);
  });

  test("a name that run time owns is a conflict: logged, listed, and left alone", async () => {
    const schedules = world.schedules();
    await schedules.set("mine", { task: "other", schedule: every("1h") });
    const before = await stored("mine");
    await deploy({ mine: daily("12"), fine: daily("12") });
    expect(await stored("mine")).toEqual(before);
    expect(current!.stats().registration).toMatchObject({ conflicts: ["mine"], written: 1 });
    expect(world.log.matching(/belong to somebody else: "mine"/)).toHaveLength(1);
  });

  test("entries of run time and of other apps are never touched", async () => {
    const schedules = world.schedules();
    await schedules.set("mine", { task: "other", schedule: every("1h") });
    const other = world.beat({ theirs: daily("12") }, { owner: "code:other" });
    other.start();
    await world.clock.advance(0);
    await other.stop();
    const before = await Promise.all(["mine", "theirs"].map(stored));
    await deploy({ e: daily("12") });
    expect(await Promise.all(["mine", "theirs"].map(stored))).toEqual(before);
  });
});

describe("an entry that leaves the code", () => {
  test("is disabled at once and deleted after a week; its history stays", async () => {
    await deploy({ e: daily("0,12"), other: daily("1") });
    await deploy({ other: daily("1") }, 2, DAY * 0.6);
    expect(await stored("e")).toMatchObject({ disabled: "left-code", cursor: null });
    expect(await world.history("e")).toEqual(["12:00:00 skipped left-code"]);
    await world.clock.advance(6.9 * DAY);
    expect(await stored("e")).not.toBeNull();
    await world.clock.advance(0.2 * DAY);
    expect(await stored("e")).toBeNull();
    expect(await world.history("e")).toHaveLength(1);
  }, 60_000);

  test("goes on from now when it comes back, with its runs", async () => {
    await deploy({ e: daily("0,12") });
    await world.clock.advance(DAY / 2);
    await deploy({}, 2, 1_000);
    await deploy({ e: daily("0,12") }, 3, 2 * DAY);
    expect(await stored("e")).toMatchObject({ disabled: null, runs: 1 });
    expect(await nextDue("e")).toBe("2027-01-04T00:00");
  });
});

test("a paused entry stays paused through a deploy, and the time until then is accounted for", async () => {
  await deploy({ e: daily("12") });
  await world.schedules().pause("e");
  await deploy({ e: daily("6") }, 2, 1.6 * DAY);
  expect(await stored("e")).toMatchObject({ disabled: null, pausedAt: expect.any(Number) as number });
  expect(await world.history("e")).toEqual(["12:00:00 skipped paused", "12:00:00 skipped paused"]);
});

test("beats that register at once agree, whoever is faster", async () => {
  const lineup = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`e${i}`, daily("12")]));
  const changed = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`e${i}`, daily("18")]));
  await deploy(lineup);
  await current!.stop();
  const slow = [1, 2, 3].map(() => faulty(world.store, world.clock));
  slow.forEach(({ faults }, index) => Object.assign(faults, { delay: "put", delayMs: 10 * index + 1 }));
  const beats = slow.map(({ store }) => world.beat(changed, { version: 2 }, store));
  for (const beat of beats) beat.start();
  await world.clock.advance(1_000);
  expect(beats.map((beat) => beat.stats().registration?.written)).toEqual([50, 0, 0]);
  expect(world.log.matching(/keep changing/)).toEqual([]);
  const entries = await world.store.entries.list({ limit: 100 });
  expect(new Set(entries.map(({ version, revision }) => `${version} ${revision}`)).size).toBe(1);
  expect(new Set(entries.map(({ cursor }) => cursor?.due))).toEqual(new Set([Date.UTC(2027, 0, 1, 18)]));
});

test("a custom schedule that throws keeps only itself from being registered", async () => {
  const broken: Schedule = {
    next() {
      throw new Error("no calendar");
    },
  };
  await deploy({ broken: { task: "t", schedule: broken }, fine: daily("12") });
  expect(await stored("broken")).toBeNull();
  expect(await stored("fine")).not.toBeNull();
  expect(world.log.matching(/"broken" is not registered: no calendar/)).toHaveLength(1);
});

test("ten thousand entries are registered in few calls, and a second time in fewer", async () => {
  const lineup = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [`e${i}`, daily(String(i % 24))]),
  );
  const { store, faults } = faulty(world.store, world.clock);
  const first = await world.started(lineup, {}, store);
  expect(first.stats().registration).toMatchObject({ written: 10_000 });
  expect(faults.calls).toMatchObject({ put: 10 });
  await first.stop();
  const before = faults.calls.list!;
  const second = await world.started(lineup, {}, store);
  expect(second.stats().registration).toMatchObject({ written: 0 });
  expect(faults.calls).toMatchObject({ put: 10 });
  // The registration and the look for "@reboot" entries, each 10 pages and the empty one at the end.
  expect(faults.calls.list! - before).toBe(22);
});
