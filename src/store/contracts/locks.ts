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
import type { EpochMs } from "../../core/clock.js";

export type { MessageLock } from "../../tasks/message.js";

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
   * How long a waiter counts as alive after it was last heard of. The first in line is passed over when it is not.
   * Null: it does not wait.
   */
  readonly waiterTtlMs: number | null;
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
 * "waiting": in line. A message on the channel topic "lock" that names the waiter tells that looking again is worth while; so
 * does the time `nextLookAt`, at which the next permit ends unless it is extended.
 * "busy": nothing is free, or others wait for it, and the request does not wait; nothing was changed.
 */
export type AcquireReply =
  | { readonly outcome: "granted"; readonly permit: Permit; readonly now: EpochMs }
  | { readonly outcome: "waiting"; readonly nextLookAt: EpochMs; readonly now: EpochMs }
  | { readonly outcome: "busy"; readonly now: EpochMs };

/**
 * A permit that comes to a waiting process is an offer. Not fetched by `acquire` within this time, it passes on to the next who
 * waits: the process may be frozen or dead. Who was passed over keeps its ticket, is skipped until it is heard of, and then
 * is first again.
 */
export const OFFER_MS = 100;
/** A process that was passed over and is not heard of for so long waits no more. */
export const SKIPPED_MS = 10_000;
/** So many of those behind an offer are told of it: somebody living must be awake to see it lapse. */
export const TOLD_OF_OFFER = 3;

export interface LockStore {
  /** Takes a permit, or a place in line behind all who came before. */
  acquire(request: AcquireRequest): Promise<AcquireReply>;
  /** Leaves the line. A permit granted meanwhile is given back in the same step, so none is left behind. */
  cancel(lock: string, waiter: string): Promise<"cancelled" | "unknown">;
  /** To `leaseMs` from now. "lost": it has ended, was given back or broken; nothing was changed. */
  extend(permit: PermitRef, leaseMs: number): Promise<"extended" | "lost">;
  /** "lost" as for `extend`. */
  release(permit: PermitRef): Promise<"released" | "lost">;
}
