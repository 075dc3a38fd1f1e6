/**
 * Local times as due instants, by looking at one moment of real time after the other over offsets of Intl. Shares nothing with the
 * schedules of src: a rule is a question about a day and a minute, and is written out by each test.
 */
const MINUTE_MS = 60_000;
const DAY = 1440;
/** Rules ask for no finer times, and no zone in use has an offset between. */
const STEP = 5;

/** The offset in minutes that a release of time zone data gives a zone at an instant; null: the one of this runtime. */
export type Release = (timezone: string, at: number) => number | null;

export const PRESENT: Release = () => null;

export interface LocalDay {
  /** Days since 1970-01-01. */
  readonly number: number;
  readonly year: number;
  readonly month: number;
  readonly date: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Days of its month. */
  readonly length: number;
}

/** Minutes of the day: `hm(9, 30)`. */
export const hm = (hours: number, minutes = 0): number => hours * 60 + minutes;

export function dayOf(number: number): LocalDay {
  const date = new Date(number * DAY * MINUTE_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { number, year, month, date: date.getUTCDate(), weekday: date.getUTCDay(), length };
}

/** "2027-01-04" in days since 1970-01-01. */
export const dayNumber = (text: string): number => Date.parse(`${text}T00:00:00Z`) / MINUTE_MS / DAY;

/**
 * What becomes of times that a change skips or brings twice: `fixed` is made up right after the gap and runs once, `skipping` is left out
 * in a gap, `wall` follows the clocks.
 */
export type Passage = "fixed" | "skipping" | "wall";

export class LocalReference {
  readonly #release: Release;
  readonly #from: number;
  readonly #to: number;
  readonly #days = new Map<number, LocalDay>();
  readonly #offsets = new Map<string, Int16Array>();

  /** Instants after `from` and before `to`, midnights of UTC. */
  constructor(release: Release, from: number, to: number) {
    this.#release = release;
    this.#from = from / MINUTE_MS;
    this.#to = to / MINUTE_MS;
  }

  /** The due instants of a rule in a zone, in order. */
  local(
    timezone: string,
    has: (day: LocalDay, minute: number) => boolean,
    passage: Passage = "fixed",
  ): number[] {
    const start = this.#from - 3 * DAY;
    const offsets = this.#offsetsOf(timezone);
    const asks = (local: number): boolean => {
      const number = Math.floor(local / DAY);
      return has(this.#day(number), local - number * DAY);
    };
    const found: number[] = [];
    let reached = start + offsets[0]! - STEP;
    for (let minute = start, i = 0; minute < this.#to; minute += STEP, i++) {
      const local = minute + offsets[i]!;
      let isDue = passage === "wall" || local > reached ? asks(local) : false;
      if (passage === "fixed") {
        for (let missed = reached + STEP; !isDue && missed < local; missed += STEP) isDue = asks(missed);
      }
      reached = Math.max(reached, local);
      if (isDue && minute > this.#from) found.push(minute * MINUTE_MS);
    }
    return found;
  }

  /** Multiples of so many minutes since 1970, moved by `offset`. */
  interval(minutes: number, offset = 0): number[] {
    const found: number[] = [];
    for (let minute = this.#from + 1; minute < this.#to; minute++) {
      if ((minute - offset) % minutes === 0) found.push(minute * MINUTE_MS);
    }
    return found;
  }

  /** What clocks of a zone show at an instant. */
  shown(timezone: string, at: number): { readonly day: LocalDay; readonly minute: number } {
    const minute = at / MINUTE_MS;
    const local = minute + this.#offsetsOf(timezone)[Math.floor((minute - this.#from + 3 * DAY) / STEP)]!;
    const number = Math.floor(local / DAY);
    return { day: this.#day(number), minute: local - number * DAY };
  }

  #day(number: number): LocalDay {
    let day = this.#days.get(number);
    if (day === undefined) this.#days.set(number, (day = dayOf(number)));
    return day;
  }

  /** At each step. A day whose ends have one offset has no other: no zone changes its clocks twice within a day. */
  #offsetsOf(timezone: string): Int16Array {
    const known = this.#offsets.get(timezone);
    if (known !== undefined) return known;
    const start = this.#from - 3 * DAY;
    const offsets = new Int16Array((this.#to - start) / STEP);
    const at = (minute: number): number =>
      this.#release(timezone, minute * MINUTE_MS) ?? shownBy(timezone, minute);
    for (let minute = start, i = 0; minute < this.#to; minute += DAY) {
      const [first, last] = [at(minute), at(minute + DAY)];
      for (let within = 0; within < DAY; within += STEP, i++) {
        offsets[i] = first === last ? first : at(minute + within);
      }
    }
    this.#offsets.set(timezone, offsets);
    return offsets;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function shownBy(timezone: string, minute: number): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    const date = { year: "numeric", month: "numeric", day: "numeric" } as const;
    const time = { hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hourCycle: "h23", ...date, ...time });
    formats.set(timezone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(minute * MINUTE_MS).map(({ type, value }) => [type, Number(value)]),
  );
  const shown = Date.UTC(part["year"]!, part["month"]! - 1, part["day"], part["hour"], part["minute"]);
  return shown / MINUTE_MS - minute;
}
