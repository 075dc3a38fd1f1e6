/** Locks, and requests for them, as rows. */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock } from "../../tasks/message.js";
import { LOCK_HISTORY_ROWS, type LockEvent } from "../contracts/lock-inspection.js";
import type { LockRecords, LockRequest, Newcomer } from "../rules/records.js";
import type { Known } from "./message-table.js";
import { ABSENT, HOLDING, WAITING } from "./schema.js";
import { LIMIT, type Transaction } from "./transaction.js";

const REQUEST = `SELECT ticket, lock, id, CASE is_task WHEN 1 THEN 'task' ELSE 'process' END AS kind, label,
  CASE status WHEN ${WAITING} THEN 'waiting' WHEN ${HOLDING} THEN 'holding' ELSE 'absent' END AS status, since, until,
  grant_ms AS grantMs, token, fence, wait_deadline AS waitDeadline FROM lock_request`;

/** A process that was passed over. */
const SKIPPED = `status = ${ABSENT} AND is_task = 0`;

/** History rows go in parts of so many. */
const TRIM_EVERY = 250;

export class LockTable implements LockRecords {
  readonly #at: Transaction;

  constructor(at: Transaction) {
    this.#at = at;
  }

  capacity(lock: string): number | null {
    const sql = "SELECT capacity FROM lock WHERE name = ?";
    return this.#at.get<{ capacity: number }>(sql, lock)?.capacity ?? null;
  }

  setCapacity(lock: string, capacity: number): void {
    this.#at.run("UPDATE lock SET capacity = ? WHERE name = ?", capacity, lock);
  }

  heldCount(lock: string): number {
    const sql = `SELECT count(*) AS count FROM lock_request WHERE lock = ? AND status = ${HOLDING}`;
    return this.#at.get<{ count: number }>(sql, lock)!.count;
  }

  endedHolders(lock: string): readonly LockRequest[] {
    const sql = `${REQUEST} WHERE lock = ? AND status = ${HOLDING} AND until <= ?`;
    return this.#at.all<LockRequest>(sql, lock, this.#at.now);
  }

  firstWaiting(lock: string): LockRequest | null {
    return this.#request(`WHERE lock = ? AND status = ${WAITING} ORDER BY ticket LIMIT 1`, lock);
  }

  nextProcesses(lock: string, limit: number): readonly string[] {
    const sql = `SELECT id, is_task AS isTask FROM lock_request WHERE lock = ? AND status = ${WAITING} ORDER BY ticket ${LIMIT}`;
    const next = this.#at.all<{ id: string; isTask: number }>(sql, lock, limit);
    return next.flatMap(({ id, isTask }) => (isTask === 0 ? [id] : []));
  }

  endedTickets(lock: string): readonly LockRequest[] {
    const sql = `${REQUEST} WHERE lock = ? AND ${SKIPPED} AND until <= ?`;
    return this.#at.all<LockRequest>(sql, lock, this.#at.now);
  }

  holder(lock: string, token: string): LockRequest | null {
    return this.#request(`WHERE lock = ? AND status = ${HOLDING} AND token = ?`, lock, token);
  }

  ofProcess(lock: string, waiter: string): LockRequest | null {
    return this.#request("WHERE id = ? AND is_task = 0 AND lock = ?", waiter, lock);
  }

  ofMessage({ id, lock }: Known): LockRequest | null {
    return lock === null ? null : this.#request("WHERE id = ? AND is_task = 1", id);
  }

