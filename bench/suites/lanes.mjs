// A fair queue against a plain one, in the store alone: sending and working off, on Redis and in a SQLite file; and what a bound costs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { openSqliteStore } from "../../dist/store/sqlite/index.js";
import { interleave } from "../harness.mjs";
import { inSteps, message, openStore, workOff } from "../redis-store.mjs";
import { startRedis } from "../redis-server.mjs";

const LANES = 100;

/** How the messages of each kind of queue differ, and what the call says. */
const KINDS = {
  plain: [() => message()],
  "fair, one lane": [() => ({ ...message(), lane: { name: "", weight: 1 } })],
  "fair, 100 lanes": [(n) => ({ ...message(), lane: { name: `tenant-${n % LANES}`, weight: 1 } })],
  bound: [() => message(), { bounds: new Map([["default", 10_000_000]]) }],
};

async function measure(store, [make, options], count) {
  const begun = performance.now();
  await inSteps(count, make, (messages) => store.sender.enqueue(messages, options));
  const sent = performance.now();
  const worked = await workOff(store, 100);
  const ended = performance.now();
  if (worked !== count) throw new Error(`${worked} of ${count} were worked off`);
  return { send: (count / (sent - begun)) * 1_000, drain: (count / (ended - sent)) * 1_000 };
}

export async function run({ quick }) {
  const count = quick ? 5_000 : 20_000;
  const rounds = quick ? 3 : 5;
  const rows = [];
  const compare = async (where, open) => {
    const steps = Object.entries(KINDS).map(([name, kind]) => [
      name,
      async () => {
        const store = await open();
        try {
          return await measure(store, kind, count);
        } finally {
          await store.close();
        }
      },
    ]);
    const found = await interleave(Object.fromEntries(steps), rounds);
    for (const field of ["send", "drain"]) {
      const { plain, ...others } = found;
      for (const [name, figures] of Object.entries(others)) {
        rows.push({
          what: `${where}, ${field}: ${name}`,
          ...{ unit: "perSecond", ours: figures[field], rivals: { plain: plain[field] } },
        });
      }
    }
  };
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-lanes-"));
  const redis = await startRedis();
  let made = 0;
  try {
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    await compare("SQLite", () =>
      openSqliteStore(path.join(folder, `${made++}.db`), context, { backups: false }),
    );
    await compare("Redis", async () => {
      await redis.flush();
      return openStore(redis.port);
    });
  } finally {
    redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { title: "Fair and bounded queues against plain ones, 1,000 a call, 100 a claim", rows };
}
