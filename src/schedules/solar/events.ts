import { ScheduleError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { refuseAs } from "../refuse-as.js";

const SOLAR_DIRECTIONS = ["rising", "setting"] as const;
export type SolarDirection = (typeof SOLAR_DIRECTIONS)[number];

/** The centre of the Sun passes `altitude` (true altitude in degrees, no refraction) on its way up or down. */
export interface SolarAltitude {
  readonly altitude: number;
  readonly direction: SolarDirection;
}

/** After noon a shadow has grown by `shadow` times the height of what casts it. */
export interface SolarShadow {
  readonly shadow: number;
}

/** What the Sun does at an event: passes an altitude, or stands highest ("noon") or lowest ("midnight"). */
export type SolarMoment =
  | { readonly kind: "altitude"; readonly altitude: number; readonly direction: SolarDirection }
  /** The upper limb at the horizon, refraction included. */
  | { readonly kind: "horizon"; readonly direction: SolarDirection }
  /** The altitude at which a shadow is longer than at noon by `factor` heights. */
  | { readonly kind: "shadow"; readonly factor: number; readonly direction: "setting" }
  | { readonly kind: "noon" }
  | { readonly kind: "midnight" };

const rising = (altitude: number): SolarMoment => ({ kind: "altitude", altitude, direction: "rising" });
const setting = (altitude: number): SolarMoment => ({ kind: "altitude", altitude, direction: "setting" });
const shadow = (factor: number): SolarMoment => ({ kind: "shadow", factor, direction: "setting" });

/** Celery's names, then ours. Celery used +18 for dusk_astronomical until 5.6.3, which was a defect. */
const MOMENTS = {
  dawn_astronomical: rising(-18),
  dawn_nautical: rising(-12),
  dawn_civil: rising(-6),
  sunrise: { kind: "horizon", direction: "rising" },
  solar_noon: { kind: "noon" },
  sunset: { kind: "horizon", direction: "setting" },
  dusk_civil: setting(-6),
  dusk_nautical: setting(-12),
  dusk_astronomical: setting(-18),
  solar_midnight: { kind: "midnight" },
  golden_hour_start: setting(6),
  golden_hour_end: setting(-4),
  golden_hour_dawn_start: rising(-4),
  golden_hour_dawn_end: rising(6),
  blue_hour_start: setting(-4),
  blue_hour_end: setting(-6),
  blue_hour_dawn_start: rising(-6),
  blue_hour_dawn_end: rising(-4),
  asr: shadow(1),
  asr_hanafi: shadow(2),
} as const satisfies Record<string, SolarMoment>;

/** The canonical name of a solar event, as JSON has it. */
export type SolarEventName = keyof typeof MOMENTS;
export const SOLAR_EVENTS = Object.keys(MOMENTS) as readonly SolarEventName[];

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** An event of one's own. */
export type OwnSolarEvent = SolarAltitude | SolarShadow;

/** A name such as "sunset" or "dawn_civil" (or "dawnCivil"), or an altitude or a shadow of your own. */
export type SolarEvent = SolarEventName | CamelCase<SolarEventName> | OwnSolarEvent;

/** Both spellings of every name; a Map, so that "toString" and "__proto__" are not in it. */
const NAMES = new Map<string, SolarEventName>(
  SOLAR_EVENTS.flatMap((name) => [
    [name, name],
    [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), name],
  ]),
);

/** The Sun's declination never passes this, in degrees. */
const GREATEST_DECLINATION = 23.45;

function invalid(message: string, details: Record<string, unknown>): ScheduleError {
  return new ScheduleError("SUNBEAT_SOLAR_INVALID", `solar: ${message}`, { details });
}

function checkAltitude(event: SolarAltitude, latitude: number): SolarAltitude {
  refuseAs("SUNBEAT_SOLAR_INVALID", () => assertKnownKeys(event, ["altitude", "direction"], "solar: event"));
  const { altitude, direction } = event;
  if (typeof altitude !== "number" || !Number.isFinite(altitude)) {
    throw invalid(`altitude: expected degrees above the horizon as a number, got ${quote(altitude)}`, {
      altitude: quote(altitude),
    });
  }
  if (!SOLAR_DIRECTIONS.includes(direction)) {
    throw invalid(`direction: expected "rising" or "setting", got ${quote(direction)}`, {
      direction: quote(direction),
    });
  }
  const highest = 90 - Math.max(0, Math.abs(latitude) - GREATEST_DECLINATION);
  if (Math.abs(altitude) > highest) {
    const figure = Number(highest.toFixed(2));
    throw invalid(
      `altitude: at latitude ${latitude} the Sun stays between ${-figure} and ${figure} degrees, ` +
        `it never reaches ${altitude}`,
      { altitude, latitude, lowest: -figure, highest: figure },
    );
  }
  return Object.freeze({ altitude, direction });
}

function checkShadow(event: SolarShadow): SolarShadow {
  refuseAs("SUNBEAT_SOLAR_INVALID", () => assertKnownKeys(event, ["shadow"], "solar: event"));
  const { shadow: factor } = event;
  if (typeof factor !== "number" || !Number.isFinite(factor) || factor <= 0) {
    throw invalid(`shadow: expected a number of heights above 0, got ${quote(factor)}`, {
      field: "shadow",
      value: quote(factor),
    });
  }
  return Object.freeze({ shadow: factor });
}

/** The canonical form of an event, checked. Throws SUNBEAT_SOLAR_INVALID. */
export function resolveSolarEvent(event: unknown, latitude: number): SolarEventName | OwnSolarEvent {
  if (typeof event === "string") {
    const name = NAMES.get(event);
    if (name !== undefined) return name;
    // Three slips would turn dusk to dawn.
    throw invalid(
      `unknown event ${quote(event)}${didYouMean(event, NAMES.keys(), 2)}; known are ${SOLAR_EVENTS.join(", ")}`,
      { event: quote(event) },
    );
  }
  if (typeof event === "object" && event !== null) {
    return "shadow" in event
      ? checkShadow(event as SolarShadow)
      : checkAltitude(event as SolarAltitude, latitude);
  }
  throw invalid(
    `event: expected a name such as "sunset", { altitude, direction: "rising" | "setting" } or { shadow }, got ${quote(event)}`,
    { event: quote(event) },
  );
}

export function solarMoment(event: SolarEventName | OwnSolarEvent): SolarMoment {
  if (typeof event === "string") return MOMENTS[event];
  return "shadow" in event ? shadow(event.shadow) : { kind: "altitude", ...event };
}
