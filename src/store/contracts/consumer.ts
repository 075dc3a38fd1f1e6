/**
 * What workers ask of the queue: deliveries, their ends, permits for them.
 *
 * A message is waiting (ready or scheduled), or leased by one worker under a lease and a delivery token, or dead, or
 * gone. Only the current token may settle it, so a worker that was thought lost cannot overwrite what its
 * successor did. Every verb is one atomic step, judges each id alone and answers for each in order, and may be
 * repeated after a lost reply. `now` is the store's clock throughout.
 */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLock, MessageRate } from "../../tasks/message.js";
import type { Growth } from "../../tasks/part.js";
import type { Delivery, DeliveryRef } from "./delivery.js";
import type { GraphChange } from "./graphs.js";
import type { PausedQueue } from "./queues.js";
import type { ResultRecord } from "./results.js";

export interface ClaimRequest {
  /**
   * Taken by priority, then by age: the order in which messages of one queue were sent, retried, or brought back
   * from the dead letters. In a fair queue turns of lanes take the place of ages: those of a lane keep the order in which they
   * became ready. Queues whose foremost messages have equal priorities rotate so that none starves.
   */
  readonly queues: readonly string[];
  /** Who claims, for monitoring. */
  readonly worker: string;
  readonly leaseMs: number;
  /**
   * At most so many deliveries, and fewer than there are where one step would take too long for them: `nextWakeAt` tells.
   * 0 only does the housekeeping.
   */
  readonly max: number;
  /**
   * How many of these can begin at once: so many tokens of rate limits are taken at most, and what has a limit is delivered only
   * among the first of them. Absent: all.
   */
  readonly slots?: number;
  /** The `turn` that this claimant was told last. Until then it is told no other. */
  readonly turn?: EpochMs;
}

/** A message that went among the dead letters while no worker held it. */
export interface DeadLettered {
  readonly id: string;
  /** Empty where what is stored of it cannot be read. */
  readonly task: string;
  readonly queue: string;
  /** "deliveries-exhausted"; or "malformed", of one that cannot be read. */
  readonly reason: string;
}

/** A message that waited, will not run, and was ended by the store itself. */
export interface Dropped {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly reason: "expired" | "revoked";
}

/**
 * Before it takes anything, a claim does bounded housekeeping: scheduled messages whose eta has come become ready;
 * deliveries whose lease has ended go back to the front of their queue (they keep their age), or to the dead letters
 * with a FAILURE result of reason "deliveries-exhausted" when `maxDeliveries` is reached; buffered runs of entries whose
 * wait is over are sent; ended permits of locks pass on to those in line; blocked messages that waited too long end. Until a claim has done so, the token of an ended lease stays current.
 * While taking, expired and revoked messages are dropped with a REVOKED result (reason "expired" / "revoked"), as
 * `Results.get` tells it from the instant on at which nobody can take them any more.
 */
export interface ClaimReply {
  readonly deliveries: readonly Delivery[];
  /** What this claim itself put among the dead letters; absent: nothing. No other reply tells of it. */
  readonly deadLettered?: readonly DeadLettered[];
  /** What its step has dropped; absent: nothing. No other reply tells of it. */
  readonly dropped?: readonly Dropped[];
  /** Graphs that this call has brought into another state; absent: none. No other reply tells of them. */
  readonly graphs?: readonly GraphChange[];
  /** Of the queues asked for, those that are paused; absent: none. Nothing was taken from them. */
  readonly paused?: readonly PausedQueue[];
  readonly now: EpochMs;
  /**
   * When housekeeping next has something to do without anybody sending anything, in any queue; not after `now` when
   * its bound left something over, or that of the deliveries did; null: never. Not after `turn`.
   */
  readonly nextWakeAt: EpochMs | null;
  /** The instant of a token that nobody else was told: messages of these queues wait for one, and slots are left. Absent: none. */
  readonly turn?: EpochMs;
}

/**
 * How one delivery ended. With a `result` the record is stored in the same step; null leaves an earlier one. Of a part of a graph the
 * record tells how it ended, and null that it succeeded and gives nothing: it comes with its record even where none is to be kept
 * (`resultTtlMs` 0), and the store keeps that for those who take it.
 */
