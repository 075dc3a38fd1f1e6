// Many entries due at the same second, as crontab entries are: how long after it the last task has started, with beat
// and worker in one process, as `worker --beat` runs them.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { clocked, Sunbeat } from "../../dist/index.js";
import { median } from "../harness.mjs";

async function burst(broker, count) {
  // Far enough ahead that registering is over by then.
  const due = Math.ceil(Date.now() / 1000) * 1000 + 2_000 + count / 10;
  const app = new Sunbeat("burst", {
    broker,
    workerConcurrency: 100,
    beatSchedule: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`entry-${i}`, { task: "note", schedule: clocked(due) }]),
    ),
  });
  let started = 0;
  const lastAfter = new Promise((resolve) => {
    app.task("note", { ignoreResult: true }, () => {
      if (++started === count) resolve(Date.now() - due);
    });
  });
  await app.worker().start();
  app.beat().start();
  const ms = await lastAfter;
  await app.close();
  return ms;
}

export async function run({ quick }) {
  const rows = [];
  for (const store of ["memory", "sqlite"]) {
    for (const count of quick ? [10_000] : [1_000, 10_000, 100_000]) {
      const times = [];
      for (let round = 0; round < (quick ? 1 : 3); round++) {
        const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
        times.push(
          await burst(store === "memory" ? "memory:" : `sqlite:${path.join(folder, "bench.db")}`, count),
        );
        rmSync(folder, { recursive: true, force: true });
      }
      rows.push({
        what: `${count.toLocaleString("en")} entries, ${store}: last task started after`,
        unit: "ms",
        ours: median(times),
        ...(store === "memory" && count === 100_000 ? { wanted: "3 s" } : {}),
      });
    }
  }
  return { title: "Entries due at the same second", rows };
}
