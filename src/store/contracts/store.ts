/**
 * One store holds queue, results, entries, leases and hints, so that the steps that carry a promise are atomic.
 * A store does what a contract names and decides nothing: policy comes in as arguments.
 *
 * After `close` every call rejects with SUNBEAT_CLOSED. A store that cannot do a step throws a StoreError whose
 * `retryable` says whether the same call may succeed later; nothing of the step was done, or the step is repeatable.
 */
import type { Clock, EpochMs } from "../../core/clock.js";
import type { Logger } from "../../core/logger.js";
import type { Random } from "../../core/random.js";
import type { Channel } from "./channel.js";
import type { Consumer } from "./consumer.js";
import type { DeadLetters } from "./dead-letters.js";
import type { EntryStore } from "./entries.js";
import type { Graphs } from "./graphs.js";
import type { Leases } from "./leases.js";
import type { Ledger } from "./ledger.js";
import type { LockInspection } from "./lock-inspection.js";
import type { LockStore } from "./locks.js";
import type { Queues } from "./queues.js";
import type { Results } from "./results.js";
import type { Sender } from "./sender.js";
import type { StoreFacts } from "./survey.js";

export interface Store {
  /** Where it is, for banners and logs: a URL with the password masked. */
  readonly label: string;
  readonly sender: Sender;
  readonly consumer: Consumer;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
  readonly results: Results;
  readonly entries: EntryStore;
  readonly graphs: Graphs;
  readonly ledger: Ledger;
  readonly leases: Leases;
  readonly locks: LockStore;
  readonly lockInspection: LockInspection;
  readonly channel: Channel;
  /** The store's clock: the only one that decides what is due, expired or leased. */
  now(): Promise<EpochMs>;
  /** Drops at most `limit` results, revocations and other rows whose time is over; gives the number dropped. */
  sweep(limit: number): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A way to open a store that no URL names, such as over a client that the program has made. */
export interface StoreSource {
  /** Stands for the URL in banners and logs. */
  readonly label: string;
  open(context: StoreContext): Promise<Store>;
  /** What it tells about itself and of the named entries, within `limitMs`; changes nothing. */
  survey(context: StoreContext, limitMs: number, entries?: readonly string[]): Promise<StoreFacts>;
}

export interface StoreContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborts while the store is opened: nobody wants it any more, and the opening may end. */
  readonly signal?: AbortSignal;
}
