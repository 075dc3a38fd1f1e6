// Adding to Redis: awaited one by one, a hundred at a time, and in bulk.
import { Redis } from "ioredis";
import { CONTENDERS } from "../contenders.mjs";
import { elapsed, interleave } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";

const IN_FLIGHT = 100;

/** What no client of ioredis can do without: a round trip. */
function ping({ port }) {
  const client = new Redis(port);
  return { add: () => client.ping(), close: async () => client.disconnect() };
}

const WAYS = {
  "add, awaited one by one": {
    count: 5_000,
    wanted: "1.5x of bullmq",
    others: { "PING of ioredis": ping },
    async add(contender, count) {
      for (let i = 0; i < count; i++) await contender.add();
    },
  },
  "add, 100 in flight": {
    count: 20_000,
    wanted: "3x of bullmq",
    async add(contender, count) {
      let left = count;
      const loop = async () => {
        while (left-- > 0) await contender.add();
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
    },
  },
  "add, bulk": {
    count: 50_000,
    wanted: "6x of bullmq",
    add: (contender, count) => contender.addMany(count),
  },
};

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  try {
    for (const [what, { count: full, wanted, add, others = {} }] of Object.entries(WAYS)) {
      const count = quick ? full / 5 : full;
      const perSecond = (make) => async () => {
        await redis.flush();
        const contender = make({ port: redis.port });
        await add(contender, Math.ceil(count / 10)); // connects and warms up
        const ms = await elapsed(() => add(contender, count));
        await contender.close();
        return (count * 1000) / ms;
      };
      const { sunbeat, ...rivals } = await interleave(
        Object.fromEntries(
          Object.entries({ ...CONTENDERS, ...others }).map(([name, make]) => [name, perSecond(make)]),
        ),
        quick ? 3 : 7,
      );
      rows.push({ what, unit: "perSecond", ours: sunbeat, rivals, wanted });
    }
  } finally {
    redis.stop();
  }
  return { title: `Redis ${redis.version}: adding (${versions("bullmq", "bee-queue")})`, rows };
}
