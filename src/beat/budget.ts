/**
 * How many starts a second a beat makes, and what waits for that. Pure: whoever asks tells the time.
 *
 * A bucket holds the starts of one second; it fills on the monotonic clock, and each start takes one out. While it is empty
 * and something is due, the beat is limited: what waits then is late, not missed. So since L, the store time at which that
 * began, lateness is judged as of L: an outage before it counts by its own length, and the queue that it leaves does not.
 */
import type { EpochMs } from "../core/clock.js";

/** So much of what fills in is waited for before a limited beat goes on, in milliseconds of it: a round has its price. */
const ROUND_MS = 100;
/** Sums of fractions come to a little less than a whole. */
const NEARLY = 1e-6;

/** A time in which a beat was limited begins, or has ended. */
export interface LimitTold {
  readonly state: "began" | "ended";
  readonly since: EpochMs;
  readonly perSecond: number;
  /** When it began: entries found waiting, at least. When it has ended: starts made in it. */
  readonly count: number;
}

export class StartBudget {
  readonly #perSecond: number;
  #tokens: number;
  /** Monotonic instant of `#tokens`. */
  #at: number;
  #limited: { readonly since: EpochMs; starts: number } | null = null;

  /** `perSecond`: at least 1; null: there is no limit. */
  constructor(perSecond: number | null, monotonicMs: number) {
    this.#perSecond = perSecond ?? Infinity;
    this.#tokens = this.#perSecond;
    this.#at = monotonicMs;
  }

  /** L: the store time since which the beat is limited; null: it is not. */
  get limitedSince(): EpochMs | null {
    return this.#limited?.since ?? null;
  }

  /** Whole starts that are left. */
  left(monotonicMs: number): number {
    if (this.#perSecond === Infinity) return Infinity;
    const grownMs = Math.max(0, monotonicMs - this.#at);
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (grownMs / 1_000) * this.#perSecond);
    this.#at = monotonicMs;
    return Math.max(0, Math.floor(this.#tokens + NEARLY));
  }

  spend(starts: number): void {
    this.#tokens -= starts;
    if (this.#limited !== null) this.#limited.starts += starts;
  }

  /** Starts that were planned, and that the store has not made. */
  giveBack(starts: number): void {
    this.#tokens += starts;
    if (this.#limited !== null) this.#limited.starts -= starts;
  }

  /** How long until a round is worth its while: until a tenth of a second's starts have come in, one at least. */
  waitMs(monotonicMs: number): number {
    if (this.left(monotonicMs) === Infinity) return 0;
    const wanted = Math.max(1, (this.#perSecond * ROUND_MS) / 1_000);
    return Math.max(0, Math.ceil(((wanted - this.#tokens) / this.#perSecond) * 1_000));
  }

  /** Nothing is left, and `waiting` entries wait, at least; `asOf` is the store time as of which lateness is judged. */
  ranOut(asOf: EpochMs, waiting: number): LimitTold | null {
    if (this.#limited !== null) return null;
    this.#limited = { since: asOf, starts: 0 };
    return { state: "began", since: asOf, perSecond: this.#perSecond, count: waiting };
  }

  /** Nothing waits any more, or the term is over: the next leader judges for itself. */
  caughtUp(): LimitTold | null {
    if (this.#limited === null) return null;
    const { since, starts } = this.#limited;
    this.#limited = null;
    return { state: "ended", since, perSecond: this.#perSecond, count: starts };
  }
}
