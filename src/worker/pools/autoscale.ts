import type { Clock, Timer } from "../../core/clock.js";
import type { AutoscaleBounds } from "./options.js";
import type { Pool } from "./pool.js";

/** A slot goes when one was idle for so long, one at a time. */
const IDLE_MS = 30_000;

export interface AutoscalerParts {
  readonly clock: Clock;
  readonly bounds: AutoscaleBounds;
  readonly pool: Pick<Pool, "size" | "running" | "grow" | "shrink">;
  /** `by`: below 0 it has fewer slots than before. */
  readonly onChange: (by: number) => void;
}

/**
 * Between two bounds as many slots as there is work for: at once more when a claim gave all that it asked for, so that more may wait
 * in the store; slowly fewer.
 */
export class Autoscaler {
  readonly #parts: AutoscalerParts;
  #timer: Timer | null = null;
  /** Slots that nobody has needed since the period began. */
  #idle = Infinity;

  bounds: AutoscaleBounds;

  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
    this.bounds = parts.bounds;
  }

  /** Somebody has made it larger, or smaller, than it was: the bounds make room. */
  resized(by: number): void {
    const { size } = this.#parts.pool;
    const { max, min } = this.bounds;
    this.bounds = { max: Math.max(max, by > 0 ? size : 0, 1), min: by < 0 ? Math.min(min, size) : min };
  }

  get canGrow(): boolean {
    return this.#parts.pool.size < this.bounds.max;
  }

  start(): void {
    this.#timer ??= this.#parts.clock.after(IDLE_MS, () => {
      this.#timer = null;
      this.#judge();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A slot was taken. */
  took(): void {
    const { pool } = this.#parts;
    this.#idle = Math.min(this.#idle, pool.size - pool.running);
  }

  claimed(asked: number, given: number): void {
    const { pool, onChange } = this.#parts;
    const by = Math.min(asked, this.bounds.max - pool.size);
    if (given < asked || by <= 0) return;
    pool.grow(by);
    this.#idle = 0; // those that were there were not enough
    onChange(by);
  }

  #judge(): void {
    const { pool, onChange } = this.#parts;
    const idle = Math.min(this.#idle, pool.size - pool.running);
    this.#idle = Infinity;
    if (idle < 1 || pool.size <= this.bounds.min) return;
    pool.shrink(1);
    onChange(-1);
  }
}
