import { isNoDay } from "../days/day-search.js";
import type { Cell } from "../local/block-times.js";
import type { Schedule } from "../schedule.js";
import type { Zone } from "../zone.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The years whose offsets a zone is asked for: a constant, so that the answer is the same whenever it is asked. */
const FIRST_MINUTE = 0;
const LAST_MINUTE = Date.UTC(2100, 0) / MINUTE_MS;

const offsetsOf = new WeakMap<Zone, readonly number[]>();

/** Every offset that a zone has from 1970 to 2100, in milliseconds. */
function offsets(zone: Zone): readonly number[] {
  const known = offsetsOf.get(zone);
  if (known !== undefined) return known;
  const found = new Set<number>();
  for (let minute = FIRST_MINUTE; minute < LAST_MINUTE;) {
    const segment = zone.at(minute);
    found.add(segment.offset * MINUTE_MS);
    minute = Math.max(segment.end, minute + 1);
  }
  const all = [...found];
  offsetsOf.set(zone, all);
  return all;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * Whether a schedule can never meet cells of the local week. An interval: with g, the greatest common divisor of the
 * interval and a day, its instants are those times of day that are `offsetMs` modulo g, and under no offset of the zone
 * one of them lies in the cell. Days that are none, too, prove it, whatever the schedule is.
 */
export function isNeverIn(cells: readonly Cell[], zone: Zone, schedule: Schedule): boolean {
  const { everyMs, offsetMs } = schedule as { readonly everyMs?: number; readonly offsetMs?: number };
  const isInterval = "withDefaults" in schedule && everyMs !== undefined && offsetMs !== undefined;
  return cells.every(({ days, from, to }) => {
    if (isNoDay(days)) return true;
    if (!isInterval) return false;
    const step = gcd(everyMs, DAY_MS);
    const [first, end] = [from * 1_000, to * 1_000];
    if (end - first >= step) return false;
    return offsets(zone).every((offset) => {
      const least = first - offset;
      return least + ((((offsetMs - least) % step) + step) % step) >= end - offset;
    });
  });
}
