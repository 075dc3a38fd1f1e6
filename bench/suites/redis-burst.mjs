// Redis: many schedules due at the same second, beat and worker in one process; how late their tasks start.
import { fileURLToPath } from "node:url";
import { inChild } from "../child.mjs";
import { interleave } from "../harness.mjs";
import { startRedis, versions } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../burst-child.mjs", import.meta.url));
/** More job schedulers than this take minutes to register and to run. */
const MOST_BULLMQ = 10_000;

export async function run({ quick }) {
  const redis = await startRedis();
  const rows = [];
  try {
    for (const count of quick ? [1, 1_000] : [1, 100, 10_000, 100_000]) {
      const names = count <= MOST_BULLMQ ? ["sunbeat", "bullmq"] : ["sunbeat"];
      const burst = (name) => async () => {
        await redis.flush();
        const { early, figures } = await inChild(CHILD, { name, count, port: redis.port });
        if (!early) throw new Error(`${name} had not registered ${count} schedules when they were due`);
        return figures;
      };
      const found = await interleave(
        Object.fromEntries(names.map((name) => [name, burst(name)])),
        quick ? 1 : 5,
      );
      const row = (figure, field, wanted) => {
        const rivals = found.bullmq ? { rivals: { bullmq: found.bullmq[field] } } : {};
        const what = `${count.toLocaleString("en")} due at one second: ${figure}`;
        rows.push({ what, unit: "ms", ours: found.sunbeat[field], ...rivals, ...(wanted && { wanted }) });
      };
      row("lateness, median", "p50");
      row("lateness, 99 of 100", "p99");
      row("lateness, last", "max", { 10_000: "10x of bullmq", 100_000: "3 s" }[count]);
    }
  } finally {
    redis.stop();
  }
  return { title: `Redis ${redis.version}: schedules due at the same second (${versions("bullmq")})`, rows };
}
