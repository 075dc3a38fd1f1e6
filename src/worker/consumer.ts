/**
 * Claims deliveries and hands them on: the first part of the line consumer -> run queue -> executor -> completer.
 *
 * One loop, and one call on its way: what ends meanwhile goes with the next, which also claims for the slots that are
 * free by then. A second is sent behind it only when many have ended. So a busy worker needs one round trip for many
 * tasks, and an idle one sleeps until the store tells of an arrival or the instant comes at which the store has
 * something to do. While a call is on its way, what waits here is started as slots come free.
 */
import { type Clock, LONGEST_STORE_WAIT_MS, sleep, untilStoreShows } from "../core/clock.js";
import { isRetryable, type Patience } from "../core/patience.js";
import type { ClaimRequest } from "../store/contracts/consumer.js";
import type { Claimed, Completer } from "./completer.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Idle } from "./idle.js";
import type { WorkerOptions } from "./options.js";
import type { Reporter } from "./report.js";
import { Reservation } from "./reservation.js";
import type { RunQueue } from "./run-queue.js";

/** Deliveries claimed in one call: a step of the store is bounded. */
const MAX_CLAIM = 1_000;
/** Ends of short tasks are gathered for one call at most so long before the store is told of the first. */
const LONGEST_GATHERING_MS = 10;
/**
 * A message that was given back for a worker that has its task comes due at an instant that all workers know. Those that gave
 * it back look so much later.
 */
const STAND_BACK_MS = 50;

export interface ConsumerParts {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly idle: Idle;
  readonly heartbeat: Heartbeat;
  readonly reporter: Reporter;
  readonly runQueue: RunQueue;
  readonly completer: Completer;
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
  notify(): void {
    this.#parts.idle.notify();
    if (!this.#calling || this.#cut.signal.aborted) return;
    this.#startSoon();
    if (this.#second !== null || this.#forStore < this.#plenty) return;
    this.#second = this.#exchange(this.#claim());
    this.#second.catch(() => undefined); // it is awaited when the first is answered
  }

  /** Claims no more and gives back what has not been started; `run` ends when the rest has ended and is stored. */
  drain(): void {
    this.#draining = true;
    this.#parts.runQueue.returnAll();
    this.#parts.idle.notify();
  }

  /** Makes `run` end as soon as the call on its way is answered, whatever is left. */
  cut(): void {
    this.#draining = true;
    this.#cut.abort();
    this.#parts.idle.notify();
  }

  /** Rejects when the store fails for good. */
  async run(): Promise<void> {
    const { clock, patience, runQueue, idle } = this.#parts;
    for (;;) {
      await this.#gather();
      if (this.#cut.signal.aborted) return;
      const claim = this.#claim();
      if (this.#forStore === 0 && (claim === null || !idle.mayFind)) {
        if (this.#draining && !runQueue.isRunning) return;
        if (!runQueue.canStart) await this.#idle(claim !== null);
        continue;
      }
      try {
        await this.#exchangeAll(claim);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        await sleep(clock, patience.failed(error, "consumer"), this.#cut.signal);
      }
    }
  }

  /** What was just started may end in this turn of the event loop, and what waits take its place: one call for all. */
  async #gather(): Promise<void> {
    const { clock, runQueue } = this.#parts;
    const until = clock.monotonicMs() + LONGEST_GATHERING_MS;
    while (runQueue.fill()) {
      await new Promise<void>((resolve) => clock.soon(resolve));
      if (this.#forStore >= this.#plenty || clock.monotonicMs() >= until) return;
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
        this.#parts.patience.succeeded("consumer");
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
    const { clock, runQueue } = this.#parts;
    if (this.#startsSoon || !runQueue.canStart) return;
    this.#startsSoon = true;
    clock.soon(() => {
      this.#startsSoon = false;
      if (this.#calling) runQueue.fill();
    });
  }

  async #idle(forWork: boolean): Promise<void> {
    const { clock, idle } = this.#parts;
    await idle.wait(forWork);
    if (this.#forStore > 0) await new Promise<void>((resolve) => clock.soon(resolve));
  }

  async #exchange(claim: ClaimRequest | null): Promise<void> {
    const { runQueue, completer } = this.#parts;
    const asked = claim?.max ?? 0;
    this.#asked += asked;
    let claimed: Claimed | null;
    try {
      await runQueue.ask();
      claimed = await completer.exchange(claim);
    } finally {
      this.#asked -= asked;
      // What was given its lock by a call that was on its way when the drain began.
      if (this.#draining) runQueue.returnAll();
    }
    if (claimed !== null) this.#take(claimed, asked);
    if (this.#draining) runQueue.returnAll();
  }

  #take({ deliveries, nextWakeAt, now, askedAt }: Claimed, asked: number): void {
    const { clock, idle, heartbeat, reporter, runQueue } = this.#parts;
    const standBackMs = runQueue.expectsStrangers ? STAND_BACK_MS : 0;
    idle.answered(
      deliveries.length,
      deliveries.length >= asked,
      nextWakeAt === null ? null : untilStoreShows(nextWakeAt, now, this.#longestWaitMs) + standBackMs,
    );
    const trustedUntil = askedAt + this.#options.leaseMs;
    // Measured when the answer is here: what the way took makes an expiry late, never early.
    const storeAheadMs = now - clock.monotonicMs();
    for (const delivery of deliveries) {
      const reservation = new Reservation(delivery, trustedUntil, clock, storeAheadMs);
      heartbeat.keep(reservation);
      reporter.received(reservation);
      runQueue.take(reservation);
    }
  }

  /** How much there is to tell the store. */
  get #forStore(): number {
    return this.#parts.completer.unsettled + this.#parts.runQueue.requests;
  }

  #claim(): ClaimRequest | null {
    const { queues, hostname, leaseMs } = this.#options;
    const max = Math.min(this.#parts.runQueue.room - this.#asked, MAX_CLAIM);
    return this.#draining || max <= 0 ? null : { queues, worker: hostname, leaseMs, max };
  }
}
