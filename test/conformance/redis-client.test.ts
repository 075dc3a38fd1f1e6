/** The whole suite once more over a client of the program's own whose numbers come as text. */
import { Redis } from "ioredis";
import { inject } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openRedisStoreOf } from "../../src/store/redis/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { describeStore } from "../support/conformance-runner.js";
import { type Opener, redisHarness } from "../support/redis-harness.js";

const open: Opener = async (namespace, clock): Promise<Store> => {
  const client = new Redis(inject("redisUrl"), { stringNumbers: true });
  const context = { clock, random: systemRandom, logger: silentLogger };
  const store = await openRedisStoreOf(client, context, { namespace, clock: "context" });
  const close = async (): Promise<void> => {
    await store.close();
    client.disconnect();
  };
  return { ...store, close };
};

describeStore("redis over a client with stringNumbers", (clock) => redisHarness(open, clock));
