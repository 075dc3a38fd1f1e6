import type { PausedQueue } from "../contracts/queues.js";
import type { PauseRecords } from "../rules/queue-records.js";
import type { Transaction } from "./transaction.js";

export class PauseTable implements PauseRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  all(): readonly PausedQueue[] {
    const sql = "SELECT queue, since, asked_by AS by, reason, until FROM paused_queue ORDER BY queue";
    return this.#at.all<PausedQueue>(sql).map((row) => ({ ...row }));
  }

  put({ queue, since, by, reason, until }: PausedQueue): void {
    this.#at.run(
      "INSERT OR REPLACE INTO paused_queue (queue, since, asked_by, reason, until) VALUES (?, ?, ?, ?, ?)",
      ...[queue, since, by, reason, until],
    );
  }

  remove(queue: string): boolean {
    return this.#at.run("DELETE FROM paused_queue WHERE queue = ?", queue) > 0;
  }
}
