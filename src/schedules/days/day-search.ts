import { highestBit, lowestBit } from "../bits.js";
import { firstDayOf, lengthOf, monthOf } from "../civil.js";
import { LONGEST_PERIOD, type DayMask } from "./day-mask.js";

/**
 * Finds days of a set by scanning the masks of months. A scan of one whole period that finds nothing proves that
 * nothing comes; proofs are kept, and so is the month looked at last. Neither changes an answer.
 */
export class DaySearch {
  readonly days: DayMask;
  /** No day of the set is at or after this. */
  #noneFrom = Infinity;
  /** No day of the set is at or before this. */
  #noneUpTo = -Infinity;
  /** Days that were scanned and are none of the set: [from, to) by `next`, (since, upTo] by `previous`. */
  #emptyFrom = 0;
  #emptyTo = 0;
  #emptySince = 0;
  #emptyUpTo = 0;
  #start = 0;
  #length = 0;
  #mask = 0;

  constructor(days: DayMask) {
    this.days = days;
  }

  has(day: number): boolean {
    this.#see(day);
    return ((this.#mask >>> (day - this.#start)) & 1) === 1;
  }

  /** The first day of the set at or after `day`, or Infinity: there is none, or none within 4,000 years. */
  next(day: number): number {
    if (day >= this.#noneFrom) return Infinity;
    this.#see(day);
    const rest = this.#mask >>> (day - this.#start);
    if (rest !== 0) return day + lowestBit(rest);
    const start = Math.max(day, this.days.first);
    const isKnown = start >= this.#emptyFrom && start < this.#emptyTo;
    const [found, looked] = this.#from(start, isKnown ? this.#emptyTo : start);
    if (!isKnown) this.#emptyFrom = start;
    this.#emptyTo = Math.min(found, looked + 1);
    if (found === Infinity && this.#isProof(this.days.last < Infinity)) {
      this.#noneFrom = Math.min(this.#noneFrom, day);
    }
    return found;
  }

  /** The first day from `from` on, and up to where it was looked for; `start` decides how far. */
  #from(start: number, from: number): [found: number, looked: number] {
    const { since, settled, last } = this.days;
    const period = Math.min(this.days.period, LONGEST_PERIOD);
    if (last < Infinity) return [this.#scan(from, last), last];
    let begin = start;
    if (begin < since) {
      // Before its listed dates the set repeats as well.
      const end = Math.min(since, begin + period);
      const found = this.#scan(from, end);
      if (found !== Infinity || since === Infinity) return [found, end];
      begin = since;
    }
    const end = Math.max(begin, settled) + period + 1;
    return [this.#scan(Math.max(from, begin), end), end];
  }

  /** The last day of the set at or before `day`, or -Infinity. */
  previous(day: number): number {
    if (day <= this.#noneUpTo) return -Infinity;
    this.#see(day);
    const rest = this.#mask & ((2 << (day - this.#start)) - 1);
    if (rest !== 0) return this.#start + highestBit(rest);
    const start = Math.min(day, this.days.last);
    const isKnown = start <= this.#emptyUpTo && start > this.#emptySince;
    const [found, looked] = this.#upTo(start, isKnown ? this.#emptySince : start);
    if (!isKnown) this.#emptyUpTo = start;
    this.#emptySince = Math.max(found, looked - 1);
    if (found === -Infinity && this.#isProof(this.days.first > -Infinity)) {
      this.#noneUpTo = Math.max(this.#noneUpTo, day);
    }
    return found;
  }

  #upTo(start: number, upTo: number): [found: number, looked: number] {
    const { since, settled, first } = this.days;
    const period = Math.min(this.days.period, LONGEST_PERIOD);
    if (first > -Infinity) return [this.#scanBack(upTo, first), first];
    let begin = start;
    if (begin > settled) {
      const end = Math.max(settled, begin - period);
      const found = this.#scanBack(upTo, end);
      if (found !== -Infinity || settled === -Infinity) return [found, end];
      begin = settled;
    }
    const end = Math.min(begin, since) - period - 1;
    return [this.#scanBack(Math.min(upTo, begin), end), end];
  }

  /** Whether a scan that found nothing says so of all the days that are left. */
  #isProof(isFinite: boolean): boolean {
    return isFinite || this.days.period <= LONGEST_PERIOD;
  }

  /** Whether a day of the set lies from `from` to `to`, both included. Looks at no other months. */
  isAnyIn(from: number, to: number): boolean {
    if (from > to) return false;
    this.#see(from);
    const rest = this.#mask >>> (from - this.#start);
    if (rest !== 0) return from + lowestBit(rest) <= to;
    return this.#start + this.#length <= to && this.#scan(this.#start + this.#length, to) <= to;
  }

  /** The first day at or after `day`, when its month begins at or before `last`. */
  #scan(day: number, last: number): number {
    if (day > last) return Infinity;
    let month = monthOf(day);
    this.#enter(month);
    const rest = this.#mask >>> (day - this.#start);
    if (rest !== 0) return day + lowestBit(rest);
    while (this.#start + this.#length <= last) {
      this.#enter(++month);
      if (this.#mask !== 0) return this.#start + lowestBit(this.#mask);
    }
    return Infinity;
  }

  #scanBack(day: number, first: number): number {
    if (day < first) return -Infinity;
    let month = monthOf(day);
    this.#enter(month);
    const rest = this.#mask & ((2 << (day - this.#start)) - 1);
    if (rest !== 0) return this.#start + highestBit(rest);
    while (this.#start > first) {
      this.#enter(--month);
      if (this.#mask !== 0) return this.#start + highestBit(this.#mask);
    }
    return -Infinity;
  }

  #see(day: number): void {
    const index = day - this.#start;
    if (index < 0 || index >= this.#length) this.#enter(monthOf(day));
  }

  #enter(month: number): void {
    this.#start = firstDayOf(month);
    this.#length = lengthOf(month);
    this.#mask = this.days.mask(month);
  }
}

/** Whether a set has no day at all, proved. */
export function isNoDay(days: DayMask): boolean {
  if (days.period > LONGEST_PERIOD) return false;
  const search = new DaySearch(days);
  return search.next(0) === Infinity && search.previous(0) === -Infinity;
}
