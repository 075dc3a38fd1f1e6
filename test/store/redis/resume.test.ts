/** What is done in many steps of the server, while others are at work between them, goes on where it stopped. */
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore, openRedisStoreOf } from "../../../src/store/redis/index.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { keyspace } from "../../../src/store/redis/keys.js";
import { entry, putAll } from "../../conformance/suite/entry-samples.js";
import { message } from "../../conformance/suite/samples.js";
import { ownNamespace } from "../../support/redis-harness.js";

test("a purge drops all of its queue though messages of another become ready between its steps, and change their places", async () => {
  const clock = new ManualClock();
  const context = { clock, random: systemRandom, logger: silentLogger };
  const options = { namespace: ownNamespace(), clock: "context" } as const;
  const client = new Redis(inject("redisUrl"));
  const store = await openRedisStoreOf(client, context, options);
  const peer = await openRedisStore(inject("redisUrl"), context, options);
  onTestFinished(async () => {
    await store.close();
    await peer.close();
    client.disconnect();
  });

  const many = (queue: string, inMs: number) =>
    Array.from({ length: 2_500 }, (__, at) => message(`${queue}${at}`, { queue, eta: { inMs } }));
  await peer.sender.enqueue([...many("other", 1_000), ...many("q", 60_000)]);
  await clock.advance(1_000);
  const evalsha = client.evalsha.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const interrupted = async (...args: unknown[]): Promise<unknown> => {
    await peer.consumer.claim({ queues: ["none"], worker: "w", leaseMs: 1_000, max: 0 });
    return evalsha(...args);
  };
  Object.assign(client, { evalsha: interrupted });
  expect(await store.queues.purge(["q"])).toBe(2_500);
  expect((await peer.queues.counts()).filter(({ queue }) => queue === "q")).toEqual([]);
});

test("a listing goes on behind an entry that cannot be read, and gives as many as were asked for", async () => {
  const clock = new ManualClock();
  const context = { clock, random: systemRandom, logger: silentLogger };
  const namespace = ownNamespace();
  const store = await openRedisStore(inject("redisUrl"), context, { namespace, clock: "context" });
  const client = new Redis(inject("redisUrl"));
  onTestFinished(async () => {
    await store.close();
    client.disconnect();
  });
  await putAll(store, ...["a", "b", "c"].map((name) => entry(name, 0)));
  await client.hset(keyspace(namespace).keys.entry, "a", "garbage");
  expect((await store.entries.list({ limit: 2 })).map(({ name }) => name)).toEqual(["b", "c"]);
});
