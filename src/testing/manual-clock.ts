import type { Clock, EpochMs, Timer } from "../core/clock.js";
import { invalidOption } from "../core/options.js";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Turns of the event loop without a look at the clock after which nothing is taken to be under way any more. */
const QUIET_TURNS = 2;
/** A program that never stops looking at the clock is not waited for longer than this. */
const MOST_TURNS = 10_000;

/**
 * A clock that stands still until it is moved. Wall time and monotonic time advance together; `jump` moves wall
 * time alone, as an operator or a time server would.
 */
export class ManualClock implements Clock {
  /** Wall time minus monotonic time. Added when asked for: adding up steps would gather rounding errors. */
  #offset: number;
  #monotonic = 0;
  #order = 0;
  /** How often anybody has looked at the clock or set a timer: a program with something to do does. */
  #uses = 0;
  readonly #pending = new Set<Pending>();

  /** `start` is an instant as epoch ms, Date or ISO 8601 text; default 2027-01-01T00:00:00Z. SUNBEAT_OPTION_INVALID. */
  constructor(start: EpochMs | Date | string = Date.UTC(2027, 0, 1)) {
    const isText = typeof start === "string" || start instanceof Date;
    this.#offset = isText ? new Date(start).getTime() : start;
    if (Number.isFinite(this.#offset)) return;
    throw invalidOption(
      "ManualClock: start",
      "an instant: epoch milliseconds, a Date or ISO 8601 text",
      start,
    );
  }

  now(): EpochMs {
    this.#uses++;
    return Math.floor(this.#offset + this.#monotonic);
  }

  monotonicMs(): number {
    this.#uses++;
    return this.#monotonic;
  }

  after(delayMs: number, fn: () => void): Timer {
    this.#uses++;
    const pending = { at: this.#monotonic + Math.max(0, delayMs), order: this.#order++, fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  soon(fn: () => void): void {
    this.#uses++;
    setImmediate(fn);
  }

  /** Moves wall time by `ms` and leaves monotonic time and all timers where they are. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Number of timers that wait. */
  get timers(): number {
    return this.#pending.size;
  }

  /**
   * Moves time on by `ms`, firing due timers in order. Between them the program runs until it has stopped looking at
   * the clock for two turns of the event loop; what truly runs outside (sockets, child processes) is not waited for.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.#settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#moveTo(next.at);
      this.#pending.delete(next);
      next.fn();
      await this.#settle();
    }
    this.#moveTo(end);
    await this.#settle();
  }

  #moveTo(monotonic: number): void {
    this.#monotonic = Math.max(this.#monotonic, monotonic);
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

  async #settle(): Promise<void> {
    let quiet = 0;
    for (let turn = 0; quiet < QUIET_TURNS && turn < MOST_TURNS; turn++) {
      const uses = this.#uses;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#uses === uses ? quiet + 1 : 0;
    }
  }
}
