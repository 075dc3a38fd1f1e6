// Locks on Redis: how long a lock lies idle between one holder and the next, and what an uncontended pair costs. Each
// library is used with its defaults, over connections of its own; all waiters are in this process.
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import RedisSemaphore from "redis-semaphore";
import Redlock from "redlock";
import { Sunbeat } from "../../dist/index.js";
import { elapsed, interleave, median } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";

const HOLD_MS = 2;
const LEASE_MS = 30_000;

// Each gives `acquire`, which gives what to call to give back.
const CONTENDERS = {
  sunbeat({ url }) {
    const app = new Sunbeat("bench", { broker: url });
    const mutex = app.locks.mutex("l");
    return {
      async acquire() {
        const held = await mutex.acquire();
        return () => held.release();
      },
      close: () => app.close(),
    };
  },
  "redis-semaphore"({ url }) {
    const client = new Redis(url);
    return {
      async acquire() {
        const mutex = new RedisSemaphore.Mutex(client, "l", {
          lockTimeout: LEASE_MS,
          acquireTimeout: 600_000,
        });
        await mutex.acquire();
        return () => mutex.release();
      },
      close: async () => client.disconnect(),
    };
  },
  redlock({ url }) {
    const client = new Redis(url);
    const redlock = new Redlock([client], { retryCount: -1 });
    return {
      async acquire() {
        const lock = await redlock.lock("l", LEASE_MS);
        return () => lock.unlock();
      },
      close: async () => client.disconnect(),
    };
  },
};

/** Median milliseconds from giving back to another one holding it, with so many waiting all the time. */
async function handOver({ acquire }, waiters, handOvers) {
  const idle = [];
  let releasedAt = null;
  let tellTaken = () => undefined;
  const wait = async () => {
    for (;;) {
      const release = await acquire();
      if (releasedAt !== null) idle.push(performance.now() - releasedAt);
      tellTaken();
      await sleep(HOLD_MS);
      // Who gave it back asks again when another one has it: libraries without a line would give it to him again.
      const taken = new Promise((resolve) => (tellTaken = resolve));
      releasedAt = performance.now();
      await release();
      if (idle.length >= handOvers) return;
      await taken;
    }
  };
  await Promise.all(Array.from({ length: waiters + 1 }, wait));
  return median(idle.slice(0, handOvers));
}

/** What no pair over ioredis can do without. */
function pings({ url }) {
  const client = new Redis(url);
  return {
    async acquire() {
      await client.ping();
      return () => client.ping();
    },
    close: async () => client.disconnect(),
  };
}

/** Microseconds that a pair takes. The turns are short, since a machine may be slow for seconds. */
async function pairs(redis, turns) {
  const contenders = Object.entries({ ...CONTENDERS, "two PINGs": pings }).map(([name, make]) => {
    const { acquire, close } = make(redis);
    const both = async (count) => {
      for (let i = 0; i < count; i++) await (await acquire())();
    };
    return { name, both, close };
  });
  for (const { both } of contenders) await both(3_000); // connects and warms up
  const turn = (both) => async () => ((await elapsed(() => both(200))) * 1_000) / 200;
  const found = await interleave(
    Object.fromEntries(contenders.map(({ name, both }) => [name, turn(both)])),
    turns,
  );
  for (const { close } of contenders) await close();
  return found;
}

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  try {
    const compare = (measure) => {
      const each = (make) => async () => {
        await redis.flush();
        const contender = make(redis);
        const found = await measure(contender);
        await contender.close();
        return found;
      };
      return interleave(
        Object.fromEntries(Object.entries(CONTENDERS).map(([name, make]) => [name, each(make)])),
        quick ? 3 : 7,
      );
    };
    for (const waiters of [10, 100]) {
      const { sunbeat, ...rivals } = await compare((contender) =>
        handOver(contender, waiters, quick ? 50 : 200),
      );
      const what = `hand-over with ${waiters} waiting, p50`;
      rows.push({ what, unit: "ms", ours: sunbeat, rivals, wanted: "10x of redis-semaphore" });
    }
    const { sunbeat, ...rivals } = await pairs(redis, quick ? 7 : 99);
    const what = "acquire and release, uncontended";
    rows.push({ what, unit: "us", ours: sunbeat, rivals, wanted: "1x of redis-semaphore" });
  } finally {
    redis.stop();
  }
  return { title: `Redis ${redis.version}: locks (${versions("redis-semaphore", "redlock")})`, rows };
}
