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

/** A number is **seconds**; a string is like "90s", "1h30m", "250ms", "2d" or ISO 8601 "PT1H30M". */
export type Duration = number | string | DurationParts;

const UNIT_MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const PART_MS = {
  weeks: UNIT_MS.w,
  days: UNIT_MS.d,
  hours: UNIT_MS.h,
  minutes: UNIT_MS.m,
  seconds: UNIT_MS.s,
  milliseconds: 1,
} as const;

const EXPECTED =
  'a number of seconds, a text like "90s", "1h30m" or "PT1H30M", or { hours, minutes, seconds }';
/** Units descending, each at most once. Anchored alternatives of bounded digits: linear in the text. */
const SHORT =
  /^(-)?(?:(\d{1,12}(?:\.\d{1,9})?)w)?(?:(\d{1,12}(?:\.\d{1,9})?)d)?(?:(\d{1,12}(?:\.\d{1,9})?)h)?(?:(\d{1,12}(?:\.\d{1,9})?)m(?!s))?(?:(\d{1,12}(?:\.\d{1,9})?)s)?(?:(\d{1,15})ms)?$/;
const ISO =
  /^(-)?P(?:(\d{1,12}(?:\.\d{1,9})?)W)?(?:(\d{1,12}(?:\.\d{1,9})?)D)?(?:T(?:(\d{1,12}(?:\.\d{1,9})?)H)?(?:(\d{1,12}(?:\.\d{1,9})?)M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?$/;

function invalid(value: unknown, what: string): SunbeatError {
  return new SunbeatError("SUNBEAT_DURATION_INVALID", `${what}: expected ${EXPECTED}, got ${quote(value)}`, {
    details: { value: quote(value) },
  });
}

function fromText(text: string): number | undefined {
  const match = text.length > 64 ? null : (SHORT.exec(text) ?? ISO.exec(text));
  if (match === null || /[T\-P]$|^-?$/.test(text)) return undefined;
  const [, minus, w = "0", d = "0", h = "0", m = "0", s = "0", ms = "0"] = match;
  const total =
    Number(w) * UNIT_MS.w +
    Number(d) * UNIT_MS.d +
    Number(h) * UNIT_MS.h +
    Number(m) * UNIT_MS.m +
    Number(s) * UNIT_MS.s +
    Number(ms);
  return minus === undefined ? total : -total;
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
  const whole = Math.round(ms);
  // Sub-millisecond input is a mistake (ms given as seconds, say), except for float noise such as 0.1 * 3.
  if (Math.abs(whole - ms) > 1e-6 * Math.max(1, Math.abs(ms)) || !Number.isSafeInteger(whole)) {
    throw invalid(value, what);
  }
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
