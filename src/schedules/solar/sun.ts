/**
 * Where the Sun is, from suncalc's `getPosition` and nothing else of it: its `getTimes` misses the first and
 * last events of polar seasons. Angles here are radians unless a name says degrees.
 */
import { getPosition } from "suncalc";
import type { EpochMs } from "../../core/clock.js";
import type { SolarMoment } from "./events.js";

const DEGREE = Math.PI / 180;
const DAY_MS = 86_400_000;
/** 2000-01-01T12:00Z. */
const J2000_MS = 946_728_000_000;

/** The refraction that suncalc adds, by true altitude; it uses the value at 0 for everything below. */
function refraction(altitude: number): number {
  return 0.0002967 / Math.tan(altitude + 0.00312536 / (altitude + 0.08901179));
}
const REFRACTION_AT_ZERO = refraction(0);

/**
 * The true altitude that suncalc turned into `apparent`. It adds refraction below the horizon too, which would
 * move events by two to four minutes. The steps shrink at least sevenfold, so that twenty rounds always suffice.
 */
function withoutRefraction(apparent: number): number {
  let altitude = apparent - REFRACTION_AT_ZERO;
  if (altitude <= 0) return altitude;
  for (let round = 0; round < 20; round++) {
    const better = apparent - refraction(altitude);
    if (Math.abs(better - altitude) < 1e-14) return better;
    altitude = better;
  }
  return altitude;
}

export interface Place {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
}

/** True geocentric altitude of the Sun's centre, in degrees: no refraction, no parallax. */
export function geocentricAltitudeDegrees(at: EpochMs, place: Place): number {
  const { altitude } = getPosition(new Date(at), place.latitude, place.longitude);
  return withoutRefraction(altitude * DEGREE) / DEGREE;
}

/** Hour angle (0 when the Sun is highest, growing to the west, in (-pi, pi]) and declination. */
export function equatorialPosition(
  at: EpochMs,
  place: Place,
): { readonly hourAngle: number; readonly declination: number } {
  const position = getPosition(new Date(at), place.latitude, place.longitude);
  const azimuth = position.azimuth * DEGREE;
  const altitude = withoutRefraction(position.altitude * DEGREE);
  const sinLatitude = Math.sin(place.latitude * DEGREE);
  const cosLatitude = Math.cos(place.latitude * DEGREE);
  const sinAltitude = Math.sin(altitude);
  const cosAltitude = Math.cos(altitude);
  const northward = cosAltitude * Math.cos(azimuth);
  return {
    hourAngle: Math.atan2(
      -Math.sin(azimuth) * cosAltitude,
      cosLatitude * sinAltitude - sinLatitude * northward,
    ),
    declination: Math.asin(sinLatitude * sinAltitude + cosLatitude * northward),
  };
}

/** Distance of the Sun in astronomical units, good to 0.0002. */
function distanceAu(at: EpochMs): number {
  const anomaly = (357.5291 + 0.98560028 * ((at - J2000_MS) / DAY_MS)) * DEGREE;
  return 1.00014 - 0.01671 * Math.cos(anomaly) - 0.00014 * Math.cos(2 * anomaly);
}

/** The altitude at which an event happens, in degrees: by the distance of the Sun, or by its declination at that instant. */
export type Target = (distance: number, at: EpochMs, place: Place) => number;

/** When the upper limb touches the horizon, the centre is below it by 34' of refraction and the semidiameter. */
export const HORIZON: Target = (distance) => -(34 / 60 + 0.266564 / distance);

/** Where a shadow is longer than at noon by `factor` times the height of what casts it; 0 where noon casts none. */
function shadowTarget(factor: number): Target {
  return (_distance, at, place) => {
    const { declination } = equatorialPosition(at, place);
    const zenithAngle = Math.abs(place.latitude * DEGREE - declination);
    return zenithAngle < Math.PI / 2 ? Math.atan(1 / (factor + Math.tan(zenithAngle))) / DEGREE : 0;
  };
}

export function targetOf(moment: Exclude<SolarMoment, { kind: "noon" | "midnight" }>): Target {
  if (moment.kind === "horizon") return HORIZON;
  return moment.kind === "shadow" ? shadowTarget(moment.factor) : () => moment.altitude;
}

/** How many degrees the Sun's centre stands above `target`, for an observer on the surface at sea level. */
export function degreesAbove(at: EpochMs, place: Place, target: Target): number {
  const distance = distanceAu(at);
  const altitude = geocentricAltitudeDegrees(at, place);
  const parallax = (0.0024428 * Math.cos(altitude * DEGREE)) / distance;
  return altitude - parallax - target(distance, at, place);
}
