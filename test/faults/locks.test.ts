/**
 * L1 by chance: processes take a mutex and a semaphore of three, and tasks wait behind a mutex, while holders, whoever is
 * first in line, and anybody is killed and stopped, and some give up just as they are granted it. By the logs that they
 * keep outside the store there are never more valid permits than the capacity, fences grow, what the fence guards never
 * goes back, those in line are served in order, and nobody is left waiting. SUNBEAT_FAULT_MINUTES makes it longer (on
 * SQLite and with tasks a minute at most), SUNBEAT_SEED repeats what comes by chance (not the timing of the machine).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, inject, test } from "vitest";
import { type Random, seededRandom } from "../../src/core/random.js";
import { SKIPPED_MS } from "../../src/store/contracts/locks.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { type KeyName, keyspace } from "../../src/store/redis/keys.js";
import { FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type LockCrew, withLockCrew } from "../support/lock-crew.js";
import { brokenCounter, judgeLocks } from "../support/lock-invariants.js";
import { lockMessage } from "../support/lock-messages.js";
import { lockStorm } from "../support/lock-storm.js";
import { ownNamespace } from "../support/redis-harness.js";
import { startRedis } from "../support/redis-server.js";

const LEASE_MS = 1_000;
const SHORT_MS = 6_000;
const isLong = FORM.minutes !== null;

/** A store of its own for `use`, and nothing left of it afterwards. */
type Opener = (use: (broker: string, lockKeys: () => Promise<string[]>) => Promise<void>) => Promise<void>;

const LOCK_KEYS = [
  ...["lock", "permits", "waiters", "alive", "skipped", "tasklock", "processlock", "lockwake", "lockend"],
] as const satisfies readonly KeyName[];

const onRedis: Opener = async (use) => {
  const server = await startRedis();
  const { keys } = keyspace(DEFAULT_NAMESPACE);
  const lockKeys = async (): Promise<string[]> => {
    const found = await Promise.all(LOCK_KEYS.map((name) => server.raw.exists(keys[name])));
    return LOCK_KEYS.filter((_, index) => found[index] === 1);
  };
  await use(server.url, lockKeys).finally(() => server.stop());
};

const onSqlite: Opener = async (use) => {
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-locks-"));
  const broker = `sqlite:${path.join(folder, "locks.db")}`;
  await use(broker, () => Promise.resolve([])).finally(() =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 }),
  );
};

const STORES: readonly [name: string, on: Opener, processes: number, ms: number][] = [
  ["Redis", onRedis, isLong ? 50 : 16, FORM.ms(SHORT_MS)],
  // One that is stopped within a write stops them all there: there is less to see.
  ["SQLite", onSqlite, isLong ? 20 : 8, Math.min(60_000, FORM.ms(SHORT_MS))],
];

const seedOf = (random: Random): number => Math.floor(random.next() * 2 ** 32);

/** At the end nobody holds anything or waits, and no key of a lock is left, once the leases of the killed, and the tickets of those passed over, have ended. */
function withLocks(on: Opener, use: (crew: LockCrew) => Promise<void>): Promise<void> {
  return on((broker, lockKeys) =>
    withLockCrew({ broker, guard: inject("redisUrl"), leaseMs: LEASE_MS }, async (crew) => {
      await use(crew);
      await pause(2 * crew.leaseMs + SKIPPED_MS);
      const store = await crew.store();
      await store.sweep(1_000);
      expect([await store.lockInspection.list({ limit: 10 }), await lockKeys()]).toEqual([[], []]);
    }),
  );
}

// Side by side in `npm test`; one after the other where it measures.
const timing = (ms: number) => ({ concurrent: !isLong, timeout: ms + 4 * PATIENCE_MS });

test.each(STORES)(
  `%s: programs that are killed and stopped share a mutex and a semaphore (seed ${FORM.seed})`,
  timing(FORM.ms(SHORT_MS)),
  async (name, on, processes, durationMs) => {
    const [mutex, three] = [`mutex-${ownNamespace()}`, `three-${ownNamespace()}`];
    await withLocks(on, async (crew) => {
      const random = seededRandom(FORM.seed);
      for (let n = 0; n < processes; n++) {
        const lock = n % 2 === 0 ? { lock: mutex, capacity: 1 } : { lock: three, capacity: 3 };
        crew.start({ ...lock, seed: seedOf(random), spared: n < processes / 5 });
      }
      await Promise.all(crew.victims.map((victim) => victim.ready()));
      const report = await lockStorm(crew, { random, durationMs, locks: [mutex, three] });
      await crew.endAll();

      const capacities = { [mutex]: 1, [three]: 3 };
      const { harms, log } = crew;
      const records = await crew.records();
      const { broken, figures } = judgeLocks(log, { capacities, leaseMs: LEASE_MS, harms, records });
      const writes = await crew.guarded(mutex);
      console.log(
        `locks, programs on ${name}: ${JSON.stringify({ seed: FORM.seed, processes, ...report, ...figures, guardedWrites: writes.length })}`,
      );
      expect(broken.slice(0, 20)).toEqual([]);
      expect(brokenCounter(writes).slice(0, 20)).toEqual([]);
      expect(crew.surprises).toEqual([]);
      // It says something only when there was something to say.
      expect(figures["orderCompared"]).toBeGreaterThan(isLong ? durationMs / 500 : 0);
      expect(writes.length).toBeGreaterThan(isLong ? durationMs / 200 : 0);
      expect(report.kills + report.stops).toBeGreaterThan(0);
      if (isLong) expect(Math.min(report.ofHolders, report.ofFirstWaiters)).toBeGreaterThan(0);
    });
  },
);

test.each(STORES)(
  `%s: tasks behind a mutex run one at a time while workers are killed and stopped (seed ${FORM.seed})`,
  timing(Math.min(60_000, FORM.ms(SHORT_MS))),
  async (name, on) => {
    const lock = `tasks-${ownNamespace()}`;
    const durationMs = Math.min(60_000, FORM.ms(SHORT_MS));
    await withLocks(on, async (crew) => {
      const random = seededRandom(FORM.seed);
      const store = await crew.store();
      const ids = Array.from({ length: durationMs / 100 }, (_, n) => `t${n}`);
      await store.sender.enqueue(ids.map((id, n) => lockMessage("locked", id, [n, 10 + random.next() * 30])));
      for (let n = 0; n < 3; n++) crew.start({ role: "worker", lock, seed: seedOf(random) });
      await Promise.all(crew.victims.map((victim) => victim.ready()));
      const report = await lockStorm(crew, { random, durationMs, locks: [lock], everyMs: 250 });
      await crew.until(
        "the end of all tasks",
        async () => (await store.results.get(ids)).every((record) => record?.state === "SUCCESS"),
        2 * PATIENCE_MS,
      );
      await crew.endAll();

      const { harms, log } = crew;
      const capacities = { [lock]: 1 };
      const records = await crew.records();
      const { broken, figures } = judgeLocks(log, { capacities, leaseMs: LEASE_MS, harms, records });
      const runs = log.filter((line) => line.what === "runs");
      const { kills, stops } = report;
      const told = { seed: FORM.seed, tasks: ids.length, runs: runs.length, kills, stops, ...figures };
      console.log(`locks, tasks on ${name}: ${JSON.stringify(told)}`);
      expect(broken.slice(0, 20)).toEqual([]);
      expect(brokenCounter(await crew.guarded(lock))).toEqual([]);
      expect(runs.filter(({ retries }) => retries !== 0)).toEqual([]);
      expect(crew.surprises).toEqual([]);
    });
  },
);
