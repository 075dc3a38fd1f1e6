/** A folder of its own for each test, and a store in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Clock } from "../../../src/core/clock.js";
import { systemRandom } from "../../../src/core/random.js";
import { openSqliteStore, type SqliteOptions, type SqliteStore } from "../../../src/store/sqlite/index.js";
import type { NewMessage } from "../../../src/tasks/message.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";

const folders: string[] = [];
const stores: SqliteStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sunbeat-sqlite-"));
  folders.push(folder);
  return folder;
}

/** Lines by level, as an operator would read them. */
export class Lines {
  readonly lines: string[] = [];
  readonly debug = (): void => undefined;
  readonly info = (): void => undefined;
  readonly warn = (line: string): void => void this.lines.push(`warn: ${line}`);
  readonly error = (line: string): void => void this.lines.push(`error: ${line}`);
}

export async function openStore(
  path: string,
  options: SqliteOptions = {},
  context: { readonly clock?: Clock; readonly logger?: Lines } = {},
): Promise<SqliteStore> {
  const { clock = new ManualClock(), logger = new Lines() } = context;
  const store = await openSqliteStore(
    path,
    { clock, logger, random: systemRandom },
    { backups: false, ...options },
  );
  stores.push(store);
  return store;
}

export function message(id: string, changes: Partial<NewMessage> = {}): NewMessage {
  return {
    ...{ id, task: "tasks.t", queue: "q", priority: 0, maxDeliveries: 5, resultTtlMs: 60_000, body: "{}" },
    ...changes,
  };
}
