import type { EpochMs } from "../../core/clock.js";
import { formatDay } from "../civil.js";
import { DaySearch } from "../days/day-search.js";
import { maskOfTree } from "../days/days-tree.js";
import type { DaysDefaults } from "../days/tree.js";
import type { Edge, Lint } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { instantOf, localOf, type Zone } from "../zone.js";
import { tellSpec } from "./describe.js";
import { openingsOf, stretchesOf } from "./edges.js";
import type { WindowSpec } from "./spec.js";
import { sunOf } from "./sun.js";

const DAY_MS = 86_400_000;
const LOOK_DAYS = 365;

/** How many days of the year from `at` on have nothing of a window of the Sun, or nothing else. */
export function sunWindowLints(spec: WindowSpec, zone: Zone, defaults: DaysDefaults, at: EpochMs): Lint[] {
  const { from, to, days } = spec as { from?: Edge; to?: Edge; days?: WindowSpec["days"] };
  const edge = from === undefined ? undefined : (sunOf(from) ?? sunOf(to!));
  const openings = edge === undefined ? undefined : openingsOf(from!, to!, zone);
  if (edge === undefined || openings === undefined) return [];

  const first = Math.floor(localOf(zone, at) / DAY_MS);
  const midnight = (day: number): EpochMs => instantOf(zone, day * DAY_MS);
  const sunDays = edge.sunDays(zone);
  const begun = new Set<number>();
  // The event of a day may come on the day before it or after it.
  const end = midnight(first + LOOK_DAYS + 2);
  for (let start = openings.nextStart(midnight(first - 2)); start < end; start = openings.nextStart(start)) {
    const opening = openings.last(start)!;
    if (opening.end > opening.start) begun.add(sunDays.dayOf(opening.k));
  }
  const stretchAt = stretchesOf(from!, to!, { zone, days: undefined });
  const search = days === undefined ? undefined : new DaySearch(maskOfTree(days, defaults));
  const all = Array.from({ length: LOOK_DAYS }, (_, i) => first + i);
  const bare = all.filter((day) => !begun.has(day) && (search === undefined || search.has(day)));
  const isOpen = (day: number): boolean => {
    const stretch = stretchAt(midnight(day));
    return stretch.inside && stretch.to >= midnight(day + 1);
  };
  return [
    ...lintOf(
      spec,
      bare.filter((day) => !isOpen(day)),
      "is empty",
    ),
    ...lintOf(spec, bare.filter(isOpen), "never closes"),
  ];
}

function lintOf(spec: WindowSpec, days: readonly number[], what: string): Lint[] {
  if (days.length === 0) return [];
  const text = `"${tellSpec(spec, ENGLISH)}" ${what} on ${days.length} of the next ${LOOK_DAYS} days`;
  return [{ code: "window-empty", field: "keep", message: `${text}, first on ${formatDay(days[0]!)}` }];
}
