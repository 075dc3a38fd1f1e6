/** The suite over an instance handed in, of the older of the two majors: what the program made is the program's. */
import { Redis } from "ioredis-5";
import { afterAll, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStoreOf } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { describeStore } from "../../support/conformance-runner.js";
import { ownNamespace, redisHarness } from "../../support/redis-harness.js";

const client = new Redis(inject("redisUrl"));
afterAll(() => client.disconnect());

function open(namespace: string, clock: ManualClock): Promise<Store> {
  const context = { clock, random: systemRandom, logger: silentLogger };
  return openRedisStoreOf(client, context, { namespace, clock: "context" });
}

describeStore("ioredis 5, handed in", (clock) => redisHarness(open, clock));

test("a client handed in serves on after the store is closed, and keeps no listener of it", async () => {
  const listeners = client.listenerCount("error");
  const store = await open(ownNamespace(), new ManualClock());
  await store.close();
  expect([await client.ping(), client.listenerCount("error")]).toEqual(["PONG", listeners]);
});

test("what is no client is refused", async () => {
  const context = { clock: new ManualClock(), random: systemRandom, logger: silentLogger };
  for (const wrong of [null, undefined, {}, "redis://localhost"]) {
    await expect(openRedisStoreOf(wrong, context)).rejects.toMatchObject({ code: "SUNBEAT_OPTION_INVALID" });
  }
});
