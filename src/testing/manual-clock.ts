import type { Clock, EpochMs, Timer } from "../core/clock.js";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until it is moved. Wall time and monotonic time advance together; `jump` moves wall
 * time alone, as an operator or a time server would.
 */
export class ManualClock implements Clock {
  #wall: EpochMs;
  #monotonic = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** `start` is an instant as epoch ms, Date or ISO 8601 text; default 2027-01-01T00:00:00Z. */
  constructor(start: EpochMs | Date | string = Date.UTC(2027, 0, 1)) {
    this.#wall = typeof start === "number" ? start : new Date(start).getTime();
    if (!Number.isFinite(this.#wall)) throw new RangeError(`ManualClock: not an instant: ${String(start)}`);
  }

  now(): EpochMs {
    return this.#wall;
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  after(delayMs: number, fn: () => void): Timer {
    const pending = { at: this.#monotonic + Math.max(0, delayMs), order: this.#order++, fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  soon(fn: () => void): void {
    setImmediate(fn);
  }

  /** Moves wall time by `ms` and leaves monotonic time and all timers where they are. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Number of timers that wait. */
  get timers(): number {
    return this.#pending.size;
  }

  /**
   * Moves time on by `ms`, firing due timers in order and letting promises settle between them. What truly runs
   * outside (sockets, child processes) is not waited for.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#moveTo(next.at);
      this.#pending.delete(next);
      next.fn();
      await settle();
    }
    this.#moveTo(end);
    await settle();
  }

  #moveTo(monotonic: number): void {
    const step = Math.max(0, monotonic - this.#monotonic);
    this.#monotonic += step;
    this.#wall += step;
  }

  #earliest(end: number): Pending | undefined {
    let found: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at > end) continue;
      if (!found || pending.at < found.at || (pending.at === found.at && pending.order < found.order))
        found = pending;
    }
    return found;
  }
}

/** Two turns of the event loop: everything that only waits for promises or for `soon` has run by then. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
