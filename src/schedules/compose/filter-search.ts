import type { EpochMs } from "../../core/clock.js";
import { CYCLE_DAYS } from "../civil.js";
import type { Piece } from "../windows/piece.js";
import { BUDGET, beginSearch, endSearch, isSpent, spend } from "./work.js";

const FARTHEST_MS = CYCLE_DAYS * 86_400_000;

/** Bounds of instants: from `startAt` on, before `endAt`. */
export interface Bounds {
  readonly startAt?: EpochMs | undefined;
  readonly endAt?: EpochMs | undefined;
}

/** What names the candidates. */
export interface Source {
  /** Units of work for one look. */
  readonly cost: number;
  next(after: EpochMs): EpochMs | null;
  previous(before: EpochMs): EpochMs | null;
}

/**
 * The instants of a source that lie in all pieces: the source names an instant, the pieces name one before which they
 * do not hold. Ends after so much work, or so far from where it began.
 */
export class FilterSearch {
  readonly #source: Source;
  readonly #pieces: readonly Piece[];
  readonly #start: EpochMs;
  readonly #end: EpochMs;
  /** How far the last search has looked in vain when it ended for want of work or years; Infinity: to the end. */
  reached: EpochMs = Infinity;

  constructor(source: Source, pieces: readonly Piece[], { startAt = -Infinity, endAt = Infinity }: Bounds) {
    this.#source = source;
    this.#pieces = [...pieces].sort((a, b) => a.cost - b.cost);
    this.#start = startAt;
    this.#end = endAt;
  }

  next(after: EpochMs): EpochMs | null {
    const from = after < this.#start ? this.#start - 1 : after;
    if (this.#pieces.length === 0) {
      const at = this.#source.next(from);
      return at !== null && at < this.#end ? at : null;
    }
    const isOutermost = beginSearch(BUDGET);
    try {
      return this.#leapOn(from);
    } finally {
      if (isOutermost) endSearch();
    }
  }

  #leapOn(after: EpochMs): EpochMs | null {
    const source = this.#source;
    const pieces = this.#pieces;
    const end = Math.min(this.#end, after + FARTHEST_MS);
    this.reached = Infinity;
    let at = source.next(after);
    while (at !== null && at < end) {
      let skip = at;
      let cost = source.cost;
      for (let i = 0; i < pieces.length; i++) {
        const piece = pieces[i]!;
        cost += piece.cost;
        if (!piece.has(at)) skip = Math.max(skip, piece.skip(at));
      }
      if (spend(cost)) {
        this.reached = at;
        return null;
      }
      if (skip === at) return at;
      if (skip === Infinity) return null;
      at = skip < end ? source.next(skip - 1) : skip;
    }
    if (isSpent()) this.reached = at ?? after;
    else if (at !== null && at < this.#end) this.reached = end;
    return null;
  }

  previous(before: EpochMs): EpochMs | null {
    const from = before > this.#end ? this.#end : before;
    if (this.#pieces.length === 0) {
      const at = this.#source.previous(from);
      return at !== null && at >= this.#start ? at : null;
    }
    const isOutermost = beginSearch(BUDGET);
    try {
      return this.#leapBack(from);
    } finally {
      if (isOutermost) endSearch();
    }
  }

  #leapBack(before: EpochMs): EpochMs | null {
    const source = this.#source;
    const pieces = this.#pieces;
    const start = Math.max(this.#start, before - FARTHEST_MS);
    let at = source.previous(before);
    while (at !== null && at >= start) {
      let skip = at;
      let cost = source.cost;
      for (let i = 0; i < pieces.length; i++) {
        const piece = pieces[i]!;
        cost += piece.cost;
        if (!piece.has(at)) skip = Math.min(skip, piece.skipBack(at));
      }
      if (spend(cost)) return null;
      if (skip === at) return at;
      if (skip === -Infinity) return null;
      at = skip >= start ? source.previous(skip + 1) : skip;
    }
    return null;
  }
}
