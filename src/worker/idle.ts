import type { Clock } from "../core/clock.js";
import { Latch } from "../core/latch.js";
import type { Arrivals } from "../store/contracts/consumer.js";

/** Look at least so often even if nobody tells: a fallback poll for a store that loses a wake-up. */
export const IDLE_CHECK_MS = 300_000;
/** Many looks in a row that found nothing: a crowd of workers, arrivals that lie, or an instant that stays in the past. */
const MAX_FRUITLESS = 10;
/** Then arrivals are not listened to for so long, which bounds what they cost. */
const DEAF_MS = 10;

/**
 * When an idle worker looks for work: at an arrival, at the instant the store named, or when a task ended. The
 * clock is local; the store only tells that there is something.
 */
export class Idle {
  /** Whether there may be work. */
  mayFind = true;
  readonly #clock: Clock;
  #arrivals: Arrivals;
  /** A wait ends by then. */
  readonly longestMs: number;
  readonly #latch: Latch;
  #wakeAt = Infinity;
  #fruitless = 0;
  /** Aborts the wait for arrivals that is on its way; null: none is. */
  #listening: AbortController | null = null;

  constructor(clock: Clock, arrivals: Arrivals, idleCheckMs: number) {
    this.longestMs = idleCheckMs;
    this.#clock = clock;
    this.#arrivals = arrivals;
    this.#latch = new Latch(clock);
  }

  /** What a claim brought: `full` when there may be more, `wakeInMs` when the store has something to do by itself. */
  answered(found: number, full: boolean, wakeInMs: number | null): void {
    this.mayFind = full;
    this.#fruitless = found > 0 ? 0 : this.#fruitless + 1;
    this.#wakeAt = wakeInMs === null ? Infinity : this.#clock.monotonicMs() + wakeInMs;
  }

  /** Whether it looks within so long. */
  wakesWithin(ms: number): boolean {
    return this.#wakeAt - this.#clock.monotonicMs() <= ms;
  }

  /** Listens to other queues from now on. */
  async listenTo(arrivals: Arrivals): Promise<void> {
    const before = this.#arrivals;
    this.#arrivals = arrivals;
    this.#listening?.abort();
    this.#listening = null;
    this.look();
    await before.close();
  }

  /** There may be work that nobody has told of. */
  look(): void {
    this.mayFind = true;
    this.#latch.notify();
  }

  /** Ends a `wait` early: a task ended, or the worker stops. */
  notify(): void {
    this.#latch.notify();
  }

  /** Waits for a notice, and where `forWork` also for work. */
  async wait(forWork: boolean): Promise<void> {
    // Who cannot take work must not take the arrival either: it may be meant for a worker that can.
    if (!forWork) this.#listening?.abort();
    const deaf = forWork && this.#fruitless > MAX_FRUITLESS;
    const startedAt = this.#clock.monotonicMs();
    this.#latch.reset();
    if (forWork && !deaf) this.#listen();
    const limitMs = deaf ? DEAF_MS : Math.min(this.#wakeAt - startedAt, this.longestMs);
    const notified = await this.#latch.wait(forWork ? limitMs : this.longestMs);
    if (forWork && !notified) this.mayFind = true;
    // Arrivals that are apart are no trouble; and after a pause they get one more chance.
    if (deaf) this.#fruitless = MAX_FRUITLESS - 1;
    else if (this.#clock.monotonicMs() - startedAt >= DEAF_MS) this.#fruitless = 0;
  }

  /** Idempotent. Nothing wakes after. */
  async close(): Promise<void> {
    this.#listening?.abort();
    await this.#arrivals.close();
  }

  /**
   * One wait lives on while tasks end, since each new one costs the store something. One that was told to end and
   * has not yet is not doubled: it tells when it does.
   */
  #listen(): void {
    if (this.#listening !== null) return;
    const listening = new AbortController();
    this.#listening = listening;
    const heard = (): void => {
      if (this.#listening !== listening) return; // it listens elsewhere
      this.#listening = null;
      this.mayFind = true;
      this.#latch.notify();
    };
    this.#arrivals.wait(this.longestMs, listening.signal).then(heard, heard);
  }
}
