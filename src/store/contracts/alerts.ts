/** What is wrong, as one watcher at a time sees it; and the webhooks that are to tell of it. */
import type { EpochMs } from "../../core/clock.js";

export type AlertSeverity = "critical" | "error" | "warning";

export interface AlertRecord {
  /** Random, of one raising. */
  readonly id: string;
  readonly kind: string;
  /** Entry, queue, node; "" where there is one for the whole system. */
  readonly subject: string;
  readonly severity: AlertSeverity;
  /** Bad looks in a row; good ones in a row while it stands. */
  readonly looks: number;
  /** Null: it has been seen, and not yet often enough. */
  readonly raisedAt: EpochMs | null;
  readonly toldAt: EpochMs | null;
  readonly clearedAt: EpochMs | null;
  /** One line for people. */
  readonly text: string;
  /** JSON. */
  readonly detail: string;
  readonly acked: { readonly by: string; readonly at: EpochMs; readonly note: string | null } | null;
  /** Grows with each change. */
  readonly version: number;
}

/** `at` instants are the store's. */
export type AlertPut = Omit<AlertRecord, "version"> & {
  /** Webhooks to call for this change: each a row of the outbox, written in the same step. */
  readonly webhooks: readonly { readonly id: string; readonly url: string; readonly body: string }[];
};

export interface OutboxRow {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  /** Tries before this one. */
  readonly tries: number;
}

/** Nobody is told of this kind and subject. */
export interface AlertMute {
  readonly kind: string;
  readonly subject: string;
  readonly by: string;
  /** Null: until somebody ends it. */
  readonly until: EpochMs | null;
}

/** Alerts that are over and are kept; the oldest go. */
export const PAST_ALERTS = 1_000;
/** Calls that wait; the oldest go. */
export const OUTBOX_ROWS = 10_000;

export interface AlertStore {
  /**
   * Newest first, those that came before `before`. `standing` true: raised and not cleared, or seen and not yet raised; false: those
   * that are over; absent: both.
   */
  alerts(options: {
    readonly standing?: boolean;
    readonly limit: number;
    readonly before?: string;
  }): Promise<readonly AlertRecord[]>;
  /**
   * `expect`: the version that is to be there under this id; null: none of this kind and subject stands. One that is cleared and was
   * never raised is not kept.
   */
  putAlert(alert: AlertPut, expect: number | null): Promise<"stored" | "conflict">;
  /** Calls that are due, leased to the caller. */
  outbox(limit: number, leaseMs: number): Promise<readonly OutboxRow[]>;
  /** What became of one. */
  told(id: string, outcome: "done" | "given-up" | { readonly retryInMs: number }): Promise<void>;
  /** In place of a mute that is there. `forMs` null: until somebody ends it; 0 ends it. */
  mute(mute: Omit<AlertMute, "until">, forMs: number | null): Promise<void>;
  /** Those that hold, by kind and subject. */
  mutes(): Promise<readonly AlertMute[]>;
}
