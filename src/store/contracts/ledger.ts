/** What became of each occurrence of an entry. Written by ticks, puts and triggers, in the step that makes it true. */
import type { EpochMs } from "../../core/clock.js";

/** One occurrence and its fate. */
export interface LedgerRow {
  readonly kind: "row";
  readonly entry: string;
  readonly due: EpochMs;
  readonly fate: "sent" | "skipped";
  /** Why it was skipped; "triggered" for a run sent by hand. */
  readonly reason: string | null;
  readonly taskId: string | null;
  readonly at: EpochMs;
  /** Term of the leader, or null for a triggered run. */
  readonly term: string | null;
}

/** `count` occurrences from `from` to `to`, both included, skipped for one reason. */
export interface LedgerRange {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly count: number;
  readonly reason: string;
  /** JSON of the schedule then in force, so that the range can be expanded after the entry has changed. */
  readonly schedule: string;
}

export interface StoredLedgerRange extends LedgerRange {
  readonly kind: "range";
  readonly entry: string;
  readonly at: EpochMs;
  readonly term: string | null;
}

export type LedgerRecord = LedgerRow | StoredLedgerRange;

export interface LedgerQuery {
  /** Only records that reach past this instant. */
  readonly after?: EpochMs;
  /** Only records that begin before this instant. */
  readonly before?: EpochMs;
  readonly limit: number;
  /** Which end `limit` keeps: the oldest or the newest. The answer is in order of due either way. */
  readonly keep: "oldest" | "newest";
}

export interface Retention {
  readonly maxAgeMs: number;
  readonly maxRowsPerEntry: number;
}

export interface Ledger {
  /** In order of due. */
  rows(name: string, query: LedgerQuery): Promise<LedgerRecord[]>;
  /**
   * Drops ledger records past their retention, at most `limit`; gives the number dropped. Age counts from `at`; of too
   * many rows the oldest by due go; a range is one row.
   */
  trim(retention: Retention, limit: number): Promise<number>;
}
