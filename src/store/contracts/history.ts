/**
 * What became of attempts, one record each, written in the step that ends them; and statistics in rings of slots.
 * A note is text of policy, opaque to the store; where the store itself ends a task, it writes one with what it knows.
 */
import type { EpochMs } from "../../core/clock.js";
import type { NoteFields } from "../../tasks/note.js";

/** How an attempt ended. */
export type RecordState =
  | "success"
  | "failure"
  | "retry"
  | "revoked"
  | "expired"
  | "ignored"
  | "skipped"
  | "rejected"
  | "dead"
  | "upstream";

export interface TaskRecord extends NoteFields {
  /** When it ended, by the store's clock. */
  readonly at: EpochMs;
  readonly id: string;
  readonly state: RecordState;
}

/** Fields AND, values OR. `task` and `worker` take globs. */
export interface RecordQuery {
  readonly task?: readonly string[];
  readonly state?: readonly RecordState[];
  readonly queue?: readonly string[];
  readonly worker?: readonly string[];
  readonly entry?: readonly string[];
  readonly root?: readonly string[];
  readonly id?: readonly string[];
  readonly after?: EpochMs;
  readonly before?: EpochMs;
  readonly minRunMs?: number;
  /** Case does not count; in args, error, reason and id; at most 100 characters. */
  readonly text?: string;
  /** Where an earlier page ended. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface RecordPage {
  /** Newest first. */
  readonly rows: readonly TaskRecord[];
  /** Null: there is no more. */
  readonly next: string | null;
  readonly scanned: number;
  /** Searched back to this instant. */
  readonly reached: EpochMs | null;
}

/** What one process has counted of one task since it told last. */
export interface StatDelta {
  readonly task: string;
  readonly ok: number;
  readonly failed: number;
  readonly retried: number;
  readonly other: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** Bucket -> number; bucket `i` holds times up to 2^i ms, the 18th all that are longer. Those with none are left out. */
  readonly run: Readonly<Record<number, number>>;
  readonly wait: Readonly<Record<number, number>>;
}

/** What both have counted of one task. */
export function joinDeltas(one: StatDelta, other: StatDelta): StatDelta {
  return {
    task: one.task,
    ok: one.ok + other.ok,
    failed: one.failed + other.failed,
    retried: one.retried + other.retried,
    other: one.other + other.other,
    sumMs: one.sumMs + other.sumMs,
    maxMs: Math.max(one.maxMs, other.maxMs),
    run: addBuckets(one.run, other.run),
    wait: addBuckets(one.wait, other.wait),
  };
}

function addBuckets(one: StatDelta["run"], other: StatDelta["run"]): StatDelta["run"] {
  const sum: Record<number, number> = { ...one };
  for (const [bucket, count] of Object.entries(other))
    sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count;
  return sum;
}

export interface QueueSample {
  readonly queue: string;
  readonly scheduled: number;
  readonly ready: number;
  readonly leased: number;
  readonly blocked: number;
  readonly dead: number;
  readonly oldestMs: number;
}

export type StatStep = "minute" | "10min" | "hour";

export interface StatPoint {
  /** Beginning of the slot. */
  readonly at: EpochMs;
  readonly tasks: readonly StatDelta[];
  readonly queues: readonly QueueSample[];
}

export interface HistoryStore {
  /** One bounded step: at most `budget.rows` are looked at. */
  records(query: RecordQuery, budget: { readonly rows: number }): Promise<RecordPage>;
  /** Every attempt, oldest first. */
  recordsOf(id: string): Promise<readonly TaskRecord[]>;
  /** Of an entry, newest first; `after` and `before` judge `at`. */
  runsOf(
    entry: string,
    range: { readonly after?: EpochMs; readonly before?: EpochMs; readonly limit: number },
  ): Promise<readonly TaskRecord[]>;
  /** Packs old records, where a store does; gives the number packed. */
  seal(limit: number): Promise<number>;
  /** Drops at most `limit` records past their retention; gives the number dropped. */
  trimRecords(
    retention: { readonly maxAgeMs: number; readonly maxRows: number },
    limit: number,
  ): Promise<number>;
  /** Adds to the slot of this minute. `number` grows with each call of one boot: one that came before adds nothing. */
  addStats(boot: string, number: number, deltas: readonly StatDelta[]): Promise<void>;
  /** Puts samples into the slot of this minute. */
  sample(samples: readonly QueueSample[]): Promise<void>;
  /** Computes the slots of 10 minutes and of an hour from those that have ended, and overwrites them. */
  rollUp(): Promise<void>;
  stats(query: {
    readonly names?: readonly string[];
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly step: StatStep;
  }): Promise<readonly StatPoint[]>;
}
