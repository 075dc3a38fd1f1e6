import type { Clock } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { LockStore as StoreLocks } from "../store/contracts/locks.js";
import { lockNameOption } from "../tasks/task-lock.js";
import type { HeldLock } from "./held-lock.js";
import { LockKeeper } from "./lock-keeper.js";
import { type AcquireOptions, Semaphore, type Use, type UsingOptions } from "./semaphore.js";

/** Who votes about a mutex: the verbs of a store that are needed for one. */
export interface Masters extends Pick<StoreLocks, "acquire" | "cancel" | "extend" | "release"> {
  open(): Promise<void>;
  close(): Promise<void>;
}

interface NoFence {
  /** Always undefined: independent masters share no counter, so nothing can refuse a late writer. */
  readonly fence: undefined;
}

/** As `HeldLock`, without a fence. */
export type QuorumLock = Omit<HeldLock, "fence"> & NoFence;

/** As `Use`, without a fence. */
export type QuorumUse = Omit<Use, "fence"> & NoFence;

/**
 * A mutex by vote, with the verbs of `app.locks.mutex` and the same trust in its lease. Leases are at least 1 s. Who
 * waits asks again each 100 to 200 ms, in no order. With too few masters it goes on asking while it waits; without
 * waiting `acquire` rejects with SUNBEAT_STORE_UNAVAILABLE.
 */
export interface QuorumMutex {
  readonly name: string;
  /** See `Semaphore.acquire`. */
  acquire(options?: AcquireOptions): Promise<QuorumLock>;
  /** See `Semaphore.using`. */
  using<T>(body: (use: QuorumUse) => T | Promise<T>, options?: UsingOptions): Promise<T>;
  /** See `Semaphore.release`. */
  release(permit: string | { readonly token: string }): Promise<void>;
  /** See `Semaphore.extend`. */
  extend(permit: string | { readonly token: string }, lease?: Duration): Promise<void>;
}

/**
 * Mutexes by the vote of independent Redis masters, for programs alone: not for the beat, entries or tasks, whose
 * promises rest on one store's clock and on fences.
 */
export class QuorumLocks {
  readonly #masters: Masters;
  readonly #keeper: LockKeeper;

  /** For `quorum`. */
  constructor(
    masters: Masters,
    deps: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
  ) {
    this.#masters = masters;
    // Nobody tells those who wait; opening the line of news is where the masters are connected to.
    const subscribe = async (): Promise<() => void> => {
      await masters.open();
      return () => undefined;
    };
    this.#keeper = new LockKeeper({
      ...deps,
      store: { locks: masters, channel: { subscribe } },
      events: { emit: () => undefined },
    });
  }

  /** A lock that one may hold at a time. Not reentrant. Code: SUNBEAT_OPTION_INVALID. */
  mutex(name: string): QuorumMutex {
    // The fence of its permits is undefined, as the type says; everything else is the same.
    return new Semaphore(this.#keeper, lockNameOption(name), 1) as unknown as QuorumMutex;
  }

  /** Ends all waiting, aborts all signals, gives all locks back and disconnects. Idempotent. */
  async close(): Promise<void> {
    await this.#keeper.close();
    await this.#masters.close();
  }
}
