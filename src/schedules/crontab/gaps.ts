import type { EpochMs } from "../../core/clock.js";
import { CYCLE_DAYS } from "../civil.js";
import { localOf } from "../zone.js";
import { occurrencesOf, type CompiledCrontab } from "./compile.js";
import { dateOf } from "../local/notes.js";

/** The most days that pass between two matching days, when that is more than `atLeast`; otherwise 0. Exact. */
export function longestGapDays({ calendar }: CompiledCrontab, atLeast: number): number {
  let longest = 0;
  const first = calendar.nextDay(0);
  for (let day = first; day < first + CYCLE_DAYS;) {
    // Whatever lies inside such a stretch is closer together than it is long.
    const within = calendar.previousDay(day + atLeast);
    const next = within > day ? within : calendar.nextDay(day + 1);
    longest = within > day ? longest : Math.max(longest, next - day);
    day = next;
  }
  return longest;
}

/** The shortest time from one match to the next, changes of the clocks apart. */
export function smallestGapMs({ calendar }: CompiledCrontab): number {
  const unitMs = 60_000 / calendar.perMinute;
  const start = calendar.nextDay(0) * calendar.perDay;
  let smallest = Infinity;
  for (let match = start + calendar.first; match < start + calendar.last;) {
    const next = calendar.next(match + 1);
    smallest = Math.min(smallest, next - match);
    if (smallest === 1) break;
    match = next;
  }
  const overnight = smallestGapDays({ calendar }) * calendar.perDay - (calendar.last - calendar.first);
  return Math.min(smallest, overnight) * unitMs;
}

function smallestGapDays({ calendar }: Pick<CompiledCrontab, "calendar">): number {
  let smallest = Infinity;
  const first = calendar.nextDay(0);
  for (let day = first; day < first + CYCLE_DAYS && smallest > 1;) {
    const next = calendar.nextDay(day + 1);
    smallest = Math.min(smallest, next - day);
    day = next;
  }
  return smallest;
}

/** The local date of the first run after an instant; undefined where no `Date` reaches. */
export function nextDate(crontab: CompiledCrontab, from: EpochMs): string | undefined {
  const next = occurrencesOf(crontab)?.next(from) ?? null;
  return next === null ? undefined : dateOf(Math.floor(localOf(crontab.zone, next) / 60_000));
}
