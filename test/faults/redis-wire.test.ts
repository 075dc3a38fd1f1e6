/**
 * Wires that fail between sunbeat and Redis: D1, E1 and E2 while beats and workers lose requests and answers, and what the
 * store answers to a step that it is asked to do again because nobody heard of the first time.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import {
  cursor,
  entry,
  item,
  ledgerOf,
  putAll,
  runId,
  sendOf,
  sentRow,
  tick,
} from "../conformance/suite/entry-samples.js";
import { lead } from "../conformance/suite/leases.js";
import { claimIds, done, message, sendAndClaim, success } from "../conformance/suite/samples.js";
import { Crew, FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { leftovers } from "../support/fault-figures.js";
import { type FaultProxy, faultProxy, REQUESTS, WIRE_FAULTS } from "../support/fault-proxy.js";
import { judge } from "../support/invariants.js";
import { ownNamespace } from "../support/redis-harness.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { until } from "../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

let server: RedisServer;
let proxy: FaultProxy;
let crew: Crew | undefined;
beforeAll(async () => {
  server = await startRedis();
  proxy = await faultProxy(server);
  // The server knows the scripts: an answer that is lost is that of the step, not "unknown script".
  const store = await openRedisStore(server.url, context, { namespace: ownNamespace() });
  await sendAndClaim(store, "a");
  await store.entries.tick(await lead(store), []);
  await store.close();
});
afterEach(() => crew?.dispose());
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

describe("a step whose answer was lost is asked for again, and the store", () => {
  let store: Store;
  let aside: Store;
  beforeEach(async () => {
    const namespace = ownNamespace();
    store = await openRedisStore(proxy.url, context, { namespace });
    // The same keys over a wire that holds.
    aside = await openRedisStore(server.url, context, { namespace });
  });
  afterEach(async () => {
    await store.close();
    await aside.close();
  });

  test("answers duplicate to a send, which is there once", async () => {
    const hit = proxy.inject("reply-lost", REQUESTS.enqueue);
    expect(await store.sender.enqueue([message("a")])).toEqual(["duplicate"]);
    await hit;
    expect(await claimIds(aside)).toEqual(["a"]);
  });

  test("answers moved to a tick, which is in the ledger once", async () => {
    const due = await store.now();
    await putAll(store, entry("e", due));
    const term = await lead(store);
    const hit = proxy.inject("reply-lost", REQUESTS.tick);
    const next = cursor(due + 60_000);
    expect(await tick(store, term, item("e", due, { plan: [sendOf("e", due)], next }))).toEqual([
      { outcome: "moved" },
    ]);
    await hit;
    const at = expect.any(Number) as number;
    expect(await ledgerOf(aside, "e")).toEqual([sentRow("e", due, at, term)]);
    expect(await claimIds(aside)).toEqual([runId("e", due)]);
  });

  test("answers lost to the end of a delivery, whose result stands, and that it was repeated", async () => {
    const delivery = await sendAndClaim(store, "a");
    const hit = proxy.inject("reply-lost", REQUESTS.settle);
    expect(await store.consumer.settle([done(delivery)], null)).toEqual({
      ...{ outcomes: ["lost"], claimed: null },
      repeated: true,
    });
    await hit;
    expect(await store.consumer.settle([done(delivery)], null)).toEqual({
      outcomes: ["lost"],
      claimed: null,
    });
    expect((await aside.results.get(["a"]))[0]).toMatchObject(success);
    expect(await aside.queues.counts()).toEqual([]);
  });

  describe("and a lock", () => {
    const ask = { lock: "l", capacity: 1, waiter: "a", label: "x", leaseMs: 60_000, waiterTtlMs: 10_000 };
    const take = async () => {
      const reply = await store.locks.acquire(ask);
      if (reply.outcome !== "granted") throw new Error(reply.outcome);
      return reply.permit;
    };
    /** The server knows the script after the first. */
    const warmUp = async (): Promise<void> => {
      await store.locks.release(await take());
      await store.lockInspection.break(await take());
    };

    test.each([
      ["nobody else is there", async () => undefined],
      ["somebody is in line", async () => store.locks.acquire({ ...ask, waiter: "b" })],
    ])("that was given back is not told to be lost, when %s", async (_, before) => {
      await warmUp();
      const permit = await take();
      await before();
      const hit = proxy.inject("reply-lost", REQUESTS.lock);
      expect(await store.locks.release(permit)).toBe("released");
      await hit;
      expect(await store.locks.release(permit)).toBe("lost");
    });

    test("that was broken is told to be", async () => {
      await warmUp();
      const permit = await take();
      const hit = proxy.inject("reply-lost", REQUESTS.lock);
      expect(await store.lockInspection.break(permit)).toBe("broken");
      await hit;
      expect(await store.lockInspection.break(permit)).toBe("unknown");
    });

    test("that had ended before it was given back is told to be lost", async () => {
      await warmUp();
      const permit = await take();
      await aside.lockInspection.break(permit);
      const hit = proxy.inject("reply-lost", REQUESTS.lock);
      expect(await store.locks.release(permit)).toBe("lost");
      await hit;
    });
  });

  test("answers with the same term to a candidate that won", async () => {
    const hit = proxy.inject("reply-lost", REQUESTS.elect);
    const term = await lead(store);
    await hit;
    expect((await aside.leases.leader())?.term).toBe(term);
  });

  test("does not repeat a claim, whose deliveries come back when their leases end", async () => {
    await store.sender.enqueue([message("a")]);
    const hit = proxy.inject("reply-lost", REQUESTS.settle);
    await expect(claimIds(store, { leaseMs: 300 })).rejects.toMatchObject({ retryable: true });
    await hit;
    expect(await claimIds(aside)).toEqual([]);
    await until("the end of the lease", async () => (await claimIds(aside)).includes("a"));
  });
});

