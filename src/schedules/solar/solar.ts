import type { EpochMs } from "../../core/clock.js";
import { durationMs } from "../../core/duration.js";
import { ScheduleError } from "../../core/errors.js";
import { askedInstant } from "../../core/instant.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { Composable } from "../compose/composable.js";
import type { ScheduleDefaults } from "../compose/defaults.js";
import { secondsOfTime, type TimeOfDay } from "../local/time-of-day.js";
import { refuseAs } from "../refuse-as.js";
import type { Lint, LintOptions, ScheduleJSON } from "../schedule.js";
import { TELL, type Language } from "../telling/language.js";
import type { SunEdge } from "../windows/sun.js";
import { zone, type Zone } from "../zone.js";
import {
  resolveSolarEvent,
  solarMoment,
  type OwnSolarEvent,
  type SolarEvent,
  type SolarEventName,
} from "./events.js";
import { modelOf } from "./model-of.js";
import {
  PLACING_KEYS,
  resolvePlacing,
  tellPlacing,
  usesClock,
  type Placing,
  type SolarOptions,
  type SolarPlacing,
} from "./options.js";
import { EmptyDays, SolarRuns, type SunEvent } from "./runs.js";
import { solarLints, solarStatus } from "./seasons.js";
import { SunDays } from "./sun-days.js";
import type { Place } from "./sun.js";

/** Any offset makes sense that leaves the instant one that a Date can hold. */
const LONGEST_OFFSET_MS = 365_250 * 86_400_000;

/**
 * Due when the Sun does something at a place, to about a second. Works in instants alone where no option names a time of
 * day: places beside the date line are not special. The same event is due every day for which it exists; in polar
 * seasons `next` is months away unless `polar` says otherwise, and `status` says why.
 */
export class SolarSchedule extends Composable implements SunEdge {
  /** Two events of one kind are 20 hours apart, near a pole some hours; a new model of the Sun moves them by seconds. */
  override readonly separationMs = 600_000;
  readonly event: SolarEventName | OwnSolarEvent;
  readonly latitude: number;
  readonly longitude: number;
  readonly offsetMs: number;
  readonly notBefore: TimeOfDay | undefined;
  readonly notAfter: TimeOfDay | undefined;
  /** As given; clock times without one are in the app's zone, else in UTC. */
  readonly timezone: string | undefined;
  /** Undefined is "skip". */
  readonly polar: Placing["polar"];
  readonly #place: Place;
  readonly #runs: SolarRuns;
  /** Undefined: days without an event have none. */
  readonly #emptyDays: EmptyDays | undefined;

