/**
 * Since when nothing is missing of what a node knows: rule of those who judge what is overdue.
 *
 * Without an answer of the store for long, or after a jump of its clock, what happened meanwhile is not known: what is overdue then is overdue for
 * everybody, and an alert of it would be a false one.
 */
import type { EpochMs } from "../core/clock.js";

/** Longer than two looks and their calls. */
const GAP_MS = 25_000;
const JUMP_MS = 5_000;

export class Steadiness {
  /** Last answer of the store: its clock, and ours. */
  #heard: { readonly now: EpochMs; readonly at: number } | null = null;
  #from: EpochMs = Infinity;

  /** On the store's clock. Infinity: the store has not answered yet. */
  get from(): EpochMs {
    return this.#from;
  }

  /** The store answered `now` at the time `at` of the monotonic clock. */
  hear(now: EpochMs, at: number): void {
    const last = this.#heard;
    const passedMs = last === null ? Infinity : at - last.at;
    const shownMs = last === null ? 0 : now - last.now;
    if (passedMs > GAP_MS || Math.abs(shownMs - passedMs) > JUMP_MS) this.#from = now;
    this.#heard = { now, at };
  }
}