export type Settlement = DeliveryRef & {
  readonly result: ResultRecord | null;
  /** How long `result` is kept. */
  readonly resultTtlMs: number;
  /** What the run adds to its graph, with "done" of a run that succeeded, or puts in its place, with "replaced". */
  readonly grow?: Growth;
  /**
   * The record of the attempt (tasks/note.ts), kept with this end and with no other: not of one that is lost and comes again. Absent
   * or null: none is kept.
   */
  readonly note?: string | null;
} & (
    | {
        /** Finished for good, whatever the result says. */
        readonly kind: "done";
        /** Of a run of an entry, which keeps when that was. Absent: it has not succeeded, or is no run of an entry. */
        readonly succeeded?: true;
        /**
         * How long the id stays known where `result` is null and no earlier end is kept: a mark is left, which nobody is
         * told of, and which goes as results do. Absent: it does not.
         */
        readonly idTtlMs?: number;
        /**
         * How long the message is kept among those that failed (dead-letters.ts), apart from what is stored by its id: it may be
         * sent anew. Absent: it is not. Of a part of a graph it stays with the graph instead.
         */
        readonly keepMs?: number;
      }
    | {
        /** Comes back after `delayMs` under the same id, `retries` one higher, deliveries counted anew. */
        readonly kind: "retry";
        readonly delayMs: number;
      }
    | {
        /** Comes back after `delayMs` under the same id as if this delivery had not been: nothing is counted. */
        readonly kind: "defer";
        readonly delayMs: number;
      }
    | {
        /** It ends as `grow.output` does; until then it is blocked. Of a message that is no part: a graph of its id begins. */
        readonly kind: "replaced";
      }
    | {
        /**
         * Comes back as if this delivery had not been, blocked by `rate`: its bucket gives no token before `delayMs` are over.
         */
        readonly kind: "cooldown";
        readonly delayMs: number;
      }
    | {
        /** Kept, body and all, among the dead letters of its queue. */
        readonly kind: "dead";
        readonly reason: string;
      }
    | {
        /**
         * What ran it is gone: as if its lease had ended at once, back to the front of its queue, the delivery counted, its
         * permit lost and its ticket kept. At `maxDeliveries` it is a dead letter for `reason`, with `result`, which is kept
         * in no other case.
         */
        readonly kind: "lost";
        readonly reason: string;
      }
  );

/** "lost": the token is not the current one; nothing was changed and the result was dropped. */
export type SettleOutcome = "settled" | "lost";

export interface SettleReply {
  readonly outcomes: readonly SettleOutcome[];
  /** The answer to the claim that was asked for in the same step. */
  readonly claimed: ClaimReply | null;
  /** Graphs that the settlements have brought into another state; absent: none. */
  readonly graphs?: readonly GraphChange[];
  /** An answer was lost and the step repeated: "lost" may mean that the first time did it. Absent: it was not. */
  readonly repeated?: true;
}

/**
 * "revoked": the lease was extended, and somebody asked that the running task be stopped. "unlocked": the lease was
 * extended, and the message has a lock but no permit: it was broken, or passed on after the lease had ended. "cancelled":
 * the lease was extended, and somebody asked that the task not begin if it has not. The first of these that applies.
 */
export type HeartbeatOutcome = "extended" | "lost" | "revoked" | "unlocked" | "cancelled";

/**
 * Tells one consumer that its queues may have work. Arrivals are latched from the moment of `listen`: one that
 * comes while nobody waits makes the next `wait` return at once, so no wake-up is lost between claim and wait.
 * A scheduled message arrives when it is sent, since it may bring `nextWakeAt` forward; its eta wakes nobody.
 * What the housekeeping of a claim makes ready and the claim leaves arrives as well. A permit of a lock with a line, or a
 * run that an entry holds, may bring `nextWakeAt` forward for claims from any queue: every consumer that would look later
 * is told, or looks within five seconds.
 */
export interface Arrivals {
  /** Returns at an arrival, after `timeoutMs`, when `signal` aborts, or for no reason. Never rejects. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Idempotent; ends a running `wait`. */
  close(): Promise<void>;
}

/** A delivery that must not run without a permit. */
export interface AdmitRequest extends DeliveryRef {
  readonly lock: MessageLock;
  /** Whether the task waits in line when nothing is free. */
  readonly busy: "block" | "refuse";
}

/**
 * "admitted": the delivery holds a permit; asked again, the same one. It ends with the delivery, is extended by its
 * heartbeats, and stays reserved for the message for `reserveMs` when the delivery is given back.
 * "blocked": the task is in line, the delivery has ended and is not counted. The task becomes ready, with a permit,
 * when its turn comes.
 * "busy": nothing is free, or others wait, and the request does not wait; nothing was changed.
 * "lost": the token is not the current one; nothing was changed.
 */
export type AdmitReply =
  | { readonly outcome: "admitted"; readonly fence: number }
  | { readonly outcome: "blocked" | "busy" | "lost" };

/** A delivery of a task that has a limit `byMessage`, and whose message does not carry its rate. */
export interface ChargeRequest extends DeliveryRef {
  readonly rate: MessageRate;
}

/**
 * "charged": the tokens are taken, or there is no limit; asked again, no more are. "blocked": the bucket is empty; the message waits
 * for it, the delivery has ended and is not counted. "lost": the token is not the current one; nothing was changed.
 */
export type ChargeOutcome = "charged" | "blocked" | "lost";

export interface Consumer {
  claim(request: ClaimRequest): Promise<ClaimReply>;
  /** Extends the leases to `leaseMs` from now. */
  heartbeat(refs: readonly DeliveryRef[], leaseMs: number): Promise<HeartbeatOutcome[]>;
  /** Settles many, then claims, in one step: a busy worker needs one round trip for both. */
  settle(settlements: readonly Settlement[], claim: ClaimRequest | null): Promise<SettleReply>;
  /** Gives deliveries back unstarted: to the front of their queue (they keep their age), the delivery not counted. */
  giveBack(refs: readonly DeliveryRef[]): Promise<SettleOutcome[]>;
  /** Permits for deliveries. Judges each alone, in order. */
  admit(requests: readonly AdmitRequest[]): Promise<AdmitReply[]>;
  /** Tokens for deliveries whose messages do not carry their rates. From then on they do. Judges each alone, in order. */
  charge(requests: readonly ChargeRequest[]): Promise<ChargeOutcome[]>;
  /** Hears of work from now on. */
  listen(queues: readonly string[]): Promise<Arrivals>;
}
