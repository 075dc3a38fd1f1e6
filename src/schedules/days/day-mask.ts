import { CYCLE_DAYS, dayNumber, firstDayOf, lengthOf, monthOf, weekdayOf } from "../civil.js";

/**
 * A set of civil days, as the mask of each month: bit i is day i + 1. Outside of [`since`, `settled`] the set repeats
 * after `period` days, so that a search can end with a proof.
 */
export interface DayMask {
  /** Bits of days that the month does not have are never set. */
  mask(month: number): number;
  readonly period: number;
  readonly since: number;
  readonly settled: number;
  /** No day of the set is before this, or after `last`; -Infinity and Infinity where nothing is known. */
  readonly first: number;
  readonly last: number;
}

/** Sets that repeat after more days than this are searched no further: 4,000 years. */
export const LONGEST_PERIOD = 10 * CYCLE_DAYS;

const ALL_DAYS = 0x7fffffff;
/** Days 1, 8, 15, 22 and 29. */
const EVERY_SEVENTH = 0b10000001000000100000010000001;

/** Every day of a month. */
export function fullMask(month: number): number {
  return ALL_DAYS >>> (31 - lengthOf(month));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The period of what is made of both; never more than one day over the longest that is searched. */
export function commonPeriod(a: number, b: number): number {
  return Math.min((a / gcd(a, b)) * b, LONGEST_PERIOD + 1);
}

/** n months in days, with the leap days in their places again. */
export function monthsPeriod(months: number): number {
  return Math.min((CYCLE_DAYS * months) / gcd(months, 4800), LONGEST_PERIOD + 1);
}

/** Days on which nothing is special by date. */
export function periodic(period: number, mask: (month: number) => number): DayMask {
  return { mask, period, since: Infinity, settled: -Infinity, first: -Infinity, last: Infinity };
}

export const EVERY_DAY: DayMask = periodic(1, fullMask);

/** Bit 0 is Sunday. */
export function weekdaysMask(weekdays: number): DayMask {
  const masks = [0, 1, 2, 3, 4, 5, 6].map((first) => weekdayBits(weekdays, first));
  return periodic(7, (month) => masks[weekdayOf(firstDayOf(month))]! & fullMask(month));
}

/** The days with these weekdays in a month of 31 days that begins on the weekday `first`. */
export function weekdayBits(weekdays: number, first: number): number {
  let bits = 0;
  for (let weekday = 0; weekday < 7; weekday++) {
    if (((weekdays >>> weekday) & 1) === 1) bits |= EVERY_SEVENTH << ((weekday - first + 7) % 7);
  }
  return bits & ALL_DAYS;
}

export function allOf(masks: readonly DayMask[]): DayMask {
  const all = joined(masks, (month) => {
    let days = fullMask(month);
    for (let i = 0; i < masks.length && days !== 0; i++) days &= masks[i]!.mask(month);
    return days;
  });
  const first = Math.max(-Infinity, ...masks.map((days) => days.first));
  return { ...all, first, last: Math.min(Infinity, ...masks.map((days) => days.last)) };
}

export function anyOf(masks: readonly DayMask[]): DayMask {
  return joined(masks, (month) => {
    let days = 0;
    for (const mask of masks) days |= mask.mask(month);
    return days;
  });
}

export function notOf(days: DayMask): DayMask {
  return { ...days, first: -Infinity, last: Infinity, mask: (month) => fullMask(month) & ~days.mask(month) };
}

function joined(masks: readonly DayMask[], mask: (month: number) => number): DayMask {
  return {
    mask,
    period: masks.reduce((period, days) => commonPeriod(period, days.period), 1),
    since: Math.min(...masks.map((days) => days.since)),
    settled: Math.max(...masks.map((days) => days.settled)),
    first: Math.min(...masks.map((days) => days.first)),
    last: Math.max(...masks.map((days) => days.last)),
  };
}

/** The same days; the masks of some months are remembered. */
export function remembered(days: DayMask): DayMask {
  const months = new Float64Array(8).fill(NaN);
  const masks = new Int32Array(8);
  return {
    ...days,
    mask(month) {
      const place = month & 7;
      if (months[place] !== month) {
        masks[place] = days.mask(month);
        months[place] = month;
      }
      return masks[place]!;
    },
  };
}

/** The days of `days` from `first` to `last`, both included. */
export function within(days: DayMask, first: number, last: number): DayMask {
  const range = ranges([[first, last]]);
  return first === -Infinity && last === Infinity ? days : allOf([days, range]);
}

/** Stretches of days, both ends included; they may be endless. */
export function ranges(stretches: readonly (readonly [first: number, last: number])[]): DayMask {
  const finite = stretches.flat().filter((day) => Number.isFinite(day));
  const mask = (month: number): number => {
    const start = firstDayOf(month);
    let days = 0;
    for (const [first, last] of stretches) days |= stretch(first - start, last - start);
    return days & fullMask(month);
  };
  return {
    mask,
    period: 1,
    since: Math.min(...finite),
    settled: Math.max(...finite),
    first: Math.min(...stretches.map(([first]) => first)),
    last: Math.max(...stretches.map(([, last]) => last)),
  };
}

/** Bits `from` to `to`; either may lie outside of the 31 that there are. */
function stretch(from: number, to: number): number {
  if (from > 30 || to < 0 || from > to) return 0;
  return (ALL_DAYS >>> (30 - Math.min(to, 30))) & ((-1 << Math.max(from, 0)) >>> 0) & ALL_DAYS;
}

/** Days by their numbers. */
export function listedDays(days: Iterable<number>): DayMask {
  const months = new Map<number, number>();
  let since = Infinity;
  let settled = -Infinity;
  for (const day of days) {
    const month = monthOf(day);
    months.set(month, (months.get(month) ?? 0) | (1 << (day - firstDayOf(month))));
    since = Math.min(since, day);
    settled = Math.max(settled, day);
  }
  return { mask: (month) => months.get(month) ?? 0, period: 1, since, settled, first: since, last: settled };
}

/** Days of every year: for each month, 0 is January, the days as bits. 29 February comes in leap years alone. */
export function yearlyDays(months: readonly number[]): DayMask {
  return periodic(CYCLE_DAYS, (month) => months[month - Math.floor(month / 12) * 12]! & fullMask(month));
}

/** The number of "2027-03-28", whose form is checked; undefined: no such day. */
export function dayOfText(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  return day > lengthOf(year * 12 + month - 1) ? undefined : dayNumber(year, month, day);
}
