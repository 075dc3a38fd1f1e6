/** Entries, their runs, and what became of them, as rows. */
import type { EpochMs } from "../../core/clock.js";
import type { EntryPut } from "../contracts/entries.js";
import type { LedgerRange, LedgerRow } from "../contracts/ledger.js";
import type { Advance, BufferedRun, EntryRecords, Found, JudgedEntry } from "../rules/records.js";
import { FOUND } from "./message-table.js";
import { DEAD } from "./schema.js";
import { LIMIT, type Transaction } from "./transaction.js";

/** As the index has it. */
export const IS_UNFINISHED = `state <> ${DEAD} AND blocker IS NOT 'entry'`;
const UNFINISHED = `FROM message WHERE entry = ? AND ${IS_UNFINISHED}`;

export class EntryTable implements EntryRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  find(name: string): JudgedEntry | null {
    return (
      this.#at.get<JudgedEntry>(
        `SELECT revision, etag, due, last_due AS lastDue, paused_at AS pausedAt, disabled, runs
           FROM entry WHERE name = ?`,
        name,
      ) ?? null
    );
  }

  write(item: EntryPut): void {
    this.#at.run(
      `INSERT INTO entry (name, owner, version, definition, revision, etag, due, dispatch_at, paused_at, disabled,
         disabled_at, basis, previous_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, version = excluded.version,
         definition = excluded.definition, revision = excluded.revision, etag = excluded.etag,
         due = excluded.due, dispatch_at = excluded.dispatch_at, basis = excluded.basis,
         paused_at = excluded.paused_at, previous_name = coalesce(excluded.previous_name, previous_name),
         disabled_at = CASE WHEN excluded.disabled IS disabled THEN disabled_at ELSE excluded.disabled_at END,
         disabled = excluded.disabled`,
      ...[item.name, item.owner, item.version, item.definition, item.revision, this.#at.etag()],
      ...[item.cursor?.due ?? null, item.cursor?.dispatchAt ?? null, item.pausedAt, item.disabled],
      ...[item.disabled === null ? null : this.#at.now, item.basis ?? null, item.previousName ?? null],
    );
    if (item.ran === undefined) return;
    const { lastDue, runs } = item.ran;
    this.#at.run("UPDATE entry SET last_due = ?, runs = ? WHERE name = ?", lastDue, runs, item.name);
  }

  remove(name: string): void {
    this.#at.run("DELETE FROM entry WHERE name = ?", name);
    this.#at.run("DELETE FROM entry_success WHERE entry = ?", name);
  }

  advance(name: string, { cursor, basis, lastDue, sent, disable }: Advance): void {
    this.#at.run(
      `UPDATE entry SET due = ?, dispatch_at = ?, basis = ?, etag = ?, runs = runs + ?,
         last_due = max(coalesce(last_due, ?), coalesce(?, last_due)) WHERE name = ?`,
      ...[
        cursor?.due ?? null,
        cursor?.dispatchAt ?? null,
        basis,
        this.#at.etag(),
        sent,
        lastDue,
        lastDue,
        name,
      ],
    );
    if (disable === null) return;
    this.#at.run(
      "UPDATE entry SET disabled = ?, disabled_at = ? WHERE name = ? AND disabled IS NOT ?",
      ...[disable, this.#at.now, name, disable],
    );
  }

  countRun(name: string, isCounted: boolean): void {
    const sql = "UPDATE entry SET etag = ?, runs = runs + ? WHERE name = ?";
    this.#at.run(sql, this.#at.etag(), isCounted ? 1 : 0, name);
  }

  noteSuccess(name: string): void {
    this.#at.run(
      `INSERT INTO entry_success (entry, at) SELECT name, ? FROM entry WHERE name = ?
         ON CONFLICT (entry) DO UPDATE SET at = excluded.at`,
      ...[this.#at.now, name],
    );
  }

  disableWhenSpent(name: string, maxRuns: number): void {
    this.#at.run(
      `UPDATE entry SET due = NULL, dispatch_at = NULL,
         disabled_at = CASE WHEN disabled IS NULL THEN ? ELSE disabled_at END, disabled = coalesce(disabled, 'max-runs')
         WHERE name = ? AND runs >= ?`,
      ...[this.#at.now, name, maxRuns],
    );
  }

  newestRunAt(entry: string): EpochMs | null {
    const sql = `SELECT max(enqueued_at) AS at ${UNFINISHED}`;
    return this.#at.get<{ at: EpochMs | null }>(sql, entry)?.at ?? null;
  }

  unfinishedRuns(entry: string, limit: number): ReturnType<EntryRecords["unfinishedRuns"]> {
    const sql = `SELECT ${FOUND} ${UNFINISHED} ORDER BY enqueued_at ${LIMIT}`;
    const runs = this.#at.all<Found>(sql, entry, limit);
    return { runs, isAll: runs.length < limit };
  }

  buffered(entry: string): BufferedRun | null {
    const row = this.#at.get<BufferedRun & { readonly triggered: number }>(
      `SELECT entry, id, due, term, triggered, max_runs AS maxRuns, timeout_ms AS timeoutMs, grace_end AS graceEnd
         FROM buffered_run WHERE entry = ?`,
      entry,
    );
    return row ? { ...row, isTriggered: row.triggered === 1 } : null;
  }

  dueBuffered(limit: number): readonly string[] {
    const sql = `SELECT entry FROM buffered_run WHERE wake_at <= ? ORDER BY wake_at ${LIMIT}`;
    return this.#at.all<{ entry: string }>(sql, this.#at.now, limit).map(({ entry }) => entry);
  }

  buffer(run: BufferedRun, wakeAt: EpochMs | null): void {
    this.#at.run(
      `INSERT INTO buffered_run (entry, id, due, term, triggered, max_runs, timeout_ms, grace_end, wake_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[run.entry, run.id, run.due, run.term, run.isTriggered ? 1 : 0, run.maxRuns, run.timeoutMs],
      ...[run.graceEnd, wakeAt],
    );
  }

  setBufferedWake(entry: string, wakeAt: EpochMs | null): void {
    this.#at.run("UPDATE buffered_run SET wake_at = ? WHERE entry = ?", wakeAt, entry);
  }

  unbuffer({ entry }: BufferedRun): void {
    this.#at.run("DELETE FROM buffered_run WHERE entry = ?", entry);
  }

  forgetMaxRuns(entry: string): void {
    this.#at.run("UPDATE buffered_run SET max_runs = NULL WHERE entry = ?", entry);
  }

  record({ entry, due, fate, reason, taskId, term }: Omit<LedgerRow, "kind" | "at">): void {
    this.#at.run(
      "INSERT INTO ledger (entry, due, due_to, fate, reason, task_id, at, term) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ...[entry, due, due, fate, reason, taskId, this.#at.now, term],
    );
  }

  recordRange(entry: string, range: LedgerRange, term: string | null): void {
    const { from, to, count, reason, schedule } = range;
    this.#at.run(
      `INSERT INTO ledger (entry, due, due_to, fate, reason, at, term, count, schedule)
         VALUES (?, ?, ?, 'skipped', ?, ?, ?, ?, ?)`,
      ...[entry, from, to, reason, this.#at.now, term, count, schedule],
    );
  }
}
