import type { EpochMs } from "../../core/clock.js";
import { durationMs, formatDuration, type Duration } from "../../core/duration.js";
import { ScheduleError } from "../../core/errors.js";
import { askedInstant } from "../../core/instant.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { refuseAs } from "../refuse-as.js";
import type { BuiltInSchedule, Lint, LintOptions, ScheduleJSON } from "../schedule.js";
import { Crossings } from "./crossings.js";
import { Culminations } from "./culminations.js";
import {
  resolveSolarEvent,
  solarMoment,
  type SolarAltitude,
  type SolarEvent,
  type SolarEventName,
} from "./events.js";
import type { Occurrence, SolarModel } from "./model.js";
import { eventLabel, solarLints, solarStatus } from "./seasons.js";
import { targetOf, type Place } from "./sun.js";

/**
 * From 1900-01-01 to 3000-01-01, the time in which the model of the Sun holds: there are no occurrences outside.
 * Its polynomial for the Earth's rotation runs away soon before 1900.
 */
const FIRST_MODELLED: EpochMs = -2_208_988_800_000;
const LAST_MODELLED: EpochMs = 32_503_680_000_000;

/** Any offset makes sense that leaves the instant one that a Date can hold. */
const LONGEST_OFFSET_MS = 365_250 * 86_400_000;

export interface SolarOptions {
  /** Runs this much after the event, before it when negative ("-30m"). Default 0. */
  readonly offset?: Duration | undefined;
}

/**
 * Due when the Sun does something at a place, to about a second. Works in instants alone: no zone and no civil
 * date, so places beside the date line are not special. The same event is due every day for which it exists;
 * in polar seasons `next` is months away, and `status` says why.
 */
export class SolarSchedule implements BuiltInSchedule {
  /** Two events of one kind are 20 hours apart, near a pole some hours; a new model of the Sun moves them by seconds. */
  readonly separationMs = 600_000;
  readonly event: SolarEventName | SolarAltitude;
  readonly latitude: number;
  readonly longitude: number;
  readonly offsetMs: number;
  readonly #model: SolarModel;

  /** Throws SUNBEAT_SOLAR_INVALID; `solar` is the usual way to make one. */
  constructor(event: unknown, latitude: number, longitude: number, offsetMs = 0) {
    checkDegrees("latitude", latitude, 90, "north");
    checkDegrees("longitude", longitude, 180, "east");
    if (!Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) > LONGEST_OFFSET_MS) {
      throw invalid(`offset: expected whole milliseconds up to 1,000 years, got ${quote(offsetMs)}`, {
        offsetMs: quote(offsetMs),
      });
    }
    this.event = resolveSolarEvent(event, latitude);
    this.latitude = latitude;
    this.longitude = longitude;
    this.offsetMs = offsetMs;
    // One meridian has two names; with one of them the last bit of an instant cannot depend on the choice.
    this.#model = modelOf(this.event, { latitude, longitude: longitude === -180 ? 180 : longitude });
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    const found = this.#nextEvent(askedInstant(after, "next: after"));
    return found === null ? null : found.at + this.offsetMs;
  }

  previous(before: EpochMs): EpochMs | null {
    const asked = askedInstant(before, "previous: before");
    if (Number.isNaN(asked)) return null;
    const to = Math.min(asked - this.offsetMs, LAST_MODELLED + 1);
    const found = to <= FIRST_MODELLED ? null : this.#model.previous(to);
    return found === null || found.at < FIRST_MODELLED ? null : found.at + this.offsetMs;
  }

  /** The half-day of the event at this place, so that two versions of the Sun's model name it alike. */
  occurrenceKey(instant: EpochMs): string {
    return String(this.#model.index(instant - this.offsetMs));
  }

  /** One line for people; with `at`, also what `status` says about that instant. */
  describe(at?: EpochMs): string {
    const offset =
      this.offsetMs === 0
        ? ""
        : `${formatDuration(Math.abs(this.offsetMs))} ${this.offsetMs < 0 ? "before" : "after"} `;
    const latitude = `${Math.abs(this.latitude)} ${this.latitude < 0 ? "S" : "N"}`;
    const longitude = `${Math.abs(this.longitude)} ${this.longitude < 0 ? "W" : "E"}`;
    const status = at === undefined ? null : this.status(at);
    return `${offset}${eventLabel(this.event)} at ${latitude}, ${longitude}${status === null ? "" : ` (${status})`}`;
  }

  /**
   * Why nothing is due for more than 36 hours after `at`: "polar night: next sunrise 15 Jan 08:12 UTC",
   * "no astronomical night until 30 Jul 00:43 UTC". Null when the next event is near, as on most days of the world.
   */
  status(at: EpochMs): string | null {
    const found = this.#nextEvent(at);
    return solarStatus(this.event, this, at - this.offsetMs, found === null ? null : found.at);
  }

  lints(options: LintOptions = {}): Lint[] {
    return solarLints(this, options.from);
  }

  toJSON(): ScheduleJSON {
    return {
      type: "solar",
      event: this.event,
      latitude: this.latitude,
      longitude: this.longitude,
      ...(this.offsetMs !== 0 && { offsetMs: this.offsetMs }),
    };
  }

  #nextEvent(after: EpochMs): Occurrence | null {
    if (Number.isNaN(after)) return null;
    const from = Math.max(after - this.offsetMs, FIRST_MODELLED - 1);
    const found = from >= LAST_MODELLED ? null : this.#model.next(from);
    return found === null || found.at > LAST_MODELLED ? null : found;
  }
}

function invalid(message: string, details: Record<string, unknown>): ScheduleError {
  return new ScheduleError("SUNBEAT_SOLAR_INVALID", `solar: ${message}`, { details });
}

function checkDegrees(name: "latitude" | "longitude", value: unknown, limit: number, positive: string): void {
  if (typeof value === "number" && Math.abs(value) <= limit) return; // false for NaN
  const order = name === "latitude" ? "; the latitude comes first, then the longitude" : "";
  throw invalid(
    `${name}: expected a number of degrees from -${limit} to ${limit}, ${positive} positive, got ${quote(value)}${order}`,
    { field: name, value: quote(value) },
  );
}

function modelOf(event: SolarEventName | SolarAltitude, place: Place): SolarModel {
  const moment = solarMoment(event);
  switch (moment.kind) {
    case "noon":
      return new Culminations(place, 0);
    case "midnight":
      return new Culminations(place, 1);
    case "horizon":
    case "altitude":
      return new Crossings(place, moment.direction, targetOf(moment));
  }
}

/**
 * A schedule by the Sun: `solar("sunset", 48.8566, 2.3522, { offset: "-30m" })`. Latitude and longitude are degrees,
 * north and east positive. `event` is one of `SOLAR_EVENTS` or `{ altitude, direction: "rising" | "setting" }`.
 * Throws SUNBEAT_SOLAR_INVALID.
 */
export function solar(
  event: SolarEvent,
  latitude: number,
  longitude: number,
  options: SolarOptions = {},
): SolarSchedule {
  return refuseAs("SUNBEAT_SOLAR_INVALID", () => {
    assertKnownKeys(options, ["offset"], "solar: options");
    const offsetMs = durationMs(options.offset ?? 0, "solar: offset");
    return new SolarSchedule(event, latitude, longitude, offsetMs);
  });
}

/** The inverse of `toJSON`. Throws SUNBEAT_SOLAR_INVALID. */
export function solarFromJSON(json: ScheduleJSON): SolarSchedule {
  const { event, latitude, longitude, offsetMs } = json as unknown as SolarSchedule;
  return new SolarSchedule(event, latitude, longitude, offsetMs);
}
