// Nodes: what the presence of a thousand costs a Redis server, and how soon ten workers of two processes have answered a ping.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Sunbeat } from "../../dist/index.js";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { openRedisStore } from "../../dist/store/redis/index.js";
import { elapsed, median } from "../harness.mjs";
import { nodeOf } from "../nodes.mjs";
import { startRedis } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../nodes-child.mjs", import.meta.url));
const NODES = 1_000;
const CALLS_A_MINUTE = 6;

async function presence(redis) {
  const store = await openRedisStore(redis.url, {
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  const tasks = Array.from({ length: 30 }, (_, n) => `reports.make-${n}`);
  const round = async () => {
    for (let from = 0; from < NODES; from += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => store.presence.appear(nodeOf(from + n, tasks), 45_000)),
      );
    }
  };
  await round();
  const before = await redis.cpuMicros();
  for (let call = 0; call < CALLS_A_MINUTE; call++) await round();
  const percent = ((await redis.cpuMicros()) - before) / 600_000;
  const times = [];
  for (let time = 0; time < 20; time++) times.push(await elapsed(() => store.presence.nodes()));
  await store.close();
  return { percent, listMs: median(times) };
}

async function pings(broker, count) {
  const children = [0, 5].map((first) => fork(CHILD, [JSON.stringify({ broker, first })]));
  await Promise.all(children.map((child) => new Promise((resolve) => child.once("message", resolve))));
  const app = new Sunbeat("bench", { broker, logger: null });
  const times = [];
  for (let time = 0; time < count; time++) {
    let answer;
    times.push(await elapsed(async () => (answer = await app.inspect.ping())));
    if (answer.replies.length !== 10 || answer.missing.length > 0) {
      throw new Error(`${answer.replies.length} of 10 nodes answered`);
    }
  }
  await app.close();
  const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) child.send("end");
  await Promise.all(ended);
  // The first has the connection and the subscription to make.
  const sorted = times.slice(1).sort((a, b) => a - b);
  return { p50: median(sorted), p95: sorted[Math.floor(sorted.length * 0.95)] };
}

export async function run({ quick }) {
  const count = quick ? 20 : 100;
  const redis = await startRedis();
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  try {
    const { percent, listMs } = await presence(redis);
    await redis.flush();
    const onRedis = await pings(redis.url, count);
    const onSqlite = await pings(`sqlite:${path.join(folder, "bench.db")}`, count);
    const ms = (what, ours, wanted) => ({ what, unit: "ms", ours, ...(wanted && { wanted }) });
    return {
      title: "Nodes",
      rows: [
        { what: `presence of ${NODES} nodes, of a core`, unit: "%", ours: percent, wanted: "1 %" },
        ms(`all ${NODES} nodes read`, listMs),
        ms("ten replies of two processes, Redis: p50", onRedis.p50),
        ms("ten replies of two processes, Redis: p95", onRedis.p95, "50 ms"),
        ms("ten replies of two processes, SQLite: p50", onSqlite.p50),
        ms("ten replies of two processes, SQLite: p95", onSqlite.p95, "150 ms"),
      ],
    };
  } finally {
    redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
