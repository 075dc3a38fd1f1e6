import type { EpochMs } from "../../core/clock.js";
import type { StoredResult } from "../contracts/results.js";
import type { SqlValue, Statement } from "./driver.js";
import { fromColumns, toColumns } from "./text.js";

/**
 * To be written for `LIMIT ?`. SQLite compiles a statement anew at every call whose bare limit has changed hands
 * (sqlite3ExprIsInteger reads the bound value): 21 us against 3 us for the foremost message. It leaves a sum alone.
 */
export const LIMIT = "LIMIT ? + 0";

/** Signals are hints that every process reads within milliseconds; older ones are of no use to anybody. */
export const SIGNAL_AGE_MS = 60_000;
/** Old signals go whenever so many new ones have come, and more at once than come. */
const TRIM_EVERY = 250;

export interface Signal {
  readonly topic: string;
  readonly payload: string;
}

/** What to tell the own process once a step is committed. */
export interface News {
  /** Queues in which something arrived. */
  readonly queues: ReadonlySet<string>;
  /** Final results. */
  readonly endedTasks: readonly StoredResult[];
  readonly signals: readonly Signal[];
  /** When a claim from whatever queue has something to do that was not there before; Infinity: nothing. */
  readonly wakesBy: EpochMs;
  /** Whether a message has come to wait that did not wait there before. */
  readonly movesMessages: boolean;
  /** When the consumer that claimed in this step is to look again; null: never; undefined: none claimed. */
  readonly claimsAgainBy: EpochMs | null | undefined;
}

/**
 * One transaction as the verbs see it: its instant, its statements, and the news it will have made. A step that is
 * rolled back and tried again gets a new object, so nothing of the first try is told.
 */
export class Transaction implements News {
  readonly queues = new Set<string>();
  readonly endedTasks: StoredResult[] = [];
  readonly signals: Signal[] = [];
  wakesBy = Infinity;
  movesMessages = false;
  claimsAgainBy: EpochMs | null | undefined;
  #isRated: boolean | undefined;
  readonly #prepare: (sql: string) => Statement;
  readonly #origin: string | null;
  #lastSeq: number | null = null;
  #etag: number | null = null;

  /**
   * `now`: the store's clock, read once the step holds its lock. `origin` marks the signals of this store for other
   * processes; null: there are none.
   */
  constructor(
    readonly now: EpochMs,
    prepare: (sql: string) => Statement,
    origin: string | null,
  ) {
    this.#prepare = prepare;
    this.#origin = origin;
  }

  /** The first row, or undefined. `T` names the columns of the statement. */
  get<T>(sql: string, ...values: SqlValue[]): T | undefined {
    return fromColumns(this.#prepare(sql).get(...toColumns(values))) as T | undefined;
  }

  all<T>(sql: string, ...values: SqlValue[]): T[] {
    const rows = this.#prepare(sql).all(...toColumns(values));
    for (const row of rows) fromColumns(row);
    return rows as T[];
  }

  /** The number of rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...toColumns(values)).changes);
  }

  /** Whether a message carries its rate, or waits for a token: asked once. */
  get isRated(): boolean {
    return (this.#isRated ??= this.get("SELECT 1 FROM rate_message LIMIT 1") !== undefined);
  }

  set isRated(isRated: boolean) {
    this.#isRated = isRated;
  }

  /** The age of the next message that is sent, retried, dead-lettered or redriven. */
  nextSeq(): number {
    this.#lastSeq ??= this.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM message")?.seq ?? 0;
    return ++this.#lastSeq;
  }

  /** The etag of all entries written in this step. */
  etag(): number {
    this.#etag ??= this.get<{ value: number }>(
      "UPDATE counter SET value = value + 1 WHERE name = 'etag' RETURNING value",
    )!.value;
    return this.#etag;
  }

  notify(queue: string): void {
    this.queues.add(queue);
  }

  nextClaimBy(at: EpochMs | null): void {
    this.claimsAgainBy = at;
  }

  wakeBy(at: EpochMs): void {
    this.wakesBy = Math.min(this.wakesBy, at);
  }

  publish(topic: string, payload: string): void {
    this.signals.push({ topic, payload });
    if (this.#origin === null) return;
    const { seq } = this.get<{ seq: number }>(
      "INSERT INTO signal (origin, topic, payload, at) VALUES (?, ?, ?, ?) RETURNING seq",
      ...[this.#origin, topic, payload, this.now],
    )!;
    if (seq % TRIM_EVERY === 0) this.#trimSignals();
  }

  /**
   * Here and not in a sweep, so that no rate of signals outgrows it, and a program without worker or beat does it too. Those
   * of a time when the clock was ahead are old as well.
   */
  #trimSignals(): void {
    this.run(
      `DELETE FROM signal WHERE seq IN (SELECT seq FROM signal ORDER BY seq ${LIMIT}) AND (at <= ? OR at > ?)`,
      ...[4 * TRIM_EVERY, this.now - SIGNAL_AGE_MS, this.now + SIGNAL_AGE_MS],
    );
  }
}
