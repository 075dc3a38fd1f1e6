// One rate over four worker processes: starts in each second, and calls of scripts for each start.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Queue } from "bullmq";
import { Sunbeat } from "../../dist/index.js";
import { startRedis, versions } from "../redis-server.mjs";
import { Redis } from "ioredis";

const CHILD = fileURLToPath(new URL("../rate-child.mjs", import.meta.url));
const WORKERS = 4;
const WARM_MS = 2_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const SENDERS = {
  async sunbeat(port, count) {
    const app = new Sunbeat("bench", { broker: `redis://127.0.0.1:${port}`, logger: null });
    const hit = app.task("hit", { ignoreResult: true }, () => undefined);
    await hit.delayMany(Array.from({ length: count }, () => []));
    await app.close();
  },
  async bullmq(port, count) {
    const queue = new Queue("bench", { connection: { port, host: "127.0.0.1" } });
    for (let sent = 0; sent < count; sent += 1_000) {
      const size = Math.min(1_000, count - sent);
      await queue.addBulk(Array.from({ length: size }, () => ({ name: "hit", data: {} })));
    }
    await queue.close();
  },
};

async function callsOf(raw) {
  const stats = await raw.info("commandstats");
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}

async function measure(redis, raw, name, rate, seconds) {
  await redis.flush();
  await SENDERS[name](redis.port, rate * (seconds + 6));
  const starts = [];
  const children = Array.from({ length: WORKERS }, () => {
    const child = fork(CHILD, [JSON.stringify({ name, port: redis.port, rate })]);
    child.on("message", (at) => starts.push(at));
    return child;
  });
  // From the first start on: processes take their time.
  while (starts.length === 0) await pause(50);
  await pause(WARM_MS);
  const [before, begin] = [await callsOf(raw), Date.now()];
  await pause(seconds * 1_000);
  const calls = (await callsOf(raw)) - before;
  for (const child of children) child.kill("SIGKILL");
  const counts = Array.from(
    { length: seconds },
    (_, n) => starts.filter((at) => at >= begin + n * 1_000 && at < begin + (n + 1) * 1_000).length,
  );
  const all = counts.reduce((sum, count) => sum + count, 0);
  return { least: Math.min(...counts), most: Math.max(...counts), mean: all / seconds, calls: calls / all };
}

export async function run({ quick }) {
  const redis = await startRedis();
  const raw = new Redis(redis.port);
  const rows = [];
  try {
    for (const rate of [100, 1_000]) {
      const found = {};
      for (const name of Object.keys(SENDERS)) {
        found[name] = await measure(redis, raw, name, rate, quick ? 6 : 60);
      }
      const row = (what, field, unit, wanted) =>
        rows.push({
          ...{ what: `${rate}/s over ${WORKERS} processes, ${what}`, unit, ours: found.sunbeat[field] },
          rivals: { bullmq: found.bullmq[field] },
          ...(wanted && { wanted }),
        });
      row("fewest starts in a second", "least", "perSecond", rate === 100 ? "95" : undefined);
      row("most starts in a second", "most", "perSecond", rate === 100 ? "105" : undefined);
      row("starts in a second", "mean", "perSecond");
      row("calls of scripts a start", "calls", "calls", "1.2");
    }
  } finally {
    raw.disconnect();
    redis.stop();
  }
  return { title: `Redis ${redis.version}: rates (${versions("bullmq")})`, rows };
}
