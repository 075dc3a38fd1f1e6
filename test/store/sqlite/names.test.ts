/** One file under two names has two logs: whoever comes by another name is refused while somebody has the file open. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadDriver } from "../../../src/store/sqlite/driver.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { started } from "./children.js";
import { Lines, message, newFolder, openStore } from "./files.js";

const refused = (says: string) => ({
  ...{ code: "SUNBEAT_STORE_UNAVAILABLE", retryable: false },
  message: expect.stringContaining(says) as unknown,
});

/** Opens at a time that passes by itself, since who is refused has tried for five seconds. */
async function opened(path: string, logger = new Lines()) {
  const clock = new ManualClock();
  let isOver = false;
  const opening = openStore(path, {}, { clock, logger }).finally(() => (isOver = true));
  opening.catch(() => undefined);
  while (!isOver) await clock.advance(10);
  return opening;
}

/**
 * A closed store with the message "a", in a folder with another one beside it. Made by another process: the driver's package
 * keeps a closed file locked until its statements are cleared up.
 */
async function rig() {
  const folder = newFolder();
  const [path, other] = [join(folder, "one", "store.db"), join(folder, "two", "store.db")];
  for (const name of ["one", "two"]) mkdirSync(join(folder, name));
  const maker = await started(path, "send");
  maker.process.stdin.end("a\n");
  await maker.ended;
  return { path, other };
}

async function execute(path: string, sql: string): Promise<void> {
  const handle = (await loadDriver()).open(path);
  handle.exec(sql);
  handle.close();
}

test.each([
  ["in another folder", (path: string, other: string) => (linkSync(path, other), other)],
  ["in the same folder", (path: string) => (linkSync(path, `${path}2`), `${path}2`)],
  ["after it was moved", (path: string, other: string) => (renameSync(path, other), other)],
])("a name %s is refused while another process has the file open by the first", async (_what, act) => {
  const { path, other } = await rig();
  const user = await started(path, "send");
  const second = act(path, other);
  await expect(opened(second)).rejects.toMatchObject(refused(`in use as ${path}`));
  await user.kill();
  const store = await opened(second);
  expect(await store.sender.enqueue([message("a")])).toEqual(["duplicate"]);
});

test("the first name is refused once the second is in use", async () => {
  const { path, other } = await rig();
  linkSync(path, other);
  await opened(other);
  await expect(opened(path)).rejects.toMatchObject(refused(`in use as ${other}`));
});

test.each([
  ["moved", (path: string, other: string) => renameSync(path, other)],
  ["copied", (path: string, other: string) => copyFileSync(path, other)],
])("a file that was %s while nobody had it open is opened without a question", async (_what, act) => {
  const { path, other } = await rig();
  act(path, other);
  const logger = new Lines();
  for (const _time of ["first", "again"]) {
    const store = await openStore(other, {}, { logger });
    expect(await store.sender.enqueue([message("a")])).toEqual(["duplicate"]);
    await store.close();
  }
  expect(logger.lines).toEqual([]);
});

test("many processes that find a moved file open it together", async () => {
  const { path, other } = await rig();
  renameSync(path, other);
  const all = await Promise.all(Array.from({ length: 4 }, () => started(other, "drain")));
  expect(all).toHaveLength(4);
});

test("a backup that was taken elsewhere is put back", async () => {
  const { path } = await rig();
  mkdirSync(`${path}.backups`);
  const elsewhere = (await rig()).path;
  await execute(elsewhere, `VACUUM INTO '${path}.backups/2027-01-01T00-00-00.000Z.db'`);
  writeFileSync(path, "garbage");
  const store = await openStore(path);
  expect(store.recovery?.restoredFrom).toContain(".backups");
  expect(await store.sender.enqueue([message("a")])).toEqual(["duplicate"]);
});

test("a second link to a file that is opened by its own name is only warned of: it may be a backup", async () => {
  const { path, other } = await rig();
  linkSync(path, other);
  const logger = new Lines();
  const store = await openStore(path, {}, { logger });
  expect(await store.sender.enqueue([message("a")])).toEqual(["duplicate"]);
  expect(logger.lines).toEqual([expect.stringMatching(/^warn: .* has 2 names \(hard links\)/)]);
});

test("a second link is refused where no log is in use, since nothing tells who has the file open", async () => {
  const { path, other } = await rig();
  await execute(path, "PRAGMA journal_mode = truncate");
  linkSync(path, other);
  await expect(openStore(other)).rejects.toMatchObject(refused(`is a second name of ${path} (a hard link)`));
  rmSync(path);
  expect(await (await openStore(other)).sender.enqueue([message("a")])).toEqual(["duplicate"]);
});

/** Mounts are made in a world of their own, for which one must be root. */
const canMount = (): boolean => {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    return false;
  }
};

describe.skipIf(!canMount())("a mount (needs root on Linux)", () => {
  const script = (mount: string, path: string): string => `
    ${mount}
    exec "${process.execPath}" --import tsx test/store/sqlite/fixtures/child.ts "${path}" refused`;
  const inMounts = (mount: string, path: string): string =>
    execFileSync("unshare", ["-m", "sh", "-ec", script(mount, path)], { encoding: "utf8" }).trim();

  test.each([
    ["an existing file", true],
    ["an empty one", false],
  ])("of the file alone is refused at once, and nothing is made beside it: %s", async (_what, isFilled) => {
    const { path, other } = await rig();
    if (!isFilled) writeFileSync(path, "");
    const there = `${other} with blank`;
    writeFileSync(there, "");
    const answer = inMounts(`mount --bind "${path}" "${there}"`, there);
    expect(answer).toContain("SUNBEAT_STORE_UNAVAILABLE");
    expect(answer).toContain("is mounted by itself");
    expect(readdirSync(join(other, ".."))).toEqual(["store.db with blank"]);
  });

  test("of the folder is the same place, whoever has the file open", async () => {
    const { path, other } = await rig();
    await started(path, "send");
    const answer = inMounts(`mount --bind "${join(path, "..")}" "${join(other, "..")}"`, other);
    expect(answer).toBe("opened");
    expect(existsSync(other)).toBe(false);
  });
});
