/** Unique keys as rows. */
import type { MessageUnique } from "../../tasks/message.js";
import type { UniqueKey, UniqueRecords } from "../rules/unique-records.js";
import { LIMIT, type Transaction } from "./transaction.js";

export class UniqueTable implements UniqueRecords {
  readonly #at: Transaction;
  #hasAny: boolean | null = null;

  constructor(at: Transaction) {
    this.#at = at;
  }

  get hasAny(): boolean {
    const sql = "SELECT min(id) AS first FROM unique_message";
    this.#hasAny ??= this.#at.get<{ readonly first: string | null }>(sql)?.first != null;
    return this.#hasAny;
  }

  find(key: string): UniqueKey | null {
    const sql = "SELECT owner, ends_at AS endsAt, timed, waiting FROM unique_key WHERE key = ?";
    const row = this.#at.get<Omit<UniqueKey, "isTimed"> & { readonly timed: number }>(sql, key);
    return row
      ? { owner: row.owner, endsAt: row.endsAt, isTimed: row.timed === 1, waiting: row.waiting }
      : null;
  }

  put(key: string, { owner, endsAt, isTimed, waiting }: UniqueKey): void {
    this.#at.run(
      "INSERT OR REPLACE INTO unique_key (key, owner, ends_at, timed, waiting) VALUES (?, ?, ?, ?, ?)",
      ...[key, owner, endsAt, isTimed ? 1 : 0, waiting],
    );
  }

  remove(key: string): void {
    this.#at.run("DELETE FROM unique_key WHERE key = ?", key);
  }

  ofMessage(id: string): MessageUnique | null {
    const row = this.#at.get<{ readonly spec: string }>("SELECT spec FROM unique_message WHERE id = ?", id);
    return row ? (JSON.parse(row.spec) as MessageUnique) : null;
  }

  note(id: string, unique: MessageUnique): void {
    this.#hasAny = true;
    const sql = "INSERT OR REPLACE INTO unique_message (id, spec) VALUES (?, ?)";
    this.#at.run(sql, id, JSON.stringify(unique));
  }

  forget(id: string): void {
    this.#at.run("DELETE FROM unique_message WHERE id = ?", id);
  }

  sweep(limit: number): number {
    return this.#at.run(
      `DELETE FROM unique_key WHERE key IN (SELECT key FROM unique_key
         WHERE ends_at IS NOT NULL AND ends_at <= ? AND waiting IS NULL ORDER BY ends_at ${LIMIT})`,
      ...[this.#at.now, limit],
    );
  }
}
