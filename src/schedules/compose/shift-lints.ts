import type { EpochMs } from "../../core/clock.js";
import { formatDay } from "../civil.js";
import type { DayMask } from "../days/day-mask.js";
import { DaySearch } from "../days/day-search.js";
import { rolledDay, type Rolling } from "../days/roll.js";
import type { LocalParts } from "../local/parts.js";
import type { Lint } from "../schedule.js";
import { localOf } from "../zone.js";

const DAY_MS = 86_400_000;
/** How far ahead days are rolled for these lints. */
const HORIZON_DAYS = 5 * 366;

/** Days that come to the same business day, and days that have none near. */
export function shiftLints(parts: LocalParts, business: DayMask, roll: Rolling, from: EpochMs): Lint[] {
  const open = new DaySearch(business);
  const first = Math.floor(localOf(parts.zone, from) / DAY_MS);
  let merged: Lint | undefined;
  let dropped: Lint | undefined;
  for (const { days } of parts.blocks) {
    const search = new DaySearch(days);
    let before: { readonly day: number; readonly to: number } | undefined;
    for (let day = search.next(first); day < first + HORIZON_DAYS; day = search.next(day + 1)) {
      const to = rolledDay(day, open, roll);
      if (to === undefined) {
        const message = `${formatDay(day)} has no business day within a year: its runs are left out`;
        dropped ??= { code: "shift-dropped", field: "shift", message };
        continue;
      }
      if (before?.to === to) {
        const message = `${formatDay(before.day)} and ${formatDay(day)} both move to ${formatDay(to)}: they run once`;
        merged ??= { code: "shift-merges", field: "shift", message };
      }
      before = { day, to };
    }
  }
  return [merged, dropped].filter((lint) => lint !== undefined);
}
