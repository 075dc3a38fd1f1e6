/** What the suite cannot see of locks: who is woken, what a hand-over costs, and numbers after a restored backup. */
import { Redis } from "ioredis";
import { afterAll, beforeEach, describe, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { LOCK_HISTORY_ROWS } from "../../../src/store/contracts/lock-inspection.js";
import { keyspace } from "../../../src/store/redis/keys.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { claimOne, done, HOUR_MS, message } from "../../conformance/suite/samples.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { startRedis } from "../../support/redis-server.js";
import { ownNamespace } from "../../support/redis-harness.js";

const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: HOUR_MS };
const request = { queues: ["q"], worker: "w", leaseMs: HOUR_MS, max: 1 };
const raw = new Redis(inject("redisUrl"));
afterAll(() => raw.disconnect());

let namespace: string;
let clock: ManualClock;
let store: Store;
beforeEach(async () => {
  clock = new ManualClock();
  namespace = ownNamespace();
  store = await open(inject("redisUrl"));
  return () => store.close();
});

function open(url: string): Promise<Store> {
  const context = { clock, random: systemRandom, logger: silentLogger };
  return openRedisStore(url, context, { namespace, clock: "context" });
}

const wanted = (waiter: string) => ({
  ...{ lock: "l", capacity: 9, waiter, label: "x" },
  ...{ leaseMs: HOUR_MS, waiterTtlMs: null },
});

async function fenceOf(waiter: string): Promise<number> {
  const reply = await store.locks.acquire(wanted(waiter));
  return reply.outcome === "granted" ? reply.permit.fence : NaN;
}

/** Messages of a queue's wake channel while `step` runs. */
async function wakesDuring(step: () => Promise<unknown>): Promise<number> {
  const subscriber = raw.duplicate();
  const marker = `${namespace}-end`;
  let wakes = 0;
  const ended = new Promise<void>((resolve) => {
    subscriber.on("message", (channel: string) => (channel === marker ? resolve() : void wakes++));
  });
  await subscriber.subscribe(`{${namespace}}:wake:q`, marker);
  await step();
  await raw.publish(marker, "");
  await ended;
  subscriber.disconnect();
  return wakes;
}

test("consumers are told of a task that a hand-over made ready, at once and not by the fallback poll", async () => {
  await store.sender.enqueue([message("a", { lock }), message("b", { lock })]);
  const first = await claimOne(store);
  expect(await wakesDuring(() => store.consumer.settle([done(first)], null))).toBe(1);
});

test("nobody is woken for a task that the step which made it ready has claimed", async () => {
  await store.sender.enqueue([message("a", { lock }), message("b", { lock }), message("c", { lock })]);
  const first = await claimOne(store);
  const wakes = await wakesDuring(async () => {
    const { claimed } = await store.consumer.settle([done(first)], request);
    expect(claimed?.deliveries.map(({ id }) => id)).toEqual(["b"]);
  });
  expect(wakes).toBe(0);
});

test("fences grow past those that a restored backup has forgotten", async () => {
  const first = await fenceOf("first");
  const { fence, seq } = keyspace(namespace).keys;
  await raw.del(fence, seq);
  await clock.advance(1);
  expect(await fenceOf("second")).toBeGreaterThan(first);
});

test("a hand-over takes as many commands with 3,000 in line as with 3", async () => {
  const server = await startRedis();
  const own = await open(server.url);
  const admin = new Redis(server.url);
  const commandsOf = async (waiters: number): Promise<number> => {
    const ids = Array.from({ length: waiters + 1 }, (_, index) => `${waiters}-${index}`);
    const name = `of ${waiters}`;
    const queue = `q${waiters}`;
    for (let from = 0; from < ids.length; from += 500) {
      const part = ids.slice(from, from + 500);
      await own.sender.enqueue(part.map((id) => message(id, { queue, lock: { ...lock, name } })));
    }
    const first = await claimOne(own, { queues: [queue] });
    await admin.config("RESETSTAT");
    const { claimed } = await own.consumer.settle([done(first)], { ...request, queues: [queue] });
    const stats = await admin.info("commandstats");
    expect(claimed?.deliveries).toHaveLength(1);
    return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };
  try {
    await commandsOf(1); // the server learns the script
    const few = await commandsOf(3);
    expect(await commandsOf(3_000)).toBe(few);
    expect(few).toBeLessThan(72);
  } finally {
    admin.disconnect();
    await own.close();
    await server.stop();
  }
});

