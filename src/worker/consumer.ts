/**
 * Takes deliveries, fills the slots with them, and tells the store how they ended.
 *
 * One loop, and one call on its way: what ends meanwhile goes with the next, which also claims for the slots that are
 * free by then. A second is sent behind it only when many have ended. So a busy worker needs one round trip for many
 * tasks, and an idle one sleeps until the store tells of an arrival or the instant comes at which the store has
 * something to do. While a call is on its way, what waits here is started as slots come free.
 */
import { type Clock, LONGEST_STORE_WAIT_MS, sleep, untilStoreShows } from "../core/clock.js";
import type { ClaimReply, ClaimRequest } from "../store/contracts/consumer.js";
import type { Courier } from "./courier.js";
import type { Doorbell } from "./doorbell.js";
import type { Heartbeat } from "./heartbeat.js";
import type { WorkerOptions } from "./options.js";
import type { Slots } from "./slots.js";
import { isRetryable, type StoreCalls } from "./store-calls.js";

/** Deliveries claimed in one call: a step of the store is bounded. */
const MAX_CLAIM = 1_000;
/** Ends of short tasks are gathered for one call at most so long before the store is told of the first. */
const LONGEST_GATHERING_MS = 10;

export interface ConsumerParts {
  readonly clock: Clock;
  readonly calls: StoreCalls;
  readonly slots: Slots;
  readonly courier: Courier;
  readonly doorbell: Doorbell;
  readonly heartbeat: Heartbeat;
}

export class Consumer {
  readonly #parts: ConsumerParts;
  readonly #options: WorkerOptions;
  readonly #cut = new AbortController();
  /** So many ends are a call's worth: the store works on one half of what is held, this process on the other. */
  readonly #plenty: number;
  readonly #longestWaitMs: number;
  #draining = false;
  /** Whether a call is on its way. */
  #calling = false;
  /** The one behind it, so that the store need not wait for us either. */
  #second: Promise<void> | null = null;
  /** Deliveries asked for and not here yet. */
  #asked = 0;
  #startsSoon = false;

  constructor(parts: ConsumerParts, options: WorkerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#longestWaitMs = options.lookAgainMs ?? LONGEST_STORE_WAIT_MS;
    this.#plenty = (options.concurrency * options.prefetch) / 2;
  }

  /** A task has ended, or something else is there for the store. */
  nudge(): void {
    const { doorbell, slots } = this.#parts;
    doorbell.nudge();
    if (!this.#calling || this.#cut.signal.aborted) return;
    this.#startSoon();
    if (this.#second !== null || slots.outbox.size < this.#plenty) return;
    this.#second = this.#exchange(this.#claim());
    this.#second.catch(() => undefined); // it is awaited when the first is answered
  }

  /** Claims no more and gives back what has not been started; `run` ends when the rest has ended and is stored. */
  drain(): void {
    this.#draining = true;
    this.#parts.slots.returnWaiting();
    this.#parts.doorbell.nudge();
  }

  /** Makes `run` end as soon as the call on its way is answered, whatever is left. */
  cut(): void {
    this.#draining = true;
    this.#cut.abort();
    this.#parts.doorbell.nudge();
  }

  /** Rejects when the store fails for good. */
  async run(): Promise<void> {
    const { clock, calls, slots, doorbell } = this.#parts;
    for (;;) {
      await this.#gather();
      if (this.#cut.signal.aborted) return;
      const claim = this.#claim();
      if (slots.outbox.size === 0 && (claim === null || !doorbell.rung)) {
        if (this.#draining && slots.busy === 0) return;
        if (slots.waiting === 0 || slots.free === 0) await this.#idle(claim !== null);
        continue;
      }
      try {
        await this.#exchangeAll(claim);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        await sleep(clock, calls.failed("consumer", error), this.#cut.signal);
      }
    }
  }

  /** What was just started may end in this turn of the event loop, and what waits take its place: one call for all. */
  async #gather(): Promise<void> {
    const { clock, slots } = this.#parts;
    const until = clock.monotonicMs() + LONGEST_GATHERING_MS;
    while (slots.fill()) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      if (slots.outbox.size >= this.#plenty || clock.monotonicMs() >= until) return;
    }
  }

  /** One exchange, and those that follow while so much ends meanwhile that they are worth a call. */
  async #exchangeAll(claim: ClaimRequest | null): Promise<void> {
    this.#calling = true;
    try {
      let call: Promise<void> | null = this.#exchange(claim);
      while (call !== null) {
        this.#startSoon();
        await call;
        this.#parts.calls.succeeded("consumer");
        call = this.#second;
        this.#second = null;
      }
    } finally {
      this.#calling = false;
      const left = this.#second;
      this.#second = null;
      await left;
    }
  }

  #startSoon(): void {
    const { clock, slots } = this.#parts;
    if (this.#startsSoon || slots.waiting === 0 || slots.free === 0) return;
    this.#startsSoon = true;
    clock.soon(() => {
      this.#startsSoon = false;
      if (this.#calling) slots.fill();
    });
  }

  async #idle(forWork: boolean): Promise<void> {
    const { clock, slots, doorbell } = this.#parts;
    await doorbell.wait(forWork);
    if (slots.outbox.size > 0) await new Promise<void>((resolve) => clock.soon(resolve));
  }

  async #exchange(claim: ClaimRequest | null): Promise<void> {
    const { clock, slots, courier, doorbell, heartbeat } = this.#parts;
    const asked = claim?.max ?? 0;
    this.#asked += asked;
    let startedAt: number;
    let claimed: ClaimReply | null;
    try {
      await courier.sendRest();
      startedAt = clock.monotonicMs();
      claimed = await courier.exchange(claim);
    } finally {
      this.#asked -= asked;
      // What was given its lock by a call that was on its way when the drain began.
      if (this.#draining) slots.returnWaiting();
    }
    if (claimed === null || claim === null) return;
    const { deliveries, nextWakeAt, now } = claimed;
    doorbell.answered(
      deliveries.length,
      deliveries.length >= claim.max,
      nextWakeAt === null ? null : untilStoreShows(nextWakeAt, now, this.#longestWaitMs),
    );
    // Measured when the answer is here: what the way took makes an expiry late, never early.
    slots.take(deliveries, startedAt + this.#options.leaseMs, now - clock.monotonicMs());
    if (this.#draining) slots.returnWaiting();
    if (deliveries.length > 0) heartbeat.watch();
  }

  #claim(): ClaimRequest | null {
    const { queues, hostname, leaseMs, prefetch } = this.#options;
    const { free, waiting } = this.#parts.slots;
    const max = Math.min(free * prefetch - waiting - this.#asked, MAX_CLAIM);
    if (this.#draining || free === 0 || max <= 0) return null;
    return { queues, worker: hostname, leaseMs, max };
  }
}
