/**
 * A file of schema 5 with a hundred thousand messages of all states, whose opening by this version is killed at points of the
 * migration: the next opening does it anew, and nothing is lost.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Driver, type Handle, loadDriver } from "../../src/store/sqlite/driver.js";
import { pragma } from "../../src/store/sqlite/pragmas.js";
import { SCHEMA_VERSION } from "../../src/store/sqlite/schema.js";

const VICTIM = fileURLToPath(new URL("../store/sqlite/fixtures/killed-migration.ts", import.meta.url));
const SMALL = new URL("../store/sqlite/fixtures/schema-5.db.gz", import.meta.url);
/** Twelve messages are in the small file. */
const COPIES = 8_400;

const folder = mkdtempSync(join(tmpdir(), "sunbeat-migration-"));
const large = join(folder, "large.db");

/** Every message with its request, its buffered run and its entry, so many times more under names of their own. */
function multiply(handle: Handle): void {
  const columns = (table: string, key: string): string =>
    (handle.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== key)
      .join(", ");
  const times = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COPIES})`;
  const copies: readonly (readonly [table: string, key: string, named: readonly string[], where: string])[] =
    [
      ["message", "seq", ["id", "entry"], "1"],
      ["contender", "turn", ["id"], "is_task = 1"],
      ["held_run", "", ["entry", "id"], "1"],
      ["entry", "seq", ["name"], "1"],
      ["result", "seq", ["id"], "1"],
    ];
  handle.exec("BEGIN");
  for (const [table, key, named, where] of copies) {
    const into = columns(table, key);
    const from = into.replace(/\w+/g, (name) => (named.includes(name) ? `${name} || '-' || i` : name));
    handle.exec(`${times} INSERT INTO ${table} (${into}) SELECT ${from} FROM ${table}, n WHERE ${where}`);
  }
  handle.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

/** What must be the same before and after. */
function contents(handle: Handle, words: Record<string, string>): unknown {
  const sql = `
    SELECT 'message' AS what, STATE AS kind, count(*) AS count, sum(seq) AS keys, sum(length(id) + length(body)) AS bytes
      FROM message GROUP BY kind
    UNION ALL SELECT 'request', STATUS, count(*), sum(TICKET), sum(length(id)) FROM REQUEST GROUP BY STATUS
    UNION ALL SELECT 'buffered', triggered, count(*), sum(due % 1000000), sum(length(id)) FROM BUFFERED GROUP BY triggered
    UNION ALL SELECT 'entry', disabled, count(*), sum(DUE % 1000000), sum(runs) FROM entry GROUP BY disabled
    UNION ALL SELECT 'result', state, count(*), sum(seq), sum(length(id)) FROM result GROUP BY state
    UNION ALL SELECT 'ledger', fate, count(*), sum(due % 1000000), sum(at % 1000000) FROM ledger GROUP BY fate
    UNION ALL SELECT 'history', event, count(*), sum(seq), sum(at % 1000000) FROM lock_history GROUP BY event`;
  return handle
    .prepare(sql.replace(/\b(STATE|STATUS|TICKET|REQUEST|BUFFERED|DUE)\b/g, (word) => words[word] ?? word))
    .all()
    .map((row) => ({ ...(row as object) }));
}

const OLD = {
  ...{ STATE: "place", STATUS: "standing", TICKET: "turn", REQUEST: "contender", BUFFERED: "held_run" },
  DUE: "nominal",
};
const NEW = {
  STATE: "CASE blocker WHEN 'entry' THEN 3 ELSE state END",
  ...{ STATUS: "status", TICKET: "ticket", REQUEST: "lock_request", BUFFERED: "buffered_run", DUE: "due" },
};

function openIn(child: string, point: string): { readonly signal: string | null; readonly said: string } {
  const { signal, stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", VICTIM, child, point],
    { encoding: "utf8" },
  );
  if (signal === null && status !== 0) throw new Error(stderr);
  return { signal, said: stdout.trim() };
}

describe("a migration of a hundred thousand messages that is killed", () => {
  let before: unknown;
  let driver: Driver;
  let statements = 0;

  beforeAll(async () => {
    driver = await loadDriver();
    writeFileSync(large, gunzipSync(readFileSync(SMALL)), { mode: 0o600 });
    const handle = driver.open(large);
    multiply(handle);
    before = contents(handle, OLD);
    expect(handle.prepare("SELECT count(*) AS count FROM message").get()).toEqual({
      count: 12 * (COPIES + 1),
    });
    handle.close();
    const whole = join(folder, "whole.db");
    copyFileSync(large, whole);
    statements = Number(openIn(whole, "none").said);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Of a copy, with its log: a handle of this process may keep a file in use after its end. */
  function expectContents(path: string, version: number, words: Record<string, string>): void {
    const copy = `${path}.copy-${version}`;
    for (const suffix of ["", "-wal"])
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    const handle = driver.open(copy);
    expect(pragma(handle, "integrity_check")).toBe("ok");
    expect(pragma(handle, "user_version")).toBe(version);
    expect(contents(handle, words)).toEqual(before);
    handle.close();
  }

  function expectNextOpens(path: string): void {
    expect(openIn(path, "none").signal).toBe(null);
    expectContents(path, SCHEMA_VERSION, NEW);
  }

  test("has more than twenty statements to be killed between", () => {
    expect(statements).toBeGreaterThan(20);
  });

  test.each([0, 0.15, 0.3, 0.5, 0.7, 0.85, 1])(
    "after %d of its statements: the file is the old one, and the next opening does it all",
    (share) => {
      const path = join(folder, `killed-${share}.db`);
      copyFileSync(large, path);
      expect(openIn(path, String(Math.round(share * statements))).signal).toBe("SIGKILL");
      expectContents(path, 5, OLD);
      expectNextOpens(path);
    },
  );

  test("just after its commit: the file is the new one", () => {
    const path = join(folder, "committed.db");
    copyFileSync(large, path);
    expect(openIn(path, "committed").signal).toBe("SIGKILL");
    expectNextOpens(path);
  });
});
