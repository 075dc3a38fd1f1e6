import type { Clock, Timer } from "../core/clock.js";
import { Latch } from "../core/latch.js";
import type { Channel } from "../store/contracts/channel.js";
import { OFFER_MS } from "../store/contracts/locks.js";

/**
 * Tells those of this process who wait for a lock, or hold one, that the store has news for them: one subscription for
 * all, made at the first need. What is told is a hint; a lost one costs a look later, never a permit.
 *
 * The first who waits is offered a permit, and told at once. The few behind it look a moment later, one after the other,
 * unless they hear that it was fetched: so a process that is frozen or dead holds up the others for that moment only.
 */
export class LockHints {
  readonly #clock: Clock;
  readonly #channel: Pick<Channel, "subscribe">;
  readonly #listeners = new Map<string, () => void>();
  /** Looks to come, by the waiter who was offered a permit. */
  readonly #looks = new Map<string, Timer[]>();
  #subscription: Promise<() => void> | null = null;
  /** Whether hints arrive. */
  isOpen = false;

  constructor(clock: Clock, channel: Pick<Channel, "subscribe">) {
    this.#clock = clock;
    this.#channel = channel;
  }

  /** Resolves once hints arrive. */
  async open(): Promise<void> {
    this.#subscription ??= this.#subscribe();
    try {
      await this.#subscription;
      // Unless it was closed meanwhile.
      this.isOpen = this.#subscription !== null;
    } catch (error) {
      this.#subscription = null;
      throw error;
    }
  }

  async #subscribe(): Promise<() => void> {
    const fetched = await this.#channel.subscribe("lock-fetched", (waiter) => this.#forget(waiter));
    try {
      const offered = await this.#channel.subscribe("lock", (waiters) =>
        this.#offered(JSON.parse(waiters) as string[]),
      );
      return () => {
        fetched();
        offered();
      };
    } catch (error) {
      fetched();
      throw error;
    }
  }

  #offered([first = "", ...behind]: readonly string[]): void {
    this.#listeners.get(first)?.();
    this.#forget(first);
    const own = behind.flatMap((waiter, index) => (this.#listeners.has(waiter) ? [{ waiter, index }] : []));
    if (own.length === 0) return;
    const looks = own.map(({ waiter, index }) =>
      this.#clock.after((index + 1) * OFFER_MS, () => this.#listeners.get(waiter)?.()),
    );
    looks.push(this.#clock.after((behind.length + 1) * OFFER_MS, () => this.#looks.delete(first)));
    this.#looks.set(first, looks);
  }

  #forget(offered: string): void {
    for (const look of this.#looks.get(offered) ?? []) look.cancel();
    this.#looks.delete(offered);
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
    for (const offered of [...this.#looks.keys()]) this.#forget(offered);
    const subscription = this.#subscription;
    this.#subscription = null;
    this.isOpen = false;
    if (subscription !== null) await subscription.then((end) => end()).catch(() => undefined);
  }
}
