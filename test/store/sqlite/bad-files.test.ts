import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { StoreError } from "../../../src/core/errors.js";
import { systemRandom } from "../../../src/core/random.js";
import { sqliteConsumer } from "../../../src/store/sqlite/consumer.js";
import { sqliteQueues } from "../../../src/store/sqlite/queues.js";
import { sqliteSender } from "../../../src/store/sqlite/sender.js";
import { Connection } from "../../../src/store/sqlite/connection.js";
import { type Driver, loadDriver } from "../../../src/store/sqlite/driver.js";
import { Hub } from "../../../src/store/sqlite/hub.js";
import { openFile } from "../../../src/store/sqlite/open.js";
import { OpenFiles } from "../../../src/store/sqlite/open-files.js";
import { migrate } from "../../../src/store/sqlite/schema.js";
import type { NewMessage } from "../../../src/tasks/message.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Lines, message, newFolder, openStore } from "./files.js";

/** A store with `count` waiting messages, closed. */
async function filledStore(path: string, count = 200, size = 500): Promise<void> {
  const store = await openStore(path);
  await store.sender.enqueue(
    Array.from({ length: count }, (_, n) => message(`m${n}`, { body: "x".repeat(size) })),
  );
  await store.close();
}

async function rejection(work: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(error)}`);
  return error;
}

async function execute(path: string, sql: string): Promise<void> {
  const handle = (await loadDriver()).open(path);
  handle.exec(sql);
  handle.close();
}

function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  bytes.fill("?", from, to);
  writeFileSync(path, bytes);
}

/** Names of the damaged files, without their logs. */
function movedAside(folder: string): string[] {
  return readdirSync(folder).filter((name) => /\.corrupt-[^-]+-[^-]+-[^-]+-[^-]+-[^-]+?(-\d+)?$/.test(name));
}

/** Kinds of damage. Each leaves a file that cannot be used as it is. */
const DAMAGE: readonly [kind: string, damage: (path: string) => void][] = [
  ["garbage", (path) => writeFileSync(path, "this is not a database\n".repeat(1_000))],
  ["five bytes of garbage", (path) => writeFileSync(path, "hello")],
  ["cut in the middle of a page", (path) => truncateSync(path, statSync(path).size / 2 + 100)],
  ["cut at a page", (path) => truncateSync(path, 4096 * 3)],
  ["cut to less than its header", (path) => truncateSync(path, 60)],
  ["overwritten in the middle", (path) => overwrite(path, 4096 * 4, 4096 * 20)],
  ["overwritten at its header", (path) => overwrite(path, 0, 16)],
];

describe("a damaged file", () => {
  test.each(DAMAGE)("%s: is moved aside whole, and a new store takes its place", async (_kind, damage) => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    await filledStore(path);
    damage(path);
    const damaged = readFileSync(path);
    const logger = new Lines();

    const store = await openStore(path, {}, { logger });

    expect(store.recovery).toMatchObject({
      movedTo: `${path}.corrupt-2027-01-01T00-00-00.000Z`,
      restoredFrom: null,
      error: { code: "SUNBEAT_STORE_CORRUPT", retryable: false },
    });
    expect(readFileSync(store.recovery?.movedTo ?? "")).toEqual(damaged);
    expect(logger.lines).toEqual([`error: sqlite store: ${store.recovery?.error.message}`]);
    expect(await store.sender.enqueue([message("m0")])).toEqual(["queued"]);
  });

  test.each([
    ["a letter", "Dear Sir,\n".repeat(1_000)],
    ["five bytes", "hello"],
    ["a database's first words alone", "SQLite format 3\0".padEnd(4_096, "x")],
  ])("%s that was never sunbeat's is refused, and not touched", async (_what, content) => {
    const folder = newFolder();
    const path = join(folder, "letter.txt");
    writeFileSync(path, content);
    for (const _time of ["first", "again"]) {
      const error = await rejection(openStore(path));
      expect([error.code, error.retryable, error.message]).toEqual([
        "SUNBEAT_STORE_CORRUPT",
        false,
        expect.stringContaining("nothing was changed: name another file"),
      ]);
    }
    expect([readdirSync(folder), readFileSync(path, "utf8")]).toEqual([["letter.txt"], content]);
  });

  test("is opened once more as if nothing had been", async () => {
    const path = join(newFolder(), "store.db");
    await filledStore(path);
    writeFileSync(path, "garbage".repeat(1_000));
    await (await openStore(path)).close();
    expect((await openStore(path)).recovery).toBeNull();
  });

  test("two files damaged in the same instant are both kept", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    await filledStore(path);
    for (const content of ["first", "second"]) {
      writeFileSync(path, content);
      await (await openStore(path)).close();
    }
    const kept = movedAside(folder);
    expect(kept.map((name) => readFileSync(join(folder, name), "utf8")).sort()).toEqual(["first", "second"]);
  });

  test("many openings at once recover it once", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    await filledStore(path);
    writeFileSync(path, "garbage".repeat(1_000));
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openStore(path, {}, { clock: systemClock })),
    );
    expect(opened.filter((store) => store.recovery !== null)).toHaveLength(1);
    expect(movedAside(folder)).toHaveLength(1);
    for (const [n, store] of opened.entries()) await store.sender.enqueue([message(`m${n}`)]);
    expect(await opened[0]?.queues.counts()).toEqual([
      { queue: "q", ready: 5, scheduled: 0, leased: 0, dead: 0 },
    ]);
  });

  test("a process that has the moved file open refuses to go on", async () => {
    const path = join(newFolder(), "store.db");
    await filledStore(path);
    const before = await openStore(path);
    overwrite(path, 0, 4096 * 20);
    const after = await openStore(path);
    expect(after.recovery).not.toBeNull();
    const error = await rejection(before.sender.enqueue([message("late")]));
    expect({ code: error.code, retryable: error.retryable }).toEqual({
      code: "SUNBEAT_STORE_REPLACED",
      retryable: false,
    });
    expect(await after.results.get(["late"])).toEqual([null]);
  });

  test("damage met while running is a typed error, and the next opening looks closely", async () => {
    const path = join(newFolder(), "store.db");
    // More than SQLite keeps in memory.
    await filledStore(path, 1_000, 30_000);
    const store = await openStore(path);
    overwrite(path, 4096 * 2, statSync(path).size);
    const error = await rejection(store.queues.purge(["q"]));
    expect({ code: error.code, retryable: error.retryable }).toEqual({
      code: "SUNBEAT_STORE_CORRUPT",
      retryable: false,
    });
    expect(existsSync(`${path}.suspect`)).toBe(true);
    await store.close();
    expect((await openStore(path)).recovery).not.toBeNull();
    expect(existsSync(`${path}.suspect`)).toBe(false);
  });
});

describe("a file that was lost", () => {
  test("an empty file that was never used is a new store", async () => {
    const path = join(newFolder(), "store.db");
    writeFileSync(path, "");
    const store = await openStore(path);
    expect(store.recovery).toBeNull();
    expect(await store.sender.enqueue([message("a")])).toEqual(["queued"]);
  });

  test("an absent file whose log is left is not made over the log", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    writeFileSync(`${path}-wal`, "what was not yet moved into the file");
    const store = await openStore(path);
    expect(readFileSync(`${store.recovery?.movedTo}-wal`, "utf8")).toBe(
      "what was not yet moved into the file",
    );
  });

  test("without its log it is what it was when the log was last moved into it", async () => {
    const path = join(newFolder(), "store.db");
    await filledStore(path, 3);
    const store = await openStore(path);
    await store.sender.enqueue([message("in the log")]);
    const file = readFileSync(path);
    await store.close();
    writeFileSync(path, file);
    rmSync(`${path}-wal`, { force: true });
    const again = await openStore(path);
    expect(again.recovery).toBeNull();
    expect(await again.queues.counts()).toEqual([{ queue: "q", ready: 3, scheduled: 0, leased: 0, dead: 0 }]);
  });

  test("one that is deleted while open is an error, not a store nobody sees", async () => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path);
    rmSync(path);
    const error = await rejection(store.sender.enqueue([message("a")]));
    expect({ code: error.code, retryable: error.retryable }).toEqual({
      code: "SUNBEAT_STORE_REPLACED",
      retryable: false,
    });
    expect(error.message).toContain("restart this process");
  });
});

describe("a file that is refused", () => {
  test("of a newer schema: it stays as it is, to the last byte", async () => {
    const path = join(newFolder(), "store.db");
    await filledStore(path);
    await execute(path, "PRAGMA user_version = 99");
    const before = { bytes: readFileSync(path), at: statSync(path).mtimeMs };
    const error = await rejection(openStore(path));
    expect({ code: error.code, retryable: error.retryable }).toEqual({
      code: "SUNBEAT_STORE_NEWER",
      retryable: false,
    });
    expect(error.message).toContain("schema version 99");
    expect({ bytes: readFileSync(path), at: statSync(path).mtimeMs }).toEqual(before);
  });

  test("of another program: it stays as it is", async () => {
    const path = join(newFolder(), "store.db");
    await execute(path, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
    const before = readFileSync(path);
    const error = await rejection(openStore(path));
    expect([error.code, error.retryable]).toEqual(["SUNBEAT_STORE_UNAVAILABLE", false]);
    expect(error.message).toContain("another program");
    expect(readFileSync(path)).toEqual(before);
  });

  test.each([1, 2, 3])(
    "that another process makes its own after look %i at it is no other program's",
    async (look) => {
      const path = join(newFolder(), "store.db");
      await execute(path, "PRAGMA journal_mode = wal");
      const driver = await loadDriver();
      let looks = 0;
      const make = (): void => {
        const handle = driver.open(path);
        handle.exec("BEGIN IMMEDIATE");
        migrate(handle, 0);
        handle.exec("COMMIT");
        handle.close();
      };
      const watched: Driver = {
        ...driver,
        open(file, readOnly) {
          const handle = driver.open(file, readOnly);
          if (!readOnly) return handle;
          return {
            exec(sql) {
              handle.exec(sql);
              if (++looks === look) make();
            },
            prepare: (sql) => handle.prepare(sql),
            function: (name, options, body) => handle.function(name, options, body),
            close: () => handle.close(),
          };
        },
      };
      const context = { clock: systemClock, random: systemRandom, logger: new Lines() };
      const { handle, recovery } = await openFile(watched, path, context);
      handle.close();
      expect([looks > 0, recovery]).toEqual([true, null]);
    },
  );

  test("a folder in its place", async () => {
    const path = join(newFolder(), "store.db");
    mkdirSync(path);
    const error = await rejection(openStore(path));
    expect([error.code, error.retryable]).toEqual(["SUNBEAT_STORE_UNAVAILABLE", false]);
    expect(error.message).toContain("is a folder");
  });

  test("no folder to make it in", async () => {
    const folder = join(newFolder(), "missing");
    const error = await rejection(openStore(join(folder, "store.db")));
    expect([error.code, error.retryable]).toEqual(["SUNBEAT_STORE_UNAVAILABLE", false]);
    expect(error.message).toContain(`there is no folder ${folder}`);
  });
});

describe("a full disk", () => {
  test("fails the step whole, keeps all that was there, and goes on once there is room", async () => {
    const path = join(newFolder(), "store.db");
    const context = { clock: new ManualClock(), random: systemRandom, logger: new Lines() };
    const { handle } = await openFile(await loadDriver(), path, context);
    const options = { origin: null, onCommit: () => undefined, onCorrupt: () => undefined };
    const files = new OpenFiles(path, path, true, context.clock);
    const connection = new Connection(handle, files, context, options);
    const hub = new Hub(context.clock, context.logger);
    const consumer = sqliteConsumer(connection, hub, systemRandom, context.logger);
    const [sender, queues] = [sqliteSender(connection), sqliteQueues(connection)];
    const some = (prefix: string, count: number): NewMessage[] =>
      Array.from({ length: count }, (_, n) => message(`${prefix}${n}`, { body: "x".repeat(1_000) }));
    await sender.enqueue(some("a", 10));

    handle.exec("PRAGMA max_page_count = 60");
    const error = await rejection(sender.enqueue(some("b", 500)));
    expect([error.code, error.retryable]).toEqual(["SUNBEAT_STORE_FULL", true]);
    expect(await queues.counts()).toEqual([{ queue: "q", ready: 10, scheduled: 0, leased: 0, dead: 0 }]);
    const claimed = await consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1_000, max: 10 });
    expect(await consumer.giveBack(claimed.deliveries)).toEqual(claimed.deliveries.map(() => "settled"));

    handle.exec("PRAGMA max_page_count = 100000");
    expect(new Set(await sender.enqueue(some("b", 500)))).toEqual(new Set(["queued"]));
    connection.close();
  });
});

test("the file and what lies beside it are its owner's alone", async () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  const store = await openStore(join(folder, "store.db"));
  await store.sender.enqueue([message("a")]);
  const modes = readdirSync(folder).map((name) => [
    name,
    (statSync(join(folder, name)).mode & 0o777).toString(8),
  ]);
  expect(Object.fromEntries(modes)).toEqual({
    "store.db": "600",
    "store.db-shm": "600",
    "store.db-wal": "600",
    "store.db.lock": "600",
  });
});
