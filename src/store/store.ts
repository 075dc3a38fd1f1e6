/**
 * One store holds queue, results, entries, leases and hints, so that the steps that carry a promise are atomic.
 * A store does what a contract names and decides nothing: policy comes in as arguments.
 *
 * After `close` every call rejects with SUNBEAT_CLOSED. A store that cannot do a step throws a StoreError whose
 * `retryable` says whether the same call may succeed later; nothing of the step was done, or the step is repeatable.
 */
import type { Clock, EpochMs } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { Broker } from "./broker.js";
import type { Channel } from "./channel.js";
import type { Entries } from "./entries.js";
import type { Leases } from "./leases.js";
import type { Locks } from "./locks.js";
import type { Results } from "./results.js";
import type { StoreFacts } from "./survey.js";

export interface Store {
  /** Where it is, for banners and logs: a URL with the password masked. */
  readonly label: string;
  readonly broker: Broker;
  readonly results: Results;
  readonly leases: Leases;
  readonly entries: Entries;
  readonly locks: Locks;
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
}
