/** Reads what a database file and its disk tell about themselves, without the right to write. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { EpochMs } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { StoreContext } from "../contracts/store.js";
import {
  MOST_DEAD,
  type Reading,
  type SqliteFacts,
  type SqliteFileFacts,
  type SqliteInside,
  type StoredEntry,
} from "../contracts/survey.js";
import { newestAt } from "./backups.js";
import { contentsOf } from "./contents.js";
import { type Driver, type Handle, hasSafeLog, loadDriver } from "./driver.js";
import { isMountPoint, realFile } from "./links.js";
import { networkDisk } from "./network-disk.js";
import { pragma, syncFully } from "./pragmas.js";
import { LOCK_WAIT_MS, retryWhileBusy } from "./retry.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.js";

/**
 * Facts about a file that may not exist, be damaged, or be another program's: it is not touched, other than by SQLite
 * itself, which keeps `<path>-wal` and `-shm` beside an open file. `entries`: those whose state is wanted; without it nothing is
 * read of what is stored. Rejects with SUNBEAT_DRIVER_MISSING.
 */
export async function surveySqlite(
  path: string,
  context: StoreContext,
  entries?: readonly string[],
): Promise<SqliteFacts> {
  const driver = await loadDriver();
  const file = realFile(path);
  const version = versionOf(driver);
  const isMountedAlone = isMountPoint(file);
  // Reading it would make a second log.
  const reading = async <T>(ask: () => T): Promise<Reading<T>> =>
    isMountedAlone ? { unknown: "the file is mounted by itself" } : read(context, ask);
  const found = await fileFacts(file, () => reading(() => look(driver, file)));
  const isOurs = found !== null && "value" in found.inside && found.inside.value.isOurs;
  return {
    kind: "sqlite",
    path: file,
    ...(entries !== undefined &&
      isOurs && {
        contents: await reading(() => opened(driver, file, (handle) => contentsOf(handle, MOST_DEAD))),
      }),
    version,
    hasSafeLog: hasSafeLog(version),
    networkDisk: networkDisk(file),
    isMountedAlone,
    freeBytes: freeBytes(file),
    writable: isWritable(dirname(file)) && (!existsSync(file) || isWritable(file)),
    file: found,
    entries: found === null ? { value: [] } : await reading(() => storedEntries(driver, file, entries)),
  };
}

function versionOf(driver: Driver): string {
  const handle = driver.open(":memory:");
  try {
    return (handle.prepare("SELECT sqlite_version() AS version").get() as { version: string }).version;
  } finally {
    handle.close();
  }
}

function freeBytes(file: string): Reading<number> {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return { value: bavail * bsize };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

async function fileFacts(
  file: string,
  inside: () => Promise<Reading<SqliteInside>>,
): Promise<SqliteFileFacts | null> {
  const stat = statSync(file, { throwIfNoEntry: false });
  // An empty file is a new one.
  if (stat === undefined || stat.size === 0) return null;
  return {
    bytes: stat.size,
    mode: process.platform === "win32" ? null : stat.mode & 0o777,
    madeAt: stat.birthtimeMs,
    changedAt: Math.max(stat.mtimeMs, changedAt(`${file}-wal`)),
    newestBackupAt: newestAt(file),
    inside: await inside(),
  };
}

function changedAt(file: string): EpochMs {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function read<T>(context: StoreContext, ask: () => T): Promise<Reading<T>> {
  try {
    return { value: await retryWhileBusy(context, ask) };
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}

/** SQLite's words for the values of `PRAGMA synchronous`. */
const SYNCHRONOUS = ["off", "normal", "full", "extra"];

function look(driver: Driver, file: string): SqliteInside {
  return opened(driver, file, (handle) => {
    syncFully(handle);
    return {
      isOurs: pragma(handle, "application_id") === APPLICATION_ID,
      journalMode: String(pragma(handle, "journal_mode")),
      synchronous: SYNCHRONOUS[Number(pragma(handle, "synchronous"))] ?? "unknown",
      schemaVersion: Number(pragma(handle, "user_version")),
      knownVersion: SCHEMA_VERSION,
    };
  });
}

/** A file of another schema is read as far as it has these columns, and is unknown otherwise. */
function storedEntries(driver: Driver, file: string, names: readonly string[] = []): StoredEntry[] {
  if (names.length === 0) return [];
  const wanted = "SELECT value FROM json_each(?)";
  return opened(driver, file, (handle) =>
    handle
      .prepare(`SELECT name, owner, version, revision FROM entry WHERE name IN (${wanted})`)
      .all(JSON.stringify(names)),
  ) as StoredEntry[];
}

function opened<T>(driver: Driver, file: string, act: (handle: Handle) => T): T {
  let handle: Handle | undefined;
  try {
    handle = driver.open(file, true);
    handle.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    return act(handle);
  } finally {
    handle?.close();
  }
}
