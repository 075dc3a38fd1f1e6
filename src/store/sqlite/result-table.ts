/** Results as rows. */
import type { EpochMs } from "../../core/clock.js";
import { isFinal } from "../../tasks/states.js";
import type { ResultRecord, StoredResult } from "../contracts/results.js";
import type { ResultRecords } from "../rules/records.js";
import { MARK } from "./schema.js";
import { LIMIT, type Transaction } from "./transaction.js";

interface ResultRow {
  readonly id: string;
  readonly state: string;
  readonly payload: string | null;
  readonly reason: string | null;
  readonly worker: string | null;
  readonly at: EpochMs;
}

const COLUMNS = "id, state, payload, reason, worker, at";

function stored(row: ResultRow): StoredResult {
  return {
    id: row.id,
    state: row.state,
    payload: row.payload,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.worker === null ? {} : { worker: row.worker }),
    at: row.at,
  };
}

export class ResultTable implements ResultRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  isKept(id: string): boolean {
    return this.#at.get("SELECT 1 FROM result WHERE id = ? AND until > ?", id, this.#at.now) !== undefined;
  }

  kept(id: string): StoredResult | null {
    return keptResult(this.#at, id);
  }

  keep(id: string, record: ResultRecord, ttlMs: number): void {
    if (ttlMs > 0) this.#write(id, record, ttlMs);
    else this.drop(id);
    if (isFinal(record.state)) this.#at.endedTasks.push({ ...record, id, at: this.#at.now });
  }

  keepUntil(id: string, until: EpochMs): void {
    if (until > this.#at.now) this.#at.run("UPDATE result SET until = ? WHERE id = ?", until, id);
    else this.drop(id);
  }

  mark(id: string, ttlMs: number): void {
    this.#write(id, { state: MARK, payload: null }, ttlMs);
    // Who waits for a result need not any more.
    this.#at.movesMessages = true;
  }

  #write(id: string, record: ResultRecord, ttlMs: number): void {
    const { state, payload, reason = null, worker = null } = record;
    const { now } = this.#at;
    this.#at.run(
      "INSERT OR REPLACE INTO result (id, state, payload, reason, worker, at, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[id, state, payload, reason, worker, now, now + ttlMs],
    );
  }

  drop(id: string): void {
    this.#at.run("DELETE FROM result WHERE id = ?", id);
  }
}

function keptResult(at: Transaction, id: string): StoredResult | null {
  const row = at.get<ResultRow>(
    `SELECT ${COLUMNS} FROM result WHERE id = ? AND until > ? AND state <> ?`,
    ...[id, at.now, MARK],
  );
  return row ? stored(row) : null;
}

/** The result of a task that has ended, in whatever way; null: it has not, or its result is not kept any more. */
export function finalResult(at: Transaction, id: string): StoredResult | null {
  const kept = keptResult(at, id);
  return kept && isFinal(kept.state) ? kept : null;
}

export interface ResultsFound {
  readonly results: readonly StoredResult[];
  /** Number of the last one read. */
  readonly seq: number;
  readonly isComplete: boolean;
}

export function lastResult(at: Transaction): number {
  return at.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM result")?.seq ?? 0;
}

/** The final results written after the one numbered `seq`, oldest first. */
export function resultsAfter(at: Transaction, seq: number, limit: number): ResultsFound {
  const rows = at.all<ResultRow & { readonly seq: number }>(
    `SELECT seq, ${COLUMNS} FROM result WHERE seq > ? ORDER BY seq ${LIMIT}`,
    ...[seq, limit],
  );
  return {
    results: rows.filter((row) => isFinal(row.state)).map(stored),
    seq: rows.at(-1)?.seq ?? seq,
    isComplete: rows.length < limit,
  };
}

/** Drops at most `limit` results whose time is over. */
export function sweepResults(at: Transaction, limit: number): number {
  return at.run(
    `DELETE FROM result WHERE seq IN (SELECT seq FROM result WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[at.now, limit],
  );
}
