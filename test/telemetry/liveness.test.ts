/** When /livez says that a process does not live: not for what is slow, away, busy or asleep, but for what will not turn again. */
import { describe, expect, test } from "vitest";
import type { LoopState } from "../../src/core/loop-mark.js";
import type { MessageEdits } from "../../src/tasks/message-edits.js";
import { every } from "../../src/schedules/index.js";
import { liveChecks } from "../../src/telemetry/liveness.js";
import { faulty } from "../beat/faulty-store.js";
import { World } from "../beat/harness.js";
import { type Fault, FaultyStore } from "../worker/faulty-store.js";
import { gate, message, Rig, turns } from "../worker/harness.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("the judge", () => {
  const at = (name: string, turnsBy: number): LoopState => ({ name, turnsBy });
  const still = "it should have turned 61 s ago";
  test.each<[string, number, readonly LoopState[], Record<string, string | null>]>([
    ["nothing but an event loop that turns", 500, [], { eventLoop: null }],
    ["a loop that is to turn in an hour", 0, [at("claims", HOUR)], { eventLoop: null, claims: null }],
    ["a loop of which nothing is awaited", 0, [at("leases", Infinity)], { eventLoop: null, leases: null }],
    ["a loop that is late by a minute", 0, [at("claims", -60_000)], { eventLoop: null, claims: null }],
    ["a loop that is late by more", 0, [at("claims", -61_000)], { eventLoop: null, claims: still }],
    [
      "one of two of a name that is late",
      0,
      [at("leases", 5_000), at("leases", -61_000), at("leases", Infinity)],
      { eventLoop: null, leases: still },
    ],
    [
      "an event loop that stands: what waits for it is not blamed",
      61_000,
      [at("claims", -100_000)],
      { eventLoop: "it has not turned for 61 s", claims: null },
    ],
    [
      "a loop that hung before the event loop stood",
      61_000,
      [at("claims", -122_000)],
      { eventLoop: "it has not turned for 61 s", claims: still },
    ],
  ])("%s", (_, stillMs, loops, checks) => {
    expect(liveChecks(0, -stillMs, loops)).toEqual(checks);
  });
});

describe("a worker", () => {
  const checks = ({ clock, loops }: Rig) => liveChecks(clock.monotonicMs(), clock.monotonicMs(), loops.list);
  const good = { eventLoop: null, claims: null, leases: null };

  /** Advances in steps, and looks after each. */
  async function pass(rig: Rig, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20_000) {
      await rig.clock.advance(20_000);
      await turns(4);
      expect(checks(rig)).toMatchObject({ eventLoop: null, claims: null });
      expect(Object.values(checks(rig)).filter((problem) => problem !== null)).toEqual([]);
    }
  }

  test.each<[string, (rig: Rig) => Promise<void>]>([
    ["has nothing to do", async (rig) => void (await rig.started())],
    [
      "has nothing to do any more",
      async (rig) => {
        rig.task("t", () => 1);
        await rig.send(message("a", "t"));
        await rig.started();
      },
    ],
    [
      "has all its slots taken by runs that take hours",
      async (rig) => {
        const { opened } = gate<void>();
        rig.task("t", () => opened);
        await rig.send(message("a", "t"), message("b", "t"), message("c", "t"));
        await rig.started({ concurrency: 2 });
      },
    ],
    [
      "takes from a queue that is paused",
      async (rig) => {
        rig.task("t", () => undefined);
        await rig.memory.queues.pause("default", { by: "me", reason: null, forMs: null });
        await rig.send(message("a", "t"));
        await rig.started();
      },
    ],
    [
      "waits for a task that is due in hours",
      async (rig) => {
        rig.task("t", () => undefined);
        await rig.send(message("a", "t", [], { eta: { inMs: 5 * HOUR } }));
        await rig.started();
      },
    ],
  ])("that %s lives", async (_, arrange) => {
    const rig = new Rig();
    await arrange(rig);
    await pass(rig, 3 * HOUR);
  });

  test.each<[string, Fault, number]>([
    ["refuses", "refused", 30_000],
    ["loses answers", "reply-lost", 30_000],
    ["never answers in time", "late", 30_000],
    ["never answers, where a call may take five minutes", "late", 15 * MINUTE],
  ])("whose store %s lives, with work in its hands", async (_, fault, leaseMs) => {
    const rig = new Rig();
    let isAway = false;
    const { store } = new FaultyStore(rig.memory, rig.clock, () => (isAway ? fault : "none"), 10 * HOUR);
    const { opened } = gate<void>();
    rig.task("t", () => opened);
    rig.task("short", () => 1);
    await rig.send(message("a", "t"), message("b", "short"));
    await rig.started({ concurrency: 2, leaseMs }, store);
    isAway = true;
    await rig.send(message("c", "short"));
    await pass(rig, HOUR);
  });

  test("that asks for a lease of an hour, and gets no answer, lives", async () => {
    const rig = new Rig();
    const { store } = new FaultyStore(
      rig.memory,
      rig.clock,
      (verb) => (verb === "heartbeat" ? "late" : "none"),
      HOUR,
    );
    rig.task("t", () => 1, { leaseMs: HOUR });
    await rig.send(message("a", "t"));
    await rig.started({}, store);
    await pass(rig, HOUR);
  });

  test("whose loop of claims awaits what never comes does not live", async () => {
    const rig = new Rig();
    rig.task("t", () => 1);
    await rig.started();
    // A bug in whatever is awaited there: the turn of the event loop that it asks for is never given.
    rig.clock.soon = () => undefined;
    await rig.send(message("a", "t"));
    await rig.clock.advance(1_000);
    await rig.clock.advance(60_000);
    expect(checks(rig)).toMatchObject({ eventLoop: null, claims: "it should have turned 61 s ago" });
  });

  test("whose loop of claims hangs after a rest does not live, however long that might have been", async () => {
    const rig = new Rig();
    const { opened, open } = gate<void>();
    rig.task("t", () => opened);
    await rig.send(message("a", "t"));
    await rig.started({ concurrency: 1 });
    await rig.clock.advance(20_000);
    rig.clock.soon = () => undefined;
    open();
    await turns();
    await rig.clock.advance(61_000);
    expect(checks(rig)).toMatchObject({ claims: "it should have turned 61 s ago" });
  });

  test("whose leases nobody renews any more does not live", async () => {
    const rig = new Rig();
    const { opened } = gate<void>();
    rig.task("t", () => opened);
    // A timer that is lost.
    const after = rig.clock.after.bind(rig.clock);
    rig.clock.after = (ms, fn) => (ms === 10_000 ? after(1e12, fn) : after(ms, fn));
    await rig.send(message("a", "t"));
    await rig.started({ leaseMs: 30_000 });
    expect(checks(rig)).toEqual(good);
    await rig.clock.advance(10_000 + 60_000);
    expect(checks(rig)).toEqual(good);
    await rig.clock.advance(1_000);
    expect(checks(rig)).toEqual({ ...good, leases: "it should have turned 61 s ago" });
  });

  test("that has ended has no loop that is awaited", async () => {
    const rig = new Rig();
    const worker = await rig.started();
    await worker.stop();
    expect(rig.loops.list.map(({ turnsBy }) => turnsBy)).toEqual([Infinity]);
  });
});

