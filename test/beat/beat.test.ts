import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Beat } from "../../src/beat/beat.js";
import { BEAT_DEFAULTS } from "../../src/beat/beat-options.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import { sleep } from "../../src/core/clock.js";
import { clocked, crontab, every, type Schedule } from "../../src/schedules/index.js";
import type { EntryStore, Store } from "../../src/store/contracts/index.js";
import { faulty } from "./faulty-store.js";
import { World } from "./harness.js";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const fates = (lines: readonly string[]) => lines.map((line) => line.slice(9));

test("sends each due time once, at its instant", async () => {
  await world.started({ tick: { task: "tasks.tick", schedule: every("10s") } });
  await world.clock.advance(60_000);
  expect(await world.history("tick")).toEqual(
    ["00:00:10", "00:00:20", "00:00:30", "00:00:40", "00:00:50", "00:01:00"].map((at) => `${at} sent`),
  );
  const rows = await world.schedules().history("tick");
  expect(rows.map((row) => row.at.getTime() - row.due.getTime())).toEqual([0, 0, 0, 0, 0, 0]);
});

test("says in its log what it does", async () => {
  const beat = await world.started({
    nightly: { task: "tasks.report", schedule: crontab("1 0 * * *") },
  });
  await world.clock.advance(60_000);
  await beat.stop();
  expect(world.log.lines).toEqual([
    "beat: Starting...",
    expect.stringMatching(/^beat: leading \(term \d+:[\w-]+\)$/),
    "Scheduler: Sending due task nightly (tasks.report)",
    "beat: gave up the lead",
    "beat: stopped",
  ]);
});

test("sends task, arguments and options, and the due instant also under jitter", async () => {
  await world.started({
    billed: {
      task: "billing.close",
      schedule: every("10m"),
      jitter: "5m",
      args: ({ scheduledFor }) => [scheduledFor.toISOString()],
      options: { queue: "money", priority: 7, expires: "1h" },
    },
  });
  await world.clock.advance(HOUR / 4);
  const { deliveries } = await world.store.consumer.claim({
    ...{ queues: ["money"], worker: "w", leaseMs: 1_000, max: 10 },
  });
  expect(deliveries).toEqual([
    expect.objectContaining({
      ...{ id: `billed@${Date.UTC(2027, 0, 1, 0, 10)}`, task: "billing.close", priority: 7, entry: "billed" },
      body: expect.stringContaining('["2027-01-01T00:10:00.000Z"]') as string,
    }),
  ]);
  const [row] = await world.schedules().history("billed");
  expect(row?.due).toEqual(new Date(Date.UTC(2027, 0, 1, 0, 10)));
  expect(row!.at.getTime()).toBeGreaterThan(row!.due.getTime());
});

test("stop and start may come twice, in any order, and a stopped beat stays stopped", async () => {
  const never = world.beat();
  await never.stop();
  never.start();
  expect(never.stats().state).toBe("stopped");
  const beat = await world.started({});
  beat.start();
  await Promise.all([beat.stop(), beat.stop(), beat.done]);
  expect(world.log.matching(/Starting/)).toHaveLength(1);
  expect(world.clock.timers).toBe(0);
});

test("registers its entries again when it comes to lead a store that has lost them all", async () => {
  const { store, faults } = faulty(world.store, world.clock);
  const beat = await world.started({ tick: { task: "t", schedule: every("10s") } }, {}, store);
  await world.clock.advance(20_000);
  // What a server without persistence is after a restart: nothing is there, and nobody leads.
  faults.fail = "elect";
  const [stored] = await world.store.entries.get(["tick"]);
  await world.store.entries.remove("tick", stored!.etag);
  await world.clock.advance(20_000);
  expect(await world.store.entries.get(["tick"])).toEqual([null]);
  faults.fail = null;
  await world.clock.advance(60_000);
  const seconds = ["00:10", "00:20", "00:50", "01:00", "01:10", "01:20", "01:30", "01:40"];
  expect(await world.history("tick")).toEqual(seconds.map((at) => `00:${at} sent`));
  expect(beat.stats().state).toBe("leading");
  expect(world.log.matching(/has lost every entry/)).toHaveLength(1);
});

