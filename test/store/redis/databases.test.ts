/** Databases of one server have their keys apart, and one set of channels between them. */
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore, openRedisStoreOf } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { HOUR_MS, message, success } from "../../conformance/suite/samples.js";
import { ownNamespace } from "../../support/redis-harness.js";
import { until } from "../../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function byUrl(db: number, namespace: string): Promise<Store> {
  const store = await openRedisStore(`${inject("redisUrl")}/${db}`, context, { namespace });
  undo.push(() => store.close());
  return store;
}

async function byClient(db: number, namespace: string): Promise<Store> {
  const client = new Redis(inject("redisUrl"), { db });
  undo.push(() => client.disconnect());
  const store = await openRedisStoreOf(client, context, { namespace });
  undo.push(() => store.close());
  return store;
}

/** What is heard in each store of a word that each says to the topic, its own last; a word is heard in order. */
async function heard(stores: readonly Store[]): Promise<string[][]> {
  const words: string[][] = stores.map(() => []);
  const last = stores.map(
    ({ channel }, index) =>
      new Promise<void>((resolve, reject) => {
        const hear = (word: string): void => {
          words[index]?.push(word);
          if (word === `last of ${index}`) resolve();
        };
        channel.subscribe("revoke", hear).then((end) => undo.push(end), reject);
      }),
  );
  await Promise.all(stores.map((store) => store.channel.subscribe("revoke", () => undefined)));
  for (const [index, { channel }] of stores.entries()) await channel.publish("revoke", `of ${index}`);
  for (const [index, { channel }] of stores.entries()) await channel.publish("revoke", `last of ${index}`);
  await Promise.all(last);
  return words.map((each) => each.filter((word) => !word.startsWith("last")));
}

describe.each([
  ["by URL", byUrl],
  ["by a client handed in", byClient],
])("stores opened %s in two databases under one namespace", (_, open) => {
  test("do not hear what is said in the other, such as whom to stop", async () => {
    const namespace = ownNamespace();
    expect(await heard([await open(0, namespace), await open(1, namespace)])).toEqual([["of 0"], ["of 1"]]);
  });

  test("have results of their own for tasks of one id, as all runs of entries of one name are", async () => {
    const namespace = ownNamespace();
    const stores = [await open(0, namespace), await open(1, namespace)] as const;
    for (const { sender } of stores) await sender.enqueue([message("tick@1")]);
    const waited = stores[0].results.wait("tick@1", new AbortController().signal);
    const raw = new Redis(inject("redisUrl"));
    undo.push(() => raw.disconnect());
    await until("somebody who waits", async () => {
      const channels = await raw.call("PUBSUB", "CHANNELS", `{${namespace}}*:done:*`);
      return (channels as string[]).length > 0;
    });
    await stores[1].results.put("tick@1", { ...success, payload: "1" }, HOUR_MS);
    await stores[0].results.put("tick@1", { ...success, payload: "0" }, HOUR_MS);
    expect(await waited).toMatchObject({ payload: "0" });
  });
});

test("a store opened by URL and one by a client hear one another in one database", async () => {
  const namespace = ownNamespace();
  expect(await heard([await byUrl(2, namespace), await byClient(2, namespace)])).toEqual([
    ["of 0", "of 1"],
    ["of 0", "of 1"],
  ]);
});
