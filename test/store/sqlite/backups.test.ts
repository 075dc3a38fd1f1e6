import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
const isOfNow: unknown = expect.stringMatching(/Z\.db$/);
const source = (name: string): string =>
  JSON.stringify(new URL(`../../../src/${name}`, import.meta.url).href);
const QUARTER_MS = 15 * 60_000;

/** What lies in the folder of backups, beside the lock of those who make them. */
function contents(path: string): string[] {
  const names = readdirSync(`${path}.backups`).filter((name) => name !== "lock");
  return names.sort();
}

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
  expect(contents(path)).toHaveLength(3);
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
  // Those made later have the later name, though the clock says otherwise.
  const millis = ["002", "001", "000"];
  expect(names()).toEqual(millis.map((ms) => `2027-01-01T00-00-00.${ms}Z.db`));
});

test("programs that start together make one backup, and no second copy of the file meanwhile", async () => {
  const { path, clock, logger, store } = await rig();
  const body = "x".repeat(1_000_000);
  await store.sender.enqueue(Array.from({ length: 40 }, (_, n) => message(`m${n}`, { body })));
  const driver = await loadDriver();
  const programs = Array.from({ length: 4 }, () => {
    return new Backups(driver, path, { clock, logger, random: systemRandom });
  });
  let isOver = false;
  for (const program of programs) program.look();
  const all = Promise.all(programs.map((program) => program.settled())).then(() => (isOver = true));
  let most = 0;
  while (!isOver) {
    const copies = contents(path).filter((name) => name.endsWith(".unfinished"));
    most = Math.max(most, copies.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(most).toBeLessThanOrEqual(1);
  expect([contents(path), logger.lines]).toEqual([["2027-01-01T00-00-00.000Z.db"], []]);
});

test("what a program that was killed left unfinished goes with the next backup", async () => {
  const { path, look } = await rig();
  mkdirSync(`${path}.backups`);
  for (const name of ["a.unfinished", "a.unfinished-journal"]) writeFileSync(`${path}.backups/${name}`, "");
  await look();
  expect(contents(path)).toEqual([isBackup]);
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
  await store.sender.enqueue([message("a", { body: "x".repeat(100_000) })]);
  await store.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill("?", 4096 * 5));
  await clock.advance(QUARTER_MS);
  await look();
  expect(names()).toEqual(["2027-01-01T00-00-00.000Z.db"]);
  expect(contents(path)).toHaveLength(1);
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines[0]).toMatch(/^error: sqlite store: no backup was made in .*\.backups: /);
});

test("a damaged file gives way to the newest backup, which stays", async () => {
  const { path, clock, store, look } = await rig();
  await store.sender.enqueue([message("before")]);
  await look();
  await clock.advance(QUARTER_MS);
  await store.sender.enqueue([message("later")]);
  await look();
  await store.sender.enqueue([message("after")]);
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
  await store.sender.enqueue([message("before")]);
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
  await store.sender.enqueue([message("a")]);
  await look();
  await store.close();
  writeFileSync(path, "");
  const restored = await openStore(path, {}, { clock });
  expect(restored.recovery?.restoredFrom).toBe(backupsOf(path)[0]);
  expect(await restored.sender.enqueue([message("a")])).toEqual(["duplicate"]);
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
  await store.sender.enqueue([message("a")]);
  expect(existsSync(`${path}.backups`)).toBe(true);
  await store.close();
  expect(contents(path).filter((name) => !name.endsWith(".db"))).toEqual([]);
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
      await store.sender.enqueue([${JSON.stringify(message("last"))}]);
      // Or made already: this process may stand still for as long as that takes.
      const isUnderWay = () => readdirSync(process.argv[1] + ".backups").some((name) => /unfinished$|Z\\.db$/.test(name));
      while (!isUnderWay()) await new Promise((resolve) => systemClock.after(1, resolve));
      ${ending}
    });`;
  return run(process.execPath, ["--import", "tsx", "-e", program, "--", path]);
}

test.each([
  // it ends by, newest backup afterwards
  ["closing the store", "await store.close();", isBackup], // the one under way has ended or is no more
  ["process.exit", "process.exit(0);", isOfNow],
  ["having nothing more to do", "", isOfNow],
])(
  "a program that ends by %s while a backup is made ends well, and leaves three",
  async (_, ending, newest) => {
    const path = join(newFolder(), "store.db");
    const store = await openStore(path);
    const body = "x".repeat(1_000_000);
    await store.sender.enqueue(Array.from({ length: 40 }, (__, n) => message(`m${n}`, { body })));
    await store.close();
    mkdirSync(`${path}.backups`);
    for (const day of [1, 2, 3]) writeFileSync(`${path}.backups/2020-01-0${day}.db`, "");
    expect(await endWithinBackup(path, ending)).toEqual({ stdout: "", stderr: "" });
    await expect.poll(() => contents(path), { timeout: 60_000 }).toEqual([isBackup, isBackup, newest]);
  },
);

test("a backup for which no process can be started is said, and ends nothing", async () => {
  const path = join(newFolder(), "store.db");
  const program = `
    const { closeSync, openSync } = require("node:fs");
    Promise.all([import(${source("store/sqlite/index.ts")}), import(${source("store/sqlite/backups.ts")}),
      import(${source("store/sqlite/driver.ts")}), import(${source("core/clock.ts")}), import(${source("core/random.ts")}),
    ]).then(async ([{ openSqliteStore }, { Backups }, { loadDriver }, { systemClock }, { systemRandom }]) => {
      const say = (line) => console.log(line);
      const context = { clock: systemClock, random: systemRandom, logger: { debug() {}, info() {}, warn: say, error: say } };
      const path = ${JSON.stringify(path)};
      const store = await openSqliteStore(path, context, { backups: false });
      const backups = new Backups(await loadDriver(), path, context);
      const files = [];
      try {
        for (;;) files.push(openSync("/dev/null"));
      } catch {}
      closeSync(files.pop()); // enough to look, too little to start anything
      backups.look();
      await backups.settled();
      for (const file of files) closeSync(file);
      await backups.close();
      await store.close();
      console.log("ended");
    });`;
  const node = [process.execPath, "--import", "tsx", "-e", program];
  const { stdout } = await run("sh", ["-c", 'ulimit -n 128; exec "$@"', "sh", ...node]);
  expect(stdout).toBe(
    `sqlite store: no backup was made in ${path}.backups: spawn ${process.execPath} EMFILE\nended\n`,
  );
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
