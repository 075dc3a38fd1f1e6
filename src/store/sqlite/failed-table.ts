/** Messages of tasks that have failed for good, as rows. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLane, MessageRate, NewMessage } from "../../tasks/message.js";
import {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  FAILED,
  MOST_FAILED,
  MOST_FAILED_BYTES,
  MOST_LOOKED,
} from "../contracts/dead-letters.js";
import type { FailedRecords } from "../rules/records.js";
import { readTurn } from "./lane-table.js";
import { letterOf, letterPage, type LetterRow } from "./letter-page.js";
import type { Known } from "./message-table.js";
import { LIMIT, type Transaction } from "./transaction.js";

export const FAILED_TABLES = `
  -- spec: JSON of the message as it is sent again, without its body.
  CREATE TABLE IF NOT EXISTS failed_message (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    spec TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS failed_message_queue ON failed_message (queue, bytes);
  CREATE INDEX IF NOT EXISTS failed_message_until ON failed_message (until);
  `;

/** What a queue holds is summed up when so many more have come. */
const SUMMED_EVERY = 50;

type Spec = Omit<NewMessage, "id" | "body">;

export class FailedTable implements FailedRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  keep(message: Known, until: EpochMs): void {
    const at = this.#at;
    const row = at.get<{ task: string; priority: number; maxDeliveries: number; body: string }>(
      "SELECT task, priority, max_deliveries AS maxDeliveries, body FROM message WHERE seq = ?",
      message.seq,
    );
    if (!row) return;
    const { id, queue, entry, resultTtlMs, idTtlMs, lock } = message;
    const rate = at.isRated
      ? at.get<MessageRate>("SELECT key, weight FROM rate_message WHERE id = ? AND weight IS NOT NULL", id)
      : undefined;
    const lane = at.get<MessageLane>("SELECT lane AS name, weight FROM message_lane WHERE id = ?", id);
    const { task, maxDeliveries, body } = row;
    const { priority } = readTurn(row.priority);
    const spec: Spec = {
      ...{ task, queue, priority, maxDeliveries, resultTtlMs, idTtlMs },
      ...(entry !== null && { entry }),
      ...(lock !== null && { lock: JSON.parse(lock) as NonNullable<Spec["lock"]> }),
      ...(rate && { rate: { ...rate } }),
      ...(lane && { lane: { ...lane } }),
    };
    at.run(
      "INSERT OR REPLACE INTO failed_message (id, queue, at, until, bytes, spec, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[id, queue, at.now, until, body.length, JSON.stringify(spec), body],
    );
    this.#makeRoom(queue, body.length);
  }

  /** A large one is summed at once: a queue keeps twice what it may at most. */
  #makeRoom(queue: string, bytes: number): void {
    const at = this.#at;
    const { seq } = at.get<{ seq: number }>("SELECT max(seq) AS seq FROM failed_message")!;
    if (seq % SUMMED_EVERY !== 0 && bytes * SUMMED_EVERY < MOST_FAILED_BYTES) return;
    const sum = at.get<{ count: number; bytes: number | null }>(
      "SELECT count(*) AS count, sum(bytes) AS bytes FROM failed_message INDEXED BY failed_message_queue WHERE queue = ?",
      queue,
    )!;
    let [count, kept] = [sum.count, sum.bytes ?? 0];
    while (count > MOST_FAILED || kept > MOST_FAILED_BYTES) {
      const oldest = at.get<{ seq: number; bytes: number }>(
        "SELECT seq, bytes FROM failed_message WHERE queue = ? ORDER BY seq LIMIT 1",
        queue,
      );
      if (!oldest) return;
      at.run("DELETE FROM failed_message WHERE seq = ?", oldest.seq);
      count--;
      kept -= oldest.bytes;
    }
  }
}

export function failedMessage(at: Transaction, id: string): NewMessage | null {
  const row = at.get<{ spec: string; body: string }>(
    "SELECT spec, body FROM failed_message WHERE id = ?",
    id,
  );
  return row ? { ...(JSON.parse(row.spec) as Spec), id, body: row.body } : null;
}

const FAILED_LETTER =
  "SELECT seq, id, queue, at, json_extract(spec, '$.task') AS task, body FROM failed_message";

type Row = Omit<LetterRow, "reason">;

export function failedLetters(at: Transaction, query: DeadLetterQuery): DeadLetterPage {
  const { queue, task, reason = FAILED, after, limit } = query;
  if (reason !== FAILED) return { letters: [], next: null };
  const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
  const looked = Math.max(MOST_LOOKED, limit + 1);
  const last = at.get<{ seq: number }>(
    "SELECT seq FROM failed_message WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ? + 0",
    ...[before, looked - 1],
  );
  const rows = at.all<Row>(
    `${FAILED_LETTER} WHERE seq < ? AND seq >= ? ${queue === undefined ? "" : "AND +queue = ?"}
       ${task === undefined ? "" : "AND json_extract(spec, '$.task') = ?"} ORDER BY seq DESC ${LIMIT}`,
    ...[before, last?.seq ?? 0, ...(queue === undefined ? [] : [queue])],
    ...[...(task === undefined ? [] : [task]), limit + 1],
  );
  return letterPage(
    rows.map((row) => ({ ...row, reason: FAILED })),
    limit,
    last?.seq ?? null,
  );
}

export function failedLetter(at: Transaction, id: string): DeadLetter | null {
  const row = at.get<Row>(`${FAILED_LETTER} WHERE id = ?`, id);
  return row ? letterOf({ ...row, reason: FAILED }) : null;
}

export function dropFailed(at: Transaction, id: string): number {
  return at.run("DELETE FROM failed_message WHERE id = ?", id);
}

/** Numbers by queue. */
export function countFailed(at: Transaction): { readonly queue: string; readonly count: number }[] {
  return at.all(
    "SELECT queue, count(*) AS count FROM failed_message INDEXED BY failed_message_queue GROUP BY queue",
  );
}

/** Drops at most `limit` whose time is over. */
export function sweepFailed(at: Transaction, limit: number): number {
  return at.run(
    `DELETE FROM failed_message WHERE seq IN (SELECT seq FROM failed_message WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[at.now, limit],
  );
}
