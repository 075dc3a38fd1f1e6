import type { EpochMs } from "./clock.js";
import { ConfigurationError } from "./errors.js";
import { invalidOption } from "./options.js";
import { quote } from "./quote.js";

/** An instant as people give it: Date, epoch ms, ISO 8601 text with offset, or anything that knows its epoch ms. */
export type InstantLike =
  Date | EpochMs | string | { toMillis(): number } | { readonly epochMilliseconds: number };

const ISO_WITH_OFFSET =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:[Zz]|[+-](\d\d)(?::?(\d\d))?)$/;
/** The range of a Date. */
const FARTHEST_MS = 8.64e15;

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** A date and a time of day as numbers; the month from 1. */
export type CivilTime = readonly [
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
];

/** Why no calendar and no clock has this time: "February 2027 has 28 days"; undefined for one that exists. */
export function whyNoSuchTime([year, month, day, hour, minute, second]: CivilTime): string | undefined {
  if (month < 1 || month > 12) return `months go from 01 to 12`;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  if (day < 1) return "days go from 01 on";
  if (day > length) return `${MONTHS[month - 1]!} ${String(year).padStart(4, "0")} has ${length} days`;
  if (hour === 24) return "hours go from 00 to 23; the end of a day is 00:00 of the next";
  if (hour > 23) return "hours go from 00 to 23";
  if (minute > 59) return "minutes go from 00 to 59";
  return second > 59 ? "seconds go from 00 to 59" : undefined;
}

/** The refusal of a text that has the form of a time, and is none. */
export function noSuchTime(what: string, text: string, reason: string): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `${what}: ${quote(text)} is not a date and time of the calendar: ${reason}`,
    { details: { option: what, value: quote(text), reason } },
  );
}

function fromText(text: string, what: string): number {
  const match = ISO_WITH_OFFSET.exec(text);
  if (match === null) return NaN;
  const [year, month, day, hour, minute, second, ahead, aheadMinutes] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  // Date.parse takes 30 February for 2 March, and 24:00 for the next day.
  const reason =
    whyNoSuchTime([year!, month!, day!, hour!, minute!, second!]) ??
    (ahead! > 23 || aheadMinutes! > 59 ? "offsets go to 23:59" : undefined);
  if (reason !== undefined) throw noSuchTime(what, text, reason);
  return Date.parse(text.replace(",", ".").replace(/([+-]\d\d)$/, "$1:00"));
}

/** What a schedule is asked about: a number as it is, of anything else its epoch milliseconds. Codes of `instantMs`. */
export function askedInstant(value: InstantLike, what: string): EpochMs {
  return typeof value === "number" ? value : instantMs(value, what);
}

/**
 * Epoch milliseconds of an instant. `what` names the option in the error: SUNBEAT_OPTION_INVALID. A text without an
 * offset is refused, since it would mean another instant on every machine.
 */
export function instantMs(value: InstantLike, what: string): EpochMs {
  let ms: number = NaN;
  if (typeof value === "number") ms = value;
  else if (typeof value === "string") ms = fromText(value, what);
  else if (value instanceof Date) ms = value.getTime();
  else if (typeof value === "object" && value !== null) {
    if ("toMillis" in value) ms = typeof value.toMillis === "function" ? value.toMillis() : NaN;
    else if ("epochMilliseconds" in value) ms = value.epochMilliseconds;
  }
  if (typeof ms !== "number" || !(Math.abs(ms) <= FARTHEST_MS)) {
    throw invalidOption(
      what,
      'an instant: a Date, epoch milliseconds, or ISO 8601 text with an offset such as "2027-03-28T01:00:00Z"',
      value,
    );
  }
  return Math.round(ms);
}
