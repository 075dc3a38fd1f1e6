/** The file does not grow with what was told to other processes. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { newFolder, openStore } from "./files.js";

test("signals of a time when the clock was ahead do not keep the others", async () => {
  const path = join(newFolder(), "store.db");
  const clock = new ManualClock();
  const store = await openStore(path, {}, { clock });
  const ahead = 8 * 3_600_000;
  clock.jump(ahead);
  for (let n = 0; n < 1_000; n++) await store.channel.publish("t", String(n));
  clock.jump(-ahead);
  for (let minute = 0; minute < 3; minute++) {
    for (let n = 0; n < 500; n++) await store.channel.publish("t", String(n));
    clock.jump(61_000);
  }
  const raw = (await loadDriver()).open(path);
  const { rows } = raw.prepare("SELECT count(*) AS rows FROM signal").get() as { rows: number };
  raw.close();
  expect(rows).toBeLessThanOrEqual(1_000);
});

test("signals older than a minute go as new ones come, faster than they come and without a sweep", async () => {
  const path = join(newFolder(), "store.db");
  const clock = new ManualClock();
  const store = await openStore(path, {}, { clock });
  const raw = (await loadDriver()).open(path);
  const insert = raw.prepare(
    `INSERT INTO signal (origin, topic, payload, at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT 'other', 't', i, ? FROM n`,
  );
  insert.run(1_800, clock.now() - 60_000);
  insert.run(200, clock.now() - 59_000);
  for (let n = 0; n < 500; n++) await store.channel.publish("t", String(n));
  const { rows } = raw.prepare("SELECT count(*) AS rows FROM signal").get() as { rows: number };
  raw.close();
  expect(rows).toBe(200 + 500);
});
