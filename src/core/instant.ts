import type { EpochMs } from "./clock.js";
import { invalidOption } from "./options.js";

/** An instant as people give it: Date, epoch ms, ISO 8601 text with offset, or anything that knows its epoch ms. */
export type InstantLike =
  Date | EpochMs | string | { toMillis(): number } | { readonly epochMilliseconds: number };

const ISO_WITH_OFFSET =
  /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/;
/** The range of a Date. */
const FARTHEST_MS = 8.64e15;

function fromText(text: string): number {
  const [, year, month, day] = ISO_WITH_OFFSET.exec(text) ?? [];
  if (year === undefined) return NaN;
  // Date.parse takes 30 February for 2 March.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCDate() !== Number(day)) return NaN;
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
  else if (typeof value === "string") ms = fromText(value);
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
