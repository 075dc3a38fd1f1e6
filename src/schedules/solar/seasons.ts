/** What polar seasons do to an event: the words of `status` and of the lints. */
import type { EpochMs } from "../../core/clock.js";
import { formatDuration } from "../../core/duration.js";
import type { Lint } from "../schedule.js";
import { solarMoment, type OwnSolarEvent, type SolarEventName } from "./events.js";
import type { Placing } from "./options.js";
import { degreesAbove, HORIZON, targetOf, type Place } from "./sun.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Two neighbouring events of one kind are at most some 26 hours apart outside polar seasons. */
const GAP_MS = 36 * HOUR_MS;
/** Where the lints look when no instant is given: the seasons of any year are the same to a day or two. */
const ANY_YEAR: EpochMs = 946_684_800_000;
/** Not quite a year, so that the season in which the look begins is not met again at its end. */
const LOOK_MS = 360 * DAY_MS;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** "4 Feb": the year is clear, as no event is more than a year away. */
function formatDay(at: EpochMs): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** "sunset", "dawn_civil", "the Sun rising through -4 degrees", or "shadows longer than at noon by 1.5 heights". */
export function eventLabel(event: SolarEventName | OwnSolarEvent): string {
  if (typeof event === "string") return event;
  return "shadow" in event
    ? `shadows longer than at noon by ${event.shadow} heights`
    : `the Sun ${event.direction} through ${event.altitude} degrees`;
}

const TWILIGHTS = new Map([
  ["dawn_civil", "civil"],
  ["dusk_civil", "civil"],
  ["dawn_nautical", "nautical"],
  ["dusk_nautical", "nautical"],
  ["dawn_astronomical", "astronomical"],
  ["dusk_astronomical", "astronomical"],
]);

interface Placed extends Place {
  readonly event: SolarEventName | OwnSolarEvent;
  readonly polar?: unknown;
}

/** See `SolarSchedule.status`; the instants are the event's own, without the schedule's offset. */
export function solarStatus(
  { event, polar, latitude, longitude }: Placed,
  at: EpochMs,
  next: EpochMs | null,
): string | null {
  const label = eventLabel(event);
  if (next === null) return `${label} does not come any more`;
  const moment = solarMoment(event);
  if (next - at <= GAP_MS || moment.kind === "noon" || moment.kind === "midnight") return null;
  const when = `${formatDay(next)} ${new Date(next).toISOString().slice(11, 16)} UTC`;
  // Portions of the night need a sunset and a sunrise, shadows a Sun that is up and sinks.
  const byHorizon = moment.kind !== "altitude" || polar !== undefined;
  const target = byHorizon ? HORIZON : targetOf(moment);
  // Near its ends the wait may still have an ordinary day; in the middle the season rules.
  const up = degreesAbove((at + next) / 2, { latitude, longitude }, target) > 0;
  if (byHorizon) return `${up ? "midnight sun" : "polar night"}: next ${label} ${when}`;
  const twilight = TWILIGHTS.get(label);
  if (twilight !== undefined) return `no ${twilight} ${up ? "night" : "twilight"} until ${when}`;
  const name = typeof event === "string" ? label : moment.direction;
  return `the Sun stays ${up ? "above" : "below"} ${moment.altitude} degrees: next ${name} ${when}`;
}

interface Linted {
  readonly polar?: Placing["polar"];
  readonly event: SolarEventName | OwnSolarEvent;
  readonly latitude: number;
  readonly offsetMs: number;
  next(after: EpochMs): EpochMs | null;
  previous(before: EpochMs): EpochMs | null;
}

/** Long waits within a year from `from`, and an offset that is probably a slip of the unit. */
export function solarLints(schedule: Linted, from: EpochMs = ANY_YEAR): Lint[] {
  const lints: Lint[] = [];
  if (Math.abs(schedule.offsetMs) >= DAY_MS) {
    lints.push({
      code: "long-offset",
      field: "offset",
      message: `the offset is ${formatDuration(schedule.offsetMs)}, a day or more: the run belongs to another day's event`,
    });
  }
  const { polar } = schedule;
  const isDaily = polar === "clamp" || (polar !== undefined && "at" in polar);
  if (isDaily) return lints;
  const label = eventLabel(schedule.event);
  let last = schedule.previous(from) ?? from;
  const end = last + LOOK_MS;
  while (last < end) {
    const due = schedule.next(last);
    if (due === null) {
      return [
        ...lints,
        {
          code: "never",
          field: "event",
          message: `${label} never comes at latitude ${schedule.latitude}: this schedule does not fire`,
        },
      ];
    }
    if (due - last > GAP_MS) {
      lints.push({
        code: "polar-gap",
        field: "event",
        message:
          `no ${label} at latitude ${schedule.latitude} from ${formatDay(last)} to ${formatDay(due)} ` +
          `(${Math.round((due - last) / DAY_MS)} days): nothing runs then`,
        suggestion:
          '{ polar: "clamp" } or { polar: { at: "06:00" } }; solar_noon and a crontab come every day too',
      });
    }
    last = due;
  }
  return lints;
}
