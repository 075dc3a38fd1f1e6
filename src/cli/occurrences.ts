import type { EpochMs } from "../core/clock.js";
import type { Schedule } from "../schedules/index.js";

/** What a schedule can tell about its own occurrences; a crontab and a solar schedule tell more than others. */
interface Telling extends Schedule {
  readonly timezone?: unknown;
  describe?(at?: EpochMs): string;
  note?(nominal: EpochMs): string | undefined;
  notes?(
    from: EpochMs,
    to: EpochMs,
  ): readonly { readonly at: EpochMs; readonly effect: string; readonly message: string }[];
  status?(at: EpochMs): string | null;
}

/** One line of a preview: a run, or the remark that an expected one is left out. */
export type Line =
  | {
      readonly kind: "run";
      readonly at: EpochMs;
      /** Since the run before it; null for the first. */
      readonly gapMs: number | null;
      /** Why it is where it is, when that is not plain. */
      readonly note: string | null;
    }
  | { readonly kind: "omitted"; readonly at: EpochMs; readonly note: string };

const STATUS_AFTER_MS = 36 * 3_600_000;

/**
 * The first `count` runs from `from` on, itself included, but none at or after `until`, with what is left out
 * between them.
 */
export function linesOf(schedule: Schedule, from: EpochMs, count: number, until = Infinity): Line[] {
  const telling = schedule as Telling;
  const lines: Line[] = [];
  let before: EpochMs | null = null;
  let reached = from - 1;
  for (let n = 0; n < count; n++) {
    const at = schedule.next(reached);
    const end = at === null || at >= until ? null : at;
    lines.push(...omissions(telling, reached, end ?? Math.min(until - 1, reached + YEAR_MS)));
    if (end === null) break;
    const gapMs = before === null ? null : end - before;
    const far = (gapMs ?? end - from) > STATUS_AFTER_MS ? telling.status?.(reached) : undefined;
    lines.push({ kind: "run", at: end, gapMs, note: telling.note?.(end) ?? far ?? null });
    before = reached = end;
  }
  return lines;
}

const YEAR_MS = 366 * 86_400_000;

function omissions(schedule: Telling, from: EpochMs, to: EpochMs): Line[] {
  const notes = schedule.notes?.(from, to) ?? [];
  return notes
    .filter((note) => note.effect === "dropped")
    .map(({ at, message }) => ({ kind: "omitted", at, note: message }));
}

/** One line about the schedule, with what the season does to it at `at`. */
export function describeAt(schedule: Schedule, at: EpochMs): string {
  return (schedule as Telling).describe?.(at) ?? "a schedule of the app's own making";
}

/** The zone in which a schedule thinks, where it has one. */
export function zoneOf(schedule: Schedule): string | undefined {
  const { timezone } = schedule as Telling;
  return typeof timezone === "string" ? timezone : undefined;
}
