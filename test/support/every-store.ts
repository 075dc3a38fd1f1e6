/** Every store, for tests of what lies above them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";
import { openerOf, redisHarness } from "./redis-harness.js";

export interface OpenStore {
  readonly store: Store;
  /** Another handle on the same data; the memory store gives itself. */
  readonly peer: () => Promise<Store>;
  readonly dispose: () => Promise<void>;
}

async function openMemory(clock: ManualClock): Promise<OpenStore> {
  const store = openMemoryStore({ clock, random: systemRandom, logger: silentLogger });
  return { store, peer: async () => store, dispose: () => store.close() };
}

async function openSqlite(clock: ManualClock): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), "sunbeat-every-store-"));
  const handles: Store[] = [];
  const open = async (): Promise<Store> => {
    const context = { clock, random: systemRandom, logger: silentLogger };
    const store = await openSqliteStore(join(folder, "store.db"), context, { backups: false });
    handles.push(store);
    return store;
  };
  return {
    store: await open(),
    peer: open,
    async dispose() {
      for (const handle of handles) await handle.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export const EVERY_STORE: readonly (readonly [string, (clock: ManualClock) => Promise<OpenStore>])[] = [
  ["memory", openMemory],
  ["sqlite", openSqlite],
  ["redis", (clock) => redisHarness(openerOf(inject("redisUrl")), clock)],
];
