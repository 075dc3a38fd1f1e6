/** What SQLite's result codes mean to somebody who runs a scheduler. */
import type { ErrorCode } from "../../core/error-codes.js";
import { messageOf, StoreError } from "../../core/errors.js";

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  AUTH: 23,
  NOTADB: 26,
} as const;

interface Meaning {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** What happened and what to do, to follow the file's name. */
  readonly says: string;
}

const BUSY: Meaning = {
  code: "SUNBEAT_STORE_BUSY",
  retryable: true,
  says: "is locked by another program and was not free in time; call again, or find the program that holds it",
};
const CORRUPT: Meaning = {
  code: "SUNBEAT_STORE_CORRUPT",
  retryable: false,
  says:
    "is damaged or no SQLite database; stop every process that uses it and start again: the file is then " +
    "moved aside and the newest backup takes its place",
};
const READONLY: Meaning = {
  code: "SUNBEAT_STORE_READONLY",
  retryable: false,
  says: "cannot be written; make the file and its folder writable for the user that runs this process",
};
const FULL: Meaning = {
  code: "SUNBEAT_STORE_FULL",
  retryable: true,
  says: "cannot grow because the disk or quota is full; nothing was lost: free some space and call again",
};
const MEMORY: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  says: "could not be used for want of memory; call again",
};
const DISK: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  says: "could not be read or written; look at the disk, then call again",
};
const CANTOPEN: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: true,
  says: "could not be opened; look at its folder, its permissions and the limit of open files",
};

const REFUSED: Meaning = {
  code: "SUNBEAT_STORE_UNAVAILABLE",
  retryable: false,
  says: "refused a statement",
};

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [SQLITE.BUSY, BUSY],
  [SQLITE.LOCKED, BUSY],
  [SQLITE.PROTOCOL, BUSY],
  [SQLITE.CORRUPT, CORRUPT],
  [SQLITE.NOTADB, CORRUPT],
  [SQLITE.READONLY, READONLY],
  [SQLITE.PERM, READONLY],
  [SQLITE.AUTH, READONLY],
  [SQLITE.FULL, FULL],
  [SQLITE.NOMEM, MEMORY],
  [SQLITE.IOERR, DISK],
  [SQLITE.CANTOPEN, CANTOPEN],
]);

/** The primary result code of an error thrown by a driver; undefined for any other thrown value. */
function resultCode(thrown: unknown): number | undefined {
  const extended = thrown instanceof Error ? (thrown as { errcode?: unknown }).errcode : undefined;
  // The low byte is the primary code; the rest says more about the same thing.
  return typeof extended === "number" ? extended & 0xff : undefined;
}

/** Another connection holds the lock that was wanted: the same step may pass a moment later. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && MEANINGS.get(code) === BUSY;
}

/** The step needs a right to write, or a place for SQLite's own files, that this connection has not. */
export function isReadonly(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code === SQLITE.READONLY || code === SQLITE.CANTOPEN;
}

export function isCorrupt(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && MEANINGS.get(code) === CORRUPT;
}

/** What the system calls of node:fs say, where they are made for the file's sake. */
const SYSTEM_MEANINGS: ReadonlyMap<unknown, Meaning> = new Map([
  ["EACCES", READONLY],
  ["EPERM", READONLY],
  ["EROFS", READONLY],
  ["ENOSPC", FULL],
  ["EDQUOT", FULL],
]);

function systemMeaning(thrown: unknown): Meaning | undefined {
  if (!(thrown instanceof Error) || !("syscall" in thrown)) return undefined;
  return SYSTEM_MEANINGS.get((thrown as NodeJS.ErrnoException).code) ?? DISK;
}

/** The StoreError for an error of the driver or of node:fs. Anything else is a defect of ours and comes back as it is. */
export function storeError(thrown: unknown, path: string): unknown {
  const code = resultCode(thrown);
  const meaning = code === undefined ? systemMeaning(thrown) : (MEANINGS.get(code) ?? REFUSED);
  if (!meaning) return thrown;
  const source = code === undefined ? "" : `SQLite ${code}: `;
  return new StoreError(
    meaning.code,
    `The database file ${path} ${meaning.says} (${source}${messageOf(thrown)}).`,
    { retryable: meaning.retryable, details: { path, sqliteCode: code }, cause: thrown },
  );
}

/** A StoreError of our own about the file. `says` follows the file's name. */
export function fileError(code: ErrorCode, path: string, says: string, retryable = false): StoreError {
  return new StoreError(code, `The database file ${path} ${says}.`, { retryable, details: { path } });
}

/** The error for a file that this process has open with a log that is not beside it any more. */
export function logLostError(path: string): StoreError {
  return fileError(
    "SUNBEAT_STORE_REPLACED",
    path,
    `has another log than this process has open, since ${path}-wal or -shm was removed; restart this process, and ` +
      "leave both alone while any has the file open",
  );
}
