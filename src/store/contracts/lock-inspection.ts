/** What operators ask of locks. */
import type { EpochMs } from "../../core/clock.js";
import type { PermitRef } from "./locks.js";

export interface LockSummary {
  readonly name: string;
  readonly capacity: number;
  readonly held: number;
  readonly waiting: number;
}

export interface LockHolder {
  readonly token: string;
  readonly kind: "task" | "process";
  /** Id of the task, or the waiter's name. */
  readonly id: string;
  /** Name of the task, or what the process calls itself. */
  readonly label: string;
  /** Null while the permit is reserved for a task that no worker has taken. */
  readonly fence: number | null;
  /** Since when it holds; of a process that has not fetched its permit, since when it waits. */
  readonly since: EpochMs;
  readonly until: EpochMs;
}

export interface LockWaiter {
  readonly kind: "task" | "process";
  readonly id: string;
  readonly label: string;
  readonly since: EpochMs;
}

export interface LockDetails extends LockSummary {
  /** In order of `since`. */
  readonly holders: readonly LockHolder[];
  /** Foremost first. */
  readonly waiters: readonly LockWaiter[];
}

/**
 * "waiting": in line. "acquired": the permit is held, by a task perhaps before a worker has taken it. "released": given
 * back, or by the end of its task. "lost": its time has ended, unrenewed or unused. "broken": by force. "gave-up": out of
 * the line without a permit, since it was cancelled, ended, waited too long, or was not heard of.
 */
export const LOCK_EVENTS = ["waiting", "acquired", "released", "lost", "broken", "gave-up"] as const;
export type LockEvent = (typeof LOCK_EVENTS)[number];

/** One row of the history, written in the step in which it happened. */
export interface LockRecord {
  /** Names the row, for `before`; opaque. */
  readonly row: string;
  readonly lock: string;
  readonly event: LockEvent;
  readonly kind: "task" | "process";
  /** Id of the task, or the waiter's name. */
  readonly id: string;
  /** Name of the task, or what the process calls itself. */
  readonly label: string;
  /** Null for one in line, and for a task as long as no worker has taken it. */
  readonly fence: number | null;
  readonly at: EpochMs;
  /** In line, before it was "acquired" or "gave-up"; null for others. */
  readonly waitedMs: number | null;
  /** Of a permit that ended: "released", "lost", "broken"; null for others. */
  readonly heldMs: number | null;
}

/** The history keeps at least so many rows, and few more. */
export const LOCK_HISTORY_ROWS = 10_000;

export interface LockInspection {
  /** In order of name, at most `limit`, those after `after`. Ended permits and waiters not alive do not count. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<LockSummary[]>;
  /** At most `limit` holders and waiters each. Null when nobody holds it or waits for it. */
  inspect(lock: string, limit: number): Promise<LockDetails | null>;
  /**
   * Ends a permit by force: its holder learns it at its next extension or heartbeat ("lost", "unlocked"), a process
   * at once by the channel topic "lock". "unknown": there is no such permit.
   */
  break(permit: PermitRef): Promise<"broken" | "unknown">;
  /** What happened to locks, newest first: of one or of all, at most `limit` rows, those older than row `before`. */
  history(options: {
    readonly lock?: string;
    readonly before?: string;
    readonly limit: number;
  }): Promise<LockRecord[]>;
}
