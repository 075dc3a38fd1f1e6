/** What a real server may do to a store: forget its scripts, run full, cut connections, hold foreign or hostile data. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { DeadLettered } from "../../../src/store/contracts/consumer.js";
import { FALLBACK_POLL_MS } from "../../../src/store/redis/hub.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { entry } from "../../conformance/suite/entry-samples.js";
import { lead } from "../../conformance/suite/leases.js";
import { claimIds, done, message, success } from "../../conformance/suite/samples.js";
import { ownNamespace } from "../../support/redis-harness.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const never = new AbortController().signal;
const request = { queues: ["q"], worker: "w", leaseMs: 60_000, max: 100 };

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server?.stop());

const stores: Store[] = [];
async function open(namespace = ownNamespace()): Promise<Store> {
  const store = await openRedisStore(server.url, context, { namespace });
  stores.push(store);
  return store;
}
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const ROLES = ["commands", "leader", "subscriber"];

/** Ids of the server's connections by role, of the newest stores only. */
async function connections(role: string): Promise<string[]> {
  const list = (await server.raw.client("LIST")) as string;
  return list
    .split("\n")
    .filter((line) => line.includes(` name=sunbeat-${role} `))
    .map((line) => /id=(\d+)/.exec(line)?.[1] ?? "");
}

describe("scripts that the server forgets", () => {
  test("a flush in a loop is not seen by anybody", async () => {
    const store = await open();
    let over = false;
    const flushing = (async () => {
      while (!over) await server.raw.script("FLUSH");
    })();
    try {
      for (let round = 0; round < 50; round++) {
        const ids = Array.from({ length: 10 }, (_, index) => `m${round}-${index}`);
        await Promise.all(ids.map((id) => store.sender.enqueue([message(id)])));
        const { deliveries } = await store.consumer.claim(request);
        expect(deliveries.length).toBe(10);
        const { outcomes } = await store.consumer.settle(
          deliveries.map((ref) => done(ref, null)),
          null,
        );
        expect(outcomes).toEqual(ids.map(() => "settled"));
      }
    } finally {
      over = true;
      await flushing;
    }
  });
});

