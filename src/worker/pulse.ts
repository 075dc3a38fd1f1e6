/** The event `worker-heartbeat`: each 2 s, and only while somebody watches it. */
import { loadavg } from "node:os";
import type { Clock, Timer } from "../core/clock.js";
import type { WatchedEvents } from "../events/index.js";
import type { WorkerStats } from "./options.js";
import type { Reporter } from "./report.js";

export const PULSE_MS = 2_000;

export interface PulseParts {
  readonly clock: Clock;
  readonly reporter: Pick<Reporter, "beat">;
  readonly watched: Pick<WatchedEvents, "wants" | "onChange">;
  readonly stats: () => WorkerStats;
  /** Of this package. */
  readonly version: () => string;
}

export class Pulse {
  readonly #parts: PulseParts;
  #timer: Timer | null = null;
  #unhook: (() => void) | null = null;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#unhook ??= this.#parts.watched.onChange(() => this.#look());
    this.#look();
  }

  stop(): void {
    this.#unhook?.();
    this.#unhook = null;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    if (this.#timer === null && this.#parts.watched.wants("worker-heartbeat")) this.#beat(0);
  }

  #beat(lagMs: number): void {
    const { clock, reporter, stats, watched, version } = this.#parts;
    const { running, processed, pools } = stats();
    const dueAt = clock.monotonicMs() + PULSE_MS;
    this.#timer = clock.after(PULSE_MS, () => {
      this.#timer = null;
      const late = Math.max(0, Math.round(clock.monotonicMs() - dueAt));
      if (this.#unhook !== null && watched.wants("worker-heartbeat")) this.#beat(late);
    });
    this.#timer.unref?.();
    reporter.beat({
      ...{ active: running, processed, loadavg: loadavg(), freq: PULSE_MS / 1_000 },
      ...{ sw_ident: "sunbeat", sw_ver: version(), sw_sys: process.platform },
      ...{ rss: process.memoryUsage.rss(), lagMs },
      slots: pools.reduce((sum, { size }) => sum + size, 0),
    });
  }
}
