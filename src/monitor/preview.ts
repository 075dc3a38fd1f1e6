/** An entry that is not saved yet: what it says, when it runs, and what it changes. */
import type { Entry } from "../beat/entry.js";
import { foretell } from "../beat/foretell.js";
import type { EpochMs } from "../core/clock.js";
import { isSunbeatError, messageOf } from "../core/errors.js";
import { type Lint, type Schedule, zone } from "../schedules/index.js";
import type { Forecast } from "./forecast-types.js";
import type { RunTimes } from "./run-times.js";
import { AHEAD_MS, type ZoneNight, zoneNightsOf } from "./zone-nights.js";

export interface EntryPreview {
  readonly entry: string;
  /** Why it is none; all that follows is empty then. */
  readonly problem: PreviewProblem | null;
  /** Its schedule in words; null: nobody knows it but its code. */
  readonly description: string | null;
  /** In which its local times are. */
  readonly timezone: string | null;
  readonly next: readonly PreviewRun[];
  /** Due times that restrictions take away until the last of `next`: the first of each row of them, with the reason; at most 100. */
  readonly leftOut: readonly { readonly at: Date; readonly message: string }[];
  /** Why fewer than asked for follow; null: they do. */
  readonly ending: string | null;
  readonly lints: readonly Lint[];
  /** Of the next 400 days. */
  readonly zoneNights: readonly ZoneNight[];
  /** Starts of the next week in steps of an hour: those of all other entries, and of this one as it stands and as it would; null: not asked for. */
  readonly load: PreviewLoad | null;
}

export interface PreviewProblem {
  readonly code: string;
  readonly message: string;
  /** Of an error in a text: the place among other things. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface PreviewRun {
  readonly due: Date;
  /** When it is sent: later by its jitter. */
  readonly sentAt: Date;
  /** Minutes that the zone is ahead of UTC then; null: the schedule has no zone. */
  readonly offsetMinutes: number | null;
  /** Why it is where it is, where that is not plain. */
  readonly note: string | null;
}

export interface PreviewLoad {
  readonly from: Date;
  readonly stepMs: number;
  readonly others: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const NEXT_RUNS = 20;
const MOST_LEFT_OUT = 100;
/** Where nothing is due any more. */
const LEFT_OUT_MS = 400 * 86_400_000;

interface Telling extends Schedule {
  readonly timezone?: unknown;
  describe?(at?: EpochMs): string;
  note?(instant: EpochMs): string | undefined;
}

export function problemOf(entry: string, error: unknown): EntryPreview {
  if (!isSunbeatError(error)) throw error;
  const { code, details } = error;
  return {
    ...{ entry, problem: { code, message: messageOf(error), details }, description: null, timezone: null },
    ...{ next: [], leftOut: [], ending: null, lints: [], zoneNights: [], load: null },
  };
}

/** As a beat would have it that registers it at `now`. */
export function previewOf(entry: Entry, now: EpochMs, runTimes: RunTimes): Omit<EntryPreview, "load"> {
  const schedule = entry.schedule as Telling;
  const timezone = typeof schedule.timezone === "string" ? schedule.timezone : null;
  const runs = foretell(entry, null, now);
  const next: PreviewRun[] = [];
  let ending: string | null = null;
  while (next.length < NEXT_RUNS && ending === null) {
    const { done, value } = runs.next();
    if (done === true) ending = value;
    else next.push(runOf(schedule, timezone, value.due, value.sentAt));
  }
  const runTimeP95Ms = runTimes.p95(entry.task);
  return {
    ...{ entry: entry.name, problem: null, timezone, next, ending },
    leftOut: leftOutOf(entry, now, next.at(-1)?.due.getTime() ?? now + LEFT_OUT_MS),
    description: schedule.describe?.(now) ?? null,
    lints: schedule.lints?.({ from: now, ...(runTimeP95Ms !== null && { runTimeP95Ms }) }) ?? [],
    zoneNights: zoneNightsOf(entry, now, now + AHEAD_MS),
  };
}

function runOf(schedule: Telling, timezone: string | null, due: EpochMs, sentAt: EpochMs): PreviewRun {
  const offsetMinutes = timezone === null ? null : zone(timezone).at(Math.floor(due / 60_000)).offset;
  return { due: new Date(due), sentAt: new Date(sentAt), offsetMinutes, note: schedule.note?.(due) ?? null };
}

function leftOutOf(
  { schedule, startAt, endAt }: Entry,
  now: EpochMs,
  last: EpochMs,
): EntryPreview["leftOut"] {
  const [from, to] = [Math.max(now, startAt ?? now), Math.min(last, endAt ?? last)];
  if (from >= to) return [];
  return (schedule.notes?.(from, to) ?? [])
    .filter(({ kind }) => kind === "left-out")
    .slice(0, MOST_LEFT_OUT)
    .map(({ at, message }) => ({ at: new Date(at), message }));
}

/** Forecasts over the same steps: of all other entries, of this one as it stands, and as it would. */
export function loadOf(others: Forecast, before: Forecast, after: Forecast): PreviewLoad {
  const { from, stepMs } = others;
  return { from, stepMs, others: others.starts, before: before.starts, after: after.starts };
}