  #request(where: string, ...values: string[]): LockRequest | null {
    return this.#at.get<LockRequest>(`${REQUEST} ${where}`, ...values) ?? null;
  }

  due(limit: number): readonly string[] {
    const sql = `SELECT name FROM lock WHERE wake_at <= ? ORDER BY wake_at ${LIMIT}`;
    return this.#at.all<{ name: string }>(sql, this.#at.now, limit).map(({ name }) => name);
  }

  ended(limit: number): readonly string[] {
    const ended = (which: string, most: number) =>
      this.#at.all<{ lock: string }>(
        `SELECT lock FROM lock_request WHERE ${which} AND until <= ? ORDER BY until ${LIMIT}`,
        ...[this.#at.now, most],
      );
    const permits = ended(`status = ${HOLDING}`, limit);
    return [...permits, ...ended(SKIPPED, limit - permits.length)].map(({ lock }) => lock);
  }

  wakeAt(lock: string): EpochMs {
    return this.#at.get<{ at: EpochMs }>("SELECT wake_at AS at FROM lock WHERE name = ?", lock)!.at;
  }

  enqueue({ lock, capacity, kind, id, label, until, grantMs, waitDeadline }: Newcomer): void {
    this.#open(lock, capacity);
    this.#at.run(
      `INSERT INTO lock_request (lock, id, is_task, label, status, since, until, grant_ms, wait_deadline)
         VALUES (?, ?, ?, ?, ${WAITING}, ?, ?, ?, ?)`,
      ...[lock, id, kind === "task" ? 1 : 0, label, this.#at.now, until, grantMs, waitDeadline],
    );
  }

  enqueueAgain({ id }: Known, { name, capacity, reserveMs }: MessageLock): boolean {
    const found = this.#at.run(
      `UPDATE lock_request SET status = ${WAITING}, since = ?, until = NULL, grant_ms = ?
         WHERE id = ? AND is_task = 1 AND lock = ?`,
      ...[this.#at.now, reserveMs, id, name],
    );
    if (found > 0) this.#open(name, capacity);
    return found > 0;
  }

  #open(lock: string, capacity: number): void {
    this.#at.run(
      "INSERT INTO lock (name, capacity) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET capacity = excluded.capacity",
      ...[lock, capacity],
    );
  }

  grant({ ticket }: LockRequest, until: EpochMs): void {
    this.#at.run(
      `UPDATE lock_request SET status = ${HOLDING}, since = CASE is_task WHEN 1 THEN ? ELSE since END, until = ?, token = ?,
         fence = NULL WHERE ticket = ?`,
      ...[this.#at.now, until, this.nextFence().toString(36), ticket],
    );
  }

  fetch({ ticket }: LockRequest, fence: number): void {
    this.#at.run(
      "UPDATE lock_request SET fence = ?, since = ? WHERE ticket = ?",
      fence,
      this.#at.now,
      ticket,
    );
  }

  passOver({ ticket }: LockRequest, until: EpochMs): void {
    const sql = `UPDATE lock_request SET status = ${ABSENT}, until = ?, token = NULL WHERE ticket = ?`;
    this.#at.run(sql, until, ticket);
  }

  comeBack({ ticket }: LockRequest, until: EpochMs): void {
    this.#at.run(`UPDATE lock_request SET status = ${WAITING}, until = ? WHERE ticket = ?`, until, ticket);
  }

  setUntil({ ticket }: LockRequest, until: EpochMs): void {
    this.#at.run("UPDATE lock_request SET until = ? WHERE ticket = ?", until, ticket);
  }

  setFence({ ticket }: LockRequest, fence: number | null): void {
    this.#at.run("UPDATE lock_request SET fence = ? WHERE ticket = ?", fence, ticket);
  }

  extendPermitOf({ id, lock }: Known, until: EpochMs): boolean {
    if (lock === null) return true;
    const sql = `UPDATE lock_request SET until = ? WHERE id = ? AND is_task = 1 AND status = ${HOLDING}`;
    return this.#at.run(sql, until, id) > 0;
  }

  setAbsent({ ticket }: LockRequest): void {
    this.#at.run(
      `UPDATE lock_request SET status = ${ABSENT}, fence = NULL, token = NULL WHERE ticket = ?`,
      ticket,
    );
  }

  remove({ ticket }: LockRequest): void {
    this.#at.run("DELETE FROM lock_request WHERE ticket = ?", ticket);
  }

  watch(lock: string): EpochMs {
    const { at } = this.#at.get<{ at: EpochMs | null }>(
      `UPDATE lock SET wake_at = (SELECT min(until) FROM lock_request WHERE lock = name AND status = ${HOLDING})
         WHERE name = ? RETURNING wake_at AS at`,
      lock,
    )!;
    return at ?? Infinity;
  }

  unwatch(lock: string): void {
    if (this.heldCount(lock) === 0 && !this.#isTicketKept(lock))
      this.#at.run("DELETE FROM lock WHERE name = ?", lock);
    else this.#at.run("UPDATE lock SET wake_at = NULL WHERE name = ? AND wake_at IS NOT NULL", lock);
  }

  #isTicketKept(lock: string): boolean {
    return (
      this.#at.get(`SELECT 1 FROM lock_request WHERE lock = ? AND ${SKIPPED} LIMIT 1`, lock) !== undefined
    );
  }

  /** Microseconds of the clock: the number also grows when an older copy of the file was restored. */
  nextFence(): number {
    return this.#at.get<{ value: number }>(
      "UPDATE counter SET value = max(value + 1, ?) WHERE name = 'fence' RETURNING value",
      this.#at.now * 1_000,
    )!.value;
  }

  addHistory(event: LockEvent, request: LockRequest, fence: number | null, tookMs: number | null): void {
    const { lock, kind, id, label } = request;
    const { seq } = this.#at.get<{ seq: number }>(
      `INSERT INTO lock_history (lock, event, is_task, id, label, fence, at, took_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
      ...[lock, event, kind === "task" ? 1 : 0, id, label, fence, this.#at.now, tookMs],
    )!;
    if (seq % TRIM_EVERY !== 0) return;
    this.#at.run("DELETE FROM lock_history WHERE seq <= ?", seq - LOCK_HISTORY_ROWS);
  }
}
