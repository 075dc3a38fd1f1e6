/** The coming nights on which the clocks of an entry's zone change, and what becomes of its ticks then. */
import type { EpochMs } from "../core/clock.js";
import type { Entry } from "../beat/entry.js";
import { Composable } from "../schedules/index.js";

export interface ZoneNight {
  readonly entry: string;
  readonly timezone: string;
  /** The first moment of the new offset. */
  readonly at: Date;
  /** "gap": local times are skipped; "fold": they come twice; "date-line": a day is skipped or comes twice. */
  readonly kind: "gap" | "fold" | "date-line";
  /** What becomes of the ticks in them. */
  readonly effect: "moved" | "dropped" | "first-pass" | "second-pass" | "both-passes";
  readonly message: string;
}

/** How far ahead nights of change, days off and ends of calendars are looked for. */
export const AHEAD_MS = 400 * 86_400_000;

/** Those of ticks from `from` to `to`. Schedules without local times have none. */
export function zoneNightsOf(entry: Entry, from: EpochMs, to: EpochMs): ZoneNight[] {
  const { schedule, name, startAt, endAt } = entry;
  if (!(schedule instanceof Composable) || schedule.zoneName === undefined) return [];
  const timezone = schedule.zoneName;
  const begin = Math.max(from, startAt ?? from);
  const end = Math.min(to, endAt ?? to);
  if (begin >= end) return [];
  return schedule
    .nights(begin, end)
    .flatMap(({ at, kind, effect, message }) =>
      kind === "left-out" ? [] : [{ entry: name, timezone, at: new Date(at), kind, effect, message }],
    );
}
