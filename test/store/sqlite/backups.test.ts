import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { systemRandom } from "../../../src/core/random.js";
import { Backups, backupsOf } from "../../../src/store/sqlite/backups.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Lines, message, newFolder, openStore } from "./files.js";

const run = promisify(execFile);
const isBackup: unknown = expect.stringMatching(/\.db$/);
const source = (name: string): string =>
  JSON.stringify(new URL(`../../../src/${name}`, import.meta.url).href);
const QUARTER_MS = 15 * 60_000;

/** A store and its backups, both on one clock, the backups made when the test says so. */
async function rig() {
  const path = join(newFolder(), "store.db");
  const clock = new ManualClock();
  const logger = new Lines();
  const store = await openStore(path, {}, { clock, logger });
  const backups = new Backups(await loadDriver(), path, { clock, logger, random: systemRandom });
  const look = async (): Promise<void> => {
    backups.look();
    await backups.settled();
  };
  return {
    path,
    clock,
    logger,
    store,
    backups,
    look,
    names: () => backupsOf(path).map((file) => basename(file)),
  };
}

test("a backup is made at the first look and then every quarter of an hour, and three are kept", async () => {
  const { clock, look, names, path } = await rig();
  for (let minute = 0; minute < 60; minute += 5) {
    await look();
    await clock.advance(5 * 60_000);
  }
  expect(names()).toEqual([
    "2027-01-01T00-45-00.000Z.db",
    "2027-01-01T00-30-00.000Z.db",
    "2027-01-01T00-15-00.000Z.db",
  ]);
  expect(readdirSync(`${path}.backups`)).toHaveLength(3);
});

test("a process that starts soon after a backup makes none", async () => {
  const { path, clock, logger, look, names } = await rig();
  await look();
  await clock.advance(QUARTER_MS - 1);
  const other = new Backups(await loadDriver(), path, { clock, logger, random: systemRandom });
  other.look();
  await other.settled();
  expect(names()).toHaveLength(1);
});

test("a clock that was set back a year does not stop the backups", async () => {
  const { clock, look, names } = await rig();
  await look();
  clock.jump(-365 * 24 * 60 * 60_000);
  await look();
  await clock.advance(QUARTER_MS);
  await look();
  expect(names().length).toBeGreaterThan(1);
});

test("a backup is its owner's alone", async () => {
  const { path, look } = await rig();
  await look();
  const [backup = ""] = backupsOf(path);
  expect([statSync(backup).mode & 0o777, statSync(`${path}.backups`).mode & 0o777]).toEqual([0o600, 0o700]);
});

test("a backup that fails is said, leaves nothing behind, and spares the earlier ones", async () => {
  const { path, clock, logger, store, look, names } = await rig();
  await look();
  await store.broker.enqueue([message("a", { body: "x".repeat(100_000) })]);
  await store.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill("?", 4096 * 5));
  await clock.advance(QUARTER_MS);
  await look();
  expect(names()).toEqual(["2027-01-01T00-00-00.000Z.db"]);
  expect(readdirSync(`${path}.backups`)).toHaveLength(1);
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]).toMatch(/^error: sqlite store: no backup of .* was made: /);
});

test("a damaged file gives way to the newest backup, which stays", async () => {
  const { path, clock, store, look } = await rig();
  await store.broker.enqueue([message("before")]);
  await look();
  await clock.advance(QUARTER_MS);
  await store.broker.enqueue([message("later")]);
  await look();
  await store.broker.enqueue([message("after")]);
  await store.close();
  writeFileSync(path, "garbage".repeat(1_000));

  const restored = await openStore(path, {}, { clock });

  const [newest] = backupsOf(path);
  expect(restored.recovery?.restoredFrom).toBe(newest);
  expect(restored.recovery?.error.message).toContain(`the backup ${newest} takes its place`);
  expect((await restored.results.get(["before", "later", "after"])).map((found) => found?.state)).toEqual([
    "PENDING",
    "PENDING",
    undefined,
  ]);
});

test.each([
  ["is garbage", (file: string) => writeFileSync(file, "garbage")],
  [
    "is damaged in the middle",
    (file: string) => writeFileSync(file, readFileSync(file).fill("?", 4096 * 2, 4096 * 9)),
  ],
  ["is another program's", (file: string) => writeFileSync(file, readFileSync(file).fill(0, 68, 72))],
])("a backup that %s is passed over for the one before", async (_what, damage) => {
  const { path, clock, store, look } = await rig();
  await store.broker.enqueue([message("before")]);
  await look();
  await clock.advance(QUARTER_MS);
  await look();
  await store.close();
  const [newest = "", before] = backupsOf(path);
  damage(newest);
  writeFileSync(path, "garbage");
  expect((await openStore(path, {}, { clock })).recovery?.restoredFrom).toBe(before);
});

