import type { Clock } from "../core/clock.js";
import { Latch } from "../core/latch.js";
import type { Channel } from "../store/contracts/channel.js";

/**
 * Tells those of this process who wait for a lock, or hold one, that the store has news for them: one subscription for
 * all, made at the first need. What is told is a hint; a lost one costs a look later, never a permit.
 */
export class LockHints {
  readonly #clock: Clock;
  readonly #channel: Pick<Channel, "subscribe">;
  readonly #listeners = new Map<string, () => void>();
  #subscription: Promise<() => void> | null = null;
  /** Whether hints arrive. */
  isOpen = false;

  constructor(clock: Clock, channel: Pick<Channel, "subscribe">) {
    this.#clock = clock;
    this.#channel = channel;
  }

  /** Resolves once hints arrive. */
  async open(): Promise<void> {
    this.#subscription ??= this.#channel.subscribe("lock", (waiter) => this.#listeners.get(waiter)?.());
    try {
      await this.#subscription;
      // Unless it was closed meanwhile.
      this.isOpen = this.#subscription !== null;
    } catch (error) {
      this.#subscription = null;
      throw error;
    }
  }

  listen(waiter: string, listener: () => void): void {
    this.#listeners.set(waiter, listener);
  }

  leave(waiter: string): void {
    this.#listeners.delete(waiter);
  }

  /** Notified at each hint for this waiter. */
  enter(waiter: string): Latch {
    const latch = new Latch(this.#clock);
    this.listen(waiter, () => latch.notify());
    return latch;
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    const subscription = this.#subscription;
    this.#subscription = null;
    this.isOpen = false;
    if (subscription !== null) await subscription.then((end) => end()).catch(() => undefined);
  }
}
