/** Scripts leave their fast paths while any task has a rate limit: so one without must leave nothing in the hash of limits. */
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { Sunbeat } from "../../../src/index.js";
import { keyspace } from "../../../src/store/redis/keys.js";
import { ownNamespace } from "../../support/redis-harness.js";

const raw = new Redis(inject("redisUrl"));
afterAll(() => raw.disconnect());

/** A worker of five tasks has started and ended; `rateLimit` is that of the third. */
async function worked(namespace: string, rateLimit?: string): Promise<void> {
  const app = new Sunbeat("limits", {
    broker: `${inject("redisUrl")}/0?namespace=${namespace}`,
    logger: null,
  });
  for (let n = 1; n <= 5; n++) app.task(`t${n}`, n === 3 ? { rateLimit } : {}, () => n);
  await app.worker().start();
  await app.close();
}

test("the hash of limits has the tasks with a limit, and is gone when the last of them has none", async () => {
  const namespace = ownNamespace();
  const { limits } = keyspace(namespace).keys;
  await worked(namespace);
  expect(await raw.exists(limits)).toBe(0);
  await worked(namespace, "100/s");
  expect(await raw.hkeys(limits)).toEqual(["t3"]);
  await worked(namespace);
  expect(await raw.exists(limits)).toBe(0);
});
