import { bootId } from "../core/boot.js";
import type { Clock, Timer } from "../core/clock.js";
import { type InTime, isRetryable, type Patience } from "../core/patience.js";
import type { HistoryStore, StatDelta } from "../store/contracts/history.js";
import type { Counters } from "./counters.js";

/** What a crash loses of the numbers, at most. */
const INTERVAL_MS = 30_000;

/** Numbers of one process, over all its workers. */
let told = 0;

interface Parts {
  readonly clock: Clock;
  readonly inTime: InTime;
  readonly patience: Patience;
  readonly history: Pick<HistoryStore, "addStats">;
  readonly counters: Counters;
}

/** Tells the store what was counted, half a minute after the first of it. */
export class StatTeller {
  readonly #parts: Parts;
  #timer: Timer | null = null;
  #isStopped = false;
  /** What the store has not taken, under its number: told again, it adds nothing twice. */
  #left: { readonly number: number; readonly deltas: readonly StatDelta[] } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.counters.onFirst = () => this.#arm();
  }

  #arm(): void {
    if (this.#isStopped || this.#timer !== null) return;
    this.#timer = this.#parts.clock.after(INTERVAL_MS, () => void this.#tell());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** What is left, in one bounded try. Never rejects. */
  async flush(inTime: InTime): Promise<void> {
    await this.#send(inTime).catch(() => undefined);
  }

  async #tell(): Promise<void> {
    const { inTime, patience } = this.#parts;
    this.#timer = null;
    try {
      await this.#send(inTime);
      patience.succeeded("statistics");
    } catch (error) {
      // Without its numbers the worker does its work all the same.
      if (isRetryable(error)) patience.failed(error, "statistics");
      else this.#isStopped = true;
      if (this.#left !== null) this.#arm();
    }
  }

  async #send(inTime: InTime): Promise<void> {
    const { history, counters } = this.#parts;
    if (this.#left === null) {
      const deltas = counters.take();
      if (deltas.length === 0) return;
      this.#left = { number: ++told, deltas };
    }
    const { number, deltas } = this.#left;
    await inTime("addStats", history.addStats(bootId, number, deltas));
    this.#left = null;
  }
}