test("leaves an entry alone that somebody has deleted, while it has others", async () => {
  const { store, faults } = faulty(world.store, world.clock);
  const schedule = every("10s");
  const beat = await world.started({ a: { task: "t", schedule }, b: { task: "t", schedule } }, {}, store);
  faults.fail = "elect";
  const [stored] = await world.store.entries.get(["a"]);
  await world.store.entries.remove("a", stored!.etag);
  await world.clock.advance(20_000);
  faults.fail = null;
  await world.clock.advance(60_000);
  // It came to lead anew, when it might have registered both again, and sends the other one.
  expect(world.events.of("beat-leading")).toHaveLength(2);
  expect(beat.stats().state).toBe("leading");
  expect((await world.history("b")).at(-1)).toBe("00:01:20 sent");
  expect(await world.store.entries.get(["a"])).toEqual([null]);
});

test.each([
  ["that sends", 1, 1],
  ["that leads and has nothing to do", 3_600, 1],
  ["that follows", 3_600, 2],
])("a closed store ends a beat %s", async (_, schedule, count) => {
  const beats: Beat[] = [];
  for (let n = 0; n < count; n++) beats.push(await world.started({ tick: { task: "t", schedule } }));
  await world.store.close();
  await world.clock.advance(60_000);
  expect(beats.map((beat) => beat.stats().state)).toEqual(beats.map(() => "stopped"));
  expect(world.clock.timers).toBe(0);
});

test("leaves no subscription behind when the store is slow to give one", async () => {
  let held = 0;
  const { store, clock } = world;
  const subscribe: Store["channel"]["subscribe"] = async (topic, handler) => {
    await sleep(clock, 12_000);
    const end = await store.channel.subscribe(topic, handler);
    held++;
    return () => {
      held--;
      end();
    };
  };
  const channel = { ...store.channel, subscribe };
  const beat = await world.started({}, {}, { ...store, channel });
  await clock.advance(60_000);
  const stopped = beat.stop();
  await clock.advance(60_000);
  await stopped;
  expect(held).toBe(0);
});

