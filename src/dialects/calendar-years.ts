import { calendarDataInvalid, type CalendarData, type LocalDate } from "../schedules/index.js";

/** The first and the last year that is asked for, at most 100. Throws SUNBEAT_CALENDAR_DATA_INVALID. */
export function yearsOf(value: unknown): readonly [first: number, last: number] {
  const [first, last, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
  const isYear = (year: unknown): year is number =>
    Number.isInteger(year) && (year as number) >= 1_000 && (year as number) <= 9_999;
  if (isYear(first) && isYear(last) && more.length === 0 && last >= first && last - first < 100) {
    return [first, last];
  }
  const expected = "the first and the last year, such as [2027, 2031], at most 100 of them";
  throw calendarDataInvalid("years", expected, value);
}

/** What is known of these years: all days. */
export function coversOf([first, last]: readonly [first: number, last: number]): CalendarData["covers"] {
  return { from: `${first}-01-01` as LocalDate, to: `${last}-12-31` as LocalDate };
}

const LONGEST_NAME = 200;

/** The name of a day on one line; nothing where there is none. */
export function dayName(text: string): { readonly name?: string } {
  const name = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, LONGEST_NAME);
  return name === "" ? {} : { name };
}
