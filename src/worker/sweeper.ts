import type { Clock, Timer } from "../core/clock.js";
import { type InTime, isRetryable, type Patience } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { Store } from "../store/contracts/store.js";

export const SWEEP_INTERVAL_MS = 60_000;
/** Rows dropped in one step of the store. */
const LIMIT = 1_000;
/**
 * Pause after a step that found its limit, in times of what the step took: more is waiting, and other callers want the
 * store too. A fixed pause would not do: results that end faster than they are swept fill the store.
 */
const PAUSE_PER_STEP = 4;
const SHORTEST_PAUSE_MS = 10;

/** How long records of ended attempts are kept, and how many. */
export interface RecordRetention {
  readonly maxAgeMs: number;
  readonly maxRows: number;
}

/** Drops what has expired in the store, every interval (ms) while the worker runs; several workers do not mind. */
export class Sweeper {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #patience: Patience;
  readonly #inTime: InTime;
  readonly #store: Store;
  readonly #onFatal: (error: unknown) => void;
  readonly #intervalMs: number;
  readonly #retention: RecordRetention | null;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(
    clock: Clock,
    random: Random,
    patience: Patience,
    inTime: InTime,
    store: Store,
    onFatal: (error: unknown) => void,
    intervalMs: number,
    retention: RecordRetention | null,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#patience = patience;
    this.#inTime = inTime;
    this.#store = store;
    this.#onFatal = onFatal;
    this.#intervalMs = intervalMs;
    this.#retention = retention;
  }

  start(): void {
    // Half to one and a half of the interval, so that workers started together do not sweep together.
    this.#arm(this.#intervalMs * (0.5 + this.#random.next()));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (!this.#stopped) this.#timer = this.#clock.after(delayMs, () => void this.#sweep());
  }

  /** Packs and drops records; gives how many of one of the two. */
  async #sweepHistory(): Promise<number> {
    const retention = this.#retention;
    if (retention === null) return 0;
    const { history } = this.#store;
    const packed = await this.#inTime("seal", history.seal(LIMIT));
    return Math.max(packed, await this.#inTime("trimRecords", history.trimRecords(retention, LIMIT)));
  }

  async #sweep(): Promise<void> {
    const from = this.#clock.monotonicMs();
    try {
      const swept = await this.#inTime("sweep", this.#store.sweep(LIMIT));
      const dropped = Math.max(swept, await this.#sweepHistory());
      this.#patience.succeeded("sweeper");
      const tookMs = this.#clock.monotonicMs() - from;
      if (dropped >= LIMIT) this.#arm(Math.max(SHORTEST_PAUSE_MS, PAUSE_PER_STEP * tookMs));
      else this.start();
    } catch (error) {
      if (this.#stopped) return;
      if (!isRetryable(error)) return this.#onFatal(error);
      this.#arm(this.#patience.failed(error, "sweeper"));
    }
  }
}
