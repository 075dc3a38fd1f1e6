import type { EpochMs } from "../../core/clock.js";
import { isSpent } from "../compose/work.js";
import { DaySearch } from "../days/day-search.js";
import type { Cell } from "../local/block-times.js";
import type { Zone } from "../zone.js";

/** A set of instants that says where to look further. */
export interface Piece {
  /** Units of work for one look. */
  readonly cost: number;
  has(at: EpochMs): boolean;
  /** For an instant outside: no instant in between is inside. Later than `at`; Infinity: none comes. */
  skip(at: EpochMs): EpochMs;
  /** The mirror: everything after it, up to `at`, is outside. */
  skipBack(at: EpochMs): EpochMs;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Cells of the local week in a zone. A skip ends at the next change of the zone's offset: within one segment local time
 * is linear, so that what is found there is exact.
 */
export class CellPiece implements Piece {
  readonly cost = 1;
  readonly #cells: readonly { readonly from: number; readonly to: number; readonly search: DaySearch }[];
  readonly #zone: Zone;

  constructor(cells: readonly Cell[], zone: Zone) {
    this.#zone = zone;
    this.#cells = cells.map(({ days, from, to }) => ({
      from: from * 1_000,
      to: Math.round(to * 1_000),
      search: new DaySearch(days),
    }));
  }

  has(at: EpochMs): boolean {
    const local = at + this.#zone.at(Math.floor(at / MINUTE_MS)).offset * MINUTE_MS;
    const day = Math.floor(local / DAY_MS);
    const time = local - day * DAY_MS;
    const cells = this.#cells;
    for (let i = 0; i < cells.length; i++) {
      const { from, to, search } = cells[i]!;
      if (time >= from && time < to && search.has(day)) return true;
    }
    return false;
  }

  skip(at: EpochMs): EpochMs {
    const segment = this.#zone.at(Math.floor(at / MINUTE_MS));
    const offset = segment.offset * MINUTE_MS;
    const local = at + offset;
    const day = Math.floor(local / DAY_MS);
    let first = Infinity;
    for (const { from, search } of this.#cells) {
      const isToday = local < day * DAY_MS + from && search.has(day);
      first = Math.min(first, (isToday ? day : search.next(day + 1)) * DAY_MS + from);
    }
    // A change of the offset may bring a day back.
    const isOver = first === Infinity && this.#cells.every(({ search }) => search.next(day - 2) === Infinity);
    return isOver ? Infinity : Math.min(first - offset, segment.end * MINUTE_MS);
  }

  skipBack(at: EpochMs): EpochMs {
    const segment = this.#zone.at(Math.floor(at / MINUTE_MS));
    const offset = segment.offset * MINUTE_MS;
    const local = at + offset;
    const day = Math.floor(local / DAY_MS);
    let last = -Infinity;
    for (const { to, search } of this.#cells) {
      const isToday = local >= day * DAY_MS + to && search.has(day);
      last = Math.max(last, (isToday ? day : search.previous(day - 1)) * DAY_MS + to - 1);
    }
    const isOver =
      last === -Infinity && this.#cells.every(({ search }) => search.previous(day + 2) === -Infinity);
    return isOver ? -Infinity : Math.max(last - offset, segment.start * MINUTE_MS - 1);
  }
}

/** All of time, cut at the instants at which it changes: `at` lies in [from, to). */
export interface Stretch {
  readonly inside: boolean;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Stretches of time. The last one is remembered, which changes no answer. */
export class StretchPiece implements Piece {
  readonly cost: number;
  readonly #stretchAt: (at: EpochMs) => Stretch;
  readonly #wanted: boolean;
  #last: Stretch = { inside: false, from: 0, to: 0 };

  constructor(
    stretchAt: (at: EpochMs) => Stretch,
    options: { readonly cost: number; readonly not: boolean },
  ) {
    this.#stretchAt = stretchAt;
    this.cost = options.cost;
    this.#wanted = !options.not;
  }

  has(at: EpochMs): boolean {
    return this.#at(at).inside === this.#wanted;
  }

  skip(at: EpochMs): EpochMs {
    return this.#at(at).to;
  }

  skipBack(at: EpochMs): EpochMs {
    return this.#at(at).from - 1;
  }

  #at(at: EpochMs): Stretch {
    const last = this.#last;
    if (at >= last.from && at < last.to) return last;
    const found = this.#stretchAt(at);
    // What a search said that had to end early is not to be believed again.
    return isSpent() ? found : (this.#last = found);
  }
}

/** What lies in any of several pieces. */
export function anyPiece(pieces: readonly Piece[]): Piece {
  if (pieces.length === 1) return pieces[0]!;
  return {
    cost: pieces.reduce((sum, { cost }) => sum + cost, 0),
    has: (at) => pieces.some((piece) => piece.has(at)),
    skip: (at) => Math.min(...pieces.map((piece) => piece.skip(at))),
    skipBack: (at) => Math.max(...pieces.map((piece) => piece.skipBack(at))),
  };
}
