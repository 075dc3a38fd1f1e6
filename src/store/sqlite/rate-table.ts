/** Rate limits, and what waits for tokens, as rows. */
import type { MessageRate } from "../../tasks/message.js";
import type { TaskLimit } from "../contracts/limits.js";
import type { Bucket } from "../rules/bucket.js";
import type { Backlog, RateRecords } from "../rules/rate-records.js";
import type { Known } from "./message-table.js";
import { keepRate } from "./rate-rows.js";
import { LIMIT, type Transaction } from "./transaction.js";

const BACKLOG = "SELECT bucket, queue, task, due_at AS dueAt, turn_at AS turnAt FROM rate_backlog";

export class RateTable implements RateRecords {
  readonly #at: Transaction;
  #any: boolean | undefined;
  readonly #limits = new Map<string, TaskLimit | null>();

  constructor(at: Transaction) {
    this.#at = at;
  }

  any(): boolean {
    return (this.#any ??=
      this.#at.get<{ any: number }>(
        `SELECT EXISTS (SELECT 1 FROM rate_limit) OR EXISTS (SELECT 1 FROM rate_bucket)
           OR EXISTS (SELECT 1 FROM rate_backlog) AS any`,
      )!.any === 1);
  }

  limitOf(task: string): TaskLimit | null {
    const known = this.#limits.get(task);
    if (known !== undefined) return known;
    const row = this.#at.get<LimitRow>("SELECT task, terms FROM rate_limit WHERE task = ?", task);
    const limit = row ? readLimit(row) : null;
    this.#limits.set(task, limit);
    return limit;
  }

  writeLimit(limit: TaskLimit): void {
    const { task, ...terms } = limit;
    this.#at.run(
      "INSERT INTO rate_limit (task, terms) VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET terms = excluded.terms",
      ...[task, JSON.stringify(terms)],
    );
    this.#limits.set(task, limit);
  }

  removeLimit(task: string): void {
    this.#at.run("DELETE FROM rate_limit WHERE task = ?", task);
    this.#limits.set(task, null);
  }

  bucket(name: string): Bucket | null {
    const sql = `SELECT full_at AS fullAt, interval_ms AS intervalMs, burst, at, shut_until AS shutUntil FROM rate_bucket
      WHERE name = ?`;
    return this.#at.get<Bucket>(sql, name) ?? null;
  }

  writeBucket(name: string, { fullAt, intervalMs, burst, at, shutUntil }: Bucket): void {
    this.#at.run(
      `INSERT INTO rate_bucket (name, full_at, interval_ms, burst, at, shut_until) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name)
         DO UPDATE SET full_at = excluded.full_at, interval_ms = excluded.interval_ms, burst = excluded.burst,
           at = excluded.at, shut_until = excluded.shut_until`,
      ...[name, fullAt, intervalMs, burst, at, shutUntil],
    );
    this.#any = true;
  }

  dropFullBuckets(limit: number): number {
    return this.#at.run(
      `DELETE FROM rate_bucket WHERE name IN
         (SELECT name FROM rate_bucket WHERE full_at <= ? AND shut_until <= ? ORDER BY full_at ${LIMIT})`,
      ...[this.#at.now, this.#at.now, limit],
    );
  }

  rateOf({ id }: Pick<Known, "id">): MessageRate | null {
    if (!this.#at.isRated) return null;
    const sql = "SELECT key, weight FROM rate_message WHERE id = ? AND weight IS NOT NULL";
    const row = this.#at.get<MessageRate>(sql, id);
    return row ? { key: row.key, weight: row.weight } : null;
  }

  setRate({ id }: Pick<Known, "id">, rate: MessageRate): void {
    keepRate(this.#at, id, rate);
  }

  dueBacklogs(queue: string, limit: number): readonly Backlog[] {
    const sql = `${BACKLOG} WHERE queue = ? AND due_at <= ? ORDER BY due_at ${LIMIT}`;
    return this.#at.all<Backlog>(sql, queue, this.#at.now, limit);
  }

  lastBacklog(queue: string): Backlog | null {
    const sql = `${BACKLOG} WHERE queue = ? ORDER BY due_at DESC LIMIT 1`;
    return this.#at.get<Backlog>(sql, queue) ?? null;
  }

  firstTurn(queue: string): Backlog | null {
    return this.#at.get<Backlog>(`${BACKLOG} WHERE queue = ? ORDER BY turn_at LIMIT 1`, queue) ?? null;
  }

  backlogsOf(task: string, limit: number, after: Backlog | null): readonly Backlog[] {
    const sql = `${BACKLOG} WHERE task = ? AND (bucket, queue) > (?, ?) ORDER BY bucket, queue ${LIMIT}`;
    return this.#at.all<Backlog>(sql, task, after?.bucket ?? "", after?.queue ?? "", limit);
  }

  waiting({ bucket, queue }: Backlog, limit: number): readonly string[] {
    const found = this.#at.all<{ id: string }>(
      `SELECT waiting.id FROM rate_message AS waiting JOIN message ON message.id = waiting.id AND blocker = 'rate'
         WHERE bucket = ? AND waiting.queue = ? ORDER BY waiting.rank, waiting.seq ${LIMIT}`,
      ...[bucket, queue, limit],
    );
    // Those of an older sunbeat end messages and know of no backlog.
    if (found.length === 0) this.#drop(bucket, queue);
    return found.map(({ id }) => id);
  }

  #drop(bucket: string, queue: string): void {
    this.#at.run("DELETE FROM rate_message WHERE bucket = ? AND queue = ? AND weight IS NULL", bucket, queue);
    this.#at.run("UPDATE rate_message SET bucket = NULL WHERE bucket = ? AND queue = ?", bucket, queue);
    this.#at.run("DELETE FROM rate_backlog WHERE bucket = ? AND queue = ?", bucket, queue);
  }

  enter({ id, seq }: Known, { bucket, queue, task, dueAt, turnAt }: Backlog): boolean {
    this.#at.run(
      `INSERT INTO rate_message (id, bucket, queue, rank, seq)
         SELECT id, ?, queue, -priority, seq FROM message WHERE seq = ? AND id = ? ON CONFLICT (id)
         DO UPDATE SET bucket = excluded.bucket, queue = excluded.queue, rank = excluded.rank, seq = excluded.seq`,
      ...[bucket, seq, id],
    );
    this.#at.isRated = true;
    this.#any = true;
    const made = this.#at.run(
      "INSERT INTO rate_backlog (bucket, queue, task, due_at, turn_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      ...[bucket, queue, task, dueAt, turnAt],
    );
    return made === 0;
  }

  writeBacklog({ bucket, queue, dueAt, turnAt }: Backlog): void {
    this.#at.run(
      "UPDATE rate_backlog SET due_at = ?, turn_at = ? WHERE bucket = ? AND queue = ?",
      ...[dueAt, turnAt, bucket, queue],
    );
  }
}

interface LimitRow {
  readonly task: string;
  /** JSON of a TaskLimit, without its task. */
  readonly terms: string;
}

function readLimit({ task, terms }: LimitRow): TaskLimit {
  return { task, ...(JSON.parse(terms) as Omit<TaskLimit, "task">) };
}

export function limitsOf(at: Transaction): TaskLimit[] {
  return at.all<LimitRow>("SELECT task, terms FROM rate_limit ORDER BY task").map(readLimit);
}
