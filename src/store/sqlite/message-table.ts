/** Messages as rows. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock } from "../../tasks/message.js";
import type { DeliveryRef } from "../contracts/delivery.js";
import type * as records from "../rules/records.js";
import {
  type Blocker,
  COUNTED_BLOCKERS,
  NOT_REVOKED,
  queuedState,
  type Revoked,
  TO_DROP,
} from "../rules/states.js";
import { forgetRate, keepRate, leaveBacklog } from "./rate-rows.js";
import { BLOCKED, DEAD, LEASED, READY, SCHEDULED, WAITING } from "./schema.js";
import type { LaneTable } from "./lane-table.js";
import { readTurn, withTurn } from "./lane-table.js";
import { queueLength } from "./queue-length.js";
import { LIMIT, type Transaction } from "./transaction.js";

/** What the moves below need. */
export interface Known extends records.Known {
  readonly seq: number;
  /** JSON of a MessageLock. */
  readonly lock: string | null;
}

type As<T> = T & Known;
type Content = Pick<records.Sent, "body" | "eta" | "expires">;

/** Whether a blocked message counts as one of its queue. */
export const COUNTED = `blocker IN (${COUNTED_BLOCKERS.map((blocker) => `'${blocker}'`).join(", ")})`;

const KNOWN = "seq, id, queue, eta, entry, result_ttl AS resultTtlMs, id_ttl AS idTtlMs, lock";
/** The columns of a row, and the store's words for its state. */
export const FOUND = `${KNOWN}, task, revoked, expires, blocker, retries, deliveries, enqueued_at AS enqueuedAt,
  CASE state WHEN ${READY} THEN 'ready' WHEN ${SCHEDULED} THEN 'scheduled' WHEN ${LEASED} THEN 'leased'
    WHEN ${DEAD} THEN 'dead' ELSE 'blocked' END AS state`;
const FOREMOST = `SELECT ${KNOWN}, task, priority, expires, max_deliveries AS maxDeliveries, body, retries, deliveries,
  enqueued_at AS enqueuedAt, revoked FROM message WHERE state = ${READY} AND queue = ? ORDER BY priority DESC, seq ${LIMIT}`;
const BACK = `token = NULL, lease_until = NULL, revoked = min(revoked, ${TO_DROP})`;
/** With the store's now before: ready, or scheduled when its eta is ahead. */
const QUEUED = `CASE WHEN eta > ? THEN ${SCHEDULED} ELSE ${READY} END`;

export class MessageTable implements records.MessageRecords {
  readonly readAhead = Infinity;
  readonly #at: Transaction;
  readonly #lanes: LaneTable;

  constructor(at: Transaction, lanes: LaneTable) {
    this.#at = at;
    this.#lanes = lanes;
  }

  isStored(id: string): boolean {
    return this.#at.get("SELECT 1 FROM message WHERE id = ?", id) !== undefined;
  }

  find(id: string): As<records.Found> | null {
    return this.#at.get<As<records.Found>>(`SELECT ${FOUND} FROM message WHERE id = ?`, id) ?? null;
  }

  leased({ id, token }: DeliveryRef): As<records.Leased> | null {
    const sql = `SELECT ${KNOWN}, revoked FROM message WHERE id = ? AND token = ?`;
    return this.#at.get<As<records.Leased>>(sql, id, token) ?? null;
  }

  delivered({ id, token }: DeliveryRef): As<records.Delivered> | null {
    const sql = `SELECT ${KNOWN}, task, deliveries, max_deliveries AS maxDeliveries, lease_until AS until FROM message
      WHERE id = ? AND token = ?`;
    return this.#at.get<As<records.Delivered>>(sql, id, token) ?? null;
  }

  ready(queue: string, limit: number): readonly As<records.Ready>[] {
    if (limit !== 1) return this.#at.all<As<records.Ready>>(FOREMOST, queue, limit).map(turned);
    // A single row without the detour over a list.
    const one = this.#at.get<As<records.Ready>>(FOREMOST, queue, 1);
    return one ? [turned(one)] : [];
  }

