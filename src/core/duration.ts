import { SunbeatError } from "./errors.js";
import { quote } from "./quote.js";

/** A length of time by parts; parts add up. Months and years are left out: they have no fixed length. */
export interface DurationParts {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/**
 * A number is **seconds**. A string is like "90s", "1h30m", "250ms" or "2d" (units descending, each once), like
 * "90 days" (one number, one unit written out), or ISO 8601 "PT1H30M". A leading "-" makes it negative.
 */
export type Duration = number | string | DurationParts;

const UNIT_MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof UNIT_MS;
/** From the longest to the shortest: the order in which a text may name them. */
const UNITS = Object.keys(UNIT_MS) as Unit[];
const PART_MS = {
  weeks: UNIT_MS.w,
  days: UNIT_MS.d,
  hours: UNIT_MS.h,
  minutes: UNIT_MS.m,
  seconds: UNIT_MS.s,
  milliseconds: 1,
} as const;

const EXPECTED =
  'a number of seconds, a text like "90s", "1h30m", "90 days" or "PT1H30M", or { hours, minutes, seconds }';
const LONGEST_TEXT = 64;
const NUMBER = String.raw`(\d{1,12}(?:\.\d{1,9})?)`;
const SHORT_PART = new RegExp(`${NUMBER}(ms|[wdhms])`, "y");
const WORDS = new RegExp(`^${NUMBER} (millisecond|second|minute|hour|day|week)s?$`);
const ISO = new RegExp(
  `^P(?=.)(?:${NUMBER}W)?(?:${NUMBER}D)?(?:T(?=.)(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${NUMBER}S)?)?$`,
);

function invalid(value: unknown, what: string): SunbeatError {
  return new SunbeatError("SUNBEAT_DURATION_INVALID", `${what}: expected ${EXPECTED}, got ${quote(value)}`, {
    details: { value: quote(value) },
  });
}

function fromShort(text: string): number | undefined {
  let total = 0;
  let shortestSoFar = -1;
  for (let position = 0; position < text.length; position = SHORT_PART.lastIndex) {
    SHORT_PART.lastIndex = position;
    const match = SHORT_PART.exec(text);
    const unit = match === null ? -1 : UNITS.indexOf(match[2] as Unit);
    if (match === null || unit <= shortestSoFar) return undefined;
    shortestSoFar = unit;
    total += Number(match[1]) * UNIT_MS[match[2] as Unit];
  }
  return total;
}

function fromIso(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  return (["w", "d", "h", "m", "s"] as const).reduce(
    (total, unit, index) => total + Number(match[index + 1] ?? 0) * UNIT_MS[unit],
    0,
  );
}

function fromText(text: string): number | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const negative = text.startsWith("-");
  const size = negative ? text.slice(1) : text;
  if (size === "") return undefined;
  const words = WORDS.exec(size);
  const ms =
    words !== null
      ? Number(words[1]) * PART_MS[`${words[2]}s` as keyof typeof PART_MS]
      : (fromIso(size) ?? fromShort(size));
  return ms === undefined ? undefined : negative ? -ms : ms;
}

function fromParts(parts: object): number | undefined {
  let total = 0;
  const entries = Object.entries(parts);
  for (const [key, value] of entries) {
    if (!Object.hasOwn(PART_MS, key) || typeof value !== "number") return undefined;
    total += value * PART_MS[key as keyof typeof PART_MS];
  }
  return entries.length === 0 ? undefined : total;
}

/**
 * A duration in whole milliseconds; may be zero or negative, callers check their own range.
 * `what` names the option in the error. Throws SUNBEAT_DURATION_INVALID.
 */
export function durationMs(value: Duration, what: string): number {
  let ms: number | undefined;
  if (typeof value === "number") ms = value * 1_000;
  else if (typeof value === "string") ms = fromText(value);
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) ms = fromParts(value);
  if (ms === undefined || !Number.isFinite(ms)) throw invalid(value, what);
  const whole = Math.round(ms) + 0; // + 0: never -0, which is another value to many comparisons
  // Sub-millisecond input is a mistake (ms given as seconds, say), except for float noise such as 0.1 * 3.
  const noise = Math.max(1e-6, 8 * Number.EPSILON * Math.abs(ms));
  if (Math.abs(whole - ms) > noise || !Number.isSafeInteger(whole)) throw invalid(value, what);
  return whole;
}

/** A duration as people write it: 5400000 is "1h30m". */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let left = Math.abs(ms);
  let text = ms < 0 ? "-" : "";
  for (const unit of ["d", "h", "m", "s", "ms"] as const) {
    const count = Math.floor(left / UNIT_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    left -= count * UNIT_MS[unit];
  }
  return text;
}
