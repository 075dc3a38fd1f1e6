// The cost of a tick when nothing is due: it must not depend on how many entries there are.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../dist/core/clock.js";
import { silentLogger } from "../../dist/core/logger.js";
import { systemRandom } from "../../dist/core/random.js";
import { openMemoryStore } from "../../dist/store/memory/index.js";
import { openSqliteStore } from "../../dist/store/sqlite/index.js";
import { elapsed, interleave } from "../harness.mjs";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

async function fill(store, count) {
  const later = Date.now() + 86_400_000;
  const entry = (i) => ({
    name: `entry-${i}`,
    owner: "runtime",
    version: 0,
    definition: "{}",
    revision: "1",
    expect: null,
    cursor: { due: later + i, dispatchAt: later + i },
    pausedAt: null,
    disabled: null,
    ledger: [],
  });
  for (let i = 0; i < count; i += 1000) {
    await store.entries.put(Array.from({ length: Math.min(1000, count - i) }, (_, j) => entry(i + j)));
  }
  return store;
}

export async function run({ quick }) {
  const sizes = quick ? [100, 10_000] : [100, 10_000, 100_000];
  const calls = quick ? 500 : 5_000;
  const rows = [];
  for (const kind of ["memory", "sqlite"]) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
    const open = (size) =>
      kind === "memory"
        ? openMemoryStore(context)
        : openSqliteStore(path.join(folder, `${size}.db`), context);
    const stores = {};
    for (const size of sizes) stores[size] = await fill(await open(size), size);
    const perTick = (store) => async () =>
      ((await elapsed(async () => {
        for (let i = 0; i < calls; i++) await store.entries.due(1000);
      })) /
        calls) *
      1e6;
    const found = await interleave(
      Object.fromEntries(sizes.map((size) => [size, perTick(stores[size])])),
      quick ? 3 : 7,
    );
    for (const size of sizes) {
      rows.push({
        what: `due() with ${size.toLocaleString("en")} entries, ${kind}`,
        unit: "ns",
        ours: found[size],
        ...(size === 100 ? {} : { rivals: { "with 100": found[100] }, wanted: "as with 100" }),
      });
    }
    for (const store of Object.values(stores)) await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { title: "Idle tick", rows };
}
