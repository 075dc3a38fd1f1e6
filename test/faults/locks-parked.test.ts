/**
 * A thousand tasks behind one mutex, and eight worker processes on Redis: what they cost the other tasks, in what order
 * they run, and how many commands of the server each hand-over takes, with a hundred and with a thousand in line.
 */
import { expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { keyspace } from "../../src/store/redis/keys.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type LockCrew, withLockCrew } from "../support/lock-crew.js";
import { brokenCounter } from "../support/lock-invariants.js";
import { lockMessage } from "../support/lock-messages.js";
import { ownNamespace } from "../support/redis-harness.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

const WORKERS = 8;
const FREE_TASKS = 4_000;

/** Commands that the server has done since the last `resetStat`, those within scripts too; not those of this test. */
async function commands({ raw }: RedisServer): Promise<number> {
  const calls = (await raw.info("commandstats")).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  const own = new Set(["info", "config|resetstat", "type"]);
  return [...calls].reduce((sum, [, name, count]) => (own.has(name!) ? sum : sum + Number(count)), 0);
}

const resetStat = ({ raw }: RedisServer): Promise<unknown> => raw.config("RESETSTAT");

/** What the server has worked so far. */
async function serverMicroseconds({ raw }: RedisServer): Promise<number> {
  const used = (await raw.info("cpu")).matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm);
  return [...used].reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0);
}

/** Of tasks without a lock, from sending the first to the end of the last. */
interface Speed {
  readonly aSecond: number;
  /** What each costs the server. */
  readonly microseconds: number;
}

async function speed(server: RedisServer, crew: LockCrew, round: string): Promise<Speed> {
  const store = await crew.store();
  const usedBefore = await serverMicroseconds(server);
  const from = systemClock.monotonicMs();
  for (let sent = 0; sent < FREE_TASKS; sent += 500) {
    const ids = Array.from({ length: 500 }, (_, n) => `${round}${sent + n}`);
    await store.sender.enqueue(ids.map((id) => lockMessage("free", id)));
  }
  await crew.until("the end of the tasks without a lock", async () =>
    (await store.queues.counts()).every(({ ready, leased }) => ready + leased === 0),
  );
  const seconds = (systemClock.monotonicMs() - from) / 1_000;
  const used = (await serverMicroseconds(server)) - usedBefore;
  return { aSecond: Math.round(FREE_TASKS / seconds), microseconds: Math.round(used / FREE_TASKS) };
}

async function commandsASecond(server: RedisServer): Promise<number> {
  await resetStat(server);
  await pause(1_000);
  return commands(server);
}

test(
  "a thousand tasks parked behind a mutex leave the others their speed, and run in order, each at one flat price",
  async () => {
    const server = await startRedis();
    const lock = `parked-${ownNamespace()}`;
    const options = { broker: server.url, guard: inject("redisUrl"), leaseMs: 5_000 };
    try {
      await withLockCrew(options, async (crew) => {
        const store = await crew.store();
        for (let n = 0; n < WORKERS; n++) crew.start({ role: "worker", lock });
        await Promise.all(crew.victims.map((victim) => victim.ready()));
        await speed(server, crew, "warm");
        const alone = await speed(server, crew, "alone");
        const idle = await commandsASecond(server);

        /** Parks so many, does `meanwhile`, and lets them run; gives commands for each. */
        const parked = async (count: number, meanwhile: () => Promise<void>): Promise<number> => {
          const request = { lock, capacity: 1, waiter: `test${count}`, label: "test", leaseMs: 120_000 };
          const reply = await store.locks.acquire({ ...request, waiterTtlMs: null });
          if (reply.outcome !== "granted") throw new Error(`the lock is ${reply.outcome}`);
          const numbers = Array.from({ length: count }, (_, n) => count + n);
          await store.sender.enqueue(numbers.map((n) => lockMessage("locked", `n${n}`, [n, 0])));
          const line = async () => (await store.lockInspection.inspect(lock, 2 * count))?.waiters ?? [];
          await crew.until(`${count} in line`, async () => (await line()).length === count);
          await meanwhile();
          const before = crew.log.length;
          const order = (await line()).map(({ id }) => Number(id.slice(1)));
          await resetStat(server);
          await store.locks.release(reply.permit);
          const key = keyspace(DEFAULT_NAMESPACE).keys.lock;
          await crew.until(
            "the end of the line",
            async () => (await server.raw.type(key)) === "none",
            60_000,
          );
          const perTask = (await commands(server)) / count;
          const runs = crew.log.slice(before).filter((each) => each.what === "runs");
          expect(runs.map(({ n, retries, deliveries }) => [n, retries, deliveries])).toEqual(
            order.map((n) => [n, 0, 1]),
          );
          expect([...order].sort((a, b) => a - b)).toEqual(numbers);
          return perTask;
        };

        const withHundred = await parked(100, () => Promise.resolve());
        let [beside, waiting] = [alone, 0];
        const withThousand = await parked(1_000, async () => {
          beside = await speed(server, crew, "beside");
          waiting = await commandsASecond(server);
          expect((await store.lockInspection.inspect(lock, 1))?.waiting).toBe(1_000);
        });
        await crew.endAll();
        const round = (value: number): number => Math.round(value * 100) / 100;
        const told = {
          ...{
            otherTasksAlone: alone,
            besideThousandParked: beside,
            ratio: round(beside.aSecond / alone.aSecond),
          },
          ...{ idleCommandsASecond: idle, withThousandParked: waiting },
          ...{ commandsAHandOverOf100: round(withHundred), of1000: round(withThousand) },
        };
        console.log(`locks, parked: ${JSON.stringify(told)}`);
        // What these say is that nothing grows with the line, not how fast this machine is.
        expect(alone.aSecond / beside.aSecond).toBeLessThan(FORM.bound(3));
        expect(beside.microseconds / alone.microseconds).toBeLessThan(FORM.bound(1.5));
        expect(waiting).toBeLessThan(2 * idle + 100);
        expect(withThousand).toBeLessThan(1.25 * withHundred);
        expect(crew.surprises).toEqual([]);
        expect(brokenCounter(await crew.guarded(lock))).toEqual([]);
      });
    } finally {
      await server.stop();
    }
  },
  8 * PATIENCE_MS,
);
