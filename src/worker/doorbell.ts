import type { Clock, Timer } from "../core/clock.js";
import type { Arrivals } from "../store/contracts/consumer.js";

/** Look at least so often even if nobody rings: a fallback poll for a store that loses a wake-up. */
export const IDLE_CHECK_MS = 300_000;
/** Many looks in a row that found nothing: a crowd of workers, a stuck bell, or an instant that stays in the past. */
const MAX_FRUITLESS = 10;
/** Then the bell is not listened to for so long, which bounds what a stuck one costs. */
const DEAF_MS = 10;

/**
 * When an idle worker looks for work: at an arrival, at the instant the store named, or when a task ended. The
 * clock is local; the store only rings.
 */
export class Doorbell {
  /** Whether there may be work. */
  rung = true;
  readonly #clock: Clock;
  readonly #arrivals: Arrivals;
  readonly #idleCheckMs: number;
  #wakeAt = Infinity;
  #fruitless = 0;
  /** Aborts the wait that is on its way; null: none is. */
  #listening: AbortController | null = null;
  #wake: (() => void) | null = null;

  constructor(clock: Clock, arrivals: Arrivals, idleCheckMs: number) {
    this.#idleCheckMs = idleCheckMs;
    this.#clock = clock;
    this.#arrivals = arrivals;
  }

  /** What a claim brought: `full` when there may be more, `wakeInMs` when the store has something to do by itself. */
  answered(found: number, full: boolean, wakeInMs: number | null): void {
    this.rung = full;
    this.#fruitless = found > 0 ? 0 : this.#fruitless + 1;
    this.#wakeAt = wakeInMs === null ? Infinity : this.#clock.monotonicMs() + wakeInMs;
  }

  /** Ends a `wait` early: a task ended, or the worker stops. */
  nudge(): void {
    this.#wake?.();
  }

  /** Waits for a nudge, and where `forWork` also for work. */
  async wait(forWork: boolean): Promise<void> {
    // Who cannot take work must not take the ring either: it may be meant for a worker that can.
    if (!forWork) this.#listening?.abort();
    const deaf = forWork && this.#fruitless > MAX_FRUITLESS;
    const startedAt = this.#clock.monotonicMs();
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (!forWork) return;
      if (!deaf) this.#listen();
      const delayMs = deaf ? DEAF_MS : Math.min(this.#wakeAt - startedAt, this.#idleCheckMs);
      timer = this.#clock.after(delayMs, () => this.#ring());
    });
    this.#wake = null;
    timer?.cancel();
    // Rings that are apart are no trouble; and after a pause the bell gets one more chance.
    if (deaf) this.#fruitless = MAX_FRUITLESS - 1;
    else if (this.#clock.monotonicMs() - startedAt >= DEAF_MS) this.#fruitless = 0;
  }

  /** Idempotent. Nothing rings after. */
  async close(): Promise<void> {
    this.#listening?.abort();
    await this.#arrivals.close();
  }

  #ring(): void {
    this.rung = true;
    this.#wake?.();
  }

  /**
   * One wait lives on while tasks end, since each new one costs the store something. One that was told to end and
   * has not yet is not doubled: it rings when it does.
   */
  #listen(): void {
    if (this.#listening !== null) return;
    const listening = new AbortController();
    this.#listening = listening;
    const heard = (): void => {
      this.#listening = null;
      this.#ring();
    };
    this.#arrivals.wait(this.#idleCheckMs, listening.signal).then(heard, heard);
  }
}
