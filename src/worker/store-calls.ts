/** How a worker's loops live with a store that is slow, away or broken. */
import { type Clock, within } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { isSunbeatError, messageOf, StoreError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Whether the same call may succeed later. Anything that is not a StoreError saying so may not. */
export function isRetryable(error: unknown): boolean {
  return isSunbeatError(error) && (error as Partial<StoreError>).retryable === true;
}

/** Which part of the worker met the failure. */
type Part = "consumer" | "heartbeat" | "sweeper" | "start";

/** Bounds every call in time, and keeps one account of the store's failures for all loops of a worker. */
export class StoreCalls {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  readonly #limitMs: number;
  /** Failures in a row, by part; empty: the store answers. */
  readonly #failing = new Map<Part, number>();
  #since = 0;

  constructor(clock: Clock, random: Random, log: Logger, limitMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#limitMs = limitMs;
  }

  /** `work`, or SUNBEAT_STORE_TIMEOUT (retryable) when no answer came in time. It may still come: see callers. */
  bounded<T>(what: string, work: Promise<T>, limitMs = this.#limitMs): Promise<T> {
    return within(this.#clock, limitMs, work, () => {
      const message = `the store has not answered to "${what}" within ${formatDuration(limitMs)}`;
      return new StoreError("SUNBEAT_STORE_TIMEOUT", message, {
        retryable: true,
        details: { what, limitMs },
      });
    });
  }

  /**
   * Notes a retryable failure and gives the pause before the next try: doubling, up to 5 s, the upper half of it
   * random, so that many workers do not come back as one. Logged once per outage, whichever part meets it first.
   */
  failed(part: Part, error: unknown): number {
    if (this.#failing.size === 0) {
      this.#since = this.#clock.monotonicMs();
      this.#log.warn(`Store does not answer, trying again until it does: ${messageOf(error)}`);
    }
    const failures = this.#failing.get(part) ?? 0;
    this.#failing.set(part, failures + 1);
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 16), LONGEST_PAUSE_MS);
    return longest * (0.5 + 0.5 * this.#random.next());
  }

  succeeded(part: Part): void {
    if (!this.#failing.delete(part) || this.#failing.size > 0) return;
    const away = formatDuration(Math.round(this.#clock.monotonicMs() - this.#since));
    this.#log.info(`Store answers again, after ${away}`);
  }
}
