/** The file does not grow with what happened to locks. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { LOCK_HISTORY_ROWS } from "../../../src/store/contracts/lock-inspection.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { newFolder, openStore } from "./files.js";

test("the newest ten thousand rows are kept, and few more", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path);
  const raw = (await loadDriver()).open(path);
  raw.exec(
    `INSERT INTO lock_history (lock, event, is_task, id, label, at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
       SELECT 'old', 'waiting', 0, i, 'x', 0 FROM n`,
  );
  const asked = { lock: "l", capacity: 1_000, label: "x", leaseMs: 60_000, waiterTtlMs: null };
  for (let i = 0; i < 250; i++) await store.locks.acquire({ ...asked, waiter: String(i) });
  const { rows } = raw.prepare("SELECT count(*) AS rows FROM lock_history").get() as { rows: number };
  raw.close();
  // They go at each 250th row, so there are at times 249 more.
  expect(rows).toBe(LOCK_HISTORY_ROWS);
  expect((await store.lockInspection.history({ limit: 1 }))[0]?.id).toBe("249");
  await store.close();
});
