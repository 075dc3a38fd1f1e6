/**
 * From a path to a usable database: checks, creation, recovery.
 *
 * An existing file is opened without ceremony. Only who finds none, or a damaged one, takes the opening lock and
 * looks again: creating and recovering are done by one process at a time, and the others wait. The lock is SQLite's
 * own, on an empty file beside the database (`<path>.lock`), so it ends with the process that holds it.
 */
import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { messageOf } from "../../core/errors.js";
import { addColumns, ADDED_TABLES } from "./added-tables.js";
import type { StoreContext } from "../contracts/store.js";
import { backupsFolder, backupsOf } from "./backups.js";
import { ask, type Driver, type Handle } from "./driver.js";
import { fileError, isCorrupt, isReadonly, storeError } from "./errors.js";
import { type Home, moveHome, namesOf, otherHome, settleHome } from "./home.js";
import { isThere, makeFile } from "./links.js";
import { assertSameLog } from "./open-files.js";
import {
  assertPlace,
  assertWasOurs,
  dropIndexAlone,
  hasIndexAlone,
  isPresent,
  lockFileOf,
  suspectMark,
  wasInUse,
} from "./place.js";
import { configure, pragma } from "./pragmas.js";
import { recover, type Recovery } from "./recovery.js";
import { retryWhileBusy } from "./retry.js";
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from "./schema.js";

/** A file up to this size is checked page by page at each opening: about 0.1 s. */
const CHECKED_BYTES = 64 * 1024 * 1024;

export interface Opened {
  readonly handle: Handle;
  /** What was done about a damaged file; null: nothing had to be. */
  readonly recovery: Recovery | null;
}

/** `path`: of the file itself, no link. Throws a StoreError for a file that cannot be used and that recovery must not touch. */
export async function openFile(driver: Driver, path: string, context: StoreContext): Promise<Opened> {
  try {
    assertPlace(path);
    assertSameLog(path);
    if (hasIndexAlone(path)) await underLock(driver, path, context, async () => dropIndexAlone(path));
    if (isPresent(path)) {
      const found = await tryOpen(driver, path, context);
      if ("handle" in found) return { handle: found.handle, recovery: null };
      if ("damage" in found) assertWasOurs(path, found.damage);
    }
    return await underLock(driver, path, context, () => createOrRecover(driver, path, context));
  } catch (error) {
    throw storeError(error, path);
  }
}

async function createOrRecover(driver: Driver, path: string, context: StoreContext): Promise<Opened> {
  let recovery: Recovery | null = null;
  // Another process may have done it while this one waited for the lock.
  if (isPresent(path)) {
    const found = await tryOpenHere(driver, path, context);
    if ("handle" in found) return { handle: found.handle, recovery };
    recovery = recover(driver, path, found.damage, context.clock.now());
  } else if (wasInUse(path)) {
    recovery = recover(driver, path, "is gone or empty although it was in use", context.clock.now());
  }
  if (recovery) {
    context.logger.error(`sqlite store: ${recovery.error.message}`);
    rmSync(suspectMark(path), { force: true });
  }
  if (!existsSync(path)) {
    warnOfBackups(path, recovery, context);
    // SQLite gives the log and its index the mode of the file.
    closeSync(openSync(path, "wx", 0o600));
  }
  const made = await tryOpenHere(driver, path, context);
  if ("handle" in made) return { handle: made.handle, recovery };
  throw fileError(
    "SUNBEAT_STORE_CORRUPT",
    path,
    `${made.damage} again right after it was made; check the disk`,
  );
}

function warnOfBackups(path: string, recovery: Recovery | null, { logger }: StoreContext): void {
  if (recovery || backupsOf(path).length === 0) return;
  logger.warn(
    `sqlite store: ${path} did not exist and starts empty; backups of an earlier file are in ${backupsFolder(path)}`,
  );
}

type TriedHere = { readonly handle: Handle } | { readonly damage: string };
/** `home`: the file was in use elsewhere, and may still be. */
type Tried = TriedHere | { readonly home: Home };

/** As `tryOpen`, for who holds the opening lock: a file that nobody has open elsewhere is taken over. */
async function tryOpenHere(driver: Driver, path: string, context: StoreContext): Promise<TriedHere> {
  for (;;) {
    const tried = await tryOpen(driver, path, context);
    if (!("home" in tried)) return tried;
    await moveHome(driver, path, tried.home, context);
  }
}

/** Opens, checks and migrates a file; damage is an answer, any other trouble an error. */
async function tryOpen(driver: Driver, path: string, context: StoreContext): Promise<Tried> {
  const remarks = new Set<string>();
  const tried = await retryWhileBusy(context, () => tryOnce(driver, path, remarks));
  for (const remark of remarks) context.logger.warn(`sqlite store: ${path} ${remark}`);
  return tried;
}

