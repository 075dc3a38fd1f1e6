/**
 * Claims deliveries and hands them on: the first part of the line consumer -> run queue -> pool -> completer.
 *
 * One loop, and one call on its way: what ends meanwhile goes with the next, which also claims for the slots that are
 * free by then. A second is sent behind it only when many have ended. So a busy worker needs one round trip for many
 * tasks, and an idle one sleeps until the store tells of an arrival or the instant comes at which the store has
 * something to do. While a call is on its way, what waits here is started as slots come free.
 */
import { type Clock, type EpochMs, LONGEST_STORE_WAIT_MS, sleep, untilStoreShows } from "../core/clock.js";
import type { LoopMark } from "../core/loop-mark.js";
import { isRetryable, type Patience } from "../core/patience.js";
import type { ClaimRequest } from "../store/contracts/consumer.js";
import type { PausedQueue } from "../store/contracts/queues.js";
import type { Claimed, Completer } from "./completer.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Idle } from "./idle.js";
import type { WorkerOptions } from "./options.js";
import type { Reporter } from "./report.js";
import { waitMsOf } from "./note.js";
import { Reservation } from "./reservation.js";
import type { RunQueue } from "./run-queue.js";

/** Deliveries claimed in one call: a step of the store is bounded. */
const MAX_CLAIM = 1_000;
/** Ends of short tasks are gathered for one call at most so long before the store is told of the first. */
const LONGEST_GATHERING_MS = 10;
/** Ends of tasks with a rate limit go with the claim for the next token where its instant is so near: one call a start. */
const LONGEST_PACED_WAIT_MS = 50;
/**
 * A message that was given back for a worker that has its task comes due at an instant that all workers know. Those that gave
 * it back look so much later.
 */
const STAND_BACK_MS = 50;

export interface ConsumerParts {
  readonly clock: Clock;
  readonly mark: LoopMark;
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
  readonly #longestWaitMs: number;
  #draining = false;
  /** Nothing is claimed until somebody says so; what runs goes on. */
  #isSuspended = false;
  #claimedAt: EpochMs | null = null;
  /** Whether a call is on its way. */
  #calling = false;
  /** The one behind it, so that the store need not wait for us either. */
  #second: Promise<void> | null = null;
  /** Deliveries asked for and not here yet. */
  #asked = 0;
  #startsSoon = false;
  /** Queues that the last claim has left out, since what is in them could not have started. */
  #leftOut: readonly string[] = [];
  /** Queues that are paused: a claim tells of those that it takes from. */
  #paused: readonly PausedQueue[] = [];
  /** What the store told last of when to come for a token. */
  #turn: EpochMs | undefined;

