/** How the results are looked through for those whose time is over: there is no index of their ends. */
import { Redis } from "ioredis";
import { afterAll, beforeEach, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { keyspace } from "../../../src/store/redis/keys.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { startRedis } from "../../support/redis-server.js";
import { ownNamespace } from "../../support/redis-harness.js";

const raw = new Redis(inject("redisUrl"));
afterAll(() => raw.disconnect());

let key: string;
let clock: ManualClock;
let store: Store;
beforeEach(async () => {
  const namespace = ownNamespace();
  key = keyspace(namespace).keys.res;
  clock = new ManualClock();
  const context = { clock, random: systemRandom, logger: silentLogger };
  store = await openRedisStore(inject("redisUrl"), context, { namespace, clock: "context" });
  return () => store.close();
});

/** Results of `over` tasks that end in a second, and of `kept` that end in an hour. */
async function leave(over: number, kept: number): Promise<void> {
  const at = clock.now();
  const record = (until: number): string => `${until} ${at} 1 SUCCESS + + +`;
  const rows = [
    ...Array.from({ length: over }, (_, index) => [`over-${index}`, record(at + 1_000)]),
    ...Array.from({ length: kept }, (_, index) => [`kept-${index}`, record(at + 3_600_000)]),
  ];
  for (let from = 0; from < rows.length; from += 1_000)
    await raw.hset(key, ...rows.slice(from, from + 1_000).flat());
  await clock.advance(1_000);
}

test("sweeps of any size come past every result, drop those that are over and no other", async () => {
  await leave(3_000, 12_000);
  let dropped = 0;
  for (let sweep = 0; dropped < 3_000 && sweep < 200; sweep++) {
    const now = await store.sweep(70);
    expect(now).toBeLessThanOrEqual(70);
    dropped += now;
  }
  expect(dropped).toBe(3_000);
  expect(await raw.hlen(key)).toBe(12_000);
  expect((await raw.hkeys(key)).every((id) => id.startsWith("kept"))).toBe(true);
});

test("one sweep takes all that is over when most are", async () => {
  await leave(9_000, 500);
  expect(await store.sweep(100_000)).toBe(9_000);
  expect(await raw.hlen(key)).toBe(500);
});

test("a sweep of many results that are kept looks at some thousands and leaves the others to the next", async () => {
  const server = await startRedis();
  const own = new Redis(server.url);
  try {
    const rows = Array.from({ length: 30_000 }, (_, index) => [`${index}`, "9e15 0 1 SUCCESS + + +"]);
    for (let from = 0; from < rows.length; from += 1_000) {
      await own.hset(keyspace("n").keys.res, ...rows.slice(from, from + 1_000).flat());
    }
    const context = { clock, random: systemRandom, logger: silentLogger };
    const sweeping = await openRedisStore(server.url, context, { namespace: "n" });
    expect(await sweeping.sweep(1_000)).toBe(0);
    await sweeping.close();
    const [, sweeps] = /cmdstat_evalsha:calls=(\d+)/.exec(await own.info("commandstats")) ?? [];
    // Beside the first look at the clock, and one for messages of failed tasks.
    expect(Number(sweeps)).toBeGreaterThan(5);
    expect(Number(sweeps)).toBeLessThanOrEqual(13);
  } finally {
    own.disconnect();
    await server.stop();
  }
});
