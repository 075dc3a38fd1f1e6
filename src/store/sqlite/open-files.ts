/**
 * The files that an open database consists of, as this process has them: the file, its write-ahead log, and the log's
 * index, through which processes exclude each other. SQLite goes on with a deleted file as if nothing had been, and
 * whoever opens the database then makes another: two logs of one file, whose locks exclude nobody. Hence the names are
 * compared with what was opened, inside every step.
 *
 * Three looks a step would be a tenth of a short one. A folder tells of names that come and go by the time of its last
 * change, so one look at it stands for the three while that time stays the same.
 */
import { type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../../core/clock.js";
import { fileError, logLostError } from "./errors.js";
import { realFolder } from "./links.js";
import { networkDisk } from "./network-disk.js";

/**
 * log gone: removed, and nobody has made another one. log replaced: somebody has, and may have written to the file.
 * file replaced: the path names another file or none.
 */
export type Standing = "in place" | "log gone" | "log replaced" | "file replaced";

/** A folder shows one of two changes within one tick of its file system's clock: 2 s is the longest tick there is. */
const TICK_MS = 2_500;
/** A change that a folder does not tell of, such as a mount over the file, is noticed within this time. */
const LOOK_EVERY_MS = 50;
/** A step that took longer is looked at again before its end: the process may have been suspended. */
const LONG_STEP_MS = 5;

/** Stands for a file that had to be there and was not. */
const MISSING = "missing";

/** The parts of a file that this process has open. Null: the file is not in use with a log. */
interface Shared {
  readonly path: string;
  log: string | null;
  index: string | null;
  users: number;
}

/**
 * By the identity of the file. SQLite has one index for all connections of a process to a file, so a connection that is
 * opened later gets the first one's, whatever the name means by then.
 */
const shared = new Map<string, Shared>();

/** Throws when this process has the file at `path` open with another log than lies beside it. */
export function assertSameLog(path: string): void {
  const open = shared.get(identityOf(path) ?? MISSING);
  if (!open || open.users === 0) return;
  if (open.path !== path) {
    const says = `is in use as ${open.path} by this process: name that path; two names of one file mean two logs`;
    throw fileError("SUNBEAT_STORE_UNAVAILABLE", path, says);
  }
  const isLost =
    isOther(open.log, identityOf(`${path}-wal`)) || isOther(open.index, identityOf(`${path}-shm`));
  if (isLost) throw logLostError(path);
}

/** Whether this process has had the file open. Then it may have its index still: see `ask` (driver.ts). */
export function wasOpenHere(path: string): boolean {
  return shared.has(identityOf(path) ?? MISSING);
}

function isOther(open: string | null, found: string | null): boolean {
  return open !== null && open !== found;
}

export class OpenFiles {
  /** Of the file itself. */
  readonly path: string;
  readonly #given: string;
  readonly #clock: Clock;
  readonly #folderTells: boolean;
  readonly #file: string;
  readonly #shared: Shared;
  /** Of the last look at which all was in place. */
  #writtenAt: number | undefined;
  #folder: Stats | undefined;
  #askedAt = -Infinity;
  #lookedAt = -Infinity;
  #changedAt = -Infinity;

  /**
   * Right after the opening. `given`: the absolute path under which programs know the file at `path`. `hasLog`: whether it
   * is in use with a write-ahead log; if not, it may come into use with one.
   */
  constructor(given: string, path: string, hasLog: boolean, clock: Clock) {
    this.path = path;
    this.#given = given;
    this.#clock = clock;
    this.#folderTells = doesFolderTell(given, path);
    this.#file = identityOf(path) ?? MISSING;
    const open = shared.get(this.#file);
    this.#shared = open && open.users > 0 ? open : { path, log: null, index: null, users: 0 };
    shared.set(this.#file, this.#shared);
    this.#shared.users++;
    this.#know(identityOf(`${path}-wal`), identityOf(`${path}-shm`));
    if (hasLog) this.#know(MISSING, MISSING);
  }

  areInPlace(): boolean {
    const now = this.#clock.monotonicMs();
    this.#askedAt = now;
    if (this.#folderTells) {
      const folder = statSync(dirname(this.#given), { throwIfNoEntry: false });
      if (!isSame(folder, this.#folder)) this.#changedAt = now;
      this.#folder = folder;
      const isSettled = this.#lookedAt - this.#changedAt >= TICK_MS;
      if (isSettled && now - this.#lookedAt < LOOK_EVERY_MS) return true;
    }
    const areInPlace = this.standing() === "in place";
    this.#lookedAt = areInPlace ? now : -Infinity;
    return areInPlace;
  }

  /** The same once more, for the end of a step. */
  areStillInPlace(): boolean {
    return this.#clock.monotonicMs() - this.#askedAt < LONG_STEP_MS || this.areInPlace();
  }

  standing(): Standing {
    const stat = statSync(this.#given, { throwIfNoEntry: false });
    if (identified(stat) !== this.#file) return "file replaced";
    const log = identityOf(`${this.path}-wal`);
    const index = identityOf(`${this.path}-shm`);
    // Another process may have brought the log into use.
    this.#know(log, index);
    if (log === this.#shared.log && index === this.#shared.index) {
      this.#writtenAt = stat?.mtimeMs;
      return "in place";
    }
    const isFree =
      (log === null || log === this.#shared.log) && (index === null || index === this.#shared.index);
    return isFree ? "log gone" : "log replaced";
  }

  /**
   * Whether what is in a log that is gone still belongs into the file: nobody has written to the file since it was last
   * seen in place, as who puts a copy there would have.
   */
  isUntouched(): boolean {
    const stat = statSync(this.#given, { throwIfNoEntry: false });
    return this.standing() === "log gone" && stat?.mtimeMs === this.#writtenAt;
  }

  /** The connection is closed. */
  release(): void {
    this.#shared.users--;
  }

  /** Identities that are known already stay: they are those of the open files. */
  #know(log: string | null, index: string | null): void {
    this.#shared.log ??= log;
    this.#shared.index ??= index;
  }
}

/** Which file the path names at this moment. By name only: closing a descriptor would drop SQLite's locks. */
function identityOf(path: string): string | null {
  return identified(statSync(path, { throwIfNoEntry: false }));
}

function identified(stat: Stats | undefined): string | null {
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

function isSame(a: Stats | undefined, b: Stats | undefined): boolean {
  return a !== undefined && a.ctimeMs === b?.ctimeMs && a.ino === b.ino && a.dev === b.dev;
}

/** Not where the path ends in a link to another folder, nor where the time of change is kept elsewhere or late. */
function doesFolderTell(given: string, path: string): boolean {
  if (process.platform !== "linux" && process.platform !== "darwin") return false;
  return networkDisk(path) === null && path === join(realFolder(dirname(given)), basename(given));
}
