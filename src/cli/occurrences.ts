import type { Ending, ForetoldRun } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import type { Schedule } from "../schedules/index.js";
import { runsOf, type ListedEntry } from "./entries.js";
import { readDefinition } from "./definition-rows.js";

/** What a schedule can tell about its own occurrences; a crontab and a solar schedule tell more than others. */
interface Telling extends Schedule {
  readonly timezone?: unknown;
  describe?(at?: EpochMs): string;
  note?(instant: EpochMs): string | undefined;
  status?(at: EpochMs): string | null;
}

/** One line about a run, or the remark that an expected one is left out. */
export type Line = RunLine | OmittedLine;

export interface OmittedLine {
  readonly kind: "omitted";
  readonly at: EpochMs;
  readonly note: string;
  /** Whether a restriction leaves out the run at `at`; else the zone changes there, and has no such local time. */
  readonly isLeftOut: boolean;
}

export interface RunLine {
  readonly kind: "run";
  /** When it is due. */
  readonly at: EpochMs;
  /** When it is sent: later by the entry's jitter, or because it has been missed. */
  readonly sentAt: EpochMs;
  readonly late: boolean;
  /** Since the run before it was due; null for the first. */
  readonly gapMs: number | null;
  /** Why it is where it is, when that is not plain. */
  readonly note: string | null;
}

/** Lines in order of time, and why no run follows; null where one does, or may. */
export type Lines = Generator<Line, Ending | null, void>;

const STATUS_AFTER_MS = 36 * 3_600_000;
const YEAR_MS = 366 * 86_400_000;

/** What a schedule as such gives from `from` on, itself included. */
export function linesOfSchedule(schedule: Schedule, from: EpochMs): Lines {
  return lines(schedule, instants(schedule, from), { from });
}

/** What is sent of an entry at `from` (now) or later, and before `until`. */
export function linesOfEntry(entry: ListedEntry, now: EpochMs, from: EpochMs = now, until = Infinity): Lines {
  const { startAt = from, endAt = Infinity } = readDefinition(entry.definition) ?? {};
  const window = { from: Math.max(from, startAt), until, endAt };
  return lines(entry.schedule, runsOf(entry, now, from), window);
}

/** The first `count` runs with what is left out between them. */
export function firstLines(lines: Lines, count: number): { lines: Line[]; ending: Ending | null } {
  const taken: Line[] = [];
  let runs = 0;
  for (;;) {
    const { done, value } = lines.next();
    if (done === true) return { lines: taken, ending: value };
    taken.push(value);
    if (value.kind === "run" && ++runs === count) return { lines: taken, ending: null };
  }
}

function* instants(schedule: Schedule, from: EpochMs): Generator<ForetoldRun, Ending, void> {
  for (let at = schedule.next(from - 1); at !== null; at = schedule.next(at)) {
    yield { due: at, sentAt: at, late: false };
  }
  return "ended";
}

interface Window {
  readonly from: EpochMs;
  readonly until?: EpochMs;
  readonly endAt?: EpochMs;
}

function* lines(
  schedule: Telling | null,
  runs: Iterator<ForetoldRun, Ending, void>,
  { from, until = Infinity, endAt = Infinity }: Window,
): Lines {
  let before: EpochMs | null = null;
  let reached = from - 1;
  for (;;) {
    const step = runs.next();
    const run = step.done === true || step.value.sentAt >= until ? null : step.value;
    // What has had all its runs, or is switched off, is expected at no time.
    const isOver = step.done === true && step.value !== "ended";
    if (schedule !== null && !isOver) {
      yield* omissions(schedule, reached, run?.due ?? Math.min(until - 1, endAt - 1, reached + YEAR_MS));
    }
    if (run === null) return step.done === true ? step.value : null;
    const { due, sentAt, late } = run;
    const gapMs: number | null = before === null ? null : due - before;
    const isFar = (gapMs ?? due - from) > STATUS_AFTER_MS;
    const note = schedule?.note?.(due) ?? (isFar ? schedule?.status?.(reached) : undefined) ?? null;
    yield { kind: "run", at: due, sentAt, late, gapMs, note };
    before = due;
    reached = Math.max(reached, due);
  }
}

function omissions(schedule: Telling, from: EpochMs, to: EpochMs): Line[] {
  const notes = schedule.notes?.(from, to) ?? [];
  return notes
    .filter((note) => note.effect === "dropped")
    .map(({ at, kind, message }) => ({ kind: "omitted", at, note: message, isLeftOut: kind === "left-out" }));
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
