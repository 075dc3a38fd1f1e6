import type { Duration } from "../../core/duration.js";
import { ScheduleError } from "../../core/errors.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { secondsOfTime, type TimeOfDay } from "../local/time-of-day.js";
import { refuseAs } from "../refuse-as.js";
import type { Language } from "../telling/language.js";
import { zone } from "../zone.js";
import type { SolarMoment } from "./events.js";

/** What becomes of days without the event; the docs have a table of what each does in which season. */
export type SolarPolar = "skip" | "clamp" | { readonly at: TimeOfDay } | { readonly night: number | "angle" };

export interface SolarOptions {
  /** Runs this much after the event, before it when negative ("-30m"). Default 0. */
  readonly offset?: Duration | undefined;
  /** The run is not before this time of the event's sun-day; up to "47:59", where 24:00 is the midnight after it. Default no bound. */
  readonly notBefore?: TimeOfDay | undefined;
  /** The run is not after this time of the event's sun-day. Default no bound. */
  readonly notAfter?: TimeOfDay | undefined;
  /** The zone of the clock times. Default the app's, else UTC; has no effect without a clock time. */
  readonly timezone?: string | undefined;
  /**
   * What becomes of days without the event. "skip": nothing is due. "clamp": due at the culmination at which the Sun comes
   * nearest. `{ at }`: due at that local time, which no offset and no bound moves. `{ night }`, for altitudes below the
   * horizon: a dawn comes at most that part of the night before sunrise, a dusk at most that part after sunset;
   * "angle" is the altitude over 60 degrees. Default "skip".
   */
  readonly polar?: SolarPolar | undefined;
}

/** All but the offset. */
export type SolarPlacing = Omit<SolarOptions, "offset">;

/** Checked, with "skip" as undefined. */
export interface Placing {
  readonly notBefore: TimeOfDay | undefined;
  readonly notAfter: TimeOfDay | undefined;
  readonly timezone: string | undefined;
  readonly polar: Exclude<SolarPolar, "skip"> | undefined;
}

export const PLACING_KEYS = ["notBefore", "notAfter", "timezone", "polar"] as const;

function invalid(field: string, expected: string, value: unknown, hint?: string): ScheduleError {
  const message = `solar: ${field}: expected ${expected}, got ${quote(value)}${hint === undefined ? "" : `; ${hint}`}`;
  return new ScheduleError("SUNBEAT_SOLAR_INVALID", message, {
    details: { field, value: quote(value), ...(hint !== undefined && { hint }) },
  });
}

/** The placing of an event, checked. Throws SUNBEAT_SOLAR_INVALID, SUNBEAT_TIMEZONE_INVALID. */
export function resolvePlacing(placing: SolarPlacing, moment: SolarMoment): Placing {
  const { notBefore, notAfter, timezone } = placing;
  const first = boundIn("notBefore", notBefore);
  const last = boundIn("notAfter", notAfter);
  if (first > last) {
    throw invalid("notAfter", `a time that is not before notBefore (${notBefore})`, notAfter);
  }
  if (timezone !== undefined) zone(timezone);
  return { notBefore, notAfter, timezone, polar: polarIn(placing.polar, moment) };
}

function boundIn(field: "notBefore" | "notAfter", time: TimeOfDay | undefined): number {
  if (time === undefined) return field === "notBefore" ? -Infinity : Infinity;
  const seconds = secondsOfTime(time, 48);
  if (seconds !== undefined) return seconds;
  throw invalid(field, 'a time of day such as "20:00", up to "47:59:59"', time);
}

function polarIn(polar: unknown, moment: SolarMoment): Placing["polar"] {
  if (polar === undefined || polar === "skip") return undefined;
  if (moment.kind === "noon" || moment.kind === "midnight") {
    throw invalid("polar", `nothing beside solar_${moment.kind}, which comes every day`, polar);
  }
  if (polar === "clamp") return polar;
  if (typeof polar !== "object" || polar === null) {
    throw invalid("polar", '"skip", "clamp", { at: "06:00" } or { night: 1 / 7 }', polar);
  }
  refuseAs("SUNBEAT_SOLAR_INVALID", () => assertKnownKeys(polar, ["at", "night"], "solar: polar"));
  const { at, night } = polar as { readonly at?: unknown; readonly night?: unknown };
  if ((at === undefined) === (night === undefined)) {
    throw invalid("polar", 'either { at: "06:00" } or { night: 1 / 7 }', polar);
  }
  if (at !== undefined) {
    if (secondsOfTime(at) === undefined) throw invalid("polar.at", 'a time of day such as "06:00"', at);
    return Object.freeze({ at: at as TimeOfDay });
  }
  if (moment.kind !== "altitude" || moment.altitude >= 0) {
    const hint = '{ at: "06:00" } and "clamp" go with every event';
    throw invalid("polar.night", "an altitude below the horizon beside it, such as dawn_civil", night, hint);
  }
  const isPart = typeof night === "number" && night > 0 && night <= 1;
  if (!isPart && night !== "angle") {
    throw invalid("polar.night", 'a part of the night above 0 and up to 1, or "angle"', night);
  }
  return Object.freeze({ night: night });
}

/** The part of the night that `{ night }` means for an altitude. */
export function nightPortion(night: number | "angle", altitude: number): number {
  return night === "angle" ? Math.min(1, Math.abs(altitude) / 60) : night;
}

/** Whether a time of day, and so a zone, decides. */
export function usesClock({ notBefore, notAfter, polar }: Placing): boolean {
  return notBefore !== undefined || notAfter !== undefined || (typeof polar === "object" && "at" in polar);
}

/** ", not before 18:00, at 06:00 on days without it (Europe/Oslo)". */
export function tellPlacing(placing: Placing, isRising: boolean, language: Language): string {
  const { notBefore, notAfter, polar } = placing;
  const parts = [
    ...(notBefore === undefined ? [] : [language.notBefore(notBefore)]),
    ...(notAfter === undefined ? [] : [language.notAfter(notAfter)]),
    ...(polar === undefined ? [] : [polarText(polar, isRising, language)]),
  ];
  if (parts.length === 0) return "";
  return `, ${parts.join(", ")}${usesClock(placing) ? ` (${placing.timezone ?? "UTC"})` : ""}`;
}

function polarText(polar: Exclude<SolarPolar, "skip">, isRising: boolean, language: Language): string {
  if (polar === "clamp" || "at" in polar) return language.polar(polar);
  const part = polar.night === "angle" ? language.anglePart : portionText(polar.night, language);
  return language.polar({ part, isRising });
}

/** "1/7" where it is one. */
function portionText(portion: number, { names }: Language): string {
  const whole = Math.round(1 / portion);
  return Math.abs(whole * portion - 1) < 1e-9 ? `1/${whole}` : names.number(portion);
}
