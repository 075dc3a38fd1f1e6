/** How a database is opened: what is promised at power loss, how long to wait, how large the log may grow. */
import { type Handle, hasSafeLog } from "./driver.js";
import { isBusy } from "./errors.js";
import { networkDisk } from "./network-disk.js";
import { LOCK_WAIT_MS } from "./retry.js";

/** 16 MB, as SQLite counts: a tick of 1,000 entries touches some 2,000 pages of 4 kB. */
const CACHE = -16_000;
/**
 * Pages in the write-ahead log before it is moved into the file: 16 MB. A page that changes often is then moved once,
 * not four times as with SQLite's own 1,000; ticks of 100,000 entries took a fifth less.
 */
const LOG_PAGES = 4_000;
/** A write-ahead log that once had to grow larger is cut to this after the next checkpoint. */
const LOG_LIMIT_BYTES = 32 * 1024 * 1024;

/** The value of a pragma that gives one. */
export function pragma(handle: Handle, name: string): string | number {
  const row = handle.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, string | number>>;
  return Object.values(row ?? {})[0] ?? "";
}

/** A commit is on the disk when the call returns. With NORMAL the last ones may be lost at power loss. */
export function syncFully(handle: Handle): void {
  handle.exec("PRAGMA synchronous = FULL");
}

/** `remarks` gets what an operator should know; a remark follows the file's name. */
export function configure(handle: Handle, path: string, remarks: Set<string>): void {
  handle.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
  useJournal(handle, path, remarks);
  syncFully(handle);
  handle.exec(`PRAGMA cache_size = ${CACHE}`);
  handle.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
  handle.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES}`);
}

/**
 * The write-ahead log, except where it is not safe: on a network disk, whose machines share no memory, and with a
 * SQLite whose reset of the log can damage the file. The journal that is used instead is slower, and a process that
 * writes without a pause may keep others waiting for seconds.
 */
function useJournal(handle: Handle, path: string, remarks: Set<string>): void {
  const disk = networkDisk(path);
  const { version } = handle.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  const wanted = disk === null && hasSafeLog(version) ? "wal" : "truncate";
  if (disk !== null) {
    remarks.add(`is on a network disk (${disk}): slower, and only safe while one machine uses it`);
  }
  if (pragma(handle, "journal_mode") === wanted) return;
  let used: string | number = "another mode";
  try {
    used = pragma(handle, `journal_mode = ${wanted}`);
  } catch (error) {
    // Another process has the file open in the other mode. Both work; the first to come decides.
    if (!isBusy(error)) throw error;
  }
  if (used !== wanted) {
    remarks.add(`is in use by a process that chose another journal mode than ${wanted}`);
  }
}
