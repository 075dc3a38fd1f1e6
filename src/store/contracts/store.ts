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
import type { AlertStore } from "./alerts.js";
import type { AuditStore } from "./audit.js";
import type { CalendarStore } from "./calendars.js";
import type { Channel } from "./channel.js";
import type { Consumer } from "./consumer.js";
import type { DeadLetters } from "./dead-letters.js";
import type { EntryStore } from "./entries.js";
import type { Graphs } from "./graphs.js";
import type { HistoryStore } from "./history.js";
import type { Leases } from "./leases.js";
import type { Ledger } from "./ledger.js";
import type { Limits } from "./limits.js";
import type { LockInspection } from "./lock-inspection.js";
import type { LockStore } from "./locks.js";
import type { PresenceStore } from "./presence.js";
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
  readonly calendars: CalendarStore;
  readonly graphs: Graphs;
  readonly ledger: Ledger;
  readonly history: HistoryStore;
  readonly leases: Leases;
  readonly limits: Limits;
  readonly locks: LockStore;
  readonly lockInspection: LockInspection;
  readonly alerts: AlertStore;
  readonly presence: PresenceStore;
  readonly audit: AuditStore;
  readonly channel: Channel;
  /** The store's clock: the only one that decides what is due, expired or leased. */
  now(): Promise<EpochMs>;
  /** What the store says of itself, at a cost that does not grow with what is in it. */
  measure(): Promise<StoreMeasures>;
  /** Drops at most `limit` results, revocations and other rows whose time is over; gives the number dropped. */
  sweep(limit: number): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** As of one instant. */
export interface StoreMeasures {
  readonly now: EpochMs;
  /** Whether a beat leads. */
  readonly isLed: boolean;
  /** Tasks and processes that wait for locks. A process that is gone may count until somebody looks at its lock. */
  readonly lockWaiters: number;
  /**
   * What the data takes. SQLite: the database file without its log. Redis: the memory of the server that has the keys, as it counts
   * towards `maxmemory`, so with whatever else is on it. Null: it is not told.
   */
  readonly bytes: number | null;
}

/** A way to open a store that no URL names, such as over a client that the program has made. */
export interface StoreSource {
  /** Stands for the URL in banners and logs. */
  readonly label: string;
  /** Whether no stranger may reach it: by a password, or since it is on this machine alone. Default: one may. */
  readonly isGuarded?: boolean;
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