test("an empty file that has backups was in use, and gets the newest", async () => {
  const { path, clock, store, look } = await rig();
  await store.broker.enqueue([message("a")]);
  await look();
  await store.close();
  writeFileSync(path, "");
  const restored = await openStore(path, {}, { clock });
  expect(restored.recovery?.restoredFrom).toBe(backupsOf(path)[0]);
  expect(await restored.broker.enqueue([message("a")])).toEqual(["duplicate"]);
});

test("a file that somebody took away starts empty, and the backups are named", async () => {
  const { path, clock, store, look } = await rig();
  await look();
  await store.close();
  for (const part of ["", "-wal", "-shm"]) rmSync(path + part, { force: true });
  const logger = new Lines();
  expect((await openStore(path, {}, { clock, logger })).recovery).toBeNull();
  expect(logger.lines).toEqual([
    `warn: sqlite store: ${path} did not exist and starts empty; backups of an earlier file are in ${path}.backups`,
  ]);
});

test("a store makes its first backup by itself, and closing does not wait for a slow one", async () => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path, { backups: true });
  await store.broker.enqueue([message("a")]);
  expect(existsSync(`${path}.backups`)).toBe(true);
  await store.close();
  expect(readdirSync(`${path}.backups`).filter((name) => !name.endsWith(".db"))).toEqual([]);
});

/** Opens the store at `path` in a process of its own, begins a backup, and ends as `ending` says while it is made. */
function endWithinBackup(path: string, ending: string) {
  const program = `
    const { readdirSync } = require("node:fs");
    Promise.all([import(${source("store/sqlite/index.ts")}), import(${source("core/clock.ts")}),
      import(${source("core/random.ts")}),
    ]).then(async ([{ openSqliteStore }, { systemClock }, { systemRandom }]) => {
      const logger = { debug() {}, info() {}, warn: console.log, error: console.log };
      const store = await openSqliteStore(process.argv[1], { clock: systemClock, random: systemRandom, logger });
      await store.broker.enqueue([${JSON.stringify(message("last"))}]);
      const isUnderWay = () => readdirSync(process.argv[1] + ".backups").some((name) => name.endsWith(".unfinished"));
      while (!isUnderWay()) await new Promise((resolve) => systemClock.after(1, resolve));
      ${ending}
    });`;
  return run(process.execPath, ["--import", "tsx", "-e", program, "--", path]);
}

test.each([
  // it ends by, backups that are there afterwards
  ["closing the store", "await store.close();", 0],
  ["process.exit", "process.exit(0);", 1],
  ["having nothing more to do", "", 1],
])("a program that ends by %s while a backup is made ends well", async (_, ending, backups) => {
  const path = join(newFolder(), "store.db");
  const store = await openStore(path);
  const body = "x".repeat(1_000_000);
  await store.broker.enqueue(Array.from({ length: 40 }, (__, n) => message(`m${n}`, { body })));
  await store.close();
  expect(await endWithinBackup(path, ending)).toEqual({ stdout: "", stderr: "" });
  if (backups === 0) expect(readdirSync(`${path}.backups`)).toEqual([]);
  else await expect.poll(() => readdirSync(`${path}.backups`), { timeout: 60_000 }).toEqual([isBackup]);
});

test.each([
  ["a program given as a text that is a module", ["--input-type=module"]],
  ["a program given as a text that is a script", ["--input-type=commonjs"]],
])("%s has backups, too", async (_, flags) => {
  const path = join(newFolder(), "store.db");
  const program = `
    Promise.all([import(${source("store/sqlite/index.ts")}), import(${source("store/sqlite/backups.ts")}),
      import(${source("store/sqlite/driver.ts")}), import(${source("core/clock.ts")}), import(${source("core/random.ts")}),
    ]).then(async ([{ openSqliteStore }, { Backups }, { loadDriver }, { systemClock }, { systemRandom }]) => {
      const say = (line) => console.log(line);
      const logger = { debug() {}, info() {}, warn: say, error: say };
      const context = { clock: systemClock, random: systemRandom, logger };
      const path = ${JSON.stringify(path)};
      const store = await openSqliteStore(path, context, { backups: false });
      const backups = new Backups(await loadDriver(), path, context);
      const work = setInterval(() => undefined, 1_000); // a backup alone keeps no process alive
      backups.look();
      await backups.settled();
      await store.close();
      clearInterval(work);
    });`;
  const { stdout } = await run(process.execPath, [...flags, "--import", "tsx", "-e", program]);
  expect([stdout, backupsOf(path).length]).toEqual(["", 1]);
});
