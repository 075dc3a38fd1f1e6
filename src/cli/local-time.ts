import type { EpochMs } from "../core/clock.js";
import { quote } from "../core/quote.js";
import { type Duration, durationMs } from "../core/duration.js";
import { isSunbeatError } from "../core/errors.js";
import { formatDay, weekdayOf } from "../schedules/civil.js";
import { clocked, zone } from "../schedules/index.js";
import { localOf } from "../schedules/zone.js";
import { usageError, WrongUsage } from "./usage.js";

const DAY_MS = 86_400_000;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** How much of the time of day is shown. */
export type Precision = "minutes" | "seconds" | "milliseconds";

/** As much as is needed to tell these instants, in order, apart: a sunrise to the second is enough. */
export function precisionOf(instants: readonly EpochMs[]): Precision {
  if (instants.every((instant) => instant % 60_000 === 0)) return "minutes";
  const close = instants.some((instant, i) => {
    const gapMs = i === 0 ? 0 : instant - instants[i - 1]!;
    return gapMs > 0 && gapMs < 1_000; // what falls on one instant no precision tells apart
  });
  return close ? "milliseconds" : "seconds";
}

/** "Sun 2027-03-28 03:00 +02:00" for people. */
export function formatLocal(instant: EpochMs, timezone: string, precision: Precision): string {
  const local = localOf(zone(timezone), instant);
  const day = Math.floor(local / DAY_MS);
  const weekday = WEEKDAYS[weekdayOf(day)]!;
  return `${weekday} ${formatDay(day)} ${timeOfDay(local, precision)} ${formatOffset(local - instant)}`;
}

/** "03:00 +02:00". */
export function formatTime(instant: EpochMs, timezone: string, precision: Precision): string {
  const local = localOf(zone(timezone), instant);
  return `${timeOfDay(local, precision)} ${formatOffset(local - instant)}`;
}

/** "2027-03-28T03:00:00+02:00" for machines. */
export function isoLocal(instant: EpochMs, timezone: string): string {
  const local = localOf(zone(timezone), instant);
  const time = timeOfDay(local, instant % 1_000 === 0 ? "seconds" : "milliseconds");
  return `${formatDay(Math.floor(local / DAY_MS))}T${time}${formatOffset(local - instant)}`;
}

/** "2027-03-28 01:00Z". */
export function formatUtc(instant: EpochMs, precision: Precision): string {
  return `${formatDay(Math.floor(instant / DAY_MS))} ${timeOfDay(instant, precision)}Z`;
}

/** The day in which an instant lies in the zone, for grouping. */
export function localDay(instant: EpochMs, timezone: string): number {
  return Math.floor(localOf(zone(timezone), instant) / DAY_MS);
}

function timeOfDay(local: number, precision: Precision): string {
  const end = { minutes: 16, seconds: 19, milliseconds: 23 }[precision];
  return new Date(local - Math.floor(local / DAY_MS) * DAY_MS).toISOString().slice(11, end);
}

function formatOffset(offsetMs: number): string {
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/**
 * An instant on the command line: "now", a date (its first moment in the zone), a local time, or ISO 8601 with an
 * offset or Z. Wrong usage, naming the option, for anything else.
 */
export function readInstant(option: string, text: string, timezone: string, now: EpochMs): EpochMs {
  if (text === "now") return now;
  try {
    return clocked(text, { timezone }).at;
  } catch (error) {
    if (isSunbeatError(error) && error.code === "SUNBEAT_TIMEZONE_INVALID") throw new WrongUsage(error);
    const reason = isSunbeatError(error) ? error.details["reason"] : undefined;
    throw usageError(
      `${option}: expected now, a date (2027-03-28), a local time (2027-03-28T02:30) or an instant with offset or Z, ` +
        `got ${quote(text)}${typeof reason === "string" ? `: ${reason}` : ""}`,
    );
  }
}

/** A duration as it is written on the command line, where a bare number is seconds as everywhere. */
export function durationOf(text: string): Duration {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A duration on the command line, above zero. */
export function readDuration(option: string, text: string): number {
  let ms: number;
  try {
    ms = durationMs(durationOf(text), option);
  } catch {
    ms = NaN;
  }
  if (ms > 0) return ms;
  throw usageError(`${option}: expected a time above zero such as 90s, 1h30m or 2d, got ${quote(text)}`);
}

/** When something is worthless: seconds after it was sent, or an instant. */
export function readExpiry(option: string, text: string, timezone: string, now: EpochMs): number | Date {
  // "2027-03-28" begins like a duration and goes on like none.
  if (/^\d{4}-/.test(text)) return new Date(readInstant(option, text, timezone, now));
  return readDuration(option, text) / 1_000;
}
