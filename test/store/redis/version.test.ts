/** The version of the keys: which processes may use a namespace. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { surveyRedis } from "../../../src/store/redis/survey.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { message } from "../../conformance/suite/samples.js";
import { ownNamespace } from "../../support/redis-harness.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const url = inject("redisUrl");

let raw: Redis;
beforeAll(() => {
  raw = new Redis(url);
});
afterAll(() => raw.disconnect());

const open = (namespace: string): Promise<Store> => openRedisStore(url, context, { namespace });
const metaOf = (namespace: string) => raw.hgetall(`{${namespace}}:meta`);

test("opening writes the version where there are no keys", async () => {
  const namespace = ownNamespace();
  const store = await open(namespace);
  await store.close();
  expect(await metaOf(namespace)).toEqual({ version: "1" });
});

test("what a later version only adds leaves a namespace open to this one", async () => {
  const namespace = ownNamespace();
  await raw.hset(`{${namespace}}:meta`, { version: "1", graphs: "yes" });
  await raw.set(`{${namespace}}:graphseq`, "7");
  const store = await open(namespace);
  expect(await store.sender.enqueue([message("m")])).toEqual(["queued"]);
  await store.close();
});

describe("keys of another version", () => {
  test.each([
    ["2", "NEWER", /of version 2, .* knows version 1; .*upgrade sunbeat, or choose another namespace$/],
    ["0", "OLDER", /of version 0, .*let the sunbeat that wrote them finish .*or choose another namespace$/],
    [null, "OLDER", /from before they had a version, .*let the sunbeat that wrote them finish/],
  ])("%s are refused as SUNBEAT_STORE_%s, and left as they are", async (version, name, says) => {
    const namespace = ownNamespace();
    const keys = [`{${namespace}}:seq`, `{${namespace}}:meta`] as const;
    await raw.set(keys[0], "7");
    if (version !== null) await raw.hset(keys[1], "version", version);
    const before = await Promise.all([raw.get(keys[0]), raw.hgetall(keys[1])]);
    const refused = { code: `SUNBEAT_STORE_${name}`, retryable: false };
    await expect(open(namespace)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(says) as string,
    });
    const facts = await surveyRedis(`${url}?namespace=${namespace}`, context, 5_000, { entries: ["a"] });
    expect(facts.wrongVersion).toMatch(says);
    expect(facts.contents).toEqual({ unknown: facts.wrongVersion });
    expect(await Promise.all([raw.get(keys[0]), raw.hgetall(keys[1])])).toEqual(before);
  });
});

describe("a store that has lost all under its processes", () => {
  test.each([
    ["a send", (store: Store) => store.sender.enqueue([message("m")])],
    [
      "an election",
      (store: Store) => store.leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 1_000),
    ],
    [
      "a permit",
      (store: Store) =>
        store.locks.acquire({
          ...{ lock: "l", capacity: 1, waiter: "w", label: "x", leaseMs: 1_000, waiterTtlMs: null },
        }),
    ],
  ])("has its version again with %s", async (_, act) => {
    const namespace = ownNamespace();
    const store = await open(namespace);
    await raw.del(`{${namespace}}:meta`);
    await act(store);
    expect(await metaOf(namespace)).toEqual({ version: "1" });
    await (await open(namespace)).close();
    await store.close();
  });
});
