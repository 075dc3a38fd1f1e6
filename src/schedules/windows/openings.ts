import type { EpochMs } from "../../core/clock.js";
import { secondsOfTime, type TimeOfDay } from "../local/time-of-day.js";
import { instantOf, localOf, type Zone } from "../zone.js";
import type { EdgeDays, SunEdge, SunEvent } from "./sun.js";

const DAY_MS = 86_400_000;

/** From where until before where a window holds; nowhere when the end is not later. */
export interface Opening {
  readonly k: number;
  readonly start: EpochMs;
  readonly end: EpochMs;
}

/** The openings of a window in order: neither their starts nor their ends ever fall. */
export interface Openings {
  /** The last one that starts at `at` or before. */
  last(at: EpochMs): Opening | null;
  /** The one before it. */
  before(opening: Opening): Opening | null;
  /** When the first one starts that starts after `at`; Infinity: none does. */
  nextStart(at: EpochMs): EpochMs;
}

/**
 * Each event of the first edge with the next of the second, or with itself where both are the same event. Events are paired
 * as they are and moved afterwards: pairs of moved events would turn a short winter day into a window that is open until the
 * next evening.
 */
export function betweenEvents(from: SunEdge, to: SunEdge): Openings {
  const opening = (event: SunEvent | null): Opening | null =>
    event && { k: event.k, start: event.due, end: to.firstSince(event.at)?.due ?? Infinity };
  return {
    last: (at) => opening(from.eventBefore(at + 1)),
    before: ({ k }) => opening(from.lastUpTo(k - 1)),
    nextStart: (at) => from.eventAfter(at)?.due ?? Infinity,
  };
}

/** Each event until a time of the date to which it belongs. */
export function untilClock(from: SunEdge, to: TimeOfDay, zone: Zone): Openings {
  const days = from.sunDays(zone);
  const seconds = secondsOfTime(to, 48)!;
  const opening = (event: SunEvent | null): Opening | null =>
    event && { k: event.k, start: event.due, end: clockOn(zone, days.dayOf(event.k), seconds) };
  return {
    last: (at) => opening(from.eventBefore(at + 1)),
    before: ({ k }) => opening(from.lastUpTo(k - 1)),
    nextStart: (at) => from.eventAfter(at)?.due ?? Infinity,
  };
}

/** From a time of the date to which an event belongs until the event. */
export function fromClock(from: TimeOfDay, to: SunEdge, zone: Zone): Openings {
  const days = to.sunDays(zone);
  const seconds = secondsOfTime(from)!;
  const opening = (event: SunEvent | null): Opening | null =>
    event && { k: event.k, start: clockOn(zone, days.dayOf(event.k), seconds), end: event.due };
  const lastDay = (at: EpochMs): number => {
    // A fold over midnight comes back to a date whose successor had begun.
    let day = Math.floor(localOf(zone, at) / DAY_MS) + 1;
    while (clockOn(zone, day, seconds) > at) day--;
    return day;
  };
  return {
    last: (at) => opening(to.lastUpTo(days.lastOn(lastDay(at)))),
    before: ({ k }) => opening(to.lastUpTo(k - 1)),
    nextStart: (at) => startOf(to.firstFrom(days.lastOn(lastDay(at)) + 1), days, zone, seconds),
  };
}

function startOf(event: SunEvent | null, days: EdgeDays, zone: Zone, seconds: number): EpochMs {
  return event === null ? Infinity : clockOn(zone, days.dayOf(event.k), seconds);
}

function clockOn(zone: Zone, day: number, seconds: number): EpochMs {
  return instantOf(zone, day * DAY_MS + seconds * 1_000);
}
