/** An earlier copy is put into a file that is in use, by SQLite's backup interface (`.restore` of its shell). */
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import type { SqliteStore } from "../../../src/store/sqlite/index.js";
import { started } from "./children.js";
import { Lines, message, newFolder, openStore } from "./files.js";

interface BackupDriver {
  readonly DatabaseSync: new (path: string) => { close(): void };
  readonly backup: (from: unknown, to: string) => Promise<unknown>;
}

/** What `.restore` does: the pages of `copy` become those of the file, in one transaction that all see. */
async function restore(copy: string, path: string): Promise<void> {
  const { DatabaseSync, backup } = (await import((await loadDriver()).specifier)) as BackupDriver;
  const source = new DatabaseSync(copy);
  await backup(source, path);
  source.close();
}

async function copyOf(path: string, folder: string): Promise<string> {
  const copy = join(folder, "copy.db");
  const handle = (await loadDriver()).open(path);
  handle.exec(`VACUUM INTO '${copy}'`);
  handle.close();
  return copy;
}

const put = (store: SqliteStore, id: string): Promise<void> =>
  store.results.put(id, { state: "SUCCESS", payload: id }, 600_000);

/** Two stores of one file, and a copy of it that is older by a hundred signals and results. */
async function rig() {
  const folder = newFolder();
  const path = join(folder, "store.db");
  const logger = new Lines();
  const here = await openStore(path, {}, { clock: systemClock, logger });
  const there = await openStore(path, {}, { clock: systemClock });
  await there.sender.enqueue([message("in the copy")]);
  await put(there, "forgotten since");
  const copy = await copyOf(path, folder);
  await there.results.forget(["forgotten since"]);
  const heard: string[] = [];
  await here.channel.subscribe("t", (payload) => void heard.push(payload));
  const last = here.results.wait("r99", new AbortController().signal);
  for (let n = 0; n < 100; n++) {
    await there.channel.publish("t", `before ${n}`);
    await put(there, `r${n}`);
  }
  await last;
  await expect.poll(() => heard.at(-1), { timeout: 60_000 }).toBe("before 99");
  return { path, copy, here, there, heard, logger };
}

test("a signal that comes after it is heard at once, not when numbers have caught up", async () => {
  const { path, copy, there, heard } = await rig();
  await restore(copy, path);
  await there.channel.publish("t", "after");
  await expect.poll(() => heard.at(-1), { timeout: 60_000 }).toBe("after");
});

test("so is a result, whether it was in the copy or comes later", async () => {
  const { path, copy, here, there } = await rig();
  const [old, late] = ["forgotten since", "late"].map((id) =>
    here.results.wait(id, new AbortController().signal),
  );
  await restore(copy, path);
  await put(there, "late");
  expect([await old, await late]).toMatchObject([{ id: "forgotten since" }, { id: "late" }]);
});

test("also when others have overtaken the numbers before anybody looked", async () => {
  const { path, copy, here, there, heard } = await rig();
  const waited = here.results.wait("early", new AbortController().signal);
  await restore(copy, path);
  // Without a turn of the event loop, so that no look comes between.
  for (const what of ["early", ...Array.from({ length: 200 }, (_, n) => `more ${n}`)]) {
    await there.channel.publish("t", what);
    await put(there, what);
  }
  expect(await waited).toMatchObject({ id: "early" });
  await expect.poll(() => heard, { timeout: 60_000 }).toContain("early");
});

test("a consumer takes what the copy has again, and the log says why", async () => {
  const { path, copy, here, there, logger } = await rig();
  const request = { queues: ["q"], worker: "w", leaseMs: 30_000, max: 10 };
  const { deliveries } = await there.consumer.claim(request);
  expect(deliveries.map(({ id }) => id)).toEqual(["in the copy"]);
  const arrivals = await here.consumer.listen(["q"]);
  expect((await here.consumer.claim(request)).deliveries).toEqual([]);
  const waiting = arrivals.wait(600_000, new AbortController().signal);
  await restore(copy, path);
  await waiting;
  expect((await here.consumer.claim(request)).deliveries.map(({ id }) => id)).toEqual(["in the copy"]);
  await expect.poll(() => logger.lines, { timeout: 60_000 }).toHaveLength(1);
  expect(logger.lines[0]).toContain("was filled from a copy, or vacuumed");
});

test("a copy of another place, put into the file, keeps nobody out who comes by the file's own name", async () => {
  const { path, here } = await rig();
  const elsewhere = join(newFolder(), "other.db");
  const maker = await started(elsewhere, "send");
  maker.process.stdin.end();
  await maker.ended;
  await restore(await copyOf(elsewhere, newFolder()), path);
  await (await started(path, "send")).kill();
  expect(await here.sender.enqueue([message("x")])).toEqual(["queued"]);
});
