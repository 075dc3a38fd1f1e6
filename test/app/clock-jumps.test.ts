/**
 * Everything that waits for an instant of the store's, while the store's clock is set. Timers run on the monotonic clock, so
 * a wait reckoned under a wrong clock is too long by as much; nothing here may wait so long.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, inject, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { every, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store, StoreContext } from "../../src/store/contracts/store.js";
import { message } from "../conformance/suite/samples.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { ownNamespace } from "../support/redis-harness.js";

const HOUR_MS = 3_600_000;
const STEP_MS = 250;
/** A worker and a waiter look again after so long, and get what is there a step later. */
const LOOK_MS = 5_000 + 2 * STEP_MS;
const LEASE_MS = 15_000;
/** A beat lets so much pass before it believes a clock that jumped. */
const HOLD_MS = 10_000;

/** A handle on the store of a world, as each process has its own. */
type Open = (context: StoreContext) => Promise<Store>;

const STORES: Readonly<Record<string, () => { readonly open: Open; readonly end: () => void }>> = {
  memory: () => {
    let store: Store | undefined;
    // One for all, so none of them closes it.
    const open: Open = async (context) => ({
      ...(store ??= openMemoryStore(context)),
      close: async () => undefined,
    });
    return { open, end: () => void store?.close() };
  },
  sqlite: () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-jumps-"));
    const file = path.join(folder, "s.db");
    const open: Open = (context) => openSqliteStore(file, context, { backups: false });
    return { open, end: () => rmSync(folder, { recursive: true }) };
  },
  redis: () => {
    const namespace = ownNamespace();
    const options = { namespace, clock: "context" } as const;
    return { open: (context) => openRedisStore(inject("redisUrl"), context, options), end: () => undefined };
  },
};

class World {
  readonly clock = new ManualClock();
  readonly ran: string[] = [];
  store!: Store;
  readonly #apps: Sunbeat[] = [];
  readonly #place: { readonly open: Open; readonly end: () => void };

  constructor(kind: string) {
    this.#place = STORES[kind]!();
  }

  async begin(): Promise<this> {
    this.store = await this.#open({ clock: this.clock, random: systemRandom, logger: silentLogger });
    return this;
  }

