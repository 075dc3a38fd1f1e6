import { CYCLE_DAYS, CYCLE_MONTHS, firstDayOf, lengthOf, monthOf, weekdayOf } from "../civil.js";
import { firstFrom, highestBit, lastUpTo, lowestBit, type Bits } from "../bits.js";
import type { LocalTimes } from "../local/local-times.js";
import type { DayRule } from "./days.js";

/** What the fields match, apart from zones. */
export interface CalendarRule {
  /** Absent: second 0 of each minute, and time is counted in minutes. */
  readonly second?: Bits;
  readonly minute: Bits;
  readonly hour: Bits;
  readonly month: Bits;
  readonly days: DayRule;
}

/**
 * The local times that the fields match, counted in units from the epoch as though local time were UTC. A unit
 * is a minute, or a second when the crontab has seconds. Integer arithmetic throughout: this is what
 * `next` spends its time on.
 */
export class Calendar implements LocalTimes {
  /** The calendar repeats: what has not come by then never comes. */
  readonly horizonDays = CYCLE_DAYS;
  /** Units in a minute: 1 or 60. */
  readonly perMinute: number;
  /** Units in a day. */
  readonly perDay: number;
  /** First and last matching unit of a day that matches. */
  readonly first: number;
  readonly last: number;
  readonly #second: Bits | undefined;
  readonly #minute: Bits;
  readonly #hours: number;
  readonly #months: number;
  readonly #days: DayRule;
  readonly #firstMinute: number;
  readonly #lastMinute: number;
  readonly #firstSecond: number;
  readonly #lastSecond: number;

  // The month looked at last. Only a memory: it never changes an answer.
  #month = 0;
  #monthStart = 0;
  #monthLength = 0;
  #monthDays = 0;

  constructor(rule: CalendarRule) {
    this.#second = rule.second;
    this.#minute = rule.minute;
    this.#hours = rule.hour.low;
    this.#months = rule.month.low >>> 1;
    this.#days = rule.days;
    this.perMinute = rule.second === undefined ? 1 : 60;
    this.perDay = 1440 * this.perMinute;
    this.#firstMinute = firstFrom(rule.minute, 0);
    this.#lastMinute = lastUpTo(rule.minute, 59);
    this.#firstSecond = rule.second === undefined ? 0 : firstFrom(rule.second, 0);
    this.#lastSecond = rule.second === undefined ? 0 : lastUpTo(rule.second, 59);
    this.first = this.#timeFrom(0);
    this.last = this.#timeUpTo(this.perDay - 1);
  }

  /** The first matching unit at or after `from`, or Infinity when none comes within 400 years. */
  next(from: number): number {
    const day = Math.floor(from / this.perDay);
    if (this.#has(day)) {
      const time = this.#timeFrom(from - day * this.perDay);
      if (time !== -1) return day * this.perDay + time;
    }
    const later = this.nextDay(day + 1);
    return later * this.perDay + this.first;
  }

  /** The last matching unit at or before `to`, or -Infinity when none lies within 400 years. */
  previous(to: number): number {
    const day = Math.floor(to / this.perDay);
    if (this.#has(day)) {
      const time = this.#timeUpTo(to - day * this.perDay);
      if (time !== -1) return day * this.perDay + time;
    }
    const earlier = this.previousDay(day - 1);
    return earlier * this.perDay + this.last;
  }

