import type { Command } from "commander";
import { quote } from "../core/quote.js";
import type { Schedule, SolarOptions, SolarPolar, TimeOfDay } from "../schedules/index.js";
import { usageError } from "./usage.js";

/** The options of an event of the Sun that have no place in its text. */
export interface SolarFlags {
  readonly polar?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** As `solar` takes them; the zone of the times is that of the command line. */
export type SolarPlacing = Pick<SolarOptions, "polar" | "notBefore" | "notAfter">;

export function addSolarOptions(command: Command): Command {
  return command
    .option(
      "--polar <rule>",
      "of the Sun, days without the event: skip, clamp, 06:00, night:1/7, night:angle",
    )
    .option("--not-before <time>", "of the Sun: not before this time of the event's day, 18:00")
    .option("--not-after <time>", "of the Sun: not after this time of the event's day, 21:30 or 24:30");
}

/** Those that were given, for `solar`, which checks the times. */
export function solarOptions({ polar, notBefore, notAfter }: SolarFlags): SolarPlacing {
  return {
    ...(polar !== undefined && { polar: polarIn(polar) }),
    ...(notBefore !== undefined && { notBefore: notBefore as TimeOfDay }),
    ...(notAfter !== undefined && { notAfter: notAfter as TimeOfDay }),
  };
}

/** Throws wrong usage where they were given beside something else. */
export function assertSolar(flags: SolarFlags, schedule: Schedule): void {
  if (Object.keys(solarOptions(flags)).length === 0 || schedule.toJSON?.().type === "solar") return;
  throw usageError(
    "--polar, --not-before and --not-after belong to an event of the Sun: solar:sunset:48.85:2.35",
  );
}

function polarIn(text: string): SolarPolar {
  if (text === "skip" || text === "clamp") return text;
  if (/^\d\d:\d\d(?::\d\d)?$/.test(text)) return { at: text as TimeOfDay };
  const [, whole, numerator, denominator] =
    /^night:(?:(angle|\d{1,3}(?:\.\d{1,9})?)|(\d{1,3})\/(\d{1,3}))$/.exec(text) ?? [];
  if (whole === "angle") return { night: whole };
  if (whole !== undefined) return { night: Number(whole) };
  if (numerator !== undefined) return { night: Number(numerator) / Number(denominator) };
  throw usageError(
    `--polar: expected skip, clamp, a time such as 06:00, night:1/7 or night:angle, got ${quote(text)}`,
  );
}