describe("downtime", () => {
  test("a year of missed minutes is caught up with one run, and the history has a row for every minute", async () => {
    const lineup = { minutely: { task: "t", schedule: crontab("* * * * *") } };
    const first = await world.started(lineup);
    await world.clock.advance(60_000);
    await first.stop();
    world.clock.jump(365 * 24 * HOUR + 30_000);
    await world.started(lineup);
    expect(await world.store.ledger.rows("minutely", { limit: 100, keep: "oldest" })).toHaveLength(4);
    const lines = await world.history("minutely", 3);
    expect(lines).toEqual(["23:59:00 skipped coalesced", "00:00:00 skipped coalesced", "00:01:00 sent"]);
    const from = new Date(Date.UTC(2027, 5, 1));
    const page = await world.schedules().history("minutely", { after: from, limit: 2 });
    expect(page.map(({ due, reason }) => [due.toISOString(), reason])).toEqual([
      ["2027-06-01T00:01:00.000Z", "too-late"],
      ["2027-06-01T00:02:00.000Z", "too-late"],
    ]);
  });

  test.each([
    ["skip" as const, ["sent", "skipped late", "skipped late", "skipped late", "sent"]],
    ["latest" as const, ["sent", "skipped coalesced", "skipped coalesced", "sent", "sent"]],
    ["all" as const, ["sent", "sent", "sent", "sent", "sent"]],
  ])("of 3.5 periods under %s gives %j", async (misfire, expected) => {
    const lineup = { hourly: { task: "t", schedule: every("1h"), misfire } };
    const first = await world.started(lineup);
    await world.clock.advance(HOUR);
    await first.stop();
    await world.clock.advance(3.5 * HOUR);
    await world.started(lineup);
    await world.clock.advance(HOUR / 2);
    expect(fates(await world.history("hourly"))).toEqual(expected);
  });

  test("of entries that take longer to plan than a lease lasts is caught up part by part", async () => {
    const { clock } = world;
    let busyMs = 0;
    const [now, monotonicMs] = [clock.now.bind(clock), clock.monotonicMs.bind(clock)];
    vi.spyOn(clock, "now").mockImplementation(() => now() + busyMs);
    vi.spyOn(clock, "monotonicMs").mockImplementation(() => monotonicMs() + busyMs);
    const args = () => {
      busyMs += 1_000; // nothing else runs meanwhile, so the lease is not renewed
      return [];
    };
    const names = Array.from({ length: 40 }, (_, n) => `entry ${n}`);
    const lineup = Object.fromEntries(
      names.map((name) => [name, { task: "t", schedule: every("1d"), args }]),
    );
    await world.started(lineup, { leaseMs: 15_000 });
    await clock.advance(25 * HOUR);
    for (const name of names) expect(await world.history(name)).toEqual(["00:00:00 sent"]);
    expect(world.events.of("beat-stalled")).toEqual([]);
  });

  test("of one entry that are many are sent in steps, each of which leaves the cursor where the next begins", async () => {
    const lineup = {
      often: { task: "t", schedule: every("1m"), misfire: { policy: "all" as const, max: 550 } },
    };
    const first = await world.started(lineup);
    await world.clock.advance(MINUTE);
    await first.stop();
    await world.clock.advance(600 * MINUTE);
    const steps: (readonly [number, number | undefined])[] = [];
    const entries: EntryStore = {
      ...world.store.entries,
      async tick(term, items) {
        const answer = await world.store.entries.tick(term, items);
        const [stored] = await world.store.entries.get(["often"]);
        steps.push([items[0]!.plan.length, stored?.cursor?.due]);
        return answer;
      },
    };
    const start = world.clock.now();
    await world.started(lineup, { batch: 250 }, { ...world.store, entries });
    const missed = start - 599 * MINUTE;
    expect(steps.slice(0, 3)).toEqual([
      [250, missed + 250 * MINUTE],
      [250, missed + 500 * MINUTE],
      [52, start + MINUTE],
    ]);
    const history = fates(await world.history("often"));
    expect(history.filter((fate) => fate === "sent")).toHaveLength(1 + 550 + 1); // the last is not late
    expect(history.filter((fate) => fate === "skipped cap")).toHaveLength(49);
  });
});

test.each([
  // which step, what happens to it
  [1, "fails"],
  [2, "fails"],
  [1, "is done, but its answer is lost"],
])("no more than max are sent though step %i %s", async (which, fault) => {
  const lineup = {
    often: { task: "t", schedule: every("1m"), misfire: { policy: "all" as const, max: 550 } },
  };
  const first = await world.started(lineup);
  await world.clock.advance(MINUTE);
  await first.stop();
  await world.clock.advance(1_000 * MINUTE);
  let step = 0;
  const entries: EntryStore = {
    ...world.store.entries,
    async tick(term, items) {
      const isHit = step++ === which;
      if (isHit && fault === "fails") throw new Error("away");
      const answer = await world.store.entries.tick(term, items);
      if (isHit) throw new Error("no answer");
      return answer;
    },
  };
  await world.started(lineup, { batch: 250 }, { ...world.store, entries });
  await world.clock.advance(MINUTE / 2);
  const history = fates(await world.history("often"));
  expect(history.filter((fate) => fate === "sent")).toHaveLength(1 + 550 + 1); // the last is not late
  expect(history.filter((fate) => fate === "skipped cap")).toHaveLength(449);
});

