import type { EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import type { InstantLike } from "../core/instant.js";
import type { SignatureType } from "./signature.js";

/** A name of at most 255 characters, or a name with a weight: twice the weight gets twice the turns. From 0.01 to 100, default 1. */
export type LaneOption = string | { readonly name: string; readonly weight?: number | undefined };

/** Options of one send: `applyAsync`, `sendTask`, and `options` of a beat entry. */
export interface SendOptions {
  /** Not before this long from now, by the store's clock. Not together with `eta`. */
  readonly countdown?: Duration | undefined;
  /** Not before this instant. */
  readonly eta?: InstantLike | undefined;
  /**
   * Worthless this long after sending (a duration; a bare number is seconds) or from this instant on (a Date): if it still
   * waits then it never begins, its state is REVOKED, and `get()` throws SUNBEAT_TASK_EXPIRED, whether workers run or not.
   */
  readonly expires?: Duration | Date | undefined;
  /**
   * Default: a new UUID. An end like ":3" or ":3/0" is refused: parts of graphs have it. Sending an id twice runs it once: while the task waits, runs or is among the dead letters, and for
   * as long after its end as its result is kept (`resultExpires`, 1 day), with `ignoreResult`, too. After that, after
   * `forget()`, `purge` or `dead delete`, it is an id like any other.
   */
  readonly taskId?: string | undefined;
  readonly queue?: string | undefined;
  /** 0 to 9; 9 runs first. Default: the task's, else 0. */
  readonly priority?: number | undefined;
  /** Text that travels with the task: `request.headers`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ignoreResult?: boolean | undefined;
  readonly resultExpires?: Duration | undefined;
  readonly maxDeliveries?: number | undefined;
  /** Whose turn it takes in a queue that is fair (`taskQueues`). Default: the task's, else that of all without one. */
  readonly lane?: LaneOption | undefined;
  /** Sent when it has succeeded, with its result in front. */
  readonly link?: SignatureType | readonly SignatureType[] | undefined;
  /** Sent once when it has failed, was revoked or cannot run, with a TaskFailure in front. */
  readonly linkError?: SignatureType | readonly SignatureType[] | undefined;
  /** One of its key is to be there at a time: docs/limits.md. Default: the task's. */
  readonly unique?: UniqueOptions | undefined;
}

/** What becomes of a message whose unique key another one has. */
export const UNIQUE_POLICIES = ["join", "replace", "refuse", "queue-one"] as const;
export type UniquePolicy = (typeof UNIQUE_POLICIES)[number];

/** `unique` of one send. Keys belong to their task: the same text of two tasks is two keys. */
export interface UniqueOptions {
  /** Text. Default: all arguments. */
  readonly key?: string | undefined;
  /**
   * How long it keeps others away at most. Under "join" and "refuse", without `until`, for all of this time once it has begun, also when
   * it has ended: a throttle.
   */
  readonly ttl?: Duration | undefined;
  /** Until a worker has begun it, or until it has ended for good. Default "finished", or as `ttl` says. */
  readonly until?: "started" | "finished" | undefined;
  /**
   * "join" (default): nothing is sent, and the handle is that of the one there. "refuse": SUNBEAT_TASK_NOT_UNIQUE. "replace": one that has
   * not begun gets the arguments, headers, eta and expires of this one, and the handle is its; behind one that has begun this one waits.
   * "queue-one": this one waits until the one there has ended; it takes the place of one that waits already.
   */
  readonly onConflict?: UniquePolicy | undefined;
  /** How long being replaced may put one off, from its first sending. Default: without end. */
  readonly maxWait?: Duration | undefined;
}

/** An instant, absolute or counted from the store's clock at the moment the step runs. */
export type When = { readonly at: EpochMs } | { readonly inMs: number };

/** What a message needs before it may run: a permit of a lock. */
export interface MessageLock {
  readonly name: string;
  readonly capacity: number;
  /** How long it may stand in line before it ends with a FAILURE result of reason "lock-timeout"; null: for ever. */
  readonly waitTimeoutMs: number | null;
  /** How long a permit stays with it while no worker has it. Then the permit passes on; its turn is not lost. */
  readonly reserveMs: number;
}

/** Under which bucket a message falls where its task has a rate limit, and how many tokens its run takes. */
export interface MessageRate {
  /** Null: the bucket of the whole task. */
  readonly key: string | null;
  /** 1 or more. */
  readonly weight: number;
}

/** Where a message stands in a fair queue. */
export interface MessageLane {
  readonly name: string;
  /** Twice the weight gets twice the turns. Above 0. */
  readonly weight: number;
}

/** What a message shares with others, of which one is to be there at a time. */
export interface MessageUnique {
  readonly key: string;
  /** How long it keeps others away at most, from the instant at which it got the key; null: as long as `until` says. */
  readonly ttlMs: number | null;
  /** What frees the key before that; null: once the message has begun nothing does but its time (`ttlMs`). */
  readonly until: "started" | "finished" | null;
  readonly onConflict: UniquePolicy;
  /** How long replacing may put it off, from the first sending; null: without end. */
  readonly maxWaitMs: number | null;
}

/** What a sender hands over. The store reads the routing fields and never looks into `body`. */
export interface NewMessage {
  /** At most 255 characters. Sending the same id twice stores it once. */
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** 0 to 9; 9 is taken first. Equal priorities keep the order in which they were sent. */
  readonly priority: number;
  /** Not before this instant; absent: at once. */
  readonly eta?: When;
  /** Worthless from this instant on; absent: never. */
  readonly expires?: When;
  /** Deliveries without a settled end (crash, lost lease) before the message goes to the dead letters. */
  readonly maxDeliveries: number;
  /** How long a result written by the store itself (expired, revoked, dead) is kept; 0: it is not written. */
  readonly resultTtlMs: number;
  /**
   * How long the id stays known once the message has ended in a way that leaves no result: of one that the sender may send
   * again. Absent: it does not.
   */
  readonly idTtlMs?: number;
  /** The beat entry this is a run of; its unfinished runs decide about overlap. */
  readonly entry?: string;
  /**
   * Taken when it is sent and given back when its delivery ends. It waits in line, blocked, while nothing is free. A
   * delayed message takes none before its time: whoever gets it asks.
   */
  readonly lock?: MessageLock;
  /** Tokens of it are taken when it is claimed for a slot. Absent: those of its task, one. */
  readonly rate?: MessageRate;
  /** Absent: a queue that is fair counts it to the lane "". */
  readonly lane?: MessageLane;
  readonly unique?: MessageUnique;
  /** Opaque text. */
  readonly body: string;
}
