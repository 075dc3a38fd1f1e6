/** The reading of real database files: what is found, and that nothing is changed by looking. */
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { judge } from "../../src/doctor/index.js";
import { loadDriver } from "../../src/store/sqlite/driver.js";
import { SCHEMA_VERSION } from "../../src/store/sqlite/schema.js";
import { surveySqlite } from "../../src/store/sqlite/survey.js";
import type { SqliteInside } from "../../src/store/contracts/survey.js";
import { message, newFolder, openStore } from "../store/sqlite/files.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const survey = (file: string) => surveySqlite(file, context);

async function errors(file: string): Promise<string[]> {
  const findings = judge(await survey(file)).filter(({ verdict }) => verdict === "error");
  return findings.map(({ setting, value }) => `${setting} ${value}`);
}

test("a store in use is read beside those who use it", async () => {
  const file = path.join(newFolder(), "a.db");
  const store = await openStore(file, { backups: true }, { clock: systemClock });
  await store.sender.enqueue([message("a")]);
  const { file: found, ...place } = await survey(file);
  expect(place).toEqual({
    kind: "sqlite",
    path: file,
    version: expect.stringMatching(/^3\.\d+\.\d+$/) as unknown,
    hasSafeLog: expect.any(Boolean) as unknown,
    networkDisk: null,
    isMountedAlone: false,
    freeBytes: { value: expect.any(Number) as unknown },
    writable: true,
    entries: { value: [] },
  });
  expect(found).toEqual({
    bytes: statSync(file).size,
    mode: 0o600,
    madeAt: expect.toSatisfy((at: number) => at <= Date.now()) as unknown,
    changedAt: expect.any(Number) as unknown,
    newestBackupAt: expect.toSatisfy((at: unknown) => at === null || typeof at === "number") as unknown,
    inside: {
      value: {
        isOurs: true,
        journalMode: place.hasSafeLog ? "wal" : "delete",
        synchronous: "full",
        schemaVersion: SCHEMA_VERSION,
        knownVersion: SCHEMA_VERSION,
      } satisfies SqliteInside,
    },
  });
  expect(await store.sender.enqueue([message("b")])).toEqual(["queued"]);
});

test("looking makes no file", async () => {
  const folder = newFolder();
  expect((await survey(path.join(folder, "none.db"))).file).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

test("looking changes nothing in a file, whoever made it", async () => {
  const folder = newFolder();
  const ours = path.join(folder, "ours.db");
  await (await openStore(ours)).close();
  const letter = path.join(folder, "letter.db");
  writeFileSync(letter, "Dear Anna, ".repeat(100));
  const theirs = path.join(folder, "theirs.db");
  const other = (await loadDriver()).open(theirs);
  other.exec("CREATE TABLE t (x)");
  other.close();
  const before = [ours, letter, theirs].map((file) => readFileSync(file));
  expect(await errors(ours)).toEqual([]);
  expect(await errors(letter)).toEqual(["file cannot be read"]);
  expect(await errors(theirs)).toEqual(["file of another program"]);
  expect([ours, letter, theirs].map((file) => readFileSync(file))).toEqual(before);
});

test("a damaged file is an error, and stays where it is", async () => {
  const file = path.join(newFolder(), "a.db");
  const store = await openStore(file);
  await store.sender.enqueue([message("a")]);
  await store.close();
  truncateSync(file, 20_000);
  writeFileSync(file, Buffer.alloc(200, 0x5a), { flag: "r+" });
  expect(await errors(file)).toEqual(["file cannot be read"]);
  expect(existsSync(file)).toBe(true);
});

test("a file of a newer sunbeat is an error", async () => {
  const file = path.join(newFolder(), "a.db");
  await (await openStore(file)).close();
  const handle = (await loadDriver()).open(file);
  handle.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  handle.close();
  expect(await errors(file)).toEqual([`schema ${SCHEMA_VERSION + 1}, known ${SCHEMA_VERSION}`]);
});

test("rights of others to the file are seen", async () => {
  const file = path.join(newFolder(), "a.db");
  await (await openStore(file)).close();
  chmodSync(file, 0o644);
  expect((await survey(file)).file?.mode).toBe(0o644);
});

test("a backup is found by the instant in its name", async () => {
  const file = path.join(newFolder(), "a.db");
  const store = await openStore(file, { backups: true }, { clock: systemClock });
  const startedAt = Math.floor(Date.now());
  await store.sender.enqueue([message("a")]);
  await expect
    .poll(async () => (await survey(file)).file?.newestBackupAt ?? 0)
    .toBeGreaterThanOrEqual(startedAt);
});

test("a folder that is not there is an error, and not made", async () => {
  const file = path.join(newFolder(), "no", "a.db");
  expect(await errors(file)).toEqual(["rights this user may not write"]);
  expect(existsSync(path.dirname(file))).toBe(false);
});