describe("entries that end", () => {
  test("a clocked one runs once, and stays with its history for a day", async () => {
    const at = new Date(Date.UTC(2027, 0, 1, 1));
    await world.started();
    const schedules = world.schedules();
    await schedules.set("once", { task: "t", schedule: clocked(at) });
    await world.clock.advance(2 * HOUR);
    expect(await schedules.get("once")).toMatchObject({ disabled: "ended", nextDue: null, runs: 1 });
    expect(await world.history("once")).toEqual(["01:00:00 sent"]);
    await world.clock.advance(25 * HOUR);
    expect(await schedules.get("once")).toBeNull();
    expect(await world.history("once")).toEqual(["01:00:00 sent"]);
  });

  test("maxRuns counts what was sent, not what was skipped", async () => {
    await world.started({ few: { task: "t", schedule: every("1m"), maxRuns: 2, overlap: "skip" } });
    await world.clock.advance(3 * 60_000);
    const { deliveries } = await world.store.consumer.claim({
      ...{ queues: ["default"], worker: "w", leaseMs: 1_000, max: 10 },
    });
    await world.store.consumer.settle(
      deliveries.map(({ id, token }) => ({ id, token, kind: "done", result: null, resultTtlMs: 0 })),
      null,
    );
    await world.clock.advance(3 * 60_000);
    expect(fates(await world.history("few"))).toEqual(["sent", "skipped overlap", "skipped overlap", "sent"]);
    expect(await world.schedules().get("few")).toMatchObject({ disabled: "max-runs", runs: 2 });
  });

  test("startAt and endAt bound the due times", async () => {
    const [startAt, endAt] = [1, 3].map((hour) => new Date(Date.UTC(2027, 0, 1, hour)));
    await world.started({ season: { task: "t", schedule: every("1h"), startAt: startAt!, endAt: endAt! } });
    await world.clock.advance(5 * HOUR);
    expect(await world.history("season")).toEqual(["01:00:00 sent", "02:00:00 sent"]);
    expect(await world.schedules().get("season")).toMatchObject({ disabled: "ended" });
  });
});

test("an @reboot entry is sent once by each process that comes to lead, however often it does", async () => {
  const lineup = { boot: { task: "t", schedule: crontab("@reboot") } };
  const wrapped = faulty(world.store, world.clock);
  await world.started(lineup, {}, wrapped.store);
  expect(fates(await world.history("boot"))).toEqual(["sent"]);
  wrapped.faults.fail = "elect";
  await world.clock.advance(20_000);
  wrapped.faults.fail = null;
  await world.clock.advance(20_000);
  expect(world.events.of("beat-leading")).toHaveLength(2);
  expect(fates(await world.history("boot"))).toEqual(["sent"]);
  wrapped.faults.dead = true;
  await world.started(lineup);
  await world.clock.advance(20_000);
  expect(fates(await world.history("boot"))).toEqual(["sent", "sent"]);
});

describe("the store's clock", () => {
  test.each([
    ["a day ahead", 24 * HOUR],
    ["an hour back", -HOUR],
  ])("that jumps %s holds dispatch for 10 s, and doubles nothing", async (_, jumpMs) => {
    await world.started({ tick: { task: "t", schedule: every("1s"), misfire: "all" } });
    await world.clock.advance(10_500);
    world.clock.jump(jumpMs);
    await world.clock.advance(9_000);
    expect(await world.history("tick")).toHaveLength(10);
    expect(world.events.of("clock-jump")).toEqual([{ byMs: jumpMs }]);
    await world.clock.advance(2 * HOUR);
    const rows = await world.schedules().history("tick", { limit: 10_000 });
    const dues = rows.map(({ due }) => due.getTime());
    expect(new Set(dues).size).toBe(dues.length);
    expect(world.clock.now() - Math.max(...dues)).toBeLessThan(1_000);
  });

  test("that goes back between plan and tick is told once a step, and every run is sent once", async () => {
    const { store, clock } = world;
    const tick: EntryStore["tick"] = (term, items) => {
      if (!world.events.of("clock-jump").length && items.length > 0) clock.jump(-3_000);
      return store.entries.tick(term, items);
    };
    const names = Array.from({ length: 100 }, (_, n) => `entry ${n}`);
    const lineup = Object.fromEntries(names.map((name) => [name, { task: "t", schedule: every("1m") }]));
    await world.started(lineup, {}, { ...store, entries: { ...store.entries, tick } });
    await clock.advance(70_000);
    expect(world.events.of("clock-jump")).toEqual([{ byMs: -3_000 }]);
    expect(world.log.matching(/went back/)).toEqual([
      "beat: the store's clock went back by 3000 ms during a round",
    ]);
    for (const name of names) expect(await world.history(name)).toEqual(["00:01:00 sent"]);
  });

  test("that comes back within 10 s loses nothing", async () => {
    await world.started({ tick: { task: "t", schedule: every("1s"), misfire: "all" } });
    await world.clock.advance(10_500);
    world.clock.jump(24 * HOUR);
    await world.clock.advance(4_000);
    world.clock.jump(-24 * HOUR);
    await world.clock.advance(30_000);
    expect(await world.history("tick")).toEqual(
      Array.from({ length: 44 }, (_, i) => `00:00:${String(i + 1).padStart(2, "0")} sent`),
    );
  });
});

