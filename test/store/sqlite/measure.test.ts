/** What a database file takes: told as the file has it. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemRandom } from "../../../src/core/random.js";
import { openSqliteStore } from "../../../src/store/sqlite/index.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Lines, message, newFolder } from "./files.js";

test("the bytes are those of the file, once the log is in it", async () => {
  const path = join(newFolder(), "store.db");
  const context = { clock: new ManualClock(), random: systemRandom, logger: new Lines() };
  const store = await openSqliteStore(path, context, { backups: false });
  const before = (await store.measure()).bytes ?? Infinity;
  await store.sender.enqueue([message("large", { body: "x".repeat(2_000_000) })]);
  const { bytes } = await store.measure();
  expect(bytes).toBeGreaterThan(before + 1_000_000);
  await store.close();
  expect(statSync(path).size).toBe(bytes);
});
