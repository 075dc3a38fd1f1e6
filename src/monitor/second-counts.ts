/** Starts by second: the busiest second, minute and day, and how long a queue of them takes. Pure. */
import type { EpochMs } from "../core/clock.js";
import { zone } from "../schedules/index.js";
import { localOf } from "../schedules/zone.js";

export interface Peak {
  readonly at: Date;
  readonly starts: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_SECONDS = 3_600;
const DAY_MS = 86_400_000;
/** So far seconds are counted: an hour takes 14 kB where anything starts in it. */
const COUNTED_MS = 31 * DAY_MS;

export class SecondCounts {
  /** A whole second. */
  readonly #from: EpochMs;
  readonly #hours: (Uint32Array | undefined)[];
  readonly #end: number;
  readonly #to: EpochMs;

  /** Of the time from `from` to `to`, at most 31 days of it. */
  constructor(from: EpochMs, to: EpochMs) {
    this.#from = Math.floor(from / SECOND_MS) * SECOND_MS;
    this.#to = to;
    this.#end = Math.ceil((Math.min(to, from + COUNTED_MS) - this.#from) / SECOND_MS);
    this.#hours = Array<Uint32Array | undefined>(Math.ceil(this.#end / HOUR_SECONDS)).fill(undefined);
  }

  add(at: EpochMs): void {
    const second = Math.floor((at - this.#from) / SECOND_MS);
    if (second < 0 || second >= this.#end) return;
    const hour = Math.floor(second / HOUR_SECONDS);
    const counts = (this.#hours[hour] ??= new Uint32Array(HOUR_SECONDS));
    counts[second - hour * HOUR_SECONDS]!++;
  }

  copy(): SecondCounts {
    const copy = new SecondCounts(this.#from, this.#to);
    for (const [hour, counts] of this.#hours.entries()) copy.#hours[hour] = counts?.slice();
    return copy;
  }

  /** The one with the most starts, the first of equals; null: nothing starts. */
  busiest(): Peak | null {
    const seconds = new Most();
    for (const [at, starts] of this.#counted()) seconds.see(at, starts);
    return seconds.starts === 0 ? null : seconds.peak();
  }

  /** The busiest ones, the first of equals; null: nothing starts. Days are those of `timezone`. */
  peaks(timezone: string): { readonly second: Peak; readonly minute: Peak; readonly day: Peak } | null {
    const seconds = new Most();
    const minutes = new Most();
    const days = new Most();
    const place = zone(timezone);
    let [minute, day] = [NaN, NaN];
    let [inMinute, inDay] = [0, 0];
    let dayAt = 0;
    for (const [at, starts] of this.#counted()) {
      seconds.see(at, starts);
      const ofMinute = Math.floor(at / MINUTE_MS);
      if (ofMinute !== minute) {
        minutes.see(minute * MINUTE_MS, inMinute);
        [minute, inMinute] = [ofMinute, 0];
        const ofDay = Math.floor(localOf(place, at) / DAY_MS);
        if (ofDay !== day) {
          days.see(dayAt, inDay);
          [day, inDay, dayAt] = [ofDay, 0, ofMinute * MINUTE_MS];
        }
      }
      inMinute += starts;
      inDay += starts;
    }
    minutes.see(minute * MINUTE_MS, inMinute);
    days.see(dayAt, inDay);
    return seconds.starts === 0 ? null : { second: seconds.peak(), minute: minutes.peak(), day: days.peak() };
  }

  /** Seconds before `to` with more than `most` starts: how many there are, and the `shown` largest. */
  crowded(most: number, to: EpochMs, shown: number): { readonly count: number; readonly largest: Peak[] } {
    const found: Peak[] = [];
    for (const [at, starts] of this.#counted()) {
      if (starts > most && at < to) found.push({ at: new Date(at), starts });
    }
    found.sort((a, b) => b.starts - a.starts || a.at.getTime() - b.at.getTime());
    return { count: found.length, largest: found.slice(0, shown) };
  }

  inFirst(): number {
    return this.#hours[0]?.[0] ?? 0;
  }

  /**
   * How long the starts of the first second, and what comes after them, take at `perSecond`: until nothing waits. Null: longer than
   * what is counted.
   */
  catchUpMs(perSecond: number): number | null {
    let waiting = 0;
    let last = this.#from;
    for (const [at, starts] of this.#counted()) {
      const grown = ((at - last) / SECOND_MS) * perSecond;
      if (waiting > 0 && waiting <= grown) break;
      // A second's worth is there at the beginning; from then on what fills in is spent at once.
      waiting = Math.max(0, waiting + starts - (waiting === 0 ? perSecond : grown));
      last = at;
      if (waiting === 0) return 0;
    }
    const lastsMs = last - this.#from + (waiting / perSecond) * SECOND_MS;
    return lastsMs <= this.#end * SECOND_MS ? Math.round(lastsMs) : null;
  }

  /** Seconds in which anything starts, in order. */
  *#counted(): Generator<readonly [at: EpochMs, starts: number]> {
    for (const [hour, counts] of this.#hours.entries()) {
      if (counts === undefined) continue;
      for (let second = 0; second < HOUR_SECONDS; second++) {
        const starts = counts[second]!;
        if (starts > 0) yield [this.#from + (hour * HOUR_SECONDS + second) * SECOND_MS, starts];
      }
    }
  }
}

class Most {
  starts = 0;
  #at = 0;

  see(at: EpochMs, starts: number): void {
    if (starts > this.starts) [this.#at, this.starts] = [at, starts];
  }

  peak(): Peak {
    return { at: new Date(this.#at), starts: this.starts };
  }
}