  hasReady(queue: string): boolean {
    const sql = `SELECT 1 FROM message WHERE state = ${READY} AND queue = ? LIMIT 1`;
    return this.#at.get(sql, queue) !== undefined;
  }

  dueScheduled(limit: number): readonly Known[] {
    return this.#at.all<Known>(
      `SELECT ${KNOWN} FROM message WHERE state = ${SCHEDULED} AND eta <= ? ORDER BY eta ${LIMIT}`,
      ...[this.#at.now, limit],
    );
  }

  endedLeases(limit: number): readonly As<records.Lapsed>[] {
    return this.#at.all<As<records.Lapsed>>(
      `SELECT ${KNOWN}, task, deliveries, max_deliveries AS maxDeliveries FROM message
           WHERE state = ${LEASED} AND lease_until <= ? ORDER BY lease_until ${LIMIT}`,
      ...[this.#at.now, limit],
    );
  }

  overdueBlocked(limit: number): readonly As<records.Found>[] {
    const overdue = this.#at.all<{ id: string }>(
      `SELECT id FROM lock_request WHERE status = ${WAITING} AND wait_deadline IS NOT NULL AND wait_deadline <= ?
         ORDER BY wait_deadline ${LIMIT}`,
      ...[this.#at.now, limit],
    );
    return overdue.flatMap(({ id }) => this.find(id) ?? []);
  }

