// Unique keys on Redis: what sending costs the server, in microseconds of its CPU a message, in calls of 500, beside messages without.
import { openStore } from "../../dist/app/open-store.js";
import { parseBrokerUrl } from "../../dist/app/broker-url.js";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { interleave } from "../harness.mjs";
import { startRedis } from "../redis-server.mjs";

const CALL = 500;
const unique = (key, onConflict = "join") => ({
  ...{ key, ttlMs: null, until: "finished", onConflict, maxWaitMs: null },
});

/** What the nth message of a run says beside what all say. */
const KINDS = {
  plain: () => ({}),
  "with an eta": () => ({ eta: { inMs: 3_600_000 } }),
  "unique, each its own key": (n) => ({ unique: unique(`t k${n}`) }),
  "unique, all join one": () => ({ unique: unique("t k") }),
  "unique, all replace one": () => ({ eta: { inMs: 3_600_000 }, unique: unique("t k", "replace") }),
};

async function enqueue(store, kind, count) {
  for (let from = 0; from < count; from += CALL) {
    const messages = Array.from({ length: CALL }, (_, n) => ({
      ...{
        id: systemRandom.uuid(),
        task: "t",
        queue: "q",
        priority: 0,
        maxDeliveries: 3,
        resultTtlMs: 1_000,
      },
      ...{ body: '{"v":1,"args":[1]}', ...KINDS[kind](from + n) },
    }));
    await store.sender.enqueue(messages);
  }
}

export async function run({ quick }) {
  const redis = await startRedis();
  const count = quick ? 2_000 : 20_000;
  const measure = (kind) => async () => {
    await redis.flush();
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const store = await openStore(parseBrokerUrl(redis.url), context);
    await enqueue(store, kind, CALL); // warms up
    const before = await redis.cpuMicros();
    await enqueue(store, kind, count);
    const micros = (await redis.cpuMicros()) - before;
    await store.close();
    return micros / count;
  };
  try {
    const kinds = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, measure(kind)]));
    const { plain, ...others } = await interleave(kinds, quick ? 3 : 7);
    const rows = Object.entries(others).map(([what, ours]) => ({
      what,
      unit: "us",
      ours,
      rivals: { plain },
    }));
    return { title: `Redis ${redis.version}: sending with a unique key`, rows };
  } finally {
    redis.stop();
  }
}
