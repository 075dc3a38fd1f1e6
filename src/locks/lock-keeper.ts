import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import type { Clock } from "../core/clock.js";
import { StoreError, type SunbeatError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { Channel } from "../store/contracts/channel.js";
import type { LockStore as StoreLocks, Permit } from "../store/contracts/locks.js";
import type { Store } from "../store/contracts/store.js";
import { HeldLock, type HoldingDeps } from "./held-lock.js";
import { LockHints } from "./lock-hints.js";

export interface LockDeps {
  readonly store: Pick<Store, "locks" | "lockInspection" | "channel">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
}

/** What a keeper needs of a store: the verbs of a process that takes and keeps permits. */
export interface KeeperDeps extends Omit<LockDeps, "store"> {
  readonly store: {
    readonly locks: Pick<StoreLocks, "acquire" | "cancel" | "extend" | "release">;
    readonly channel: Pick<Channel, "subscribe">;
  };
}

/** What the locks of one app share: who waits, what is held, and what is told about it. */
export class LockKeeper {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: KeeperDeps["store"]["locks"];
  readonly hints: LockHints;
  /** What this process calls itself to operators. */
  readonly label = `${hostname()}:${process.pid}`;
  readonly #events: Pick<Events, "emit">;
  readonly #holding: HoldingDeps;
  readonly #held = new Map<string, HeldLock>();
  readonly #closing = new AbortController();

  constructor({ store, clock, random, logger, events }: KeeperDeps) {
    this.clock = clock;
    this.random = random;
    this.logger = logger;
    this.store = store.locks;
    this.hints = new LockHints(clock, store.channel);
    this.#events = events;
    this.#holding = {
      ...{ clock, logger, store: this.store },
      onLost: (lock, reason) => this.#lost(lock, reason),
      onReleased: (lock) => this.#released(lock),
      onLeft: (lock) => this.#forget(lock),
    };
    // Every waiter of the process listens: many are no leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Aborts with SUNBEAT_CLOSED. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  held(name: string, token: string): HeldLock | undefined {
    const held = this.#held.get(token);
    return held?.name === name ? held : undefined;
  }

  hold(permit: Permit, waiter: string, leaseMs: number, startedAt: number): HeldLock {
    const held = new HeldLock(this.#holding, permit, waiter, leaseMs, startedAt);
    this.#held.set(held.token, held);
    // From now on a hint means that somebody broke it.
    this.hints.listen(waiter, () => held.recheck());
    this.#note(held, "acquired");
    this.#events.emit("lock-acquired", { lock: held.name, fence: held.fence, taskId: null });
    return held;
  }

  tellWaiting(lock: string): void {
    this.logger.debug(`lock ${quote(lock)} is busy, waiting in line`, { lock });
    this.#events.emit("lock-waiting", { lock, taskId: null });
  }

  /** Ends all waiting, aborts all signals and gives all permits back. Idempotent. */
  async close(): Promise<void> {
    const reason = new StoreError("SUNBEAT_CLOSED", "the app is closed, and its locks were given back", {
      retryable: false,
    });
    this.#closing.abort(reason);
    await Promise.allSettled([...this.#held.values()].map((held) => held.cut(reason)));
    await this.hints.close();
  }

  #forget(held: HeldLock): void {
    this.#held.delete(held.token);
    this.hints.leave(held.waiter);
  }

  #lost(held: HeldLock, reason: SunbeatError): void {
    this.#forget(held);
    this.logger.error(reason.message, { lock: held.name, event: "lock-lost" });
    this.#events.emit("lock-lost", { lock: held.name, fence: held.fence, taskId: null });
  }

  #released(held: HeldLock): void {
    this.#forget(held);
    this.#note(held, "released");
    this.#events.emit("lock-released", { lock: held.name, fence: held.fence, taskId: null });
  }

  #note({ name, fence }: HeldLock, what: string): void {
    if (!this.logger.silent)
      this.logger.debug(`lock ${quote(name)} ${what} (fence ${fence})`, { lock: name });
  }
}
