import type { EpochMs } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import type { SqliteFacts, SqliteFileFacts } from "../store/contracts/survey.js";
import { formatBytes } from "./bytes.js";
import { broken, fine, type Finding, PROMISES, unread, warning } from "./finding.js";

/** Backups are made every fifteen minutes in which something changes; twice that means that they are not. */
const OLDEST_BACKUP_MS = 30 * 60_000;
/** Above this size the store makes none. */
const LARGEST_BACKED_UP = 1024 ** 3;
const LEAST_FREE = 100 * 1024 ** 2;

/** Value of the finding "file" before the first start. */
export const NOT_MADE = "not made yet";

/** One finding per setting; of a file that does not exist yet, those of its place. */
export function judgeSqlite(facts: SqliteFacts): Finding[] {
  const { file } = facts;
  const place = [judgeVersion(facts), judgeDisk(facts), judgeFreeSpace(facts), judgeRights(facts)];
  if (file === null) return [fine("file", NOT_MADE, "the first start makes it"), ...place];
  if (facts.isMountedAlone) return place;
  return [...judgeInside(facts, file), ...place, judgeMode(file), judgeBackups(file)];
}

function judgeVersion({ version, hasSafeLog }: SqliteFacts): Finding {
  if (hasSafeLog) return fine("sqlite_version", version);
  return warning(
    "sqlite_version",
    version,
    [],
    "its write-ahead log can damage the file, so that the slower journal TRUNCATE is used: run npm install " +
      "@photostructure/sqlite@1, or a Node with SQLite 3.51.3 or newer",
  );
}

function judgeDisk({ networkDisk, isMountedAlone }: SqliteFacts): Finding {
  if (isMountedAlone) {
    return broken(
      "disk",
      "the file is mounted by itself",
      "its log lies beside it, in another place: mount its folder",
    );
  }
  if (networkDisk === null) return fine("disk", "local, as far as the system tells");
  return warning(
    "disk",
    networkDisk,
    PROMISES,
    "locks of a network disk are only safe while one machine uses the file: put it on a local disk, or use Redis",
  );
}

function judgeFreeSpace({ freeBytes, file }: SqliteFacts): Finding {
  if ("unknown" in freeBytes) return unread("free space", [], freeBytes.unknown);
  const value = formatBytes(freeBytes.value);
  // A backup takes as much room as the file.
  const wanted = Math.max(LEAST_FREE, file === null ? 0 : Math.min(file.bytes, LARGEST_BACKED_UP));
  if (freeBytes.value >= wanted) return fine("free space", value);
  return warning(
    "free space",
    value,
    [],
    "once the disk is full nothing can be sent, and a backup takes as much room as the file: " +
      `keep ${formatBytes(wanted)} free`,
  );
}

function judgeInside({ hasSafeLog, networkDisk }: SqliteFacts, { inside }: SqliteFileFacts): Finding[] {
  if ("unknown" in inside) {
    const advice = `${inside.unknown}; a start moves a damaged file aside and takes the newest backup`;
    return [broken("file", "cannot be read", advice)];
  }
  const { isOurs, schemaVersion, knownVersion, journalMode, synchronous } = inside.value;
  if (!isOurs) {
    return [broken("file", "of another program", "this database is not sunbeat's: name a file of its own")];
  }
  return [
    judgeSchema(schemaVersion, knownVersion),
    judgeJournal(journalMode, hasSafeLog && networkDisk === null),
    judgeSynchronous(synchronous),
  ];
}

function judgeSchema(version: number, known: number): Finding {
  if (version <= known) {
    return fine("schema", String(version), version < known ? `the next start brings it to ${known}` : "");
  }
  return broken(
    "schema",
    `${version}, known ${known}`,
    "a newer sunbeat has written the file, and this one will not open it: upgrade sunbeat",
  );
}

function judgeJournal(mode: string, isLogSafe: boolean): Finding {
  if (mode !== "wal") return fine("journal_mode", mode, "safe, and slower than the write-ahead log");
  if (isLogSafe) return fine("journal_mode", mode);
  return warning(
    "journal_mode",
    mode,
    ["D1", "D2"],
    "the write-ahead log is not safe here: stop all that use the file and start again, so that it is left",
  );
}

function judgeSynchronous(synchronous: string): Finding {
  if (synchronous === "full" || synchronous === "extra") return fine("synchronous", synchronous);
  return warning(
    "synchronous",
    synchronous,
    ["D1", "E1", "L1"],
    "the last commits may be lost at power loss, and D2 stands in for D1: please report it",
  );
}

function judgeRights({ writable }: SqliteFacts): Finding {
  if (writable) return fine("rights", "this user may write");
  return broken(
    "rights",
    "this user may not write",
    "its folder must exist, and it and the file be writable for the user that runs sunbeat",
  );
}

function judgeMode({ mode }: SqliteFileFacts): Finding {
  if (mode === null) return unread("file mode", [], "this system has no permission bits");
  const value = `0${mode.toString(8).padStart(3, "0")}`;
  if ((mode & 0o077) === 0) return fine("file mode", value);
  return warning(
    "file mode",
    value,
    [],
    "others on this machine can read arguments and results, or change them: chmod 600",
  );
}

function judgeBackups({ bytes, madeAt, changedAt, newestBackupAt }: SqliteFileFacts): Finding {
  const value = newestBackupAt === null ? "none" : `newest of ${formatInstant(newestBackupAt)}`;
  const weakens = ["D2", "E1"] as const;
  if (bytes > LARGEST_BACKED_UP) {
    const advice = "a file of more than 1 GiB is not backed up: do it by other means";
    return warning("backups", value, weakens, advice);
  }
  // A file that was just made has none, and gets one soon.
  const behindMs = changedAt - (newestBackupAt ?? madeAt);
  if (behindMs <= OLDEST_BACKUP_MS) return fine("backups", value);
  const behind = formatDuration(Math.floor(behindMs / 60_000) * 60_000);
  return warning(
    "backups",
    value,
    weakens,
    `the newest takes a damaged file's place, and ${behind} of changes are in none: look in the log why`,
  );
}

function formatInstant(at: EpochMs): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