describe("connections that are cut", () => {
  test("whoever waits for work hears of what came after the cut", async () => {
    const [store, sender] = [await open("cut"), await open("cut")];
    const arrivals = await store.consumer.listen(["q"]);
    for (let round = 0; round < 5; round++) {
      for (const id of await connections("subscriber")) await server.raw.client("KILL", "ID", id);
      await sender.sender.enqueue([message(`m${round}`)]);
      const startedAt = systemClock.monotonicMs();
      await until("the delivery", async () => {
        await arrivals.wait(60_000, never);
        return (await claimIds(store)).includes(`m${round}`);
      });
      // Not by the fallback poll: this came by the connection.
      expect(systemClock.monotonicMs() - startedAt).toBeLessThan(FALLBACK_POLL_MS);
    }
    await arrivals.close();
  });

  test("whoever waits for a result gets the one that was written meanwhile", async () => {
    const store = await open();
    const waits = ["a", "b"].map((id) => store.results.wait(id, never));
    await until("subscriptions", async () => (await server.raw.pubsub("CHANNELS", "*done:*")).length >= 2);
    for (const id of await connections("subscriber")) await server.raw.client("KILL", "ID", id);
    await store.results.put("a", success, 60_000);
    await store.results.put("b", success, 60_000);
    expect((await Promise.all(waits)).map((result) => result?.state)).toEqual(["SUCCESS", "SUCCESS"]);
  });

  test("sending goes on while connections are killed every few milliseconds", async () => {
    const store = await open();
    let over = false;
    const killing = (async () => {
      while (!over) {
        for (const id of await connections("commands")) await server.raw.client("KILL", "ID", id);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    try {
      const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);
      for (const id of ids)
        expect(["queued", "duplicate"]).toContain((await store.sender.enqueue([message(id)]))[0]);
      over = true;
      await killing;
      expect((await store.consumer.claim({ ...request, max: 1_000 })).deliveries.map(({ id }) => id)).toEqual(
        ids,
      );
    } finally {
      over = true;
      await killing;
    }
  });

  test("a server that was restarted with its data is found again", async () => {
    const own = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    const store = await openRedisStore(own.url, context);
    try {
      await store.sender.enqueue([message("a")]);
      await own.kill();
      const sent = store.sender.enqueue([message("b")]);
      await own.restart();
      expect(await sent).toEqual(["queued"]);
      expect(await claimIds(store)).toEqual(["a", "b"]);
    } finally {
      await store.close();
      await own.stop();
    }
  });
});

describe("close", () => {
  test("ends every connection, and twice is once", async () => {
    const store = await open();
    await lead(store);
    const arrivals = await store.consumer.listen(["q"]);
    const wait = arrivals.wait(60_000, never);
    const all = () => Promise.all(ROLES.map(connections));
    await until("a connection of each role", async () => (await all()).every(({ length }) => length === 1));
    await Promise.all([store.close(), store.close()]);
    await wait;
    await until("no connection of ours", async () => (await all()).flat().length === 0);
  });

  test("ends a call that is under way", async () => {
    const store = await open();
    await server.raw.client("PAUSE", 300, "ALL");
    const call = expect(store.sender.enqueue([message("a")])).rejects.toMatchObject({
      code: "SUNBEAT_CLOSED",
    });
    await store.close();
    await call;
  });
});

describe("a full server", () => {
  test("takes nothing in, says so, and can be drained", async () => {
    const own = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
    const store = await openRedisStore(own.url, context);
    try {
      const now = await store.now();
      await store.entries.put([entry("a", now)]);
      const term = await lead(store);
      await store.sender.enqueue(Array.from({ length: 50 }, (_, index) => message(`m${index}`)));
      const { deliveries } = await store.consumer.claim({ ...request, max: 25 });
      await own.raw.config("SET", "maxmemory", "1mb");

      const full = { code: "SUNBEAT_STORE_FULL", retryable: true };
      await expect(store.sender.enqueue([message("x")])).rejects.toMatchObject(full);
      const item = {
        entry: "a",
        revision: "r1",
        expect: now,
        plan: [],
        next: null,
        disable: "ended",
        maxRuns: null,
      };
      await expect(store.entries.tick(term, [item])).rejects.toMatchObject(full);
      await expect(store.entries.put([entry("b", now)])).rejects.toMatchObject(full);

      expect(await store.consumer.heartbeat(deliveries, 60_000)).toEqual(deliveries.map(() => "extended"));
      const { outcomes, claimed } = await store.consumer.settle(
        deliveries.map((ref) => done(ref)),
        request,
      );
      expect([new Set(outcomes), claimed?.deliveries.length]).toEqual([new Set(["settled"]), 25]);
      await store.consumer.giveBack(claimed?.deliveries ?? []);
      expect(await lead(store)).toBe(term);
      expect((await store.results.get(["m0"]))[0]?.state).toBe("SUCCESS");
      expect((await store.entries.due(1)).entries.length).toBe(1);

      await own.raw.config("SET", "maxmemory", "0");
      expect(await store.sender.enqueue([message("x")])).toEqual(["queued"]);
      expect(await store.entries.tick(term, [item])).toMatchObject({ items: [{ outcome: "ticked" }] });
    } finally {
      await store.close();
      await own.stop();
    }
  });
});

describe("large payloads", () => {
  test("a body and a result of ten megabytes come back whole", async () => {
    const store = await open();
    const body = "0123456789".repeat(2 ** 20);
    await store.sender.enqueue([message("big", { body }), message("small")]);
    const { deliveries } = await store.consumer.claim(request);
    expect(deliveries.map((delivery) => delivery.id)).toEqual(["big", "small"]);
    expect(deliveries[0]?.body === body).toBe(true);
    const wait = store.results.wait("big", never);
    await store.consumer.settle(
      deliveries.map((ref) => done(ref, { state: "SUCCESS", payload: body })),
      null,
    );
    expect((await wait)?.payload === body).toBe(true);
  });
});

describe("data that is not ours", () => {
  const line = (id: string): string => `q 900000000000001 ${id}`;

  test("a purge takes hostile lines of its queue along", async () => {
    const namespace = ownNamespace();
    const store = await open(namespace);
    await store.sender.enqueue([message("m"), message("later", { eta: { inMs: 60_000 } })]);
    for (const name of ["ready", "scheduled"]) await server.raw.zadd(`{${namespace}}:${name}`, 0, "q 1 x");
    expect(await store.queues.purge(["q"])).toBe(2);
    expect(await server.raw.zcard(`{${namespace}}:ready`)).toBe(0);
  });

  test("hostile messages are dead letters or nothing, and the queue goes on", async () => {
    const namespace = ownNamespace();
    const store = await open(namespace);
    const key = (name: string): string => `{${namespace}}:${name}`;
    const records: Record<string, string> = {
      text: "not a record",
      empty: "",
      json: '{"__proto__":{"polluted":1}}',
      proto: "q __proto__ 1 + + 1 0 + t body",
      huge: `q 9${"9".repeat(400)} ${"9".repeat(400)} + ${"9".repeat(400)} 1 1e999 + t body`,
      negative: "q 900000000000001 -1 + + 1 0 + t body",
      letters: "q 900000000000001 1 x y 1 z + toString body",
      escapes: "q 900000000000001 1 + + 1 0 %zz %zz body",
      "../x": "q 900000000000001 1 + + 1 0 + ../x {",
      constructor: "q 900000000000001 1 + + 1 0 constructor constructor {}",
    };
    for (const [id, record] of Object.entries(records)) {
      await server.raw.hset(key("msg"), id, record);
      await server.raw.zadd(key("ready"), 0, line(id));
    }
    await server.raw.hset(key("state"), "text", "l q garbage", "empty", "", "json", "x".repeat(1_000));
    for (const member of ["", " ", "q", "q ", "q x", "q 900000000000001 without-record", "\0\xff"]) {
      await server.raw.zadd(key("ready"), 0, member);
      await server.raw.zadd(key("scheduled"), 1, `${member}~`);
      await server.raw.zadd(key("leased"), 1, `${member}!`);
      await server.raw.zadd(key("bufferedwake"), 1, `${member}?`);
      await server.raw.zadd(key("due"), 1, `${member}e`);
      await server.raw.zadd(key("dead"), 1, `${member}d`);
      await server.raw.zadd(key("ledger"), 0, `a ${member}l`);
      await server.raw.zadd(key("runs"), 0, `a ${member}r`);
      await server.raw.zadd(key("names"), 0, `n${member}`);
    }
    await server.raw.hset(key("res"), "text", "garbage", "json", "1e999 x y z");
    await server.raw.hset(key("buffered"), "a", "garbage");
    await server.raw.hset(key("count"), "dnothing", "7", "?", "1");

    await store.sender.enqueue([message("good")]);
    const seen: string[] = [];
    const deadLettered: DeadLettered[] = [];
    await until("the good message", async () => {
      const { deliveries, deadLettered: untold = [] } = await store.consumer.claim(request);
      deadLettered.push(...untold);
      seen.push(...deliveries.map(({ id }) => id));
      await store.consumer.settle(
        deliveries.map(
          (ref) => ({ ...ref, kind: "dead", reason: "hostile", result: null, resultTtlMs: 0 }) as const,
        ),
        null,
      );
      return seen.includes("good");
    });
    const letters = (await store.deadLetters.list({ limit: 100 })).letters;
    const dead = letters.map(({ id }) => id);
    expect(Object.keys(records).filter((id) => id !== "good" && !dead.includes(id))).toEqual([]);
    // No worker ever held them: the claim that dead-lettered each tells of it, and no other.
    const malformed = Object.keys(records).map((id) => ({ id, task: "", queue: "q", reason: "malformed" }));
    expect(deadLettered.sort((x, y) => (x.id < y.id ? -1 : 1))).toEqual(
      malformed.sort((x, y) => (x.id < y.id ? -1 : 1)),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBe(undefined);

    const now = await store.now();
    const names = ["a", "b"];
    await store.entries.put(names.map((name) => entry(name, now)));
    expect((await store.entries.due(10)).entries.map(({ name }) => name)).toEqual(names);
    expect((await store.entries.list({ limit: 100 })).map(({ name }) => name)).toEqual(names);
    expect(await store.ledger.rows("a", { limit: 10, keep: "oldest" })).toEqual([]);
    await store.ledger.trim({ maxAgeMs: 0, maxRowsPerEntry: 0 }, 100);
    await store.results.get(Object.keys(records));
    await store.queues.counts();
    await store.queues.purge(["q", ""]);
    await store.deadLetters.redrive(dead);
    await store.deadLetters.delete(dead);
    await store.sweep(100);
    await store.sender.enqueue([message("last")]);
    expect(await claimIds(store)).toContain("last");
  });

  test("another program's key under our name is an error that says so", async () => {
    const namespace = ownNamespace();
    const store = await open(namespace);
    await server.raw.set(`{${namespace}}:msg`, "mine");
    await expect(store.sender.enqueue([message("a")])).rejects.toMatchObject({
      code: "SUNBEAT_STORE_REFUSED",
      retryable: false,
    });
  });
});