describe("a store that fails", () => {
  test("is waited out with the cursors where they are, and told once", async () => {
    const { store, faults } = faulty(world.store, world.clock);
    await world.started({ tick: { task: "t", schedule: every("1s"), misfire: "all" } }, {}, store);
    await world.clock.advance(5_000);
    faults.fail = "all";
    await world.clock.advance(60_000);
    faults.fail = null;
    await world.clock.advance(10_000);
    expect(await world.history("tick")).toHaveLength(75);
    expect(world.log.matching(/the store does not answer/)).toEqual([
      "beat: the store does not answer, trying again until it does: connection refused",
    ]);
    expect(world.log.matching(/the store answers again/)).toHaveLength(1);
    expect(faults.calls.due).toBeLessThan(200);
  });

  test("already at the start delays the beat, and no more", async () => {
    const { store, faults } = faulty(world.store, world.clock);
    faults.fail = "all";
    const beat = await world.started({ tick: { task: "t", schedule: every("1s") } }, {}, store);
    await world.clock.advance(30_000);
    expect(beat.stats()).toMatchObject({ state: "starting", trouble: "connection refused" });
    faults.fail = null;
    await world.clock.advance(10_000);
    expect(beat.stats()).toMatchObject({ state: "leading", trouble: null });
  });

  test("that never answers a tick makes the beat step down", async () => {
    const { store, faults } = faulty(world.store, world.clock);
    await world.started({ tick: { task: "t", schedule: every("1s") } }, {}, store);
    Object.assign(faults, { delay: "tick", delayMs: 1e9 });
    await world.clock.advance(25_000);
    expect(world.events.of("beat-stalled")).toEqual([{ afterMs: 15_000 }]);
    expect(world.events.of("beat-stepped-down")).toEqual([expect.objectContaining({ reason: "stalled" })]);
  });
});

test("an idle hour costs a bounded number of calls, and no more with more entries", async () => {
  const calls = async (count: number): Promise<Record<string, number>> => {
    const own = new World();
    const lineup = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`e${i}`, { task: "t", schedule: crontab("0 0 1 7 *") }]),
    );
    const { store, faults } = faulty(own.store, own.clock);
    await own.started(lineup, {}, store);
    await own.clock.advance(10 * 60_000);
    const before = { ...faults.calls };
    await own.clock.advance(HOUR);
    await own.stop();
    return Object.fromEntries(
      Object.entries(faults.calls).map(([name, n]) => [name, n - (before[name] ?? 0)]),
    );
  };
  const few = await calls(10);
  expect(few).toMatchObject({ elect: 720, put: 0 });
  expect(few.due).toBeLessThanOrEqual(61);
  expect(few).toMatchObject({ sweep: 60, list: 1 });
  // Once an hour all entries are looked through, a thousand a call.
  expect(await calls(900)).toEqual(few);
});

test("many entries due at one instant are sent in batches, all of them once", async () => {
  const lineup = Object.fromEntries(
    Array.from({ length: 2_500 }, (_, i) => [
      `e${i}`,
      { task: "t", schedule: every("1h"), misfire: "skip" as const },
    ]),
  );
  const { store, faults } = faulty(world.store, world.clock);
  const beat = await world.started(lineup, {}, store);
  await world.clock.advance(HOUR);
  expect(beat.stats()).toMatchObject({ sent: 2_500, skipped: 0 });
  expect(faults.calls.tick).toBe(2_500 / BEAT_DEFAULTS.batch);
});