  /** Throws SUNBEAT_SOLAR_INVALID, SUNBEAT_TIMEZONE_INVALID; `solar` is the usual way to make one. */
  constructor(event: unknown, latitude: number, longitude: number, offsetMs = 0, placing: SolarPlacing = {}) {
    super();
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
    const moment = solarMoment(this.event);
    const { notBefore, notAfter, timezone, polar } = resolvePlacing(placing, moment);
    this.notBefore = notBefore;
    this.notAfter = notAfter;
    this.timezone = timezone;
    this.polar = polar;
    // One meridian has two names; with one of them the last bit of an instant cannot depend on the choice.
    this.#place = { latitude, longitude: longitude === -180 ? 180 : longitude };
    const model = modelOf(moment, this.#place, polar);
    const days = this.sunDays(zone(timezone ?? "UTC"));
    this.#runs = new SolarRuns(model, days, {
      offsetMs,
      notBefore: secondsOfTime(notBefore, 48),
      notAfter: secondsOfTime(notAfter, 48),
    });
    if (typeof polar === "object" && "at" in polar) {
      this.#emptyDays = new EmptyDays(model, days, secondsOfTime(polar.at)!);
    }
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    const asked = askedInstant(after, "next: after");
    return this.#orEmptyDay(asked, this.#runs.after(asked));
  }

  previous(before: EpochMs): EpochMs | null {
    const asked = askedInstant(before, "previous: before");
    const event = this.#runs.before(asked);
    const day = this.#emptyDays?.before(asked, event?.due ?? -Infinity) ?? null;
    return day === null ? (event?.due ?? null) : this.#emptyDays!.instantOf(day);
  }

  /** The times of day of days without an event are exact: no event after one is passed over. */
  override following(due: EpochMs): EpochMs | null {
    if (this.#emptyDays === undefined) return super.following(due);
    const separation = this.#emptyDayNear(due, 0) === null ? this.separationMs : 0;
    return this.#orEmptyDay(due, this.#runs.after(due + separation));
  }

  /**
   * The half-day of the event at this place, so that two versions of the Sun's model name it alike; "d" and the date in
   * days from 1970-01-01 where a time of day stands in.
   */
  occurrenceKey(instant: EpochMs): string {
    if (this.#emptyDays === undefined && this.notBefore === undefined && this.notAfter === undefined) {
      return String(this.#runs.model.index(instant - this.offsetMs));
    }
    const event = this.#runs.nearest(instant);
    const distance = event === null ? Infinity : Math.abs(event.due - instant);
    const day = this.#emptyDayNear(instant, distance - 1);
    if (day !== null) return `d${day}`;
    return String(event === null ? this.#runs.model.index(instant - this.offsetMs) : event.k);
  }

  #orEmptyDay(after: EpochMs, event: SunEvent | null): EpochMs | null {
    const day = this.#emptyDays?.after(after, event?.due ?? Infinity) ?? null;
    return day === null ? (event?.due ?? null) : this.#emptyDays!.instantOf(day);
  }

  /** The day without an event whose time is at most `distance` from an instant. */
  #emptyDayNear(instant: EpochMs, distance: number): number | null {
    const days = this.#emptyDays;
    if (days === undefined || distance < 0) return null;
    return days.after(instant - 1, instant + distance + 1) ?? days.before(instant, instant - distance - 1);
  }

  [TELL](language: Language): string {
    return `${language.sun(this)}${tellPlacing(this, this.#isRising, language)}`;
  }

  /** One line for people; with `at`, also what `status` says about that instant. */
  override describe(at?: EpochMs): string {
    const status = at === undefined ? null : this.status(at);
    return `${super.describe()}${status === null ? "" : ` (${status})`}`;
  }

  /**
   * Why nothing is due for more than 36 hours after `at`: "polar night: next sunrise 15 Jan 08:12 UTC",
   * "no astronomical night until 30 Jul 00:43 UTC". Null when the next event is near, as on most days of the world.
   */
  status(at: EpochMs): string | null {
    if (this.#emptyDays !== undefined) return null;
    const found = this.#runs.after(at);
    return solarStatus(this, at - this.offsetMs, found === null ? null : found.at);
  }

  lints(options: LintOptions = {}): Lint[] {
    const lints = solarLints(this, options.from);
    if (!usesClock(this) || this.timezone !== undefined) return lints;
    const message = "no zone is named and no app gives one: the clock times beside the event are in UTC";
    return [...lints, { code: "utc-window", field: "timezone", message, suggestion: "{ timezone }" }];
  }

  toJSON(): ScheduleJSON {
    const { event, latitude, longitude, offsetMs, polar, notBefore, notAfter, timezone } = this;
    return {
      type: "solar",
      event,
      latitude,
      longitude,
      ...(offsetMs !== 0 && { offsetMs }),
      ...(polar !== undefined && { polar }),
      ...(notBefore !== undefined && { notBefore }),
      ...(notAfter !== undefined && { notAfter }),
      ...(usesClock(this) && { timezone: timezone ?? "UTC" }),
    };
  }

  override withDefaults({ timezone }: ScheduleDefaults): SolarSchedule {
    if (timezone === undefined || this.timezone !== undefined || !usesClock(this)) return this;
    return this.#with(this.offsetMs, { ...this.#placing, timezone });
  }

  /** @internal See `Composable.offset`; undefined: clock times are in it, which an offset of the event would not move. */
  movedBy(offsetMs: number): SolarSchedule | undefined {
    return usesClock(this) ? undefined : this.#with(this.offsetMs + offsetMs, this.#placing);
  }

  /** @internal */
  eventAfter(after: EpochMs): SunEvent | null {
    return this.#runs.after(after);
  }

  /** @internal */
  eventBefore(before: EpochMs): SunEvent | null {
    return this.#runs.before(before);
  }

  /** @internal */
  firstSince(event: EpochMs): SunEvent | null {
    return this.#runs.moved(this.#runs.model.next(event - 1));
  }

  /** @internal */
  firstFrom(k: number): SunEvent | null {
    return this.#runs.moved(this.#runs.model.firstFrom(k));
  }

  /** @internal */
  lastUpTo(k: number): SunEvent | null {
    return this.#runs.moved(this.#runs.model.lastUpTo(k));
  }

  /** @internal */
  sunDays(zone: Zone): SunDays {
    return new SunDays(this.#place, zone, this.#isRising);
  }

  get #isRising(): boolean {
    const moment = solarMoment(this.event);
    return "direction" in moment && moment.direction === "rising";
  }

  get #placing(): SolarPlacing {
    const { notBefore, notAfter, timezone, polar } = this;
    return { notBefore, notAfter, timezone, polar };
  }

  #with(offsetMs: number, placing: SolarPlacing): SolarSchedule {
    return new SolarSchedule(this.event, this.latitude, this.longitude, offsetMs, placing);
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

/**
 * A schedule by the Sun: `solar("sunset", 48.8566, 2.3522, { offset: "-30m" })`. Latitude and longitude are degrees,
 * north and east positive. `event` is one of `SOLAR_EVENTS`, `{ altitude, direction: "rising" | "setting" }` or
 * `{ shadow }`. Throws SUNBEAT_SOLAR_INVALID, SUNBEAT_TIMEZONE_INVALID.
 */
export function solar(
  event: SolarEvent,
  latitude: number,
  longitude: number,
  options: SolarOptions = {},
): SolarSchedule {
  return refuseAs("SUNBEAT_SOLAR_INVALID", () => {
    assertKnownKeys(options, ["offset", ...PLACING_KEYS], "solar: options");
    const { offset = 0, ...placing } = options;
    return new SolarSchedule(event, latitude, longitude, durationMs(offset, "solar: offset"), placing);
  });
}

/** The inverse of `toJSON`. Throws SUNBEAT_SOLAR_INVALID, SUNBEAT_TIMEZONE_INVALID. */
export function solarFromJSON(json: ScheduleJSON): SolarSchedule {
  const { event, latitude, longitude, offsetMs, ...placing } = json as unknown as SolarSchedule;
  return new SolarSchedule(event, latitude, longitude, offsetMs, placing);
}
