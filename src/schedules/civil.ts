/**
 * The proleptic Gregorian calendar in integers. A day is counted from 1970-01-01; a month is counted from
 * January of year 0, so that stepping over a year's end needs no carry.
 */

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days from 0000-01-01 to 1970-01-01. */
const EPOCH_DAYS = 719_528;
/** The calendar repeats after 400 years: this many months, this many days. */
export const CYCLE_MONTHS = 4800;
export const CYCLE_DAYS = 146_097;

function isLeapYear(year: number): boolean {
  return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** The day number of the first of a month. */
export function firstDayOf(month: number): number {
  const year = Math.floor(month / 12);
  const index = month - year * 12;
  const y = year - 1; // leap days of all the years before this one, year 0 included
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + 1;
  const thisYear = index > 1 && isLeapYear(year) ? 1 : 0;
  return year * 365 + leapDays + DAYS_BEFORE_MONTH[index]! + thisYear - EPOCH_DAYS;
}

/** How many days a month has. */
export function lengthOf(month: number): number {
  const year = Math.floor(month / 12);
  const index = month - year * 12;
  return index === 1 && isLeapYear(year) ? 29 : MONTH_DAYS[index]!;
}

/** The month in which a day lies. */
export function monthOf(day: number): number {
  // The average month is right to within one; the first days of the neighbours settle it.
  let month = Math.floor(((day + EPOCH_DAYS) * CYCLE_MONTHS) / CYCLE_DAYS);
  while (firstDayOf(month) > day) month--;
  while (firstDayOf(month + 1) <= day) month++;
  return month;
}

/** 0 is Sunday, as in a crontab. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The day number of a date; `month` is 1-12 and `day` may run over the month's end. */
export function dayNumber(year: number, month: number, day: number): number {
  return firstDayOf(year * 12 + month - 1) + day - 1;
}

/** "2027-03-28", with a sign and six digits outside the years 0-9999, as in ISO 8601. */
export function formatDay(day: number): string {
  const month = monthOf(day);
  const year = Math.floor(month / 12);
  const digits =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, "0")
      : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
  return `${digits}-${two(month - year * 12 + 1)}-${two(day - firstDayOf(month) + 1)}`;
}

/** "02:30" from minutes since midnight. */
export function formatMinute(minuteOfDay: number): string {
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