test("the history keeps the newest ten thousand rows, and few more", async () => {
  const { locklog } = keyspace(namespace).keys;
  const pipeline = raw.pipeline();
  for (let i = 0; i < 12_000; i++) pipeline.xadd(locklog, "*", "e", `w p + 0 + old x ${i}`);
  await pipeline.exec();
  const reply = await store.locks.acquire(wanted("newest"));
  if (reply.outcome === "granted") await store.locks.release(reply.permit);
  const rows = await raw.xlen(locklog);
  expect(rows).toBeGreaterThanOrEqual(LOCK_HISTORY_ROWS);
  expect(rows).toBeLessThan(LOCK_HISTORY_ROWS * 1.1);
  expect((await store.lockInspection.history({ limit: 1 }))[0]?.id).toBe("newest");
});

test("what nobody of us wrote is no row of the history", async () => {
  const { locklog } = keyspace(namespace).keys;
  await fenceOf("a");
  for (const text of ["", "x", "a p", "z p 1 2 3 l x y", "a p 1 2 3"])
    await raw.xadd(locklog, "*", "f", text);
  expect((await store.lockInspection.history({ limit: 9 })).map(({ id }) => id)).toEqual(["a"]);
  expect((await store.lockInspection.history({ lock: "l", limit: 9 })).map(({ id }) => id)).toEqual(["a"]);
});

describe("of 1,200 locks that are held alone, which no list of the server names in order", () => {
  const names = Array.from({ length: 1_200 }, (_, index) => `n${String(index).padStart(4, "0")}`);
  const takeAll = (leaseMs: number): Promise<unknown> =>
    Promise.all(names.map((name) => store.locks.acquire({ ...wanted("a"), lock: name, leaseMs })));

  test("a listing names each once, in order, over all its pages", async () => {
    await takeAll(HOUR_MS);
    const listed: string[] = [];
    for (let page = 0; page < 5 && listed.length < 1_200; page++) {
      const after = listed.at(-1);
      const locks = await store.lockInspection.list({ ...(after !== undefined && { after }), limit: 500 });
      expect(
        locks.filter(({ capacity, held, waiting }) => capacity !== 9 || held !== 1 || waiting > 0),
      ).toEqual([]);
      listed.push(...locks.map(({ name }) => name));
    }
    expect(listed).toEqual(names);
  });

  test("a listing that begins in the middle names all that follow", async () => {
    await takeAll(HOUR_MS);
    const locks = await store.lockInspection.list({ after: "n0599", limit: 1_000 });
    expect(locks.map(({ name }) => name)).toEqual(names.slice(600));
  });

  test("sweeps come past every one, and drop those that have ended and no other", async () => {
    await takeAll(1_000);
    await fenceOf("b");
    await clock.advance(1_000);
    let dropped = 0;
    for (let sweep = 0; dropped < 1_200 && sweep < 50; sweep++) {
      const now = await store.sweep(70);
      expect(now).toBeLessThanOrEqual(70);
      dropped += now;
    }
    expect(dropped).toBe(1_200);
    expect(await store.lockInspection.list({ limit: 9 })).toEqual([
      { name: "l", capacity: 9, held: 1, waiting: 0 },
    ]);
    expect(await store.lockInspection.history({ lock: "n0007", limit: 9 })).toMatchObject([
      { event: "lost" },
      { event: "acquired" },
    ]);
  });
});
