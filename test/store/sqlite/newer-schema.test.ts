/** A newer sunbeat raises the schema of a file while this process has it open. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { SCHEMA_VERSION } from "../../../src/store/sqlite/schema.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { message, newFolder, openStore } from "./files.js";

const NEWER = {
  code: "SUNBEAT_STORE_NEWER",
  retryable: false,
  message: expect.stringContaining(`schema version ${SCHEMA_VERSION + 1} by a newer sunbeat`) as unknown,
};

/** What the next version may do in its migration. */
async function raise(path: string, statements: string): Promise<void> {
  const handle = (await loadDriver()).open(path);
  handle.exec(`BEGIN IMMEDIATE; ${statements}; PRAGMA user_version = ${SCHEMA_VERSION + 1}; COMMIT`);
  handle.close();
}

async function opened() {
  const path = join(newFolder(), "store.db");
  const clock = new ManualClock();
  const store = await openStore(path, {}, { clock });
  await store.sender.enqueue([message("before")]);
  return { path, clock, store };
}

describe("a schema that is raised under a process", () => {
  test("refuses the next step, although its statements still work", async () => {
    const { path, clock, store } = await opened();
    await raise(path, "ALTER TABLE message ADD COLUMN more TEXT");
    await clock.advance(50);
    await expect(store.sender.enqueue([message("after")])).rejects.toMatchObject(NEWER);
    await expect(store.results.get(["before"])).rejects.toMatchObject(NEWER);
  });

  test("is why a statement fails that comes before the next look", async () => {
    const { path, store } = await opened();
    await raise(path, "ALTER TABLE message RENAME COLUMN state TO place");
    await expect(store.sender.enqueue([message("after")])).rejects.toMatchObject(NEWER);
  });

  test("is told to who waits for messages", async () => {
    const { path, clock, store } = await opened();
    const arrivals = await store.consumer.listen(["other"]);
    const waiting = arrivals.wait(3_600_000, new AbortController().signal);
    await clock.advance(1_000);
    await raise(path, "ALTER TABLE message ADD COLUMN more TEXT");
    await clock.advance(1_000);
    await waiting;
    const claim = { queues: ["other"], worker: "w", leaseMs: 1_000, max: 1 };
    await expect(store.consumer.claim(claim)).rejects.toMatchObject(NEWER);
  });
});
