/** What can be said of a path, and of what lies beside it, without opening the database. */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { backupsOf } from "./backups.js";
import { fileError } from "./errors.js";
import { isLink, isMountPoint, makeFile } from "./links.js";
import { wasOpenHere } from "./open-files.js";
import { APPLICATION_ID } from "./schema.js";

/** Says of a file that a running process met damage in it: the next opening checks all of it, whatever its size. */
export function markSuspect(path: string): void {
  try {
    makeFile(suspectMark(path));
  } catch {
    // The disk is in trouble already; the error of the step that met the damage tells.
  }
}

export function suspectMark(path: string): string {
  return `${path}.suspect`;
}

/** Where an application id stands in a database's header (sqlite.org/fileformat.html, section 1.3). */
const APPLICATION_ID_AT = 68;
const HEADER_MAGIC = "SQLite format 3\0";

/** Only a file that was sunbeat's is moved aside: a path that names somebody's letter by mistake must not be. */
export function assertWasOurs(path: string, damage: string): void {
  if (existsSync(lockFileOf(path)) || backupsOf(path).length > 0 || hasOurHeader(path)) return;
  throw fileError(
    "SUNBEAT_STORE_CORRUPT",
    path,
    `${damage}, and nothing beside it says that it was sunbeat's; nothing was changed: name another file, or move this one away`,
  );
}

function hasOurHeader(path: string): boolean {
  const header = Buffer.alloc(APPLICATION_ID_AT + 4);
  const descriptor = openSync(path, "r");
  try {
    if (readSync(descriptor, header) < header.length) return false;
  } finally {
    closeSync(descriptor);
  }
  return (
    header.toString("latin1", 0, HEADER_MAGIC.length) === HEADER_MAGIC &&
    header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  );
}

/**
 * Of the two the log is made first and removed last, so somebody else has removed it: the index tells of a log that is gone,
 * and by it the file looks damaged.
 */
export function hasIndexAlone(path: string): boolean {
  const isAlone = existsSync(`${path}-shm`) && !existsSync(`${path}-wal`);
  return isAlone && isPresent(path) && !wasOpenHere(path) && hasOurHeader(path);
}

export function dropIndexAlone(path: string): void {
  // Another process may have opened the file while this one waited for the lock.
  if (hasIndexAlone(path)) rmSync(`${path}-shm`);
}

export function lockFileOf(path: string): string {
  return `${path}.lock`;
}

/** A file with something in it. An empty one is new, or what is left of one. */
export function isPresent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** An empty or absent file beside a log, or an empty one with backups, has lost what was in it. */
export function wasInUse(path: string): boolean {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return (log !== undefined && log.size > 0) || (existsSync(path) && backupsOf(path).length > 0);
}

export function assertPlace(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw fileError(
      "SUNBEAT_STORE_UNAVAILABLE",
      path,
      `cannot be made: there is no folder ${folder}; create it, or name another file`,
    );
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw fileError("SUNBEAT_STORE_UNAVAILABLE", path, "is a folder; name a file in it");
  }
  if (isMountPoint(path)) {
    throw fileError(
      "SUNBEAT_STORE_UNAVAILABLE",
      path,
      `is mounted by itself, and its log is not; mount its folder, as in "-v ./data:${folder}"`,
    );
  }
  // SQLite would follow the lock's, and refuse its own without a reason.
  for (const each of [lockFileOf(path), `${path}-wal`, `${path}-shm`, `${path}-journal`]) {
    if (!isLink(each)) continue;
    throw fileError(
      "SUNBEAT_STORE_UNAVAILABLE",
      path,
      `cannot be used while ${each} is a symbolic link, which sunbeat does not follow; remove the link`,
    );
  }
  // SQLite would say no more than "unable to open". It writes beside the file too.
  for (const each of [folder, path, `${path}-wal`, `${path}-shm`]) {
    if (existsSync(each)) accessSync(each, constants.R_OK | constants.W_OK);
  }
}
