import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom, seededRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { ownNamespace } from "../support/redis-harness.js";
import { walkWhole } from "./zz-whole-walk.js";

const from = Number(process.env["FROM"] ?? 1);
const count = Number(process.env["COUNT"] ?? 5);
const steps = Number(process.env["STEPS"] ?? 150);
const which = process.env["WHICH"] ?? "sr";

test("whole", { timeout: 3_600_000 }, async () => {
  let bad = 0;
  for (let seed = from; seed < from + count; seed++) {
    const clock = new ManualClock();
    const ctx = () => ({ clock, random: systemRandom, logger: silentLogger });
    const folder = mkdtempSync(join(tmpdir(), "whole-"));
    const stores = [openMemoryStore(ctx())];
    const names = ["memory"];
    if (which.includes("s")) { stores.push(await openSqliteStore(join(folder, "s.db"), ctx(), { backups: false })); names.push("sqlite"); }
    if (which.includes("r")) { stores.push(await openRedisStore(inject("redisUrl"), ctx(), { namespace: ownNamespace(), clock: "context" })); names.push("redis"); }
    try {
      await walkWhole(stores, names, clock, seededRandom(seed), steps);
    } catch (error) {
      bad++;
      console.log(`SEED ${seed}: ${(error as Error).message}`);
      if (process.env["TRACE"]) console.log((error as Error).stack, (error as Error).cause);
    }
    for (const s of stores) await s.close();
    rmSync(folder, { recursive: true });
  }
  assert.equal(bad, 0);
});
