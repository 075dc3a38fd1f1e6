import type { Clock, EpochMs } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Events } from "../events/index.js";
import { ClockGuard, type ClockReading } from "./clock-guard.js";

/** A slow answer may show the store's clock as wrong as this. */
const NOISE_MS = 250;

/** The store's clock as the beat knows it from every answer. It tells when that jumps. */
export class StoreClock {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: Pick<Events, "emit">;
  readonly #guard: ClockGuard;
  /** What the beat sleeps for, and the monotonic instant at which it wakes; null: nothing. */
  #awaited: { readonly instant: EpochMs; readonly wakeAt: number } | null = null;

  constructor(clock: Clock, logger: Logger, events: Pick<Events, "emit">) {
    this.#clock = clock;
    this.#logger = logger;
    this.#events = events;
    this.#guard = new ClockGuard(clock);
  }

  /** Dispatch waits, since the clock jumped a moment ago. */
  get holding(): boolean {
    return this.#guard.holding;
  }

  /** Milliseconds until it shows `instant`, as far as is known. */
  until(instant: EpochMs): number {
    return this.#guard.until(instant);
  }

  read(reading: ClockReading): "go" | "hold" {
    const verdict = this.#guard.observe(reading);
    const byMs = this.#guard.jumpMs;
    if (verdict === "jumped") {
      this.#logger.warn(`beat: the store's clock jumped by ${byMs} ms; holding dispatch until it is certain`);
      this.#events.emit("clock-jump", { byMs });
    } else if (verdict === "settled") {
      this.#logger.warn("beat: going on by the store's clock");
    }
    return this.holding ? "hold" : "go";
  }

  /** The beat begins to sleep for so long, for it comes to nothing before `instant`. */
  sleeping(instant: EpochMs | null, pauseMs: number): void {
    this.#awaited = instant === null ? null : { instant, wakeAt: this.#clock.monotonicMs() + pauseMs };
  }

  /** Whether that sleep is too long by what was read since: the clock was set, or the machine slept. */
  get oversleeps(): boolean {
    if (this.#awaited === null) return false;
    const { instant, wakeAt } = this.#awaited;
    return this.holding || this.#clock.monotonicMs() + this.until(instant) < wakeAt - NOISE_MS;
  }
}
