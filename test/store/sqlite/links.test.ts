/** Symbolic links: as the path of a file, and where somebody has put them beside it. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../../src/core/random.js";
import { Backups, backupsOf } from "../../../src/store/sqlite/backups.js";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Lines, message, newFolder, openStore } from "./files.js";

const LETTER = "Dear Sir,\n";

/** A store with one message at `path`, closed. */
async function made(path: string): Promise<void> {
  const store = await openStore(path);
  await store.sender.enqueue([message("a")]);
  await store.close();
}

describe("a link as the path", () => {
  test.each([
    ["an absolute", (folder: string) => join(folder, "real.db")],
    ["a relative", () => "real.db"],
  ])("to %s link names the same store, also after damage", async (_what, targetIn) => {
    const folder = newFolder();
    const data = join(folder, "data");
    mkdirSync(data);
    const real = join(data, "real.db");
    await made(real);
    symlinkSync(targetIn(data), join(data, "link.db"));
    symlinkSync(join("data", "link.db"), join(folder, "far.db"));
    writeFileSync(real, "garbage".repeat(1_000));

    const byLink = await openStore(join(folder, "far.db"));
    expect(byLink.recovery?.movedTo).toContain(`${real}.corrupt-`);
    expect(lstatSync(join(folder, "far.db")).isSymbolicLink()).toBe(true);
    const byName = await openStore(real);
    expect(byName.recovery).toBeNull();
    await byLink.sender.enqueue([message("b")]);
    expect(await byName.sender.enqueue([message("b")])).toEqual(["duplicate"]);
    expect(readdirSync(folder)).toEqual(["data", "far.db"]);
  });

  test("that leads to a file that does not exist makes it there", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "data"));
    symlinkSync("data/store.db", join(folder, "link.db"));
    const store = await openStore(join(folder, "link.db"));
    await store.sender.enqueue([message("a")]);
    expect(statSync(join(folder, "data", "store.db")).mode & 0o777).toBe(0o600);
    expect(await (await openStore(join(folder, "data", "store.db"))).sender.enqueue([message("a")])).toEqual([
      "duplicate",
    ]);
  });

  test.each([
    ["into a folder that does not exist", "missing/store.db", "there is no folder"],
    ["to itself", "link.db", "leads back to itself"],
  ])("%s is refused for good", async (_what, target, says) => {
    const folder = newFolder();
    symlinkSync(target, join(folder, "link.db"));
    await expect(openStore(join(folder, "link.db"))).rejects.toMatchObject({
      ...{ code: "SUNBEAT_STORE_UNAVAILABLE", retryable: false },
      message: expect.stringContaining(says) as unknown,
    });
    expect(readdirSync(folder)).toEqual(["link.db"]);
  });

  test("that leads to another file now stops who has the first one open", async () => {
    const folder = newFolder();
    const link = join(folder, "link.db");
    await made(join(folder, "b.db"));
    symlinkSync("a.db", link);
    const store = await openStore(link);
    unlinkSync(link);
    symlinkSync("b.db", link);
    await expect(store.sender.enqueue([message("x")])).rejects.toMatchObject({
      code: "SUNBEAT_STORE_REPLACED",
    });
  });
});

describe("a link beside the file", () => {
  test("where the mark of damage goes: the letter behind it stays, and the file is looked at all the same", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    const filled = await openStore(path);
    const body = "x".repeat(30_000);
    await filled.sender.enqueue(Array.from({ length: 1_000 }, (_, n) => message(`m${n}`, { body })));
    await filled.close();
    const letter = join(folder, "letter");
    writeFileSync(letter, LETTER);
    const store = await openStore(path);
    symlinkSync(letter, `${path}.suspect`);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill("?", 4096 * 2));
    await expect(store.queues.purge(["q"])).rejects.toMatchObject({ code: "SUNBEAT_STORE_CORRUPT" });
    expect(readFileSync(letter, "utf8")).toBe(LETTER);
    await store.close();
    expect((await openStore(path)).recovery).not.toBeNull();
    expect([existsSync(`${path}.suspect`), readFileSync(letter, "utf8")]).toEqual([false, LETTER]);
  });

  test("where a backup is put back: the letter stays", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    await made(path);
    mkdirSync(`${path}.backups`);
    copyFileSync(path, `${path}.backups/2027-01-01T00-00-00.000Z.db`);
    chmodSync(`${path}.backups/2027-01-01T00-00-00.000Z.db`, 0o644);
    const letter = join(folder, "letter");
    writeFileSync(letter, LETTER);
    symlinkSync(letter, `${path}.restoring`);
    writeFileSync(path, "garbage");
    const store = await openStore(path);
    expect(store.recovery?.restoredFrom).not.toBeNull();
    expect([readFileSync(letter, "utf8"), lstatSync(path).isFile(), statSync(path).mode & 0o777]).toEqual([
      LETTER,
      true,
      0o600,
    ]);
  });

  test.each([
    [".lock", "it would be locked"],
    ["-wal", "SQLite refuses it without a reason"],
    ["-shm", "SQLite refuses it without a reason"],
    ["-journal", "SQLite refuses it without a reason"],
  ])("%s is refused by name, and what it leads to is neither written nor made: %s", async (part) => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    const [letter, none] = [join(folder, "letter"), join(folder, "none")];
    writeFileSync(letter, LETTER);
    for (const target of [letter, none]) {
      symlinkSync(target, path + part);
      await expect(openStore(path)).rejects.toMatchObject({
        ...{ code: "SUNBEAT_STORE_UNAVAILABLE", retryable: false },
        message: expect.stringContaining(`${path}${part} is a symbolic link`) as unknown,
      });
      unlinkSync(path + part);
    }
    expect([readdirSync(folder), readFileSync(letter, "utf8")]).toEqual([["letter"], LETTER]);
  });

  test("where the lock of the backups goes: no backup is made, and that is said", async () => {
    const folder = newFolder();
    const path = join(folder, "store.db");
    await made(path);
    mkdirSync(`${path}.backups`);
    symlinkSync(join(folder, "none"), `${path}.backups/lock`);
    const logger = new Lines();
    const backups = new Backups(await loadDriver(), path, {
      clock: new ManualClock(),
      logger,
      random: systemRandom,
    });
    backups.look();
    await backups.settled();
    expect([backupsOf(path), existsSync(join(folder, "none"))]).toEqual([[], false]);
    expect(logger.lines).toEqual([expect.stringContaining("lock is no file; remove it")]);
  });
});
