import type { Clock } from "../core/clock.js";

/** A sleep that somebody may end. Ringing while nobody sleeps makes the next sleep return at once. */
export class Alarm {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Forgets a ring: what follows looks at the state anyway. */
  silence(): void {
    this.#rung = false;
  }

  /** Returns after `delayMs`, at a ring, or when `signal` aborts. Never rejects. For one sleeper at a time. */
  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(delayMs, () => wake());
        const wake = (): void => {
          timer.cancel();
          signal.removeEventListener("abort", wake);
          this.#wake = null;
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake, { once: true });
      });
    }
    this.#rung = false;
  }
}