  #open(context: StoreContext): Promise<Store> {
    return this.#place.open(context);
  }

  app(options: SunbeatOptions = {}): Sunbeat {
    const app = new Sunbeat("app", { broker: "memory:", beatLease: LEASE_MS / 1_000, ...options });
    coreOf(app).use({ clock: this.clock, store: (context) => this.#open(context) });
    app.task("tasks.t", (name: string) => void this.ran.push(name));
    this.#apps.push(app);
    return app;
  }

  async worker(options: SunbeatOptions = {}): Promise<Sunbeat> {
    const app = this.app(options);
    const started = app.worker().start();
    await this.pass(STEP_MS);
    await started;
    return app;
  }

  /** Lets time pass until `isSo`, `mostMs` at most; gives how long that took. */
  async pass(mostMs: number, isSo: () => boolean = () => false): Promise<number> {
    let passed = 0;
    for (; passed < mostMs && !isSo(); passed += STEP_MS) {
      await this.clock.advance(STEP_MS);
      // Whatever was asked of a server by now is answered before this is, several times over.
      for (let look = 0; look < 5; look++) await this.store.now();
    }
    return passed;
  }

  async end(): Promise<void> {
    const closed = Promise.all(this.#apps.map((app) => app.close()));
    let isClosed = false;
    closed.finally(() => (isClosed = true)).catch(() => undefined);
    await this.pass(60_000, () => isClosed);
    await closed;
    await this.store.close();
    this.#place.end();
  }
}

/** Somebody who waits. `awaits` begins it; what it gives tells whether the waiting is over. */
interface Waiter {
  readonly who: string;
  /** By when it should be over if no clock were set, counted from the beginning. */
  readonly dueMs: number;
  /** By how much it may be late. */
  readonly lateMs: number;
  /** What is there before the clock is set. */
  readonly before: (world: World) => Promise<() => Promise<() => boolean>>;
}

/** The permit, lead or delivery of a process that has died. */
const lockOf = (world: World) =>
  world.store.locks.acquire({
    ...{ lock: "l", capacity: 1, waiter: "dead", label: "dead", leaseMs: 20_000, waiterTtlMs: null },
  });
const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 60_000 };

/** A worker that was awake a moment ago, so that it reckons under the clock of now. */
const woken = (app: Sunbeat, isSo: () => boolean) => async () => {
  await app.sendTask("tasks.t", ["nudge"]);
  return isSo;
};

const WAITERS: readonly Waiter[] = [
  {
    who: "a beat that follows a leader which has died",
    dueMs: LEASE_MS,
    lateMs: LEASE_MS,
    async before(world) {
      await world.store.leases.elect({ id: "dead", nonce: "n", host: "h", version: "1" }, LEASE_MS);
      return async () => {
        const beat = world.app().beat();
        beat.start();
        return () => beat.stats().state === "leading";
      };
    },
  },
  {
    who: "a beat that leads, for its next due time",
    dueMs: 40_000,
    lateMs: LEASE_MS / 3 + HOLD_MS + 2_000,
    async before(world) {
      const app = world.app({ beatSchedule: { e: { task: "tasks.t", schedule: every("40s") } } });
      const beat = app.beat();
      beat.start();
      await world.pass(1_000);
      return async () => () => beat.stats().sent > 0;
    },
  },
  {
    who: "a worker, for a task with a countdown",
    dueMs: 10_000,
    lateMs: LOOK_MS,
    async before(world) {
      const app = await world.worker();
      await app.sendTask("tasks.t", ["late"], { countdown: 10 });
      return woken(app, () => world.ran.includes("late"));
    },
  },
  {
    who: "a worker, for a delivery of another that has died",
    dueMs: 10_000,
    lateMs: LOOK_MS,
    async before(world) {
      await world.app().sendTask("tasks.t", ["again"]);
      await world.store.consumer.claim({ queues: ["default"], worker: "dead", leaseMs: 10_000, max: 1 });
      return woken(await world.worker(), () => world.ran.includes("again"));
    },
  },
  {
    who: "a worker, for the lock of a task whose holder has died",
    dueMs: 20_000,
    lateMs: LOOK_MS,
    async before(world) {
      const app = await world.worker();
      await lockOf(world);
      const { body } = coreOf(app).createMessage({ task: "tasks.t", args: ["locked"] });
      await world.store.sender.enqueue([message("x", { queue: "default", lock, body })]);
      return woken(app, () => world.ran.includes("locked"));
    },
  },
  {
    who: "a worker, for the end of the patience of a task in line",
    dueMs: 10_000,
    lateMs: LOOK_MS,
    async before(world) {
      const app = await world.worker();
      await lockOf(world);
      const impatient = message("x", { queue: "default", lock: { ...lock, waitTimeoutMs: 10_000 } });
      await world.store.sender.enqueue([impatient]);
      let ended = false;
      void world.store.results.wait("x", new AbortController().signal).then(
        () => (ended = true),
        () => undefined,
      );
      return woken(app, () => ended);
    },
  },
  {
    who: "a worker, for a run that an entry holds until another counts as ended",
    dueMs: 10_000,
    lateMs: LOOK_MS,
    async before(world) {
      const app = await world.worker();
      await app.schedules.set("e", {
        ...{ task: "tasks.t", schedule: every("30d"), args: ["held"] },
        ...{ overlap: "queue-one", overlapTimeout: "10s", options: { queue: "held" } },
      });
      await app.schedules.trigger("e");
      await app.schedules.trigger("e");
      let sent = 0;
      const look = async (): Promise<void> => {
        sent = (await world.store.queues.counts()).find(({ queue }) => queue === "held")?.ready ?? 0;
        world.clock.after(STEP_MS, () => void look().catch(() => undefined));
      };
      void look();
      return woken(app, () => sent === 2);
    },
  },
  {
    who: "a program in the line of a lock whose holder has died",
    dueMs: 20_000,
    lateMs: LOOK_MS,
    async before(world) {
      await lockOf(world);
      return async () => {
        let has = false;
        world
          .app()
          .locks.mutex("l")
          .acquire()
          .then(
            () => (has = true),
            () => undefined,
          );
        return () => has;
      };
    },
  },
  {
    who: "a program that waits for the result of a task with a countdown",
    dueMs: 10_000,
    lateMs: LOOK_MS,
    async before(world) {
      const app = await world.worker();
      const sent = await world.app().sendTask("tasks.t", ["late"], { countdown: 10 });
      let got = false;
      sent.get().then(
        () => (got = true),
        () => undefined,
      );
      return woken(app, () => got);
    },
  },
];

let world: World;
afterEach(() => world.end());

describe.each(Object.keys(STORES))("on the %s store", (kind) => {
  test.each(WAITERS)(
    "$who, is not kept waiting by a clock that was an hour behind for a moment",
    async (waiter) => {
      world = await new World(kind).begin();
      const wait = await waiter.before(world);
      world.clock.jump(-HOUR_MS);
      const isOver = await wait();
      await world.pass(4_000);
      world.clock.jump(HOUR_MS);
      const left = waiter.dueMs - 4_000 + waiter.lateMs;
      await world.pass(left, isOver);
      expect(isOver()).toBe(true);
    },
  );

  test.each(WAITERS)("$who, has it soon when the clock is set an hour ahead", async (waiter) => {
    world = await new World(kind).begin();
    const isOver = await (await waiter.before(world))();
    await world.pass(1_000);
    expect(isOver()).toBe(false);
    world.clock.jump(HOUR_MS);
    await world.pass(waiter.lateMs, isOver);
    expect(isOver()).toBe(true);
  });

  test.each([
    [4_000, 0, "which is no jump yet"],
    [9_000, 1, "which is a jump, and leaves it the lead"],
    [-4_000, 0, "so it wakes too early, and sleeps again"],
  ])(
    "a beat that leads wakes in time when the clock is set by %i ms (jumps: %i), %s",
    async (byMs, jumps) => {
      world = await new World(kind).begin();
      const app = world.app({ beatSchedule: { e: { task: "tasks.t", schedule: every("40s") } } });
      let told = 0;
      app.events.on("clock-jump", () => told++);
      const beat = app.beat();
      beat.start();
      await world.pass(10_000, () => beat.stats().nextAt !== null);
      const { nextAt, term } = beat.stats();
      world.clock.jump(byMs);
      await world.pass(60_000, () => beat.stats().sent > 0);
      expect(Math.abs(world.clock.now() - nextAt!)).toBeLessThanOrEqual(2 * STEP_MS);
      expect([told, beat.stats().term]).toEqual([jumps, term]);
    },
  );
});