  constructor(parts: ConsumerParts, options: WorkerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#longestWaitMs = options.lookAgainMs ?? LONGEST_STORE_WAIT_MS;
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

  /** When the store answered last to a claim, by its clock. */
  get claimedAt(): EpochMs | null {
    return this.#claimedAt;
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Claims no more and gives back what has not been started, until `resume`. */
  suspend(): void {
    this.#isSuspended = true;
    this.#parts.runQueue.returnAll();
    this.#parts.idle.notify();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#parts.idle.look();
  }

  /** Makes `run` end as soon as the call on its way is answered, whatever is left. */
  cut(): void {
    this.#draining = true;
    this.#cut.abort();
    this.#parts.idle.notify();
  }

  /** Rejects when the store fails for good. */
  async run(): Promise<void> {
    this.#parts.mark.turns();
    try {
      await this.#loop();
    } finally {
      this.#parts.mark.turns(Infinity);
    }
  }

  async #loop(): Promise<void> {
    const { clock, mark, patience, runQueue, idle } = this.#parts;
    for (;;) {
      await this.#gather();
      if (this.#cut.signal.aborted) return;
      const claim = this.#claim();
      if (this.#isPaced(claim)) {
        await this.#rest(true);
        continue;
      }
      const looks = claim !== null && (idle.mayFind || this.#asksAgain(claim));
      if (this.#forStore === 0 && !looks) {
        if (this.#draining && !runQueue.isRunning) return;
        if (!runQueue.canStart) await this.#idle(claim !== null);
        continue;
      }
      try {
        await this.#exchangeAll(claim);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        const pauseMs = patience.failed(error, "consumer");
        mark.turns(pauseMs);
        await sleep(clock, pauseMs, this.#cut.signal);
      }
    }
  }

  /** Whether ends wait for the turn of this worker. */
  #isPaced(claim: ClaimRequest | null): boolean {
    const { idle, completer, runQueue } = this.#parts;
    if (this.#turn === undefined || claim === null || idle.mayFind) return false;
    const isIdle = !runQueue.canStart && runQueue.requests === 0;
    return isIdle && completer.canWait && idle.wakesWithin(LONGEST_PACED_WAIT_MS);
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
        this.#parts.mark.turns();
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
    const { clock } = this.#parts;
    await this.#rest(forWork);
    if (this.#forStore > 0) await new Promise<void>((resolve) => clock.soon(resolve));
  }

  /** With all slots taken, paused or drained it rests as long as with nothing to do. */
  async #rest(forWork: boolean): Promise<void> {
    const { idle, mark } = this.#parts;
    mark.turns(idle.longestMs);
    await idle.wait(forWork);
    mark.turns();
  }

  async #exchange(claim: ClaimRequest | null): Promise<void> {
    const { runQueue, completer } = this.#parts;
    const asked = claim?.max ?? 0;
    this.#asked += asked;
    if (claim !== null) this.#leftOut = this.#options.queues.filter((queue) => !claim.queues.includes(queue));
    let claimed: Claimed | null;
    try {
      await runQueue.ask();
      claimed = await completer.exchange(claim);
    } finally {
      this.#asked -= asked;
      // What was given its lock by a call that was on its way when the drain began.
      if (this.#draining || this.#isSuspended) runQueue.returnAll();
    }
    if (claimed !== null) this.#take(claimed, asked);
    if (this.#draining || this.#isSuspended) runQueue.returnAll();
  }

  #take({ deliveries, nextWakeAt, turn, now, askedAt, paused = [] }: Claimed, asked: number): void {
    const { clock, idle, heartbeat, reporter, runQueue } = this.#parts;
    this.#turn = turn;
    this.#claimedAt = now;
    const standBackMs = runQueue.expectsStrangers ? STAND_BACK_MS : 0;
    idle.answered(
      deliveries.length,
      deliveries.length >= asked,
      nextWakeAt === null ? null : untilStoreShows(nextWakeAt, now, this.#longestWaitMs) + standBackMs,
    );
    this.#paused = [...this.#paused.filter(({ queue }) => this.#leftOut.includes(queue)), ...paused];
    reporter.paused(this.#paused);
    runQueue.setPaused(this.#paused.map(({ queue }) => queue));
    const trustedUntil = askedAt + this.#options.leaseMs;
    // Measured when the answer is here: what the way took makes an expiry late, never early.
    const storeAheadMs = now - clock.monotonicMs();
    for (const delivery of deliveries) {
      const reservation = new Reservation(delivery, trustedUntil, clock, storeAheadMs);
      reservation.waitMs = waitMsOf(now, delivery);
      heartbeat.keep(reservation);
      reporter.received(reservation);
      runQueue.take(reservation);
    }
    runQueue.claimed(asked, deliveries.length);
  }

  #asksAgain({ queues }: ClaimRequest): boolean {
    return this.#leftOut.some((queue) => queues.includes(queue));
  }

  /** So many ends are a call's worth: the store works on one half of what is held, this process on the other. */
  get #plenty(): number {
    return this.#parts.runQueue.most / 2;
  }

  /** How much there is to tell the store. */
  get #forStore(): number {
    return this.#parts.completer.unsettled + this.#parts.runQueue.requests;
  }

  #claim(): ClaimRequest | null {
    const { hostname, leaseMs } = this.#options;
    const { room, slots } = this.#parts.runQueue;
    const max = Math.min(room.max - this.#asked, MAX_CLAIM);
    if (this.#draining || this.#isSuspended || max <= 0 || room.queues.length === 0) return null;
    return {
      ...{ queues: room.queues, worker: hostname, leaseMs, max },
      slots: Math.max(0, slots - this.#asked),
      ...(this.#turn !== undefined && { turn: this.#turn }),
    };
  }
}
