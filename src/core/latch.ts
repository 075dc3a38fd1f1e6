import type { Clock } from "./clock.js";

/** A sleep of one sleeper that others may end. A notice that comes while nobody sleeps is kept for the next sleep. */
export class Latch {
  readonly #clock: Clock;
  #notified = false;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#notified = true;
    this.#wake?.();
  }

  /** Forgets a notice: for a sleeper that is about to look by itself. */
  reset(): void {
    this.#notified = false;
  }

  /**
   * Returns at a notice, after `timeoutMs`, or when `signal` aborts; tells whether a notice came, and takes it. Never
   * rejects.
   */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (!this.#notified && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          timer.cancel();
          signal?.removeEventListener("abort", done);
          this.#wake = null;
          resolve();
        };
        const timer = this.#clock.after(timeoutMs, done);
        signal?.addEventListener("abort", done, { once: true });
        this.#wake = done;
      });
    }
    const notified = this.#notified;
    this.#notified = false;
    return notified;
  }
}