  /** The first matching day at or after `day`, or Infinity when none comes within 400 years. */
  nextDay(day: number): number {
    this.#see(day);
    const rest = this.#monthDays >>> (day - this.#monthStart);
    if (rest !== 0) return day + lowestBit(rest);
    const limit = this.#month + CYCLE_MONTHS;
    for (let month = this.#monthAfter(this.#month); month <= limit; month = this.#monthAfter(month)) {
      this.#enter(month);
      if (this.#monthDays !== 0) return this.#monthStart + lowestBit(this.#monthDays);
    }
    return Infinity;
  }

  /** The last matching day at or before `day`, or -Infinity when none lies within 400 years. */
  previousDay(day: number): number {
    this.#see(day);
    const rest = this.#monthDays & ((2 << (day - this.#monthStart)) - 1);
    if (rest !== 0) return this.#monthStart + highestBit(rest);
    const limit = this.#month - CYCLE_MONTHS;
    for (let month = this.#monthBefore(this.#month); month >= limit; month = this.#monthBefore(month)) {
      this.#enter(month);
      if (this.#monthDays !== 0) return this.#monthStart + highestBit(this.#monthDays);
    }
    return -Infinity;
  }

  #has(day: number): boolean {
    this.#see(day);
    return ((this.#monthDays >>> (day - this.#monthStart)) & 1) === 1;
  }

  #see(day: number): void {
    const index = day - this.#monthStart;
    if (index < 0 || index >= this.#monthLength) this.#enter(monthOf(day));
  }

  #enter(month: number): void {
    this.#month = month;
    this.#monthStart = firstDayOf(month);
    this.#monthLength = lengthOf(month);
    this.#monthDays = this.maskOf(month, this.#monthStart);
  }

  /** The matching days of a month that begins on the day `start`: bit 0 is the first. */
  maskOf(month: number, start: number): number {
    const index = month - Math.floor(month / 12) * 12;
    const wanted = ((this.#months >>> index) & 1) === 1;
    return wanted ? this.#days.mask(lengthOf(month), weekdayOf(start)) : 0;
  }

  /** The matching units of a day, in order. */
  timesOfDay(): number[] {
    const times: number[] = [];
    for (let time = this.first; time !== -1; time = time + 1 < this.perDay ? this.#timeFrom(time + 1) : -1) {
      times.push(time);
    }
    return times;
  }

  #monthAfter(month: number): number {
    const index = month - Math.floor(month / 12) * 12;
    const later = this.#months & (-2 << index);
    return later !== 0 ? month - index + lowestBit(later) : month - index + 12 + lowestBit(this.#months);
  }

  #monthBefore(month: number): number {
    const index = month - Math.floor(month / 12) * 12;
    const earlier = this.#months & ((1 << index) - 1);
    return earlier !== 0
      ? month - index + highestBit(earlier)
      : month - index - 12 + highestBit(this.#months);
  }

  /** The first matching unit of a day at or after `time`, or -1. */
  #timeFrom(time: number): number {
    if (this.#second === undefined) return this.#minuteFrom(time);
    const minute = Math.floor(time / 60);
    if (this.#minuteFrom(minute) === minute) {
      const second = firstFrom(this.#second, time - minute * 60);
      if (second !== -1) return minute * 60 + second;
    }
    const later = this.#minuteFrom(minute + 1);
    return later === -1 ? -1 : later * 60 + this.#firstSecond;
  }

  #timeUpTo(time: number): number {
    if (this.#second === undefined) return this.#minuteUpTo(time);
    const minute = Math.floor(time / 60);
    if (this.#minuteUpTo(minute) === minute) {
      const second = lastUpTo(this.#second, time - minute * 60);
      if (second !== -1) return minute * 60 + second;
    }
    const earlier = minute === 0 ? -1 : this.#minuteUpTo(minute - 1);
    return earlier === -1 ? -1 : earlier * 60 + this.#lastSecond;
  }

  /** The first matching minute of a day at or after `time` (0-1440), or -1. */
  #minuteFrom(time: number): number {
    const hour = Math.floor(time / 60);
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = firstFrom(this.#minute, time - hour * 60);
      if (minute !== -1) return hour * 60 + minute;
    }
    const later = this.#hours >>> (hour + 1);
    return later === 0 ? -1 : (hour + 1 + lowestBit(later)) * 60 + this.#firstMinute;
  }

  #minuteUpTo(time: number): number {
    const hour = Math.floor(time / 60);
    if (((this.#hours >>> hour) & 1) === 1) {
      const minute = lastUpTo(this.#minute, time - hour * 60);
      if (minute !== -1) return hour * 60 + minute;
    }
    const earlier = this.#hours & ((1 << hour) - 1);
    return earlier === 0 ? -1 : highestBit(earlier) * 60 + this.#lastMinute;
  }
}
