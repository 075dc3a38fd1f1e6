/** A server that is away: how a program that has had enough of it ends. */
import { Redis } from "ioredis";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore, openRedisStoreOf } from "../../../src/store/redis/index.js";

const undo: (() => void)[] = [];
afterEach(() => undo.splice(0).forEach((act) => act()));

/** Nobody listens there. */
const NOBODY = "redis://127.0.0.1:1";
const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

test("an opening that nobody wants any more ends", async () => {
  const unwanted = new AbortController();
  const opening = openRedisStore(NOBODY, { ...context, signal: unwanted.signal });
  unwanted.abort();
  await expect(opening).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
});

test.each([
  ["a store by its URL", (signal: AbortSignal) => openRedisStore(NOBODY, { ...context, signal })],
  [
    "a store over a client of the program's own",
    (signal: AbortSignal) => {
      const client = new Redis(NOBODY, { retryStrategy: () => 50, maxRetriesPerRequest: 0 });
      client.on("error", () => undefined);
      undo.push(() => client.disconnect());
      return openRedisStoreOf(client, { ...context, signal });
    },
  ],
])("%s leaves no timer of seconds behind", async (_, open) => {
  const unwanted = new AbortController();
  const opening = open(unwanted.signal);
  // Its connections have failed by then, and wait for their next tries.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const timers = vi.spyOn(globalThis, "setTimeout");
  unwanted.abort();
  await expect(opening).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
  const longest = Math.max(0, ...timers.mock.calls.map(([, ms]) => ms ?? 0));
  timers.mockRestore();
  expect(longest).toBeLessThan(1_000);
});