test("what waits only because the beat is busy is not late", async () => {
  const { store, faults } = faulty(world.store, world.clock);
  const entry = { task: "t", schedule: every("1h"), misfire: "skip" as const };
  await world.started({ a: entry, b: entry, c: entry }, { batch: 1 }, store);
  Object.assign(faults, { delay: "tick", delayMs: 1_500 });
  await world.clock.advance(HOUR + 10_000);
  for (const name of ["a", "b", "c"]) expect(await world.history(name)).toEqual(["01:00:00 sent"]);
});

describe("an entry that cannot be sent", () => {
  const tick = { task: "t", schedule: every("1s") };
  const broken: Schedule = {
    next(after) {
      if (after >= Date.UTC(2027, 0, 1, 0, 0, 3)) throw new Error("no such holiday");
      return Math.floor(after / 1_000) * 1_000 + 1_000;
    },
  };
  const stored = async (definition: string): Promise<void> => {
    await world.store.entries.put([
      {
        ...{ name: "bad", owner: "code:other", version: 1, definition, revision: "r", expect: null },
        ...{ cursor: { due: 1, dispatchAt: 1 }, pausedAt: null, disabled: null, ledger: [] },
      },
    ]);
  };

  test.each<[string, () => Promise<void>, object, RegExp]>([
    [
      "whose schedule throws",
      async () => undefined,
      { bad: { task: "t", schedule: broken } },
      /no such holiday/,
    ],
    [
      "whose args function throws",
      async () => undefined,
      {
        bad: {
          ...tick,
          args: () => {
            throw new Error("no disk");
          },
        },
      },
      /its args function threw: no disk/,
    ],
    [
      "whose args function is async",
      async () => undefined,
      { bad: { ...tick, args: async () => [] } },
      /not a promise/,
    ],
    ["whose definition is not JSON", () => stored("{nope"), {}, /cannot be read/],
    ["of a newer version", () => stored('{"task":"t","schedule":{"type":"lunar"}}'), {}, /lunar/],
    [
      "with an option of a newer version",
      () => stored('{"task":"t","schedule":{"type":"interval","everyMs":1000},"moon":1}'),
      {},
      /moon/,
    ],
    [
      "whose args function is elsewhere",
      () => stored('{"argsFrom":"code","schedule":{"type":"interval","everyMs":1000},"task":"t"}'),
      {},
      /code that this process does not have/,
    ],
    [
      "whose schedule is code elsewhere",
      () => stored('{"schedule":{"type":"custom"},"task":"t"}'),
      {},
      /code that this process does not have/,
    ],
  ])(
    "%s holds nobody up, is told once, and is not asked again in a busy loop",
    async (what, prepare, lineup, why) => {
      await prepare();
      const { store, faults } = faulty(world.store, world.clock);
      const beat = await world.started({ good: tick, ...lineup }, {}, store);
      await world.clock.advance(60_000);
      expect(await world.history("good")).toHaveLength(60);
      expect(world.events.of("schedule-failed")).toEqual([
        { entry: "bad", reason: expect.stringMatching(why) as string },
      ]);
      expect(world.log.matching(/cannot send bad/)).toHaveLength(1);
      // Code of the program that throws is told with its place.
      const throws = / throws$|not JSON/.test(what);
      expect(world.log.matching(/cannot send bad[^]*\n {4}.*\n {8}at /)).toHaveLength(throws ? 1 : 0);
      expect(beat.stats().quarantine).toEqual([
        { entry: "bad", reason: expect.stringMatching(why) as string },
      ]);
      expect(faults.calls.due).toBeLessThan(100);
    },
  );

  test("about which the program never answers holds nobody up, is tried again, and is sent when it answers", async () => {
    let isHanging = true;
    world.edits = {
      ...{ active: true, tracing: null, sent: () => undefined },
      made: (build, create) => {
        const asked: string[] = [];
        const built = build((request) => {
          asked.push(String(request.entry));
          return create(request);
        });
        return isHanging && asked.includes("bad")
          ? new Promise<never>(() => undefined)
          : Promise.resolve(built);
      },
    };
    const minutely = { task: "t", schedule: every("1m") };
    const beat = await world.started({ good: minutely, bad: minutely });
    await world.clock.advance(10 * 60_000);
    expect(await world.history("good")).toHaveLength(10);
    expect(beat.stats().state).toBe("leading");
    expect(beat.stats().quarantine).toEqual([
      {
        entry: "bad",
        reason: expect.stringMatching(/usePublish have not ended within 5s.*tried again later/) as string,
      },
    ]);
    expect(world.log.matching(/cannot send bad/)).toHaveLength(1);
    isHanging = false;
    await world.clock.advance(6 * 60_000);
    expect(fates(await world.history("bad")).at(-1)).toBe("sent");
    expect(beat.stats().quarantine).toEqual([]);
  });

  test("does not keep a beat that is stopped: it has ended within 1.5 s", async () => {
    world.edits = {
      ...{ active: true, tracing: null, sent: () => undefined },
      made: () => new Promise<never>(() => undefined),
    };
    const beat = await world.started({ bad: { task: "t", schedule: every("1m") } });
    await world.clock.advance(61_000);
    void beat.stop();
    await world.clock.advance(1_500);
    expect(beat.stats().state).toBe("stopped");
  });

  test("loses nothing: a beat that has its code finds it due", async () => {
    const args = () => [1];
    const first = await world.started({ coded: { ...tick, args } });
    await world.clock.advance(1_000);
    await first.stop();
    const other = await world.started({}, { owner: "code:other" });
    await world.clock.advance(10_000);
    expect(await world.history("coded")).toHaveLength(1);
    await other.stop();
    await world.started({ coded: { ...tick, args, misfire: "all" } });
    await world.clock.advance(1_000);
    expect(await world.history("coded")).toHaveLength(12);
  });

  test("is sent at once when it is set right", async () => {
    await world.store.entries.put([
      {
        ...{ name: "bad", owner: "runtime", version: 0, definition: "{nope", revision: "r", expect: null },
        ...{ cursor: { due: 1, dispatchAt: 1 }, pausedAt: null, disabled: null, ledger: [] },
      },
    ]);
    const beat = await world.started();
    await world.clock.advance(1_500);
    await world.schedules().set("bad", tick);
    await world.clock.advance(1_000);
    expect(fates(await world.history("bad")).at(-1)).toBe("sent");
    expect(beat.stats().quarantine).toEqual([]);
  });

  test("is forgotten when it is deleted", async () => {
    await stored("{nope");
    const beat = await world.started({ good: tick });
    await world.clock.advance(1_000);
    const [bad] = await world.store.entries.get(["bad"]);
    await world.store.entries.remove("bad", bad!.etag);
    await world.clock.advance(1_000);
    expect(beat.stats().quarantine).toEqual([]);
  });

  describe("that a newer version wrote", () => {
    const newer = JSON.stringify({ future: 1, schedule: every("1s").toJSON(), task: "t" });
    const cursorOf = async () => (await world.store.entries.get(["bad"]))[0]?.cursor;

    test("is left alone with its cursor, and the lead goes to a newer beat that stands, past other old ones", async () => {
      await stored(newer);
      const cursor = await cursorOf();
      const lineup = { good: tick };
      const olds = [await world.started(lineup), await world.started(lineup), await world.started(lineup)];
      await world.clock.advance(60_000);
      expect(olds.map((beat) => beat.stats().state)).toEqual(["leading", "following", "following"]);
      const fresh = await world.started(lineup, { version: 2 });
      await world.clock.advance(BEAT_DEFAULTS.leaseMs);
      expect([fresh, ...olds].map((beat) => beat.stats().state)).toEqual([
        ...["leading", "following", "following", "following"],
      ]);
      expect(await cursorOf()).toEqual(cursor);
      expect(world.log.matching(/stepped down/)).toEqual([
        "beat: stepped down: a newer beat stands, and may know the entries that this one cannot send",
      ]);
      const told = world.log.matching(/cannot send bad/).length;
      await world.clock.advance(10 * BEAT_DEFAULTS.leaseMs);
      expect([told, world.log.matching(/cannot send bad/).length]).toEqual([2, 2]);
      expect(fresh.stats().state).toBe("leading");
      await fresh.stop();
      await world.clock.advance(3 * BEAT_DEFAULTS.leaseMs);
      expect(olds.filter((beat) => beat.stats().state === "leading")).toHaveLength(1);
      expect((await world.history("good")).at(-1)).toMatch(/sent$/);
    });

    test("is not disabled, however many there are", async () => {
      await world.store.entries.put(
        Array.from({ length: 1_500 }, (_, i) => ({
          ...{
            name: `bad${i}`,
            owner: "runtime",
            version: 0,
            definition: newer,
            revision: "r",
            expect: null,
          },
          ...{ cursor: { due: 1, dispatchAt: 1 }, pausedAt: null, disabled: null, ledger: [] },
        })),
      );
      await world.started({ good: tick }, { batch: 100 });
      await world.clock.advance(30_000);
      expect((await world.history("good")).at(-1)).toBe("00:00:30 sent");
      expect((await world.schedules().list()).filter(({ disabled }) => disabled !== null)).toEqual([]);
    });
  });

  test("leaves the lead where it is while nothing is quarantined, whoever stands", async () => {
    const old = await world.started({ good: tick });
    const fresh = await world.started({}, { version: 2 });
    await world.clock.advance(5 * BEAT_DEFAULTS.leaseMs);
    expect([old.stats().state, fresh.stats().state]).toEqual(["leading", "following"]);
  });

  test("does not keep others out, however many there are", async () => {
    const puts: Parameters<EntryStore["put"]>[0] = Array.from({ length: 1_500 }, (_, i) => ({
      ...{ name: `bad${i}`, owner: "runtime", version: 0, definition: "{nope", revision: "r", expect: null },
      ...{ cursor: { due: 1, dispatchAt: 1 }, pausedAt: null, disabled: null, ledger: [] },
    }));
    await world.store.entries.put(puts);
    const beat = await world.started({ good: tick }, { batch: 100 });
    await world.clock.advance(30_000);
    expect(await world.history("good")).not.toEqual([]);
    expect((await world.history("good")).at(-1)).toBe("00:00:30 sent");
    expect(beat.stats().quarantine).toHaveLength(1_000);
    const { length } = (await world.schedules().list()).filter(({ disabled }) => disabled === "invalid");
    expect(length).toBe(500);
  });
});

