// Bytes of the server's memory (used_memory) for each waiting task, each schedule, and each run that is remembered.
import { Queue } from "bullmq";
import { every, Sunbeat } from "../../dist/index.js";
import { CONTENDERS } from "../contenders.mjs";
import { interleave } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";
import { leaveRows } from "../redis-store.mjs";

const HOUR_MS = 3_600_000;

async function inParallel(count, act) {
  for (let from = 0; from < count; from += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - from) }, (_, i) => act(from + i)));
  }
}

async function worked(contender, count) {
  await contender.addMany(count);
  await new Promise((resolve) => {
    let done = 0;
    void contender.work(() => ++done === count && resolve());
  });
}

const ORDER = {
  id: "ord_7f3c2a9e41",
  customer: { id: 482_113, email: "someone@example.org" },
  items: [
    { sku: "LAMP-22", quantity: 2, price: 3_990 },
    { sku: "BULB-08", quantity: 6, price: 450 },
  ],
  currency: "EUR",
};

/** Adds tasks of these arguments and leaves them there. */
function waiting(args) {
  const leave = (make) => async (port, count) => {
    const contender = make({ port });
    await contender.addMany(count, args);
    await contender.close();
  };
  return Object.fromEntries(Object.entries(CONTENDERS).map(([name, make]) => [name, leave(make)]));
}

/** Every one leaves `count` things in the server, more than what it leaves for one. */
const KINDS = {
  "waiting task, two small numbers": { count: 50_000, ...waiting([2, 2]) },
  // More than 64 bytes: from there on Redis no longer packs a small hash, which is what bullmq makes of a task.
  "waiting task, an order of 200 bytes": { count: 50_000, wanted: "0.8x of bullmq", ...waiting([ORDER]) },
  "schedule (bullmq: job scheduler)": {
    count: 10_000,
    wanted: "0.3x of bullmq",
    async sunbeat(port, count) {
      const app = new Sunbeat("bench", { broker: `redis://127.0.0.1:${port}` });
      await inParallel(count, (i) =>
        app.schedules.set(`entry-${i}`, { task: "note", schedule: every("1h") }),
      );
      await app.close();
    },
    async bullmq(port, count) {
      const queue = new Queue("bench", { connection: { port, host: "127.0.0.1" } });
      await inParallel(count, (i) =>
        queue.upsertJobScheduler(
          `entry-${i}`,
          { every: HOUR_MS, startDate: Date.now() + HOUR_MS },
          { name: "note", data: {} },
        ),
      );
      await queue.close();
    },
  },
  "row of the ledger (bullmq: completed job)": {
    count: 20_000,
    sunbeat: leaveRows,
    async bullmq(port, count) {
      const contender = CONTENDERS.bullmq({ port, concurrency: 100 });
      await worked(contender, count);
      await contender.close();
    },
  },
  "result that is kept": {
    count: 20_000,
    async sunbeat(port, count) {
      const contender = CONTENDERS.sunbeat({ port, concurrency: 100 });
      await worked(contender, count);
      await contender.close();
    },
    async bullmq(port, count) {
      const contender = CONTENDERS.bullmq({ port, concurrency: 100 });
      await worked(contender, count);
      await contender.close();
    },
  },
};

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  try {
    for (const [what, { count: full, wanted, ...makers }] of Object.entries(KINDS)) {
      const count = quick ? full / 5 : full;
      const bytes = (leave) => async () => {
        await redis.flush();
        await leave(redis.port, 1);
        const before = await redis.usedMemory();
        await redis.flush();
        await leave(redis.port, count + 1);
        return ((await redis.usedMemory()) - before) / count;
      };
      const { sunbeat, ...rivals } = await interleave(
        Object.fromEntries(Object.entries(makers).map(([name, leave]) => [name, bytes(leave)])),
        quick ? 1 : 5,
      );
      rows.push({ what, unit: "bytes", ours: sunbeat, rivals, ...(wanted && { wanted }) });
    }
  } finally {
    redis.stop();
  }
  return {
    title: `Redis ${redis.version}: bytes of used_memory for each (${versions("bullmq", "bee-queue")})`,
    rows,
  };
}