test.each([
  ["enqueue", (store: Store) => store.sender.enqueue([message("a")]), ["queued"]],
  ["elect", async (store: Store) => typeof (await lead(store)), "string"],
] as const)("a request for %s that was lost is sent again", async (what, act, expected) => {
  const store = await openRedisStore(proxy.url, context, { namespace: ownNamespace() });
  try {
    const hit = proxy.inject("request-lost", REQUESTS[what]);
    expect(await act(store)).toEqual(expected);
    await hit;
  } finally {
    await store.close();
  }
});

test(
  `beats and workers on a wire that fails several times a second lose no tick and double none (seed ${FORM.seed})`,
  async () => {
    const namespace = ownNamespace();
    crew = new Crew({ broker: `${proxy.url}?namespace=${namespace}`, entries: 100 });
    const { random } = FORM;
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
    for (const role of ["beat", "beat", "worker", "worker"] as const) crew.start(role, { role });
    await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
    const before = proxy.hits;
    const end = systemClock.monotonicMs() + FORM.ms(10_000);
    while (systemClock.monotonicMs() < end) {
      const matches = pick([REQUESTS.tick, REQUESTS.tick, REQUESTS.settle, REQUESTS.due, REQUESTS.elect]);
      // Silence costs the store's whole patience, so it is rarer.
      const fault =
        random.next() < 0.05 ? "half-open" : pick(WIRE_FAULTS.filter((each) => each !== "half-open"));
      await Promise.race([proxy.inject(fault, matches, pick([300, 2_000])), pause(1_000)]);
      await pause(random.next() * 150);
    }
    const hits = proxy.hits - before;
    proxy.heal();
    await crew.goesOn("the wire is whole again");
    await crew.drain();

    const { broken, figures } = await judge(await crew.store(), crew.expectations, crew.log);
    console.log(`failing wire: ${JSON.stringify({ seed: FORM.seed, hits, ...figures })}`);
    expect(broken.slice(0, 20)).toEqual([]);
    expect(crew.surprises).toEqual([]);
    expect(await leftovers(server, namespace)).toEqual([]);
    expect(hits).toBeGreaterThan(5);
    expect(figures.due).toBeGreaterThan(50 * (FORM.ms(10_000) / 1_000));
  },
  FORM.ms(10_000) + 4 * PATIENCE_MS,
);
