/** A beat with `maxStartsPerSecond` and `spread`, on a manual clock: what waits is late, not missed. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import type { MisfirePolicyName } from "../../src/beat/misfire.js";
import { crontab, every } from "../../src/schedules/index.js";
import { faulty } from "./faulty-store.js";
import { type Lineup, World } from "./harness.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let world: World;
beforeEach(() => (world = new World("2027-01-01T00:00:30Z")));
afterEach(() => world.stop());

function many(count: number, options: Partial<EntryOptions> = {}): Lineup {
  const entry = { task: "t", schedule: crontab("* * * * *"), ...options } as EntryOptions;
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`e${String(n).padStart(5, "0")}`, entry]),
  );
}

/** Milliseconds after `from` of each start, in order. */
const startsSince = (from: number): { entry: string; ms: number; due: number }[] =>
  world.events
    .of("schedule-sent")
    .map(({ entry, due, lateMs }) => ({ entry, due, ms: due + lateMs - from }))
    .sort((a, b) => a.ms - b.ms);

const mostInASecond = (starts: readonly { ms: number }[]): number => {
  let most = 0;
  let from = 0;
  for (let to = 0; to < starts.length; to++) {
    while (starts[to]!.ms - starts[from]!.ms >= SECOND) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
};

const skips = (): unknown[] => world.events.of("schedule-skipped");

test("without a limit all is sent at once", async () => {
  await world.started(many(50));
  await world.clock.advance(30 * SECOND);
  expect(startsSince(world.clock.now()).every(({ ms }) => ms === 0)).toBe(true);
  expect(world.events.of("beat-limited")).toEqual([]);
});

test.each<[reason: string, misfire: MisfirePolicyName]>([
  ["skip would drop what is late", "skip"],
  ["latest would drop what is late but the newest", "latest"],
  ["all would count it for its max", "all"],
])("a queue of the budget is late and not missed, for %s", async (_, misfire) => {
  await world.started(many(100, { misfire }), { maxStartsPerSecond: 10 });
  await world.clock.advance(30 * SECOND);
  const due = world.clock.now();
  await world.clock.advance(20 * SECOND);
  const starts = startsSince(due);
  expect(starts).toHaveLength(100);
  expect(skips()).toEqual([]);
  // A second's worth at once, and ten a second from then on; in order of name, since all are due at once.
  expect(starts.at(-1)!.ms).toBeGreaterThanOrEqual(9_000);
  expect(starts.at(-1)!.ms).toBeLessThanOrEqual(9_200);
  expect(mostInASecond(starts)).toBeLessThanOrEqual(20);
  expect(starts.map(({ entry }) => entry)).toEqual(starts.map(({ entry }) => entry).sort());
});

test("it tells when it is limited and when it is no more, in events, log and figures", async () => {
  const beat = await world.started(many(35), { maxStartsPerSecond: 10 });
  await world.clock.advance(30 * SECOND);
  const since = world.clock.now();
  expect(world.events.of("beat-limited")).toEqual([{ state: "began", since, perSecond: 10, count: 25 }]);
  expect(beat.stats()).toMatchObject({ limitedSince: since });
  await world.clock.advance(SECOND);
  expect(beat.stats().lagMs).toBeGreaterThanOrEqual(900);
  await world.clock.advance(2 * SECOND);
  expect(world.events.of("beat-limited").slice(1)).toEqual([
    { state: "ended", since, perSecond: 10, count: 25 },
  ]);
  expect(beat.stats()).toMatchObject({ limitedSince: null, sent: 35 });
  expect(world.log.matching(/more is due than 10 starts a second: 25 entries wait/)).toHaveLength(1);
});

test("what becomes due meanwhile waits its turn, in order of its dispatch", async () => {
  const early = many(40);
  const late = { aaa: { task: "t", schedule: crontab("* * * * *"), jitter: "3s" } as const };
  await world.started({ ...early, ...late }, { maxStartsPerSecond: 10 });
  await world.clock.advance(30 * SECOND);
  const due = world.clock.now();
  await world.clock.advance(10 * SECOND);
  expect(startsSince(due).at(-1)!.entry).toBe("aaa");
});

test("skips cost nothing", async () => {
  const lineup = many(60, { misfire: "skip" });
  const first = await world.started(lineup, { maxStartsPerSecond: 10 });
  await first.stop();
  await world.clock.advance(10 * MINUTE);
  await world.started(lineup, { maxStartsPerSecond: 10 });
  expect(skips()).toHaveLength(60);
  expect(world.events.of("beat-limited")).toEqual([]);
});

test("a run that its overlap skips gives its start back", async () => {
  const others = { task: "t", schedule: crontab("2-59 * * * *") };
  const lineup = { ...many(20, { overlap: "skip" }), z1: others, z2: others, z3: others };
  await world.started(lineup, { maxStartsPerSecond: 20 });
  await world.clock.advance(30 * SECOND); // nobody runs them: each has an unfinished run from here on
  await world.clock.advance(MINUTE);
  expect(skips()).toHaveLength(20);
  expect(startsSince(world.clock.now()).filter(({ ms }) => ms === 0)).toHaveLength(3);
});

describe("an outage", () => {
  test.each<
    [reason: string, misfire: EntryOptions["misfire"], outageMs: number, sent: number, skipped: number]
  >([
    ["as long as itself, whatever the queue: skip", "skip", 5 * MINUTE, 0, 100],
    ["latest: the newest of each", "latest", 5 * MINUTE, 20, 80],
    ["all: each", "all", 5 * MINUTE, 100, 0],
    ["all within two minutes: as of its end", { policy: "all", within: "150s" }, 5 * MINUTE, 60, 40],
    ["all, three at once", { policy: "all", max: 3 }, 5 * MINUTE, 60, 40],
  ])("counts %s", async (_, misfire, outageMs, sent, skipped) => {
    const lineup = many(20, { misfire, endAt: "2027-01-01T00:05:30Z" });
    const first = await world.started(lineup, { maxStartsPerSecond: 2 });
    await first.stop();
    await world.clock.advance(outageMs);
    await world.started(lineup, { maxStartsPerSecond: 2 });
    await world.clock.advance(3 * MINUTE);
    const rows = await Promise.all(Object.keys(lineup).map((name) => world.history(name)));
    expect(rows.flat()).toHaveLength(100);
    expect(rows.flat().filter((row) => row.endsWith("sent"))).toHaveLength(sent);
    expect(rows.flat().filter((row) => row.includes("skipped"))).toHaveLength(skipped);
  });

  test("the queue that it leaves holds up nobody for ever: a plan of many is cut to what is left", async () => {
    const lineup = {
      a: { task: "t", schedule: every("1s"), misfire: { policy: "all", max: 10_000 } },
      b: { task: "t", schedule: crontab("* * * * *") },
    } as const satisfies Lineup;
    const first = await world.started(lineup, { maxStartsPerSecond: 10 });
    await first.stop();
    await world.clock.advance(2 * MINUTE);
    await world.started(lineup, { maxStartsPerSecond: 10 });
    // The first minute of the one is older than the first run of the other; the second is not.
    await world.clock.advance(4 * SECOND);
    const starts = world.events.of("schedule-sent");
    expect(starts.filter(({ entry }) => entry === "a").length).toBeLessThanOrEqual(50);
    expect(starts.filter(({ entry }) => entry === "b")).toHaveLength(1);
    await world.clock.advance(MINUTE);
    expect((await world.history("a")).every((row) => row.endsWith("sent"))).toBe(true);
  });
});

test("under a fail-over each due time is accounted for once, and nothing beyond the budgets is sent", async () => {
  const lineup = many(60, { misfire: "all" });
  const wrapped = [faulty(world.store, world.clock), faulty(world.store, world.clock)];
  for (const { store } of wrapped) await world.started(lineup, { maxStartsPerSecond: 5 }, store);
  await world.clock.advance(33 * SECOND);
  Object.assign(wrapped[0]!.faults, { dead: true });
  await world.clock.advance(MINUTE);
  Object.assign(wrapped[0]!.faults, { dead: false });
  await world.clock.advance(2 * MINUTE);
  const rows = await Promise.all(Object.keys(lineup).map((name) => world.history(name)));
  const first = Date.UTC(2027, 0, 1, 0, 1);
  const times = ["00:01:00 sent", "00:02:00 sent", "00:03:00 sent", "00:04:00 sent"];
  for (const own of rows) expect(own).toEqual(times.slice(0, own.length));
  const starts = startsSince(first);
  expect(new Set(starts.map(({ entry, due }) => `${entry} ${due}`)).size).toBe(starts.length);
  // Two buckets: that of the beat that died, and that of its successor.
  expect(mostInASecond(starts)).toBeLessThanOrEqual(15);
  expect(skips()).toEqual([]);
});

test("at-start entries wait for the budget, too, and each is sent once", async () => {
  const lineup = many(25, { schedule: crontab("@reboot") });
  await world.started(lineup, { maxStartsPerSecond: 10 });
  expect(world.events.of("schedule-sent")).toHaveLength(10);
  await world.clock.advance(2 * SECOND);
  const sent = world.events.of("schedule-sent").map(({ entry }) => entry);
  expect(sent).toHaveLength(25);
  expect(new Set(sent).size).toBe(25);
});

test("a run by hand is free, and does not wait", async () => {
  await world.started(many(30), { maxStartsPerSecond: 5 });
  await world.clock.advance(30 * SECOND);
  await world.schedules().trigger("e00029");
  expect((await world.store.ledger.rows("e00029", { limit: 10, keep: "newest" })).length).toBe(1);
});

describe("spread", () => {
  test("is the jitter of entries that name none; 0 opts out, and the definition says so", async () => {
    const lineup = { ...many(200), out: { task: "t", schedule: crontab("* * * * *"), jitter: 0 } } as Lineup;
    await world.started(lineup, { spreadMs: 30_000 });
    await world.clock.advance(30 * SECOND);
    const due = world.clock.now();
    expect(startsSince(due).map(({ entry }) => entry)).toContain("out");
    await world.clock.advance(29 * SECOND);
    const starts = startsSince(due);
    expect(starts.length).toBeGreaterThan(190);
    expect(starts.filter(({ ms }) => ms < 1_000).length).toBeLessThan(25);
    const [stored] = await world.store.entries.get(["e00000"]);
    expect(stored!.definition).not.toContain("jitter");
    const [out] = await world.store.entries.get(["out"]);
    expect(out!.definition).toContain('"jitterMs":0');
  });

  test("holds for an entry whose cursor was written by a process that knows of none", async () => {
    await world.schedules().set("plain", many(1).e00000!);
    await world.started({}, { spreadMs: 30_000 });
    await world.clock.advance(30 * SECOND);
    const due = world.clock.now();
    expect(startsSince(due)).toEqual([]);
    await world.clock.advance(30 * SECOND);
    const [start] = startsSince(due);
    expect(start!.ms).toBeGreaterThan(0);
    expect(await world.history("plain")).toEqual(["00:01:00 sent"]);
  });

  test("a change of it rewrites no entry", async () => {
    const lineup = many(5);
    const first = await world.started(lineup, { spreadMs: 0 });
    const before = await world.store.entries.list({ limit: 10 });
    await first.stop();
    await world.started(lineup, { spreadMs: 20_000 });
    const after = await world.store.entries.list({ limit: 10 });
    expect(after.map(({ etag }) => etag)).toEqual(before.map(({ etag }) => etag));
  });
});

test("10,000 entries at midnight under a spread of 30 s and 1,000 starts a second", async () => {
  world = new World("2027-01-01T23:59:50Z");
  const lineup = many(10_000, { schedule: crontab("0 0 * * *"), misfire: "skip" });
  await world.started(lineup, { spreadMs: 30_000, maxStartsPerSecond: 1_000 });
  await world.clock.advance(10 * SECOND);
  const midnight = world.clock.now();
  for (let second = 0; second < 33; second++) await world.clock.advance(SECOND);
  const starts = startsSince(midnight);
  expect(starts).toHaveLength(10_000);
  expect(skips()).toEqual([]);
  expect(Math.max(...starts.map(({ ms }) => ms))).toBeLessThanOrEqual(31_000);
  expect(mostInASecond(starts)).toBeLessThanOrEqual(2_000);
}, 120_000);
