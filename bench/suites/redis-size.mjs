// Redis: whether a call costs more when more is stored. Enqueue and claim of a hundred over the number of waiting tasks,
// an idle tick over the number of entries.
import { elapsed, median } from "../harness.mjs";
import { startRedis } from "../redis-server.mjs";
import { entry, inSteps, message, openStore } from "../redis-store.mjs";

const BATCH = 100;
const DAY_MS = 86_400_000;
const CLAIM = { queues: ["default"], worker: "bench", leaseMs: 60_000, max: BATCH };

/** Median of the microseconds that each of `times` calls takes. */
async function micros(times, act) {
  const taken = [];
  for (let i = 0; i < times; i++) taken.push(1_000 * (await elapsed(act)));
  return median(taken);
}

/** One row per size, each beside the smallest. */
function addRows(rows, sizes, found, name) {
  for (const size of sizes) {
    rows.push({
      what: name(size.toLocaleString("en")),
      unit: "us",
      ours: found[size],
      ...(size === sizes[0]
        ? {}
        : { rivals: { [`with ${sizes[0].toLocaleString("en")}`]: found[sizes[0]] }, wanted: "the same" }),
    });
  }
}

async function queueRows(store, redis, sizes, times) {
  const enqueue = {};
  const claim = {};
  await redis.flush();
  let waiting = 0;
  for (const size of sizes) {
    await inSteps(size - waiting, message, (messages) => store.sender.enqueue(messages));
    waiting = size;
    const messages = () => Array.from({ length: BATCH }, message);
    enqueue[size] = (await micros(times, () => store.sender.enqueue(messages()))) / BATCH;
    let ended = [];
    // Settles what it claimed before, so that as many wait and as few are held at every size.
    const exchange = async () => {
      const { claimed } = await store.consumer.settle(ended, CLAIM);
      ended = claimed.deliveries.map(({ id, token }) => ({
        ...{ id, token, kind: "done", result: null, resultTtlMs: 0 },
      }));
    };
    claim[size] = (await micros(times, exchange)) / BATCH;
    await store.consumer.giveBack(ended);
    waiting = size;
  }
  const rows = [];
  addRows(rows, sizes, enqueue, (size) => `enqueue, a task of a hundred, ${size} waiting`);
  addRows(rows, sizes, claim, (size) => `claim and settle, a task of a hundred, ${size} waiting`);
  return rows;
}

async function tickRows(store, redis, sizes, times) {
  const tick = {};
  const later = Date.now() + DAY_MS;
  await redis.flush();
  let stored = 0;
  for (const size of sizes) {
    await inSteps(
      size - stored,
      (i) => entry(stored + i, later + i),
      (entries) => store.entries.put(entries),
    );
    stored = size;
    tick[size] = await micros(times * 5, () => store.entries.due(1_000));
  }
  const rows = [];
  addRows(rows, sizes, tick, (size) => `idle tick, ${size} entries`);
  return rows;
}

export async function run({ quick }) {
  const redis = await startRedis();
  try {
    const store = await openStore(redis.port);
    const times = quick ? 50 : 200;
    await store.sender.enqueue(Array.from({ length: 50 }, message)); // connects and loads the scripts
    await micros(times, () => store.entries.due(1)); // warms up
    const rows = [
      ...(await queueRows(store, redis, quick ? [1e3, 1e5] : [1e3, 1e4, 1e5, 1e6], times)),
      ...(await tickRows(store, redis, quick ? [1e2, 1e4] : [1e2, 1e4, 1e5, 1e6], times)),
    ];
    await store.close();
    return { title: `Redis ${redis.version}: cost against size, round trip included`, rows };
  } finally {
    redis.stop();
  }
}