describe("a beat", () => {
  const checks = ({ clock, loops }: World) =>
    liveChecks(clock.monotonicMs(), clock.monotonicMs(), loops.list);
  const hourly = { e: { task: "t", schedule: every("1h") } };

  async function pass(world: World, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 20_000) {
      await world.clock.advance(20_000);
      expect(checks(world)).toEqual({ eventLoop: null, rounds: null });
    }
  }

  test.each<[string, (world: World) => Promise<unknown>]>([
    [
      "leads and has nothing to send for a day",
      (world) => world.started({ e: { task: "t", schedule: every("1d") } }),
    ],
    ["leads and sends", (world) => world.started(hourly)],
    ["leads with a lease of half an hour", (world) => world.started(hourly, { leaseMs: HOUR / 2 })],
    [
      "leads and sleeps as long as it may",
      (world) => world.started(hourly, { maxLoopIntervalMs: HOUR, maintenanceIntervalMs: HOUR }),
    ],
    [
      "follows",
      async (world) => {
        await world.started(hourly);
        await world.started(hourly);
      },
    ],
    [
      "follows one whose lease is half an hour",
      async (world) => {
        await world.started(hourly, { leaseMs: HOUR / 2 });
        await world.started(hourly, { leaseMs: HOUR / 2 });
      },
    ],
  ])("that %s lives", async (_, arrange) => {
    const world = new World();
    await arrange(world);
    await pass(world, 3 * HOUR);
    await world.stop();
  });

  test.each<[string, (faults: ReturnType<typeof faulty>["faults"]) => void, number]>([
    ["refuses", (faults) => void (faults.fail = "all"), 15_000],
    ["never answers", (faults) => void (faults.dead = true), 15_000],
    ["never answers, where a call may take ten minutes", (faults) => void (faults.dead = true), 15 * MINUTE],
    ["refuses to tick", (faults) => void (faults.fail = "tick"), 15_000],
  ])("whose store %s lives, and leads or competes on", async (_, break_, leaseMs) => {
    const world = new World();
    const { store, faults } = faulty(world.store, world.clock);
    await world.started(hourly, { leaseMs }, store);
    await pass(world, HOUR);
    break_(faults);
    await pass(world, 2 * HOUR);
    faults.dead = false;
    faults.fail = null;
    await pass(world, HOUR);
    await world.stop();
  });

  test("that gives up the lead while a renewal hangs lives, as long as that may take", async () => {
    const world = new World();
    const { store, faults } = faulty(world.store, world.clock);
    const beat = await world.started(hourly, { leaseMs: HOUR / 2, maxLoopIntervalMs: 1_000 }, store);
    [faults.delay, faults.delayMs] = ["elect", HOUR];
    await pass(world, 10 * MINUTE);
    beat.resign();
    await pass(world, HOUR);
    await world.stop();
  });

  test("lives while a function of the program that is asked about messages never ends", async () => {
    const world = new World();
    world.edits = {
      active: true,
      made: () => new Promise<never>(() => undefined),
      sent: () => undefined,
    } as unknown as MessageEdits;
    await world.started(hourly);
    await pass(world, 2 * HOUR);
    await world.stop();
  });

  test("that has ended has no loop that is awaited", async () => {
    const world = new World();
    await world.started(hourly);
    await world.stop();
    expect(world.loops.list.map(({ turnsBy }) => turnsBy)).toEqual([Infinity]);
  });
});
