import { WEEKDAYS } from "./days-like.js";
import type { Weekday } from "./tree.js";

/** "2nd fri", "last day", "3rd last business day": negative counts from the end. */
export interface OrdinalDay {
  readonly nth: number;
  readonly of: Weekday | "day" | "business day";
}

const FORM = /^(?:(\d{1,2})(st|nd|rd|th))?( ?last)? (day|business day|[a-z]{3})$/;

/** What an ordinal says; undefined: it is none. The number is not compared with what a month has. */
export function parseOrdinal(text: string): OrdinalDay | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, digits, suffix, last, of] = match;
  if (digits === undefined ? last !== "last" : last === "last") return undefined;
  const number = digits === undefined ? 1 : Number(digits);
  if (digits !== undefined && (number === 0 || suffix !== suffixOf(number))) return undefined;
  const isDay = of === "day" || of === "business day" || WEEKDAYS.includes(of as Weekday);
  return isDay ? { nth: last === undefined ? number : -number, of: of as OrdinalDay["of"] } : undefined;
}

/** The most that a month can have of it. */
export function mostOf({ of }: OrdinalDay): number {
  return of === "day" ? 31 : of === "business day" ? 31 : 5;
}

export function suffixOf(number: number): string {
  if (number % 100 > 10 && number % 100 < 14) return "th";
  return ["th", "st", "nd", "rd"][number % 10] ?? "th";
}

/** "2nd", "last", "3rd last". */
export function placeText(position: number): string {
  if (position > 0) return `${position}${suffixOf(position)}`;
  return position === -1 ? "last" : `${-position}${suffixOf(-position)} last`;
}
