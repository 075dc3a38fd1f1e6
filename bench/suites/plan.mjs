// Plan: what registration would do to 10,000 entries, all new, half of them changed, and none. `schedule plan` waits for it.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { crontab, Sunbeat } from "../../dist/index.js";
import { elapsed, interleave } from "../harness.mjs";

const entries = (count, minute) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `entry-${i}`,
      {
        task: "t",
        schedule: crontab(`${minute(i)} ${i % 24} * * *`, { timezone: "Europe/Paris" }),
        args: [i],
      },
    ]),
  );

export async function run({ quick }) {
  const count = quick ? 2_000 : 10_000;
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  const app = (file, minute) =>
    new Sunbeat("bench", {
      broker: `sqlite:${path.join(folder, file)}`,
      beatSchedule: entries(count, minute),
      logger: null,
    });
  const same = (i) => i % 60;
  const stored = app("stored.db", same);
  await stored.schedules.apply();
  const apps = {
    "all new": app("empty.db", same),
    "half changed": app("stored.db", (i) => (i % 2 === 0 ? same(i) : (i + 1) % 60)),
    "none changed": stored,
  };
  const timed = ([name, { schedules }]) => [name, () => elapsed(() => schedules.plan())];
  const found = await interleave(Object.fromEntries(Object.entries(apps).map(timed)), quick ? 3 : 5);
  for (const each of Object.values(apps)) await each.close();
  rmSync(folder, { recursive: true, force: true });
  const rows = Object.entries(found).map(([name, ms]) => ({
    what: `plan of ${count.toLocaleString("en")} entries, ${name}`,
    unit: "ms",
    ours: ms,
    wanted: "2,000 at most",
  }));
  return { title: "Plan", rows };
}
