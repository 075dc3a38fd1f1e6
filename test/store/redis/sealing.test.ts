/** Sealing of records that is cut in its middle: whoever seals next goes on, and no record is lost or there twice. */
import { Redis } from "ioredis";
import { afterEach, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { openRedisStore, openRedisStoreOf } from "../../../src/store/redis/index.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { endMany, search } from "../../conformance/suite/history.js";
import { ownNamespace } from "../../support/redis-harness.js";

/** What becomes of the step that puts a pack in place of its records; the process ends with it, but for "twice". */
type Act = "is killed before it" | "is killed after it" | "sends it twice";

const context = { clock: new ManualClock(), random: systemRandom, logger: silentLogger };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Sent {
  readonly name: string;
  readonly args: readonly unknown[];
}

const isSeal = ({ name, args }: Sent): boolean =>
  name.startsWith("eval") && args.some((text) => typeof text === "string" && text.startsWith('{"rows":'));

/** A store whose process does this at its first seal. */
async function sealer(namespace: string, act: Act): Promise<Store> {
  const client = new Redis(inject("redisUrl"), {
    ...{ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false, retryStrategy: () => null },
  });
  const send = client.sendCommand.bind(client);
  let isCut = false;
  client.sendCommand = (command, stream) => {
    if (isCut || !isSeal(command)) return send(command, stream);
    isCut = true;
    if (act === "is killed before it") {
      client.disconnect();
      return Promise.reject(new Error("killed"));
    }
    if (act === "sends it twice") {
      const { args } = command as unknown as { readonly args: string[] };
      return client.call(command.name, ...args).then(() => client.call(command.name, ...args));
    }
    void Promise.resolve(send(command, stream)).catch(() => undefined);
    // The command is on its way; nobody hears of its answer.
    setImmediate(() => client.disconnect());
    return Promise.reject(new Error("killed"));
  };
  ends.push(() => client.disconnect());
  const store = await openRedisStoreOf(client, context, { namespace, clock: "context" });
  ends.push(() => store.close());
  return store;
}

test("records of a seal that is cut are there once, whoever goes on", async () => {
  const namespace = ownNamespace();
  const url = inject("redisUrl");
  const store = await openRedisStore(url, context, { namespace, clock: "context" });
  ends.push(() => store.close());
  await endMany(store, 26_000);
  const all = Array.from({ length: 26_000 }, (_, index) => `id-${25_999 - index}`);
  const found = async (): Promise<string[]> =>
    (await search(store, { limit: 500 }, 20_000)).map(({ id }) => id).sort();
  const wanted = all.sort();
  // The server knows the script from here on: no act is spent on asking for it.
  expect(await store.history.seal(1_000)).toBe(1_000);
  for (const act of ["is killed before it", "is killed after it", "sends it twice"] as const) {
    const one = await sealer(namespace, act);
    const outcome = await one.history.seal(1_000).catch(() => "killed");
    expect([act, outcome]).toEqual([act, act === "sends it twice" ? 0 : "killed"]);
    expect(await found()).toEqual(wanted);
  }
  // Three packs are there, one of them by a process that was killed behind it.
  expect([await store.history.seal(10_000), await store.history.seal(10_000)]).toEqual([2_000, 0]);
  expect(await found()).toEqual(wanted);
  expect(await store.history.recordsOf("id-7")).toHaveLength(1);
});
