/**
 * Locks: who may use something that only so many may use at once.
 *
 * A lock has a capacity and a line. A permit belongs to a process, which keeps it alive itself, or to a task, whose
 * delivery keeps it alive: it ends with the delivery's lease, and is given back in the step that settles the delivery.
 * Whatever frees a permit gives it to the first in line in the same step, so nobody has to ask again. Only the
 * store's clock decides which permits are valid, and there are never more of them than the newest capacity allows,
 * except while a lowered one waits for permits to come back.
 *
 * A lock exists while somebody holds it or waits for it, and leaves no trace. `fence` numbers only grow all the same,
 * over all locks, restarts and restored backups.
 */
import type { EpochMs } from "../core/clock.js";
import type { MessageLock } from "../tasks/message.js";
import type { DeliveryRef } from "./broker.js";

export type { MessageLock } from "../tasks/message.js";

export interface AcquireRequest {
  readonly lock: string;
  /** The newest caller's counts for everybody. */
  readonly capacity: number;
  /** Unique for every acquisition: asking again under the same name changes nothing but the time. */
  readonly waiter: string;
  /** Who it is, for operators. */
  readonly label: string;
  readonly leaseMs: number;
  /**
   * How long a waiter counts as alive after it was last heard of. The first in line is passed over when it is not,
   * and a permit it does not fetch passes on after as long. Null: it does not wait.
   */
  readonly aliveMs: number | null;
}

/** The right to keep and to give back one permit. */
export interface PermitRef {
  readonly lock: string;
  readonly token: string;
}

export interface Permit extends PermitRef {
  /** Greater than that of every permit given before. */
  readonly fence: number;
}

/**
 * "granted": the permit is held for `leaseMs` from now; asked again, the same one for as long.
 * "waiting": in line. A message on the channel topic "lock" with the waiter's name as payload tells that looking
 * again is worth while; so does the time `nextLookAt`, at which the next permit ends unless it is extended.
 * "busy": nothing is free, or others wait for it, and the request does not wait; nothing was changed.
 */
export type AcquireReply =
  | { readonly outcome: "granted"; readonly permit: Permit; readonly now: EpochMs }
  | { readonly outcome: "waiting"; readonly nextLookAt: EpochMs; readonly now: EpochMs }
  | { readonly outcome: "busy"; readonly now: EpochMs };

/** A delivery that must not run without a permit. */
export interface AdmitRequest extends DeliveryRef {
  readonly lock: MessageLock;
  /** Whether the task waits in line when nothing is free. */
  readonly busy: "block" | "refuse";
}

/**
 * "admitted": the delivery holds a permit; asked again, the same one. It ends with the delivery, is extended by its
 * heartbeats, and stays reserved for the message for `reserveMs` when the delivery is given back.
 * "parked": the task is in line, the delivery has ended and is not counted. The task becomes ready, with a permit,
 * when its turn comes.
 * "busy": nothing is free, or others wait, and the request does not wait; nothing was changed.
 * "lost": the token is not the current one; nothing was changed.
 */
export type AdmitReply =
  | { readonly outcome: "admitted"; readonly fence: number }
  | { readonly outcome: "blocked" | "busy" | "lost" };

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
  /** Since when it holds or, when granted in line, waits to be fetched. */
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

export interface Locks {
  /** Takes a permit, or a place in line behind all who came before. */
  acquire(request: AcquireRequest): Promise<AcquireReply>;
  /** Leaves the line. A permit granted meanwhile is given back in the same step, so none is left behind. */
  cancel(lock: string, waiter: string): Promise<"cancelled" | "unknown">;
  /** To `leaseMs` from now. "lost": it has ended, was given back or broken; nothing was changed. */
  extend(permit: PermitRef, leaseMs: number): Promise<"extended" | "lost">;
  /** "lost" as for `extend`. */
  release(permit: PermitRef): Promise<"released" | "lost">;
  /** Permits for deliveries. Judges each alone, in order. */
  admit(requests: readonly AdmitRequest[]): Promise<AdmitReply[]>;
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