  waitingIn(queue: string, limit: number): readonly Known[] {
    const waiting: Known[] = [];
    // Looks through all that is scheduled: an operator's step, not a worker's.
    for (const where of [`state = ${READY}`, `state = ${BLOCKED} AND ${COUNTED}`, `state = ${SCHEDULED}`]) {
      const sql = `SELECT ${KNOWN} FROM message WHERE ${where} AND queue = ? ${LIMIT}`;
      waiting.push(...this.#at.all<Known>(sql, queue, limit - waiting.length));
    }
    return waiting;
  }

  holds(queue: string, count: number): boolean {
    return queueLength(this.#at, queue) >= count;
  }

  dead(id: string): Known | null {
    return this.#at.get<Known>(`SELECT ${KNOWN} FROM message WHERE id = ? AND state = ${DEAD}`, id) ?? null;
  }

  lockOf({ lock }: Known): MessageLock | null {
    return lock === null ? null : (JSON.parse(lock) as MessageLock);
  }

  insertUnlessKnown(sent: records.Sent, state: "ready" | "scheduled", turn: number | null): Known | null {
    return this.#insert(sent, state === "ready" ? READY : SCHEDULED, null, turn);
  }

  insertBuffered(sent: records.Sent): void {
    this.#insert(sent, BLOCKED, "entry");
  }

  bufferedSent(message: Known): Omit<records.Sent, "rate" | "lane" | "unique"> {
    const sql = `SELECT task, priority, expires, max_deliveries AS maxDeliveries, body FROM message WHERE seq = ?`;
    const row = this.#at.get<Pick<records.Sent, "task" | "priority" | "expires" | "maxDeliveries" | "body">>(
      sql,
      message.seq,
    )!;
    const { id, queue, eta, entry, resultTtlMs, idTtlMs } = message;
    return {
      ...row,
      ...{ id, queue, eta, entry, resultTtlMs, idTtlMs },
      lock: this.lockOf(message),
    };
  }

  insertPart(sent: records.Sent): void {
    const at = this.#at;
    at.movesMessages = true;
    const { id, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, idTtlMs, entry, body } =
      sent;
    at.run(
      `INSERT OR REPLACE INTO message (seq, id, state, blocker, task, queue, priority, eta, expires, max_deliveries,
         result_ttl, entry, enqueued_at, body, lock, id_ttl) VALUES (?, ?, ${BLOCKED}, 'part', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[at.nextSeq(), id, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, entry, at.now],
      ...[body, sent.lock && JSON.stringify(sent.lock), idTtlMs],
    );
    if (sent.rate !== null) keepRate(at, id, sent.rate);
  }

  #insert(
    sent: records.Sent,
    state: number,
    blocker: Blocker | null,
    turn: number | null = null,
  ): Known | null {
    const at = this.#at;
    at.movesMessages = true;
    const { id, task, queue, priority, eta, expires, maxDeliveries, resultTtlMs, idTtlMs, entry, body } =
      sent;
    const seq = at.nextSeq();
    const rank = turn === null ? priority : withTurn(priority, turn);
    const lock = sent.lock && JSON.stringify(sent.lock);
    const stored = at.run(
      `INSERT INTO message (seq, id, state, blocker, task, queue, priority, eta, expires, max_deliveries, result_ttl,
         entry, enqueued_at, body, lock, id_ttl) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
         WHERE NOT EXISTS (SELECT 1 FROM result WHERE id = ? AND until > ?) ON CONFLICT (id) DO NOTHING`,
      ...[seq, id, state, blocker, task, queue, rank, eta, expires, maxDeliveries, resultTtlMs, entry],
      ...[at.now, body, lock, idTtlMs, id, at.now],
    );
    if (stored === 0) return null;
    if (sent.rate !== null) keepRate(at, id, sent.rate);
    return { seq, id, queue, eta, entry, resultTtlMs, idTtlMs, lock };
  }

  lease(message: Known, { token, worker, until }: records.Lease): void {
    this.#at.run(
      `UPDATE message SET state = ${LEASED}, token = ?, worker = ?, lease_until = ?, deliveries = deliveries + 1
         WHERE seq = ?`,
      ...[token, worker, until, message.seq],
    );
  }

  extendLease({ seq }: Known, until: EpochMs): void {
    this.#at.run("UPDATE message SET lease_until = ? WHERE seq = ?", until, seq);
  }

  promote({ seq }: Known): void {
    this.#at.run(`UPDATE message SET state = ${READY} WHERE seq = ?`, seq);
  }

  requeue({ seq }: Known, { isCounted }: { readonly isCounted: boolean }): void {
    this.#at.movesMessages = true;
    this.#at.run(
      `UPDATE message SET state = ${QUEUED}, deliveries = deliveries - ?, ${BACK} WHERE seq = ?`,
      ...[this.#at.now, isCounted ? 0 : 1, seq],
    );
  }

  postpone({ seq }: Known, eta: EpochMs, why: "retry" | "defer"): void {
    const at = this.#at;
    at.movesMessages = true;
    const counts = why === "retry" ? "deliveries = 0, retries = retries + 1" : "deliveries = deliveries - 1";
    const state = queuedState(eta, at.now) === "ready" ? READY : SCHEDULED;
    at.run(
      `UPDATE message SET state = ?, seq = ?, eta = ?, ${counts}, ${BACK} WHERE seq = ?`,
      ...[state, at.nextSeq(), eta, seq],
    );
  }

  block({ seq, id }: Known, blocker: "lock" | "part" | "rate" | "unique"): void {
    this.#at.movesMessages = true;
    leaveBacklog(this.#at, id);
    this.#at.run(
      `UPDATE message SET state = ${BLOCKED}, blocker = ?, deliveries = deliveries - (token IS NOT NULL), ${BACK},
         dead_at = NULL, dead_reason = NULL WHERE seq = ?`,
      ...[blocker, seq],
    );
  }

  unblock(id: string, blocker: "lock" | "rate" | "unique"): string | null {
    if (blocker === "rate") leaveBacklog(this.#at, id);
    const sql = `UPDATE message SET state = ${QUEUED}, blocker = NULL WHERE id = ? AND blocker = ? RETURNING queue`;
    return this.#at.get<{ queue: string }>(sql, this.#at.now, id, blocker)?.queue ?? null;
  }

  rewrite({ seq }: Known, { body, eta, expires }: Content, where: "stay" | "move"): void {
    const at = this.#at;
    at.movesMessages = true;
    const isScheduled = queuedState(eta, at.now) === "scheduled";
    const move = where === "stay" ? "" : `, blocker = NULL, state = ${isScheduled ? SCHEDULED : READY}`;
    at.run(
      `UPDATE message SET body = ?, eta = ?, expires = ?${move} WHERE seq = ?`,
      ...[body, eta, expires, seq],
    );
  }

  deadLetter({ seq }: Known, reason: string): void {
    this.#at.run(
      `UPDATE message SET state = ${DEAD}, seq = ?, token = NULL, lease_until = NULL, dead_at = ?, dead_reason = ?
         WHERE seq = ?`,
      ...[this.#at.nextSeq(), this.#at.now, reason, seq],
    );
  }

  redrive({ seq }: Known): void {
    const at = this.#at;
    at.movesMessages = true;
    at.run(
      `UPDATE message SET state = ${QUEUED}, seq = ?, deliveries = 0, retries = 0, revoked = ${NOT_REVOKED},
         enqueued_at = ?, dead_at = NULL, dead_reason = NULL WHERE seq = ?`,
      ...[at.now, at.nextSeq(), at.now, seq],
    );
  }

  sendBuffered({ seq }: Known): void {
    const at = this.#at;
    at.run(
      `UPDATE message SET state = ${QUEUED}, blocker = NULL, seq = ?, enqueued_at = ? WHERE seq = ?`,
      ...[at.now, at.nextSeq(), at.now, seq],
    );
  }

  sendPart({ seq }: Known, eta: EpochMs | null, expires: EpochMs | null, age: "new" | "kept"): void {
    const at = this.#at;
    at.movesMessages = true;
    const state = queuedState(eta, at.now) === "ready" ? READY : SCHEDULED;
    at.run(
      `UPDATE message SET state = ?, blocker = NULL, seq = ?, eta = ?, expires = ?, retries = 0, deliveries = 0,
         enqueued_at = coalesce(?, enqueued_at) WHERE seq = ?`,
      ...(age === "new"
        ? [state, at.nextSeq(), eta, expires, at.now, seq]
        : [state, seq, eta, expires, null, seq]),
    );
  }

  clearExpires({ seq }: Known): void {
    this.#at.run("UPDATE message SET expires = NULL WHERE seq = ?", seq);
  }

  remove({ seq, id }: Known): void {
    this.#at.run("DELETE FROM message WHERE seq = ?", seq);
    forgetRate(this.#at, id);
    this.#lanes.forget(id);
  }

  markRevoked({ seq }: Known, how: Revoked): void {
    this.#at.run("UPDATE message SET revoked = ? WHERE seq = ?", how, seq);
  }

  setTurn({ id }: Known, priority: number, turn: number): void {
    // By its id: the move before may have given it another age.
    this.#at.run("UPDATE message SET priority = ? WHERE id = ?", withTurn(priority, turn), id);
  }

  setLock(message: Known, lock: MessageLock): Known {
    const spec = JSON.stringify(lock);
    this.#at.run("UPDATE message SET lock = ? WHERE seq = ?", spec, message.seq);
    return { ...message, lock: spec };
  }

  isRevokedId(id: string): boolean {
    return (
      this.#at.get("SELECT 1 FROM revocation WHERE id = ? AND until > ?", id, this.#at.now) !== undefined
    );
  }

  rememberRevoked(id: string, until: EpochMs): void {
    this.#at.run(
      `INSERT INTO revocation (id, until) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`,
      ...[id, until],
    );
  }
}

/** Of a row: its priority, and its turn. */
function turned(row: As<records.Ready>): As<records.Ready> {
  return Object.assign(row, readTurn(row.priority));
}

/** Drops at most `limit` revocations whose time is over. */
export function sweepRevocations(at: Transaction, limit: number): number {
  return at.run(
    `DELETE FROM revocation WHERE id IN (SELECT id FROM revocation WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[at.now, limit],
  );
}