test("a range of a schedule that only code knows stays one row", async () => {
  const custom: Schedule = { next: (after) => Math.floor(after / HOUR) * HOUR + HOUR };
  const lineup = { odd: { task: "t", schedule: custom } };
  const first = await world.started(lineup);
  await first.stop();
  await world.clock.advance(5.5 * HOUR);
  await world.started(lineup);
  const rows = await world.schedules(lineup).history("odd");
  expect(rows.map(({ fate, reason, count }) => [fate, reason, count])).toEqual([
    ["skipped", "coalesced", 4],
    ["sent", undefined, undefined],
  ]);
  expect(resolveEntry("odd", lineup.odd, {}).codeSchedule).toBe(true);
});

test.each([
  [0, 30, "quick steps follow each other"],
  [50, 6, "slow ones take a tenth of the time"],
])("much to tidy, %i ms a step: at least %i steps in three seconds, since %s", async (ms, atLeast) => {
  const { store } = faulty(world.store, world.clock);
  const starts: number[] = [];
  store.ledger.trim = async (_, limit) => {
    starts.push(world.clock.monotonicMs());
    await new Promise<void>((resolve) => void world.clock.after(ms, resolve));
    return limit;
  };
  await world.started({ tick: { task: "t", schedule: every("1s") } }, {}, store);
  await world.clock.advance(2 * MINUTE);
  const end = starts[0]! + 3_000;
  const steps = starts.filter((at) => at < end).length;
  expect(steps).toBeGreaterThanOrEqual(atLeast);
  expect(steps * ms).toBeLessThanOrEqual(0.1 * 3_000 + ms);
  // The dues do not wait for it.
  const rows = await world.schedules().history("tick");
  expect(Math.max(...rows.map((row) => row.at.getTime() - row.due.getTime()))).toBeLessThanOrEqual(ms);
});
