/** What each fact about a database file means to the promises. */
import { expect, test } from "vitest";
import { judge, type Finding } from "../../src/doctor/index.js";
import type { SqliteFacts, SqliteFileFacts, SqliteInside } from "../../src/store/contracts/survey.js";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const ALL = "D1 D2 E1 E2 L1";
const MINUTE = 60_000;

const INSIDE: SqliteInside = {
  isOurs: true,
  journalMode: "wal",
  synchronous: "full",
  schemaVersion: 2,
  knownVersion: 2,
};
const FILE: SqliteFileFacts = {
  bytes: 4096,
  mode: 0o600,
  madeAt: NOW - 30 * 1_440 * MINUTE,
  changedAt: NOW,
  newestBackupAt: NOW - 15 * MINUTE,
  inside: { value: INSIDE },
};
const FACTS: SqliteFacts = {
  kind: "sqlite",
  path: "/srv/app/sunbeat.db",
  version: "3.51.3",
  hasSafeLog: true,
  networkDisk: null,
  isMountedAlone: false,
  freeBytes: { value: 50 * 1024 ** 3 },
  writable: true,
  file: FILE,
  entries: { value: [] },
};

const withFile = (changes: Partial<SqliteFileFacts>): SqliteFacts => ({
  ...FACTS,
  file: { ...FILE, ...changes },
});
const withInside = (changes: Partial<SqliteInside>): SqliteFacts =>
  withFile({ inside: { value: { ...INSIDE, ...changes } } });

const lines = (findings: readonly Finding[]) =>
  findings.map(({ setting, value, verdict }) => [setting, value, verdict]);

test("a file as it should be has a line per setting, and all are ok", () => {
  expect(lines(judge(FACTS))).toEqual([
    ["schema", "2", "ok"],
    ["journal_mode", "wal", "ok"],
    ["synchronous", "full", "ok"],
    ["sqlite_version", "3.51.3", "ok"],
    ["disk", "local, as far as the system tells", "ok"],
    ["free space", "50.0 GiB", "ok"],
    ["rights", "this user may write", "ok"],
    ["file mode", "0600", "ok"],
    ["backups", "newest of 2026-11-21T11:45:00Z", "ok"],
  ]);
});

test("of a file that is not there yet, its place is judged", () => {
  expect(lines(judge({ ...FACTS, file: null }))).toEqual([
    ["file", "not made yet", "ok"],
    ["sqlite_version", "3.51.3", "ok"],
    ["disk", "local, as far as the system tells", "ok"],
    ["free space", "50.0 GiB", "ok"],
    ["rights", "this user may write", "ok"],
  ]);
});

test.each<[string, string | null, Finding["verdict"], string, string, SqliteFacts]>([
  // setting, value, verdict, weakens, because, facts
  [
    "journal_mode",
    "delete",
    "ok",
    "",
    "the journal TRUNCATE shows as this: slower and safe",
    withInside({ journalMode: "delete" }),
  ],
  [
    "journal_mode",
    "wal",
    "warning",
    "D1 D2",
    "its reset can damage the file",
    { ...FACTS, hasSafeLog: false },
  ],
  ["journal_mode", "wal", "warning", "D1 D2", "machines share no memory", { ...FACTS, networkDisk: "NFS" }],
  [
    "synchronous",
    "normal",
    "warning",
    "D1 E1 L1",
    "power loss takes the last commits",
    withInside({ synchronous: "normal" }),
  ],
  ["synchronous", "extra", "ok", "", "more than is needed", withInside({ synchronous: "extra" })],
  ["schema", "1", "ok", "", "the next start brings it up to date", withInside({ schemaVersion: 1 })],
  ["schema", "3, known 2", "error", ALL, "this sunbeat refuses the file", withInside({ schemaVersion: 3 })],
  ["file", "of another program", "error", ALL, "it is refused", withInside({ isOurs: false })],
  [
    "file",
    "cannot be read",
    "error",
    ALL,
    "it is damaged",
    withFile({ inside: { unknown: "file is not a database" } }),
  ],
  [
    "sqlite_version",
    "3.46.0",
    "warning",
    "",
    "slower, and safe",
    { ...FACTS, version: "3.46.0", hasSafeLog: false },
  ],
  ["disk", "NFS", "warning", ALL, "its locks hold on one machine only", { ...FACTS, networkDisk: "NFS" }],
  [
    "disk",
    "the file is mounted by itself",
    "error",
    ALL,
    "each mount of it has a log of its own",
    { ...FACTS, isMountedAlone: true },
  ],
  [
    "free space",
    "99.0 MiB",
    "warning",
    "",
    "it is nearly full",
    { ...FACTS, freeBytes: { value: 99 * 1024 ** 2 } },
  ],
  [
    "free space",
    null,
    "unknown",
    "",
    "the folder cannot be asked",
    { ...FACTS, freeBytes: { unknown: "EACCES" } },
  ],
  [
    "free space",
    "500.0 MiB",
    "warning",
    "",
    "a backup has no room",
    { ...withFile({ bytes: 600 * 1024 ** 2 }), freeBytes: { value: 500 * 1024 ** 2 } },
  ],
  ["rights", "this user may not write", "error", ALL, "nothing can be sent", { ...FACTS, writable: false }],
  ["file mode", "0640", "warning", "", "a group can read arguments", withFile({ mode: 0o640 })],
  ["file mode", "0602", "warning", "", "anybody can write", withFile({ mode: 0o602 })],
  ["file mode", null, "unknown", "", "Windows has none", withFile({ mode: null })],
  [
    "backups",
    "none",
    "warning",
    "D2 E1",
    "there is nothing to go back to",
    withFile({ newestBackupAt: null }),
  ],
  [
    "backups",
    "none",
    "ok",
    "",
    "a new file gets one soon",
    withFile({ newestBackupAt: null, madeAt: NOW - 30 * MINUTE }),
  ],
  [
    "backups",
    "newest of 2026-11-21T11:29:59Z",
    "warning",
    "D2 E1",
    "half an hour of changes has none",
    withFile({ newestBackupAt: NOW - 30 * MINUTE - 1_000 }),
  ],
  [
    "backups",
    "newest of 2026-11-14T12:00:00Z",
    "ok",
    "",
    "a store at rest needs no new one",
    withFile({ newestBackupAt: NOW - 7 * 1_440 * MINUTE, changedAt: NOW - 7 * 1_440 * MINUTE }),
  ],
  [
    "backups",
    "newest of 2026-11-21T12:00:00Z",
    "warning",
    "D2 E1",
    "a file so large is not backed up any more",
    withFile({ bytes: 1024 ** 3 + 1, newestBackupAt: NOW }),
  ],
])("%s %s is %s and weakens [%s]: %s", (setting, value, verdict, weakens, _because, facts) => {
  const finding = judge(facts).find((each) => each.setting === setting);
  expect([finding?.value, finding?.verdict, finding?.weakens.join(" ")]).toEqual([value, verdict, weakens]);
  if (verdict !== "ok") expect(finding?.advice).not.toBe("");
});
