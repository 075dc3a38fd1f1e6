import type { EpochMs } from "../../core/clock.js";
import type { Edge, Schedule } from "../schedule.js";
import type { Zone } from "../zone.js";

/** An event of the Sun: its half-day, its own instant, and when the edge comes that is moved from it. */
export interface SunEvent {
  readonly k: number;
  readonly at: EpochMs;
  readonly due: EpochMs;
}

/** Local dates of events: a setting belongs to that of the noon before it, a rising to that of the noon after it. */
export interface EdgeDays {
  dayOf(k: number): number;
  /** The last half-day whose event belongs to the date or one before it. */
  lastOn(day: number): number;
}

/** What a window needs of an event of the Sun. Later events are never due sooner. */
export interface SunEdge {
  /** What becomes of days without the event; undefined: nothing. */
  readonly polar?: unknown;
  /** By when they are due. */
  eventAfter(after: EpochMs): SunEvent | null;
  eventBefore(before: EpochMs): SunEvent | null;
  /** The first event whose own instant is not before another's. */
  firstSince(event: EpochMs): SunEvent | null;
  /** By half-day. */
  firstFrom(k: number): SunEvent | null;
  lastUpTo(k: number): SunEvent | null;
  sunDays(zone: Zone): EdgeDays;
}

/** Whether it is an event of the Sun, not moved from outside. */
export function isSun(edge: unknown): edge is SunEdge {
  return typeof (edge as { sunDays?: unknown } | null)?.sunDays === "function";
}

/** The event of the Sun that an edge is, moved from outside or not; undefined: it is none. */
export function sunOf(edge: Edge): SunEdge | undefined {
  if (isSun(edge)) return edge;
  const { of, offsetMs } = (edge as { rule?: { of?: Schedule; offsetMs?: number } }).rule ?? {};
  return offsetMs !== undefined && isSun(of) ? movedSun(of, offsetMs) : undefined;
}

function movedSun(edge: SunEdge, offsetMs: number): SunEdge {
  const moved = (event: SunEvent | null): SunEvent | null =>
    event === null ? null : { ...event, due: event.due + offsetMs };
  return {
    polar: edge.polar,
    eventAfter: (after) => moved(edge.eventAfter(after - offsetMs)),
    eventBefore: (before) => moved(edge.eventBefore(before - offsetMs)),
    firstSince: (event) => moved(edge.firstSince(event)),
    firstFrom: (k) => moved(edge.firstFrom(k)),
    lastUpTo: (k) => moved(edge.lastUpTo(k)),
    sunDays: (zone) => edge.sunDays(zone),
  };
}
