/**
 * What is done about a damaged file when it is opened. Nothing is deleted: the file and its log are moved aside, and
 * the newest sound backup takes the place. What the backup does not have is as after any rollback of a store: ticks
 * since then are dispatched again under the same ids, what was sent by hand since then is gone.
 *
 * Callers hold the file's opening lock (open.ts), so two processes cannot do it at once. A process that still has
 * the damaged file open notices at its next step that the path names another file, and refuses to go on
 * (connection.ts): it never becomes a second store.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import type { EpochMs } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import { backupsOf, stampOf } from "./backups.js";
import type { Driver } from "./driver.js";
import { NOFOLLOW } from "./links.js";
import { pragma } from "./pragmas.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.js";

export interface Recovery {
  /** SUNBEAT_STORE_CORRUPT with a sentence that says what was found and done, for banners and logs. */
  readonly error: StoreError;
  /** Where the damaged file lies now. */
  readonly movedTo: string;
  /** The backup in use now; null: there was none, and the store is new. */
  readonly restoredFrom: string | null;
}

/** In this order, so that a stop in between never leaves a database without the log that belongs to it. */
const PARTS = ["-wal", "-shm", "-journal", ""] as const;

export function recover(driver: Driver, path: string, why: string, now: EpochMs): Recovery {
  const movedTo = moveAside(path, now);
  const restoredFrom = restoreNewest(driver, path);
  const outcome =
    restoredFrom === null
      ? "there is no backup, so a new store takes its place"
      : `the backup ${restoredFrom} takes its place`;
  const message = `The database file ${path} ${why}: it was moved to ${movedTo}, and ${outcome}.`;
  const details = { path, movedTo, restoredFrom };
  return {
    error: new StoreError("SUNBEAT_STORE_CORRUPT", message, { retryable: false, details }),
    movedTo,
    restoredFrom,
  };
}

function moveAside(path: string, now: EpochMs): string {
  let target = `${path}.corrupt-${stampOf(now)}`;
  for (let n = 2; PARTS.some((part) => existsSync(target + part)); n++) {
    target = `${path}.corrupt-${stampOf(now)}-${n}`;
  }
  for (const part of PARTS) if (existsSync(path + part)) renameSync(path + part, target + part);
  return target;
}

/** Copies the newest backup that is sound; gives its path. */
function restoreNewest(driver: Driver, path: string): string | null {
  for (const backup of backupsOf(path)) {
    if (!isSound(driver, backup)) continue;
    const copy = `${path}.restoring`;
    rmSync(copy, { force: true });
    // A link that somebody puts there now is not followed.
    copyFileSync(backup, copy, constants.COPYFILE_EXCL);
    const descriptor = openSync(copy, constants.O_RDWR | NOFOLLOW);
    fchmodSync(descriptor, 0o600);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(copy, path);
    return backup;
  }
  return null;
}

function isSound(driver: Driver, backup: string): boolean {
  try {
    const handle = driver.open(backup, true);
    try {
      return (
        pragma(handle, "application_id") === APPLICATION_ID &&
        Number(pragma(handle, "user_version")) <= SCHEMA_VERSION &&
        pragma(handle, "quick_check(1)") === "ok"
      );
    } finally {
      handle.close();
    }
  } catch {
    // Damaged like the file it was taken from: the one before may be better.
    return false;
  }
}
