import { clocked, type LocalDate } from "../schedules/index.js";
import { Refusal } from "./findings.js";
import { writtenOnDays, type Written } from "./written.js";

export interface YearBounds {
  readonly written: Written;
  readonly startAt?: string;
  readonly endAt?: string;
  /** What became of the years, or undefined where every year counts. */
  readonly message?: string;
}

const FIRST_YEAR = 1970;
/** `dates` takes 10,000 days. */
const MOST_YEARS = 27;
/** The last year that a year field of the dialects knows; a list that ends there has no end. */
export const LAST_YEAR = 2099;

/**
 * A schedule that is due in certain years alone: `startAt` and `endAt` where they follow one another, else a restriction to their days.
 * `years` ascend. Throws `Refusal` where a year cannot be placed.
 */
export function boundByYears(
  written: Written,
  years: readonly number[],
  timezone: string | undefined,
): YearBounds {
  const stretches = stretchesOf(years);
  const [first, second] = stretches;
  if (first === undefined) throw new Refusal("no year matches");
  if (second !== undefined) {
    if (years.length > MOST_YEARS) {
      throw new Refusal(
        `${years.length} years apart are more than ${MOST_YEARS}: write .onDays(days({ every: "n years", from, in, on }))`,
      );
    }
    const days = stretches.map(([from, to]) => ({ from: dateOf(from, "01-01"), to: dateOf(to, "12-31") }));
    return {
      written: writtenOnDays(written, days),
      message: `years ${years.join(", ")} -> onDays(dates(...))`,
    };
  }
  if (timezone === undefined) {
    throw new Refusal("it is bound to years, and a year begins when its zone says: give timezone");
  }
  const [from, to] = first;
  const startAt = from <= FIRST_YEAR ? undefined : instantOf(dateOf(from, "01-01"), timezone);
  const endAt = to >= LAST_YEAR ? undefined : instantOf(dateOf(to + 1, "01-01"), timezone);
  if (startAt === undefined && endAt === undefined) return { written };
  return {
    written,
    ...(startAt !== undefined && { startAt }),
    ...(endAt !== undefined && { endAt }),
    message: `year ${from === to ? from : `${from}-${to}`} -> ${[startAt && "startAt", endAt && "endAt"].filter(Boolean).join(", ")}`,
  };
}

function stretchesOf(years: readonly number[]): [from: number, to: number][] {
  const stretches: [from: number, to: number][] = [];
  for (const year of years) {
    const last = stretches.at(-1);
    if (last?.[1] === year - 1) last[1] = year;
    else stretches.push([year, year]);
  }
  return stretches;
}

function dateOf(year: number, day: string): LocalDate {
  return `${String(year).padStart(4, "0")}-${day}` as LocalDate;
}

/** The instant at which a local date begins. */
function instantOf(date: LocalDate, timezone: string): string {
  return isoOf(clocked(date, { timezone }).at);
}

export function isoOf(at: number): string {
  return new Date(at).toISOString().replace(/\.000Z$/, "Z");
}
