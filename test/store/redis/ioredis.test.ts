import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { expect, inject, test } from "vitest";
import { systemRandom } from "../../../src/core/random.js";
import { ioredisConnect } from "../../../src/store/redis/ioredis.js";
import { parseRedisUrl } from "../../../src/store/redis/url.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";

/** A client over an instance that the test can see. */
function connected(clock: ManualClock) {
  const made: Redis[] = [];
  class Seen extends Redis {
    constructor(options: RedisOptions) {
      super({ ...options, replyMapping: "legacy" });
      made.push(this);
    }
  }
  const driver = { Redis: Seen as unknown as typeof Redis, Cluster };
  const client = ioredisConnect(driver, parseRedisUrl(inject("redisUrl")), clock, systemRandom)("commands");
  return { client, instance: made[0] as Redis };
}

async function ended(instance: Redis): Promise<void> {
  if (instance.status !== "end") await new Promise<void>((resolve) => instance.once("end", () => resolve()));
}

test("a client that the driver gave up is connected again by whoever needs it", async () => {
  const { client, instance } = connected(new ManualClock());
  await client.ready();
  instance.disconnect();
  await ended(instance);
  await client.ready();
  expect(await client.ping()).toBe("PONG");
  client.close();
});

test("a client that the driver gave up comes back by itself, for those who only listen", async () => {
  const clock = new ManualClock();
  const { client, instance } = connected(clock);
  await client.ready();
  instance.disconnect();
  await ended(instance);
  const back = new Promise<void>((resolve) => client.onReady(resolve));
  await clock.advance(1_000);
  await back;
  client.close();
});

test("a closed client stays closed and leaves no timer", async () => {
  const clock = new ManualClock();
  const { client, instance } = connected(clock);
  await client.ready();
  client.close();
  client.close();
  await ended(instance);
  expect([clock.timers, instance.status]).toEqual([0, "end"]);
  await expect(client.ready()).rejects.toThrow("Connection is closed");
});

test("a process that has closed its store ends by itself", () => {
  const program = `
    import { openRedisStore } from "./src/store/redis/index.ts";
    import { systemClock } from "./src/core/clock.ts";
    import { systemRandom } from "./src/core/random.ts";
    import { silentLogger } from "./src/core/logger.ts";
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const store = await openRedisStore(process.argv[1], context, { namespace: "exit" });
    await store.leases.elect({ id: "a", nonce: "n", host: "h", version: "1" }, 60_000);
    const arrivals = await store.consumer.listen(["q"]);
    const wait = arrivals.wait(3_600_000, new AbortController().signal);
    const result = store.results.wait("x", new AbortController().signal).catch((error) => error.code);
    await store.channel.subscribe("t", () => undefined);
    await store.close();
    await wait;
    console.log(await result);`;
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program, inject("redisUrl")],
    { cwd: fileURLToPath(new URL("../../../", import.meta.url)), encoding: "utf8", timeout: 60_000 },
  );
  expect([stdout.trim(), stderr, signal]).toEqual(["SUNBEAT_CLOSED", "", null]);
});
