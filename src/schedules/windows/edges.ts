import type { EpochMs } from "../../core/clock.js";
import { DaySearch } from "../days/day-search.js";
import type { DayMask } from "../days/day-mask.js";
import type { Edge, Schedule } from "../schedule.js";
import { localOf, MAX_INSTANT, type Zone } from "../zone.js";
import { betweenEvents, fromClock, untilClock, type Openings } from "./openings.js";
import type { Stretch } from "./piece.js";
import { sunOf } from "./sun.js";

const DAY_MS = 86_400_000;

/** Where the zone and the days of a window come in. */
interface Judge {
  readonly zone: Zone;
  readonly days: DayMask | undefined;
}

/** Whether a piece that begins at an instant is one. */
type IsOpenOn = (start: EpochMs) => boolean;

/** The stretches between two edges of which one is a schedule at least. */
export function stretchesOf(from: Edge, to: Edge, { zone, days }: Judge): (at: EpochMs) => Stretch {
  const search = days === undefined ? undefined : new DaySearch(days);
  const isOpenOn: IsOpenOn = (start) =>
    search === undefined || search.has(Math.floor(localOf(zone, start) / DAY_MS));
  const openings = openingsOf(from, to, zone);
  return openings === undefined
    ? betweenSchedules(from as Schedule, to as Schedule, isOpenOn)
    : stretches(openings, isOpenOn);
}

/** The openings of a window with the Sun; undefined: one of the edges is another schedule. */
export function openingsOf(from: Edge, to: Edge, zone: Zone): Openings | undefined {
  const opens = sunOf(from);
  const closes = sunOf(to);
  if (opens !== undefined && closes !== undefined) return betweenEvents(opens, closes);
  if (opens !== undefined && typeof to === "string") return untilClock(opens, to, zone);
  if (closes !== undefined && typeof from === "string") return fromClock(from, closes, zone);
  return undefined;
}

/** What any of the openings holds. As ends never fall, the last opening ends last. */
function stretches(openings: Openings, isOpenOn: IsOpenOn): (at: EpochMs) => Stretch {
  return (at) => {
    let opening = openings.last(at);
    while (opening !== null && opening.end > at) {
      if (isOpenOn(opening.start)) return { inside: true, from: opening.start, to: opening.end };
      opening = openings.before(opening);
    }
    return { inside: false, from: opening?.end ?? -Infinity, to: openings.nextStart(at) };
  };
}

/** Open where the last start is not before the last end; a piece begins with the first start after an end. */
function betweenSchedules(from: Schedule, to: Schedule, isOpenOn: IsOpenOn): (at: EpochMs) => Stretch {
  return (at) => {
    const opened = from.previous!(at + 1);
    const closed = to.previous!(at + 1);
    if (opened === null || (closed !== null && closed > opened)) {
      return { inside: false, from: closed ?? -Infinity, to: from.next(at) ?? Infinity };
    }
    const start = from.next(closed === null ? -MAX_INSTANT : closed - 1) ?? opened;
    return { inside: isOpenOn(start), from: start, to: to.next(at) ?? Infinity };
  };
}
