import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { describeStore } from "../support/conformance-runner.js";

describeStore("sqlite", async (clock) => {
  const folder = mkdtempSync(join(tmpdir(), "sunbeat-conformance-"));
  const handles: Store[] = [];
  const open = async (): Promise<Store> => {
    const context = { clock, random: systemRandom, logger: silentLogger };
    const store = await openSqliteStore(join(folder, "store.db"), context, { backups: false });
    handles.push(store);
    return store;
  };
  const closeAll = async (): Promise<void> => {
    for (const handle of handles) await handle.close();
  };
  return {
    clock,
    store: await open(),
    peer: open,
    reopen: async () => {
      await closeAll();
      return open();
    },
    dispose: async () => {
      await closeAll();
      rmSync(folder, { recursive: true });
    },
  };
});
