/** Records of ended attempts as rows. */
import type { HistoryRecords } from "../rules/history-records.js";
import type { Transaction } from "./transaction.js";

export const HISTORY_TABLES = `
  -- One row an ended attempt: tasks/note.ts has the note. No index of all rows: an index of the ids costs a task as much as the row.
  CREATE TABLE IF NOT EXISTS task_record (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    id TEXT NOT NULL,
    entry TEXT,
    note TEXT NOT NULL
  );
  -- Ids of a thousand rows in few bits (rules/id-filter.ts): which rows to look at for one. The newest rows have none yet.
  CREATE TABLE IF NOT EXISTS task_record_ids (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    ids TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS task_record_entry ON task_record (entry, at) WHERE entry IS NOT NULL;
  `;

export class HistoryTable implements HistoryRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  add(id: string, entry: string | null, note: string): void {
    this.#at.run(
      "INSERT INTO task_record (at, id, entry, note) VALUES (?, ?, ?, ?)",
      ...[this.#at.now, id, entry, note],
    );
  }
}
