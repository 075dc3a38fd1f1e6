// Working off no-op tasks that wait in Redis, in one worker process, and what CPU that takes there and in the server.
import { fileURLToPath } from "node:url";
import { inChild } from "../child.mjs";
import { CONTENDERS } from "../contenders.mjs";
import { interleave } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../drain-child.mjs", import.meta.url));
const WANTED = { 1: "1.7x of bullmq", 10: "2.2x of bullmq", 100: "4x of bullmq" };

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  const measure = async (concurrency, keep, full) => {
    const count = quick ? full / 5 : full;
    const drain = (name) => async () => {
      await redis.flush();
      const sender = CONTENDERS[name]({ port: redis.port, keep });
      await sender.addMany(count);
      await sender.close();
      const before = await redis.cpuMicros();
      const figures = await inChild(CHILD, { name, count, concurrency, keep, port: redis.port });
      return { ...figures, serverMicros: ((await redis.cpuMicros()) - before) / count };
    };
    const names = Object.keys(CONTENDERS);
    const found = await interleave(
      Object.fromEntries(names.map((name) => [name, drain(name)])),
      quick ? 3 : 5,
    );
    const row = (what, field, unit, wanted) => {
      const [ours, ...rivals] = names.map((name) => found[name][field]);
      rows.push({
        ...{ what, unit, ours, rivals: Object.fromEntries(rivals.map((value, i) => [names[i + 1], value])) },
        ...(wanted && { wanted }),
      });
    };
    const suffix = keep ? "" : ", no results kept";
    row(`drain, concurrency ${concurrency}${suffix}`, "perSecond", "perSecond", WANTED[concurrency]);
    row(
      `worker CPU per task, concurrency ${concurrency}${suffix}`,
      "cpuMicros",
      "us",
      concurrency === 100 ? "0.2x of bullmq" : undefined,
    );
    row(`server CPU per task, concurrency ${concurrency}${suffix}`, "serverMicros", "us");
  };
  try {
    await measure(1, true, 10_000);
    await measure(10, true, 40_000);
    await measure(100, true, 60_000);
    await measure(100, false, 60_000);
  } finally {
    redis.stop();
  }
  return {
    title: `Redis ${redis.version}: working off, one worker process (${versions("bullmq", "bee-queue")})`,
    rows,
  };
}
