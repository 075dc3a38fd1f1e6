import { DaySearch, isNoDay } from "../days/day-search.js";
import { LONGEST_PERIOD, type DayMask } from "../days/day-mask.js";
import type { LocalTimes } from "./local-times.js";

const DAY_SECONDS = 86_400;

/** Every day of `days` at every one of `seconds`, counted from midnight, rising. */
export interface Block {
  readonly days: DayMask;
  readonly seconds: readonly number[];
}

/** The times of one block. */
class ProductTimes implements LocalTimes {
  readonly perMinute: number;
  readonly perDay: number;
  readonly horizonDays = LONGEST_PERIOD;
  readonly #search: DaySearch;
  readonly #times: readonly number[];

  constructor({ days, seconds }: Block, perMinute: number) {
    this.perMinute = perMinute;
    this.perDay = 1440 * perMinute;
    this.#search = new DaySearch(days);
    this.#times = perMinute === 60 ? seconds : seconds.map((second) => second / 60);
  }

  next(from: number): number {
    const day = Math.floor(from / this.perDay);
    if (this.#search.has(day)) {
      const index = this.#indexFrom(from - day * this.perDay);
      if (index < this.#times.length) return day * this.perDay + this.#times[index]!;
    }
    return this.#search.next(day + 1) * this.perDay + this.#times[0]!;
  }

  previous(to: number): number {
    const day = Math.floor(to / this.perDay);
    if (this.#search.has(day)) {
      const index = this.#indexFrom(to - day * this.perDay + 1) - 1;
      if (index >= 0) return day * this.perDay + this.#times[index]!;
    }
    return this.#search.previous(day - 1) * this.perDay + this.#times.at(-1)!;
  }

  /** The index of the first time at or after `time`, or the count of times. */
  #indexFrom(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The times of several blocks. */
class JoinedTimes implements LocalTimes {
  readonly perMinute: number;
  readonly perDay: number;
  readonly horizonDays = LONGEST_PERIOD;
  readonly #parts: readonly LocalTimes[];

  constructor(parts: readonly LocalTimes[], perMinute: number) {
    this.#parts = parts;
    this.perMinute = perMinute;
    this.perDay = 1440 * perMinute;
  }

  next(from: number): number {
    let found = Infinity;
    for (const part of this.#parts) found = Math.min(found, part.next(from));
    return found;
  }

  previous(to: number): number {
    let found = -Infinity;
    for (const part of this.#parts) found = Math.max(found, part.previous(to));
    return found;
  }
}

/** The local times of blocks, in minutes where all of them are whole minutes. */
export function timesOfBlocks(blocks: readonly Block[]): LocalTimes {
  const perMinute = blocks.every(({ seconds }) => seconds.every((second) => second % 60 === 0)) ? 1 : 60;
  const parts = blocks.map((block) => new ProductTimes(block, perMinute));
  return parts.length === 1 ? parts[0]! : new JoinedTimes(parts, perMinute);
}

/** Blocks that hold anything: no times, or days proved to be none, are nothing. */
export function withoutEmpty(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(({ days, seconds }) => seconds.length > 0 && !isNoDay(days));
}

/**
 * A part of the local week: on `days`, from `from` to before `to` in seconds of the day. What a window of hours means,
 * and what is left outside of it, is a list of these.
 */
export interface Cell {
  readonly days: DayMask;
  readonly from: number;
  readonly to: number;
}

export const WHOLE_DAY = { from: 0, to: DAY_SECONDS } as const;
