/**
 * Takes deliveries, fills the slots with them, and tells the store how they ended.
 *
 * One loop, and one claim or settlement on its way at any time: what ends meanwhile goes with the next call, which
 * also claims for the slots that are free by then. So a busy worker needs one round trip for many tasks, and an idle
 * one sleeps until the store tells of an arrival or the instant comes at which the store has something to do. While a
 * call is on its way, what waits here is started as slots come free.
 */
import { type Clock, sleep } from "../core/clock.js";
import type { ClaimRequest } from "../store/broker.js";
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
/** From so many deliveries on, the store works on one half of them while this process works on the other. */
const WORTH_HALVING = 32;

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
  /** So many ends are a call's worth. */
  readonly #plenty: number;
  #draining = false;
  /** Whether a call is on its way. */
  #calling = false;
  #startsSoon = false;

  constructor(parts: ConsumerParts, options: WorkerOptions) {
    this.#parts = parts;
    this.#options = options;
    const most = options.concurrency * options.prefetch;
    this.#plenty = most < WORTH_HALVING ? Infinity : most / 2;
  }

  /** A task has ended, or something else is there for the store. */
  nudge(): void {
    this.#parts.doorbell.nudge();
    if (this.#calling) this.#startSoon();
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
        this.#calling = true;
        this.#startSoon();
        await this.#exchange(claim).finally(() => (this.#calling = false));
        calls.succeeded("consumer");
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
    while (slots.outbox.size < this.#plenty && slots.fill()) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      if (clock.monotonicMs() >= until) return;
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
    await courier.sendRest();
    const startedAt = clock.monotonicMs();
    const claimed = await courier.exchange(claim);
    if (claimed === null || claim === null) return;
    const { deliveries, nextWakeAt, now } = claimed;
    doorbell.answered(
      deliveries.length,
      deliveries.length >= claim.max,
      nextWakeAt === null ? null : nextWakeAt - now,
    );
    slots.take(deliveries, startedAt + this.#options.leaseMs);
    if (this.#draining) slots.returnWaiting();
    if (deliveries.length > 0) heartbeat.watch();
  }

  #claim(): ClaimRequest | null {
    const { queues, hostname, leaseMs, prefetch } = this.#options;
    const { free, waiting } = this.#parts.slots;
    const max = Math.min(free * prefetch - waiting, MAX_CLAIM);
    if (this.#draining || free === 0 || max <= 0) return null;
    return { queues, worker: hostname, leaseMs, max };
  }
}
