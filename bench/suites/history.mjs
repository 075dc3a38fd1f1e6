// Records of ended tasks: what they cost a drain, what they weigh, and how long a search takes in a million of them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Sunbeat } from "../../dist/index.js";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { openRedisStore } from "../../dist/store/redis/index.js";
import { openSqliteStore } from "../../dist/store/sqlite/index.js";
import { inChild } from "../child.mjs";
import { endMany } from "../ended-tasks.mjs";
import { elapsed, interleave, median } from "../harness.mjs";
import { startRedis } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../history-child.mjs", import.meta.url));
const WATCHER = fileURLToPath(new URL("../watcher-child.mjs", import.meta.url));
const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

async function fill(broker, count) {
  const app = new Sunbeat("bench", { broker });
  const add = app.task("add", (x, y) => x + y);
  for (let from = 0; from < count; from += 5_000) {
    await add.delayMany(Array.from({ length: Math.min(5_000, count - from) }, () => [2, 2]));
  }
  await app.close();
}

/** `history` of a worker's app: the defaults record a thousand successes a second, "all" each of them. */
const KEPT = {
  all: { successRate: Number.MAX_SAFE_INTEGER },
  watched: { isWatched: true },
  defaults: {},
  none: { enabled: false },
};

/** A process that watches all events of the broker while `work` is done. */
async function beingWatched(broker, work) {
  const watcher = fork(WATCHER, [JSON.stringify(broker)]);
  await once(watcher, "message");
  try {
    return await work();
  } finally {
    const ended = once(watcher, "exit");
    watcher.disconnect();
    await ended;
  }
}

async function drains(count, rounds, redis) {
  const inFolder = (work) => async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
    try {
      return await work(`sqlite:${path.join(folder, "bench.db")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const drain = (broker, { isWatched = false, ...history }) => {
    const work = () => inChild(CHILD, { broker, count, concurrency: 100, history });
    return isWatched ? beingWatched(broker, work) : work();
  };
  const onSqlite = (kept) =>
    inFolder(async (broker) => {
      await fill(broker, count);
      return drain(broker, kept);
    });
  const onRedis = (kept) => async () => {
    await redis.flush();
    await fill(redis.url, count);
    const before = await redis.cpuMicros();
    const figures = await drain(redis.url, kept);
    return { ...figures, serverMicros: ((await redis.cpuMicros()) - before) / count };
  };
  const each = (contender) =>
    Object.fromEntries(Object.entries(KEPT).map(([name, kept]) => [name, contender(kept)]));
  return {
    SQLite: await interleave(each(onSqlite), rounds),
    Redis: await interleave(each(onRedis), rounds),
  };
}

/** Until so many are found, or all was looked at. */
async function search(store, query) {
  const rows = [];
  let cursor;
  do {
    const page = await store.history.records(
      { limit: 50 - rows.length, ...query, ...(cursor && { cursor }) },
      { rows: 20_000 },
    );
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor !== null && rows.length < 50);
  return rows;
}

async function searches(store, count, rows, name, weight) {
  const [first] = await search(store, { task: ["mail.send"] });
  const old = await search(store, { text: "needle" });
  if (old.length !== 1) throw new Error(`found ${old.length} needles`);
  const timed = async (what, query, wanted) => {
    const times = [];
    for (let round = 0; round < 5; round++) times.push(await elapsed(() => search(store, query)));
    rows.push({
      what: `${name}, ${count.toLocaleString("en")} records: ${what}`,
      unit: "ms",
      ours: median(times),
      wanted,
    });
  };
  await timed("newest 50 of a common filter", { task: ["mail.*"], state: ["failure"] }, "50 ms");
  await timed("rarest text", { text: "needle" }, name === "SQLite" ? "1 s" : "1.5 s");
  await timed("by id, a new one", { id: [first.id] }, "50 ms");
  const byId = async (id) => elapsed(() => store.history.recordsOf(id));
  rows.push({
    what: `${name}: all attempts of an old id`,
    unit: "ms",
    ours: await byId(old[0].id),
    wanted: "50 ms",
  });
  rows.push({
    what: `${name}: a record weighs`,
    unit: "bytes",
    ours: weight / count,
    wanted: name === "SQLite" ? "260 B" : "64 B",
  });
}

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  try {
    const found = await drains(quick ? 6_000 : 30_000, quick ? 3 : 7, redis);
    for (const [store, { all, watched, defaults, none }] of Object.entries(found)) {
      const beside = (said, on, rival, other, wanted) => {
        const row = (what, unit, field) =>
          rows.push({
            ...{
              what: `${store}: ${what}, ${said}`,
              unit,
              ours: on[field],
              rivals: { [rival]: other[field] },
            },
            ...(field === "perSecond" && wanted && { wanted }),
          });
        row("drain at concurrency 100", "perSecond", "perSecond");
        row("CPU a task in the worker", "us", "cpuMicros");
        if (store === "Redis") row("CPU a task in the server", "us", "serverMicros");
      };
      beside("with the defaults", defaults, "without history", none, store === "Redis" ? "0.95x" : "0.85x");
      beside("each success recorded", all, "without history", none);
      beside("one watcher of all events", watched, "nobody watching", defaults, "0.9x");
    }
    const count = quick ? 100_000 : 1_000_000;
    await redis.flush();
    const before = await redis.dataMemory();
    const onRedis = await openRedisStore(redis.url, context);
    await endMany(onRedis, count);
    await searches(onRedis, count, rows, "Redis", (await redis.dataMemory()) - before);
    await onRedis.close();
    const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
    const file = path.join(folder, "bench.db");
    const onSqlite = await openSqliteStore(file, context, { backups: false });
    await endMany(onSqlite, count);
    await searches(onSqlite, count, rows, "SQLite", statSync(file).size);
    await onSqlite.close();
    rmSync(folder, { recursive: true, force: true });
  } finally {
    redis.stop();
  }
  return { title: "Records of ended tasks", rows };
}