function tryOnce(driver: Driver, path: string, remarks: Set<string>): Tried {
  let handle: Handle | undefined;
  try {
    assertOurs(driver, path);
    handle = driver.open(path);
    const tried = examine(handle, path, remarks);
    if (!("handle" in tried)) handle.close();
    return tried;
  } catch (error) {
    handle?.close();
    if (isCorrupt(error)) return { damage: `is damaged or no SQLite database (${messageOf(error)})` };
    throw error;
  }
}

function examine(handle: Handle, path: string, remarks: Set<string>): Tried {
  // First: under a second name the log is missing, and a sound file looks damaged.
  const before = otherHome(handle, path);
  if (before) return { home: before };
  configure(handle, path, remarks);
  const damage = check(handle, path);
  if (damage !== null) return { damage };
  // Once more: whoever uses the log keeps others from moving the home, and this process uses it only now.
  const after = prepare(handle, path);
  if (after) return { home: after };
  const names = namesOf(path);
  if (names > 1)
    remarks.add(`has ${names} names (hard links): one that was made as a backup changes with the file`);
  return { handle };
}

/** Looks at what the file says it is, without the right to write: a refused file stays as it is to the last byte. */
function assertOurs(driver: Driver, path: string): void {
  let handle: Handle | undefined;
  try {
    handle = driver.open(path, true);
    assertVersion(handle, path);
  } catch (error) {
    // A log that has to be replayed first, or a folder without a place for the log's index, needs the right to write.
    // Then the same is asked once more before anything is written.
    if (!isReadonly(error)) throw error;
  } finally {
    handle?.close();
  }
}

/** In one statement, so that all is of one moment: another process may be making the tables now. */
const IDENTITY = `
  SELECT row(user_version, application_id, EXISTS (SELECT 1 FROM sqlite_schema))
  FROM pragma_user_version, pragma_application_id`;

/** The schema version of a file that is ours or new; an error for any other. */
function assertVersion(handle: Handle, path: string): number {
  const [[version = 0, application, hasTables] = []] = ask(handle, IDENTITY) as number[][];
  if (hasTables === 1 && application !== APPLICATION_ID) {
    throw fileError(
      "SUNBEAT_STORE_UNAVAILABLE",
      path,
      "is a SQLite database of another program; nothing was changed: give sunbeat a file of its own",
    );
  }
  if (version > SCHEMA_VERSION) {
    throw fileError(
      "SUNBEAT_STORE_NEWER",
      path,
      `has schema version ${version} of a newer sunbeat, and this one knows ${SCHEMA_VERSION}; nothing was changed: ` +
        "upgrade sunbeat, or name another file",
    );
  }
  return version;
}

/** Says what is damaged, or null. A file that is large and not suspect is only checked where it is used. */
function check(handle: Handle, path: string): string | null {
  const isSuspect = isThere(suspectMark(path));
  if (!isSuspect && statSync(path).size > CHECKED_BYTES) return null;
  const found = pragma(handle, "quick_check(1)");
  if (found !== "ok") return `is damaged (${String(found).replaceAll("\n", " ")})`;
  if (isSuspect) rmSync(suspectMark(path), { force: true });
  return null;
}

/** Makes sure that the file can be written, and brings its schema up to date. Gives its home if that is elsewhere. */
function prepare(handle: Handle, path: string): Home | null {
  handle.exec("BEGIN IMMEDIATE");
  let version: number;
  let home: Home | null;
  try {
    version = assertVersion(handle, path);
    if (version < SCHEMA_VERSION) migrate(handle, version);
    handle.exec(ADDED_TABLES);
    addColumns(handle);
    home = otherHome(handle, path);
    if (!home) settleHome(handle, path);
    handle.exec("COMMIT");
  } catch (error) {
    rollback(handle);
    throw error;
  }
  // The tables go into the file itself: it must be whole without its log.
  if (version < SCHEMA_VERSION) handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return home;
}

function rollback(handle: Handle): void {
  try {
    handle.exec("ROLLBACK");
  } catch {
    // Already rolled back by SQLite; the error that led here says more.
  }
}

async function underLock<T>(
  driver: Driver,
  path: string,
  context: StoreContext,
  work: () => Promise<T>,
): Promise<T> {
  const lockFile = lockFileOf(path);
  makeFile(lockFile);
  const lock = driver.open(lockFile);
  try {
    await retryWhileBusy(context, () => lock.exec("BEGIN EXCLUSIVE"));
    return await work();
  } finally {
    lock.close();
  }
}
